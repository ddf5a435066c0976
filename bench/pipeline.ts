// Lines per second of framing + grammar + folds on one core, and of description + aggregation after them, beside a plain read
// of the same bytes; then the memory of the whole core over millions of lines. Each row is a process of its own without
// helper threads (V8's --single-threaded), so that one core is one core.
import { execFileSync } from 'node:child_process';
import { createCore, createFolds } from '../agent/core.ts';
import { parserOf } from '../agent/parsers.ts';
import { createPipeline, type Pipeline } from '../agent/pipeline.ts';
import type { Output } from '../agent/telling.ts';
import type { Chunk } from '../collectors/line.ts';
import { addNs, type Instant } from '../otel/time.ts';
import { grepPiece } from './grep.ts';
import { dmonLog, type Log, type LoopedLog, logsOfVersion, loopLog, type Round } from './looped-log.ts';
import { fixed, goal, head, mebibytes, row, thousands } from './table.ts';

const LINES = 1_000_000;
/** Share of the lines that is read first, for V8 to compile what is then measured. */
const WARM_UP = 0.2;
const PIECE_BYTES = 65_536;
const MEMORY_LINES = [0, 100_000, 1_000_000, 2_000_000] as const;
/** Flat: what is resident after two million lines is within a tenth of what it was after one. */
const FLAT_MAX = 1.1;
const GOAL_LINES_PER_SECOND = 500_000;
const CHILD_FLAGS = ['--single-threaded', '--expose-gc'] as const;
/**
 * Fed as fast as it can take, V8 lets garbage pile up to some 250 MiB before it looks. A live agent is never fed like that; with
 * a small heap the resident set shows what is kept, and that the core needs no more than this.
 */
const MEMORY_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=64'] as const;
const CHILD_TIMEOUT_MS = 120_000;
const settings = {
  'join-min-confidence': 0.5,
  'series-max': 2_000,
  'metric-interval': 10,
  'send-unmatched-text': false,
} as const;

const discard: Output = { write: () => undefined, pressure: () => undefined, close: async () => undefined };
const startOf = (log: LoopedLog): Instant => addNs(log.round(0)[0]?.arrival ?? (0n as Instant), -1);

const untold = (startAt: Instant): Pipeline =>
  createPipeline({
    folds: createFolds({ settings, xidOverrides: new Map() }),
    parserOf,
    describe: () => undefined,
    onSignal: () => undefined,
    onTick: () => undefined,
    startAt,
  });
const whole = (startAt: Instant): Pipeline =>
  createCore({ settings, xidOverrides: new Map(), outputs: [discard], startAt });

/** The same bytes as a backlog: read at once, in large pieces whose arrival says nothing. */
const asBacklog = (rounds: readonly Round[]): Chunk[] => {
  const pieces: Chunk[] = [];
  for (const chunks of rounds) {
    const [first] = chunks;
    if (first === undefined) continue;
    const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes));
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES);
      pieces.push({ ...first, bytes: piece, position: first.position + from, observed: false });
    }
  }
  return pieces;
};

/** Processor seconds: without helper threads they are the core's, whoever else runs on the machine. */
const secondsOf = (chunks: readonly Chunk[], read: (chunks: readonly Chunk[]) => void): number => {
  read(chunks.slice(0, Math.ceil(chunks.length * WARM_UP)));
  globalThis.gc?.();
  const from = process.cpuUsage();
  read(chunks);
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
};

const feedTo =
  (make: (startAt: Instant) => Pipeline, startAt: Instant) =>
  (chunks: readonly Chunk[]): void => {
    const pipeline = make(startAt);
    for (const chunk of chunks) pipeline.feed(chunk);
    pipeline.end();
  };
const grepThrough = (chunks: readonly Chunk[]): void => {
  for (const chunk of chunks) grepPiece(chunk.bytes);
};

const WAYS = ['grep-like', 'folds', 'backlog', 'told'] as const;
type Way = (typeof WAYS)[number];
const WORDS: { readonly [W in Way]: string } = {
  'grep-like': 'plain read',
  folds: 'framing + grammar + folds',
  backlog: 'the same, read as a backlog',
  told: 'with description + aggregation',
};
type Speed = {
  readonly lines: number;
  readonly requests: number;
  readonly sizeBytes: number;
  readonly seconds: number;
};

const speedOf = (log: LoopedLog, way: Way): Speed => {
  const rounds = Array.from({ length: Math.ceil(LINES / log.linesPerRound) }, (_, n) => log.round(n));
  const startAt = startOf(log);
  const chunks = way === 'backlog' || way === 'grep-like' ? asBacklog(rounds) : rounds.flat();
  const read = way === 'grep-like' ? grepThrough : feedTo(way === 'told' ? whole : untold, startAt);
  const seconds = secondsOf(chunks, read);
  const times = rounds.length;
  const { linesPerRound, requestsPerRound, bytesPerRound } = log;
  return {
    lines: times * linesPerRound,
    requests: times * requestsPerRound,
    sizeBytes: times * bytesPerRound,
    seconds,
  };
};

