// Collects what each source said and when, and gives it the form of a recording: bytes, arrivals, notices, manifest.
// Lines that a source printed within a moment arrive together, as they do where a follower is woken by the first.

import type { Dialect, NoticeKind } from '../../collectors/line.ts';
import { arrivalNs, DRIVER, END_SECONDS, GPUS, HOST_NAME } from './machine.ts';

/** A follower's wake-up after the first new line. */
const WAKE_SECONDS = 0.000_6;
/** Lines this near to each other are read at once. */
const TOGETHER_SECONDS = 0.001_5;

const SOURCES = {
  'ollama-api': 'api',
  ollama: 'ollama',
  dmon: 'dmon',
  pmon: 'pmon',
  'query-gpu': 'query-gpu',
  'query-apps': 'query-apps',
  kernel: 'kernel',
} as const satisfies { readonly [name: string]: Dialect };
export type SourceName = keyof typeof SOURCES;
const names = Object.keys(SOURCES) as SourceName[];

type Said = { readonly at: number; readonly text: string };
type Told = {
  readonly at: number;
  readonly source: SourceName;
  readonly kind: NoticeKind;
  readonly detail: string;
  readonly amount?: number;
};
export type Tape = {
  /** One line, without its end. `at`: seconds into the story. */
  readonly say: (source: SourceName, at: number, line: string) => void;
  /** Text without a line end: what was being written when the writer stopped. */
  readonly fragment: (source: SourceName, at: number, text: string) => void;
  readonly notice: (source: SourceName, at: number, kind: NoticeKind, detail: string, amount?: number) => void;
  /** The files of the recording's folder. */
  readonly files: () => ReadonlyMap<string, string>;
};

/** Identities are hashes in a real recording: these only look like it. */
const identityOf = (source: SourceName): string =>
  Buffer.from(`composed:${source}`).toString('hex').padEnd(16, '0').slice(-16);

const chunksOf = (said: readonly Said[]): readonly { readonly at: number; readonly text: string }[] => {
  const chunks: { first: number; at: number; text: string }[] = [];
  for (const { at, text } of said) {
    const open = chunks.at(-1);
    if (open !== undefined && at - open.first <= TOGETHER_SECONDS) {
      open.text += text;
      open.at = at;
    } else chunks.push({ first: at, at, text });
  }
  return chunks.map(({ first, at, text }) => ({ at: Math.max(first + WAKE_SECONDS, at), text }));
};

const manifestOf = (): string => {
  const iso = (at: number): string => {
    const text = new Date(Number(arrivalNs(at) / 1_000_000n)).toISOString();
    return text.replace('Z', '000000Z');
  };
  const manifest = {
    format: 1,
    madeBy: 'composed',
    commands: ['node test/composed/write.ts'],
    host: {
      composed: 'an invented machine; forms after real ones',
      system: 'linux',
      processors: '16',
      zone: 'UTC',
      gpus: GPUS.map(({ name }) => name).join(', '),
      'resource.service.name': 'ollama',
      'resource.service.instance.id': 'c05d0ed000000001',
      'resource.host.name': HOST_NAME,
      'resource.telemetry.distro.name': 'ollascope',
      'resource.telemetry.distro.version': '0.1.0',
    },
    masks: [],
    sources: names.map((name) => ({
      name,
      dialect: SOURCES[name],
      identity: identityOf(name),
      file: name,
      versions: name.startsWith('ollama') ? { ollama: '0.34.4' } : { driver: DRIVER },
    })),
    startedAt: iso(0),
    endedAt: iso(END_SECONDS),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
};

export const createTape = (): Tape => {
  const said = new Map<SourceName, Said[]>(names.map((name) => [name, []]));
  const notices: Told[] = [];
  const filesOf = (source: SourceName): readonly [string, string][] => {
    const inOrder = (said.get(source) ?? []).toSorted((a, b) => a.at - b.at);
    let position = 0;
    let rows = '';
    let raw = '';
    let last = 0n;
    for (const { at, text } of chunksOf(inOrder)) {
      // What stood there before the agent came was read at its start.
      const observed = at > 0;
      const arrival = arrivalNs(Math.max(at, 0.001));
      last = arrival > last ? arrival : last + 1n;
      const size = Buffer.byteLength(text);
      rows += `${last}\t${position}\t${size}\t${observed ? 1 : 0}\n`;
      raw += text;
      position += size;
    }
    return [
      [`${source}.raw`, raw],
      [`${source}.arrivals.tsv`, rows],
    ];
  };
  return {
    say: (source, at, line) => said.get(source)?.push({ at, text: `${line}\n` }),
    fragment: (source, at, text) => said.get(source)?.push({ at, text }),
    notice: (source, at, kind, detail, amount) =>
      notices.push({ at, source, kind, detail, ...(amount === undefined ? {} : { amount }) }),
    files: () => {
      const rows = notices
        .toSorted((a, b) => a.at - b.at)
        .map(
          ({ at, source, kind, detail, amount }) =>
            `${arrivalNs(at)}\t${source}\t${kind}\t${amount ?? ''}\t${detail}\n`,
        );
      return new Map([['recording.json', manifestOf()], ['notices.tsv', rows.join('')], ...names.flatMap(filesOf)]);
    },
  };
};
