// A log of a real Ollama, told again and again with time going on: every round starts where the one before ended, in its
// stamps, its arrivals and its positions, so that the folds never see time stand still or run back.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Chunk } from '../collectors/line.ts';
import { readRecording } from '../collectors/sources/recording.ts';
import { addSeconds, instant, NS_PER_SECOND } from '../otel/time.ts';
import { chunksOf, corpusRuns, freshRuns, type LiveRun } from '../test/support/live-runs.ts';

const RECORDINGS = join(import.meta.dirname, '..', 'recordings');
const LF = 10;

/** What arrived of one source, piece by piece, and a word for where it is from. */
export type Log = { readonly name: string; readonly chunks: readonly Chunk[] };

export type Round = readonly Chunk[];
export type LoopedLog = {
  readonly name: string;
  readonly linesPerRound: number;
  /** Access lines: each is a request to be folded. */
  readonly requestsPerRound: number;
  readonly bytesPerRound: number;
  readonly secondsPerRound: number;
  /** Round `n`, made when asked for; written over the round before where `room` is given. */
  readonly round: (n: number, room?: Buffer) => Round;
};

/** The recording of that version that shows the most at once at the default level. */
const recordedLog = (version: string): Log | undefined => {
  const names = readdirSync(RECORDINGS)
    .filter((name) => name.includes(version) && existsSync(join(RECORDINGS, name, 'recording.json')))
    .filter((name) => /-(concurrent|sequential)$/.test(name))
    .sort();
  const [name] = names;
  if (name === undefined) return undefined;
  const events = [...readRecording(join(RECORDINGS, name)).events()];
  const chunks = events.filter((event): event is Chunk => event.type === 'chunk' && event.source.dialect === 'ollama');
  return { name: `recordings/${name}`, chunks };
};

const liveLog = (run: LiveRun): Log => ({ name: run.name, chunks: chunksOf(run) });

/** Logs of one Ollama version: a bundled recording, and the busiest run of a real Ollama that is on this machine. */
export const logsOfVersion = (version: string): readonly Log[] => {
  const runs = [...freshRuns(), ...corpusRuns()].filter(
    (run) => run.version.startsWith(version) && run.streams.length === 1 && /conc/.test(run.name),
  );
  const busiest = runs.toSorted((a, b) => b.requests.length - a.requests.length)[0];
  return [recordedLog(version), busiest === undefined ? undefined : liveLog(busiest)].filter(
    (log) => log !== undefined,
  );
};

/** `time=2026-01-15T09:00:00.123Z` and `[GIN] 2026/01/15 - 09:00:00`: the two clocks of Ollama's log. */
const STAMP = /time=(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)|\[GIN\] (\d{4})\/(\d\d)\/(\d\d) - (\d\d:\d\d:\d\d)/g;

type Stamp = { readonly at: number; readonly form: 'slog' | 'gin'; readonly civilSeconds: number };

const stampsOf = (bytes: Buffer): readonly Stamp[] =>
  [...bytes.toString('latin1').matchAll(STAMP)].map((m) => {
    const slog = m[1] !== undefined;
    const [year, month, day, time] = slog ? m.slice(1, 5) : m.slice(5, 9);
    return {
      at: m.index + (slog ? 'time='.length : '[GIN] '.length),
      form: slog ? 'slog' : 'gin',
      civilSeconds: Date.parse(`${year}-${month}-${day}T${time}Z`) / 1_000,
    };
  });

const writeStamp = (bytes: Buffer, { at, form, civilSeconds }: Stamp, shiftSeconds: number): void => {
  const text = new Date((civilSeconds + shiftSeconds) * 1_000).toISOString().slice(0, 19);
  bytes.write(form === 'slog' ? text : `${text.slice(0, 10).replaceAll('-', '/')} - ${text.slice(11)}`, at, 'latin1');
};

const countLines = (bytes: Uint8Array): number => {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1;
  return lines;
};

/** Rounds lie a whole number of seconds apart, so that fractions of stamps stay as they were written. */
export const loopLog = ({ name, chunks }: Log): LoopedLog => {
  const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes));
  const stamps = stampsOf(bytes);
  const first = chunks[0]?.arrival ?? 0n;
  const last = chunks.at(-1)?.arrival ?? 0n;
  const secondsPerRound = Number((last - first) / BigInt(NS_PER_SECOND)) + 2;
  const base = chunks[0]?.position ?? 0;
  return {
    name,
    linesPerRound: countLines(bytes),
    requestsPerRound: stamps.filter(({ form }) => form === 'gin').length,
    bytesPerRound: bytes.length,
    secondsPerRound,
    round: (n, shifted = Buffer.alloc(bytes.length)) => {
      bytes.copy(shifted);
      for (const stamp of stamps) writeStamp(shifted, stamp, n * secondsPerRound);
      let from = 0;
      return chunks.map((chunk): Chunk => {
        const start = from;
        from += chunk.bytes.length;
        return {
          ...chunk,
          bytes: shifted.subarray(start, from),
          position: base + n * bytes.length + start,
          arrival: addSeconds(chunk.arrival, n * secondsPerRound),
        };
      });
    },
  };
};

export const GPUS = 8;
const ROWS_PER_HEADER = 20;
const DMON_SECONDS = 1_000;
const DMON_FROM = instant(1_800_000_000_000_000_000n);
const NAMES = 'pwr gtemp mtemp sm mem enc dec jpg ofa mclk pclk pviol tviol fb bar1 ccpm sbecc dbecc pci'.split(' ');
const UNITS = 'W C C % % % % % % MHz MHz % bool MB MB MB errs errs errs'.split(' ');
const cells = (mark: string, values: readonly (string | number)[]): string =>
  `${mark}${values.map((value) => String(value).padStart(6)).join(' ')} \n`;

/** Second `n` of `nvidia-smi dmon -s pucvme -d 1` on eight GPUs under a load that moves; a header every twenty samples. */
export const dmonSample = (n: number): string => {
  const header = n % ROWS_PER_HEADER === 0 ? cells('# gpu ', NAMES) + cells('# Idx ', UNITS) : '';
  const rows = Array.from({ length: GPUS }, (_, gpu) => {
    const load = (n * 7 + gpu * 13) % 101;
    return cells('', [
      gpu,
      ...[90 + load * 6, 34 + (load >> 2), 40 + (load >> 2), load, load >> 1, 0, 0, 0, 0, 2_619, 1_980 - load],
      ...[load > 95 ? 3 : 0, 0, 1_024 + load * 700, 2, 0, 0, 0, 0],
    ]);
  });
  return header + rows.join('');
};

/** The same seconds as a log: one piece a second, as it arrives from a live child. */
export const dmonLog = (): Log => {
  const source = { name: 'dmon', dialect: 'dmon', identity: 'bench-dmon' } as const;
  const chunks: Chunk[] = [];
  let position = 0;
  for (let n = 0; n < DMON_SECONDS; n += 1) {
    const bytes = new TextEncoder().encode(dmonSample(n));
    chunks.push({ type: 'chunk', source, bytes, position, arrival: addSeconds(DMON_FROM, n), observed: true });
    position += bytes.length;
  }
  return { name: 'dmon of 8 GPUs at 1 Hz', chunks };
};