type Memory = { readonly lines: number; readonly residentBytes: number; readonly heapBytes: number };

const memoryOf = (log: LoopedLog, stops: number): readonly Memory[] => {
  const pipeline = whole(startOf(log));
  const room = Buffer.alloc(log.bytesPerRound);
  const rows: Memory[] = [];
  let lines = 0;
  for (let n = 0; rows.length < stops; n += 1) {
    if (lines >= (MEMORY_LINES[rows.length] ?? 0)) {
      globalThis.gc?.();
      rows.push({ lines, residentBytes: process.memoryUsage.rss(), heapBytes: process.memoryUsage().heapUsed });
    }
    // Into the same bytes each round: a reader's buffer, and no garbage of the benchmark's own.
    for (const chunk of log.round(n, room)) pipeline.feed(chunk);
    lines += log.linesPerRound;
  }
  return rows;
};

const logs = (): readonly Log[] => [...logsOfVersion('0.34'), ...logsOfVersion('0.24'), dmonLog()];

const inChild = <T>(args: readonly string[], flags: readonly string[] = []): T =>
  JSON.parse(
    execFileSync(process.execPath, [...CHILD_FLAGS, ...flags, import.meta.filename, ...args], {
      encoding: 'utf8',
      timeout: CHILD_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );

const printSpeeds = (names: readonly string[]): number => {
  let slowest = Number.POSITIVE_INFINITY;
  console.log(head(['log', 'what', 'lines/s', 'requests/s', 'MB/s', 'times the plain read']));
  for (const [index, name] of names.entries()) {
    let plain = 0;
    for (const way of WAYS) {
      const { lines, requests, sizeBytes, seconds } = inChild<Speed>(['--speed', String(index), way]);
      if (way === 'grep-like') plain = seconds;
      if (way === 'folds') slowest = Math.min(slowest, lines / seconds);
      const cells = [
        thousands(lines / seconds),
        thousands(requests / seconds),
        fixed(sizeBytes / seconds / 1e6),
        fixed(seconds / plain, 2),
      ];
      console.log(row([name, WORDS[way], ...cells]));
    }
  }
  return slowest;
};

/** Stops of MEMORY_LINES up to a million lines. */
const MILLION_STOPS = 3;

/** Growth of the resident set with V8 as it is, after the first hundred thousand lines. */
const growthAsItIs = (names: readonly string[]): number =>
  Math.max(
    ...names.map((_, index) => {
      const rows = inChild<readonly Memory[]>(['--memory', String(index), String(MILLION_STOPS)]);
      return (rows.at(-1)?.residentBytes ?? 0) / (rows[1]?.residentBytes ?? 1);
    }),
  );

const printMemory = (names: readonly string[]): number => {
  let growth = 0;
  console.log(head(['log', 'lines', 'RSS MiB', 'heap MiB after collection']));
  for (const [index, name] of names.entries()) {
    const rows = inChild<readonly Memory[]>(['--memory', String(index)], MEMORY_FLAGS);
    for (const { lines, residentBytes, heapBytes } of rows)
      console.log(row([name, thousands(lines), mebibytes(residentBytes), mebibytes(heapBytes)]));
    growth = Math.max(growth, (rows.at(-1)?.residentBytes ?? 0) / (rows.at(-2)?.residentBytes ?? 1));
  }
  return growth;
};

const main = ([mode, index, way]: readonly string[]): void => {
  const found = logs();
  const chosen = found[Number(index)];
  if (mode === '--speed' && chosen !== undefined) {
    const known = WAYS.find((each) => each === way) ?? 'folds';
    console.log(JSON.stringify(speedOf(loopLog(chosen), known)));
    return;
  }
  if (mode === '--memory' && chosen !== undefined) {
    console.log(JSON.stringify(memoryOf(loopLog(chosen), way === undefined ? MEMORY_LINES.length : Number(way))));
    return;
  }
  const names = found.map(({ name }) => name);
  const slowest = printSpeeds(names);
  console.log('');
  const growth = printMemory(names);
  console.log('');
  const speedGoal = `at least ${thousands(GOAL_LINES_PER_SECOND)} lines/s of framing + grammar + folds on one core`;
  console.log(goal(speedGoal, `${thousands(slowest)} for the slowest log`, slowest >= GOAL_LINES_PER_SECOND));
  const asItIs = growthAsItIs(names);
  const plainGoal = `flat memory, V8 as it is: RSS after a million lines at most ${FLAT_MAX} times that after a hundred thousand`;
  console.log(goal(plainGoal, `${fixed(asItIs, 2)} for the worst log`, asItIs <= FLAT_MAX));
  const flatGoal = `flat memory, V8 held to a small heap: RSS after two million lines at most ${FLAT_MAX} times that after one million`;
  console.log(goal(flatGoal, `${fixed(growth, 2)} for the worst log`, growth <= FLAT_MAX));
};

main(process.argv.slice(2));
