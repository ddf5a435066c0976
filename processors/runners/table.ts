// What is known of each runner process, and the read-only view of it that the requests fold works with. A runner's key says
// which start of the server and which load it is; ports, pids and blobs come back, keys never do.
import type { RunnerEngine } from '../../collectors/ollama/kinds.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import type { Instant } from '../../otel/time.ts';
import { secondsBetween } from '../../otel/time.ts';
import type { GpuRef, ModelRef, RunnerRef } from '../fact.ts';
import { RUNNERS_ENDED_MAX, RUNNERS_MAX } from '../limits.ts';

export type EndReason =
  | 'keep_alive'
  | 'evicted'
  | 'crashed'
  | 'reloaded'
  | 'server_stopped'
  | 'unknown'
  | 'load_failed';

/** Where a record stands: order within one stream is a fact, between two it says nothing. */
export type Place = { readonly stream: string; readonly position: number };
export const placeOf = ({ line, offset }: RecordReading): Place => ({
  stream: line.source.identity,
  position: line.position + offset,
});
export const standsBefore = (one: Place, other: Place): boolean =>
  one.stream === other.stream && one.position < other.position;

/** One load and the process that came of it. Fields fill up as lines tell them; only the runners fold writes. */
export type Runner = {
  readonly key: string;
  readonly engine: RunnerEngine;
  state: 'loading' | 'alive' | 'ended';
  readonly startedAt: Instant;
  /** The line that began the load: what stands before it in its stream is not this runner's. */
  readonly startLine: Place;
  readonly embedding: boolean;
  blob?: string;
  name?: string;
  port?: number;
  pid?: number;
  /** Of one slot: what one request may use. */
  contextSize?: number;
  parallel?: number;
  /** When layers were placed: a commit line, or the line that counts the offloaded layers. */
  placedAt?: Instant;
  readyAt?: Instant;
  endedAt?: Instant;
  endReason?: EndReason;
  /** Seconds of the first of the two finished lines. */
  loadSeconds?: number;
  layersOffloaded?: number;
  layersTotal?: number;
  /** By part and device, as a later line on the same part replaces an estimate. */
  readonly memory: Map<string, { readonly device: string; readonly sizeBytes: number }>;
  gpus: readonly GpuRef[];
  /** Last time anything was heard of a request of it: who is evicted first. */
  usedAt: Instant;
  /** Its keep-alive ran out, or an unload of it was told: the next unload line without a name is its. */
  expiring?: 'keep_alive' | 'evicted';
};

export type RunnerView = Readonly<Omit<Runner, 'memory'>>;

export type Residents = { readonly at: Instant; readonly names: readonly string[] };

/** The part of the runners' state that other folds may read. */
export type RunnerTable = {
  /** Loading and loaded ones, in the order of their loads. */
  readonly alive: () => readonly RunnerView[];
  /** Alive ones and those that ended within the memory, newest last. */
  readonly recent: () => readonly RunnerView[];
  readonly byKey: (key: string) => RunnerView | undefined;
  readonly byPid: (pid: number) => RunnerView | undefined;
  /** The newest of this blob, or the newest whose start does not stand after `place`. */
  readonly byBlob: (blob: string, place?: Place) => RunnerView | undefined;
  /** What `/api/ps` listed last, and when; undefined while the API does not answer. */
  readonly residents: () => Residents | undefined;
  /** False for a log that starts in the middle: there may be runners that were never seen starting. */
  readonly complete: () => boolean;
};

export const modelOf = (runner: RunnerView): ModelRef => ({
  ...(runner.name === undefined ? {} : { name: runner.name }),
  ...(runner.blob === undefined ? {} : { blob: runner.blob }),
});

export const refOf = (runner: RunnerView): RunnerRef => ({
  key: runner.key,
  ...(runner.pid === undefined ? {} : { pid: runner.pid }),
  ...(runner.port === undefined ? {} : { port: runner.port }),
});

/** The runners of one server, bounded: RUNNERS_MAX alive, RUNNERS_ENDED_MAX remembered after their end. */
export const createRunners = () => {
  let alive: Runner[] = [];
  let ended: Runner[] = [];
  let server = 0;
  let load = 0;
  let complete = false;
  let residents: Residents | undefined;

  const last = (match: (runner: Runner) => boolean): Runner | undefined =>
    alive.findLast(match) ?? ended.findLast(match);

  const table: RunnerTable = {
    alive: () => alive,
    recent: () => [...ended, ...alive],
    byKey: (key) => last((runner) => runner.key === key),
    byPid: (pid) => last((runner) => runner.pid === pid),
    byBlob: (blob, place) =>
      last((runner) => runner.blob === blob && (place === undefined || !standsBefore(place, runner.startLine))),
    residents: () => residents,
    complete: () => complete,
  };

  return {
    table,
    alive: (): readonly Runner[] => alive,
    /** The server started: what is known is everything from here on. */
    serverStarted: (): void => {
      server += 1;
      load = 0;
      complete = true;
    },
    resident: (listed: Residents | undefined): void => {
      residents = listed;
    },
    nextKey: (): string => {
      load += 1;
      return `${server}/${load}`;
    },
    /** Adds a runner and returns the one that had to go for it, if the bound was hit. */
    add: (runner: Runner): Runner | undefined => {
      alive.push(runner);
      return alive.length > RUNNERS_MAX ? alive[0] : undefined;
    },
    end: (runner: Runner, at: Instant, reason: EndReason): void => {
      if (runner.state === 'ended') return;
      runner.state = 'ended';
      runner.endedAt = at;
      runner.endReason = reason;
      alive = alive.filter((other) => other !== runner);
      ended.push(runner);
      if (ended.length > RUNNERS_ENDED_MAX) ended = ended.slice(-RUNNERS_ENDED_MAX);
    },
    /** The loading runner whose start fits best a load of `durationSeconds` that is told done at `at`. */
    loadingSince: (at: Instant, durationSeconds: number): Runner | undefined => {
      const off = (runner: Runner): number => Math.abs(secondsBetween(runner.startedAt, at) - durationSeconds);
      return alive
        .filter((runner) => runner.state === 'loading')
        .reduce<Runner | undefined>(
          (best, runner) => (best === undefined || off(runner) < off(best) ? runner : best),
          undefined,
        );
    },
  };
};
export type Runners = ReturnType<typeof createRunners>;
