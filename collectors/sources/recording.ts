// Reads recordings back as the events they were made of, in exact arrival order over all sources, so that a replay is fed
// what the live run was fed. Also reads a single log with its table of arrivals.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Instant, instant } from '../../otel/time.ts';
import type { NoticeKind, SourceInfo } from '../line.ts';
import { errnoOf } from './open-log.ts';
import { NOTICES_FILE, RecordingError, type RecordingManifest, readManifest } from './recording-manifest.ts';
import type { SourceEvent } from './source.ts';

export { RecordingError, type RecordingManifest } from './recording-manifest.ts';

export type Recording = { readonly manifest: RecordingManifest; readonly events: () => Iterable<SourceEvent> };

/** One row of an arrivals table: `1790000000000000000<TAB>0<TAB>84<TAB>1`; without its last cell the chunk was observed. */
type Arrival = {
  readonly at: Instant;
  readonly position: number;
  readonly sizeBytes: number;
  readonly observed: boolean;
};
const ARRIVAL_ROW = /^(\d{1,19})\t(\d{1,15})\t(\d{1,10})(?:\t([01]))?$/;
/** One row of the notices table: time, source file, kind, amount or nothing, detail. */
const NOTICE_ROW = /^(\d{1,19})\t([^\t]+)\t([a-z_]+)\t(-?[\d.e+-]*)\t([^\t]*)$/;

const noticeKinds: { readonly [K in NoticeKind]: true } = {
  opened: true,
  rotated: true,
  truncated: true,
  deleted: true,
  gap: true,
  stalled: true,
  recovered: true,
  exited: true,
  restarted: true,
  unavailable: true,
  clock_step: true,
  ended: true,
};
const isNoticeKind = (text: string): text is NoticeKind => Object.hasOwn(noticeKinds, text);

/** A last row without its newline was being written when the recorder was killed: it is left out. */
const rowsOf = (path: string, name: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch (error) {
    throw new RecordingError(
      `expected ${name} in the recording, the system answered ${errnoOf(error)}: the recording is incomplete`,
    );
  }
};

const badRow = (name: string, row: number): RecordingError =>
  new RecordingError(
    `${name}, row ${row + 1}: expected a row of the table, found another form: the recording is damaged, record again`,
  );

const readArrivals = (path: string, name: string): readonly Arrival[] =>
  rowsOf(path, name).map((row, index) => {
    const m = ARRIVAL_ROW.exec(row);
    if (m === null) throw badRow(name, index);
    return {
      at: instant(BigInt(m[1] ?? '0')),
      position: Number(m[2]),
      sizeBytes: Number(m[3]),
      observed: m[4] !== '0',
    };
  });

const openRaw = (path: string, name: string): number => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new RecordingError(
      `expected ${name} in the recording, the system answered ${errnoOf(error)}: the recording is incomplete`,
    );
  }
};

/** Chunks of one source, read as they are asked for. */
function* chunksOf(
  rawPath: string,
  name: string,
  source: SourceInfo,
  arrivals: readonly Arrival[],
): Generator<SourceEvent> {
  const descriptor = openRaw(rawPath, name);
  try {
    for (const { at, position, sizeBytes, observed } of arrivals) {
      const bytes = new Uint8Array(sizeBytes);
      const found = readSync(descriptor, bytes, 0, sizeBytes, null);
      if (found < sizeBytes) {
        throw new RecordingError(
          `${name}: expected ${sizeBytes} bytes at position ${position}, found ${found}: the recording is cut short`,
        );
      }
      yield { type: 'chunk', source, bytes, position, arrival: at, observed };
    }
  } finally {
    closeSync(descriptor);
  }
}

const readNotices = (dir: string, sources: ReadonlyMap<string, SourceInfo>): readonly SourceEvent[] =>
  rowsOf(join(dir, NOTICES_FILE), NOTICES_FILE).map((row, index) => {
    const [, at, file, kind, amount, detail] = NOTICE_ROW.exec(row) ?? [];
    const source = sources.get(file ?? '');
    if (at === undefined || kind === undefined || source === undefined || !isNoticeKind(kind))
      throw badRow(NOTICES_FILE, index);
    const notice = { type: 'notice', kind, source, at: instant(BigInt(at)), detail: detail ?? '' } as const;
    return amount === '' || amount === undefined ? notice : { ...notice, amount: Number(amount) };
  });

/** The time an event is fed at. */
export const timeOfEvent = (event: SourceEvent): Instant => (event.type === 'chunk' ? event.arrival : event.at);

/** Merges streams that are each in order. Few streams, so the earliest is simply searched. */
function* merge(streams: readonly Iterator<SourceEvent>[]): Generator<SourceEvent> {
  const heads = streams.map((stream) => ({ stream, head: stream.next() }));
  try {
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const candidate of heads) {
        if (candidate.head.done === true) continue;
        if (
          first === undefined ||
          first.head.done === true ||
          timeOfEvent(candidate.head.value) < timeOfEvent(first.head.value)
        ) {
          first = candidate;
        }
      }
      if (first === undefined || first.head.done === true) return;
      yield first.head.value;
      first.head = first.stream.next();
    }
  } finally {
    for (const { stream } of heads) stream.return?.(undefined);
  }
}

/** Opens a recording; throws RecordingError when it is not one, also later while events are read. */
export const readRecording = (dir: string): Recording => {
  const read = readManifest(dir);
  const infos = new Map<string, SourceInfo>();
  for (const { file, versions: _, ...info } of read.sources) infos.set(file, info);
  const tables = new Map(
    [...infos.keys()].map((file) => [file, readArrivals(join(dir, `${file}.arrivals.tsv`), `${file}.arrivals.tsv`)]),
  );
  const notices = readNotices(dir, infos);
  const lastTimes = [...[...tables.values()].map((table) => table.at(-1)?.at), notices.map(timeOfEvent).at(-1)];
  const endedAt = lastTimes.reduce<Instant>((end, at) => (at !== undefined && at > end ? at : end), read.endedAt);
  const events = (): Iterable<SourceEvent> =>
    merge([
      notices[Symbol.iterator](),
      ...[...infos].map(([file, info]) =>
        chunksOf(join(dir, `${file}.raw`), `${file}.raw`, info, tables.get(file) ?? []),
      ),
    ]);
  return { manifest: read.complete ? read : { ...read, endedAt }, events };
};

/** One log file with its table of arrivals (epoch nanoseconds, byte offset, length of each read) as the events of one source. */
export const readLogWithArrivals = (logPath: string, arrivalsPath: string, source: SourceInfo): Iterable<SourceEvent> =>
  chunksOf(logPath, 'the log', source, readArrivals(arrivalsPath, 'the table of arrivals'));

/**
 * The same bytes in smaller pieces, as a test of chunking: the pieces of a chunk share its arrival, because they arrived
 * together. `sizeOf` gives the next piece's size.
 */
export function* rechunk(events: Iterable<SourceEvent>, sizeOf: () => number): Generator<SourceEvent> {
  for (const event of events) {
    if (event.type === 'notice') {
      yield event;
      continue;
    }
    for (let from = 0; from < event.bytes.length; ) {
      const bytes = event.bytes.subarray(from, from + Math.max(1, Math.floor(sizeOf())));
      yield { ...event, bytes, position: event.position + from };
      from += bytes.length;
    }
  }
}
