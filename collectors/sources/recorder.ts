// Writes a recording: per source the raw bytes and a table of arrivals, notices in a table of their own, a manifest.
// It is handed the events as they were fed, masked already: what is not to travel never reaches it.
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Instant } from '../../otel/time.ts';
import type { Chunk, Notice, SourceInfo } from '../line.ts';
import { errnoOf } from './open-log.ts';
import {
  MANIFEST_FILE,
  manifestText,
  NOTICES_FILE,
  RECORDING_FORMAT,
  type RecordedSource,
  RecordingError,
} from './recording-manifest.ts';
import type { SourceEvent } from './source.ts';

export type RecorderOptions = {
  readonly dir: string;
  readonly madeBy: string;
  readonly commands: readonly string[];
  readonly host: { readonly [fact: string]: string };
  readonly masks: readonly string[];
  readonly startedAt: Instant;
  /** As far as they are known before the first byte. */
  readonly versions?: SourceVersions;
};

/** Versions of the programs behind a source, by source name. */
export type SourceVersions = { readonly [source: string]: { readonly [program: string]: string } };

export type Recorder = {
  /** In the order in which the pipeline was fed, with the times it was fed with. */
  record(event: SourceEvent): void;
  /** `endedAt`: where the pipeline's time ended. `learnt`: versions that only what was read told, by source name. */
  close(endedAt: Instant, learnt?: SourceVersions): void;
};

type Station = { readonly recorded: RecordedSource; readonly raw: number; readonly arrivals: number };

/** Characters that would break the table out of a text for people. */
const cell = (text: string): string => text.replace(/[\t\r\n]+/g, ' ');

const fileNameOf = (name: string, taken: ReadonlySet<string>): string => {
  const plain = name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+/, '') || 'source';
  let file = plain;
  for (let n = 2; taken.has(file); n += 1) file = `${plain}-${n}`;
  return file;
};

/** Makes the folder where it does not exist, and gives what is in it. */
const filesIn = (dir: string): readonly string[] => {
  try {
    mkdirSync(dir, { recursive: true });
    return readdirSync(dir);
  } catch (error) {
    throw new RecordingError(
      `expected a folder that can be made for the recording, the system answered ${errnoOf(error)}: name another place`,
    );
  }
};

const prepare = (dir: string): void => {
  if (filesIn(dir).length > 0) {
    throw new RecordingError(
      'expected a new or empty folder for the recording, found files in it: name another, nothing is overwritten',
    );
  }
};

export const createRecorder = (options: RecorderOptions): Recorder => {
  const { dir, startedAt, madeBy, commands, host, masks } = options;
  prepare(dir);
  const notices = openSync(join(dir, NOTICES_FILE), 'wx');
  const stations = new Map<SourceInfo, Station>();

  const writeManifest = (endedAt?: Instant, learnt: SourceVersions = {}): void => {
    const sources = [...stations.values()].map(({ recorded }) => ({
      ...recorded,
      versions: { ...recorded.versions, ...learnt[recorded.name] },
    }));
    const manifest = { format: RECORDING_FORMAT, madeBy, commands, host, startedAt, masks, sources } as const;
    writeFileSync(join(dir, MANIFEST_FILE), manifestText(endedAt === undefined ? manifest : { ...manifest, endedAt }));
  };
  const stationOf = (source: SourceInfo): Station => {
    const known = stations.get(source);
    if (known !== undefined) return known;
    const file = fileNameOf(source.name, new Set([...stations.values()].map((station) => station.recorded.file)));
    const station = {
      recorded: { ...source, file, versions: options.versions?.[source.name] ?? {} },
      raw: openSync(join(dir, `${file}.raw`), 'wx'),
      arrivals: openSync(join(dir, `${file}.arrivals.tsv`), 'wx'),
    };
    stations.set(source, station);
    writeManifest();
    return station;
  };
  const recordChunk = (chunk: Chunk): void => {
    const { raw, arrivals } = stationOf(chunk.source);
    writeSync(raw, chunk.bytes);
    writeSync(arrivals, `${chunk.arrival}\t${chunk.position}\t${chunk.bytes.length}\t${chunk.observed ? 1 : 0}\n`);
  };
  const recordNotice = (notice: Notice): void => {
    const { file } = stationOf(notice.source).recorded;
    writeSync(notices, `${notice.at}\t${file}\t${notice.kind}\t${notice.amount ?? ''}\t${cell(notice.detail)}\n`);
  };
  writeManifest();
  return {
    record: (event) => (event.type === 'chunk' ? recordChunk(event) : recordNotice(event)),
    close: (endedAt, learnt) => {
      writeManifest(endedAt, learnt);
      closeSync(notices);
      for (const { raw, arrivals } of stations.values()) {
        closeSync(raw);
        closeSync(arrivals);
      }
    },
  };
};
