// Readings, ticks and requests made by hand for the folds of GPUs and faults: one small world with a clock in seconds.
// Nothing here parses text; the replays of captures do.
import type { Dialect, Line, Notice, NoticeKind, SourceInfo } from '../../collectors/line.ts';
import type { Cell, NvidiaFields, NvidiaKind } from '../../collectors/nvidia/kinds.ts';
import { xidEntry } from '../../collectors/nvidia/xid-catalogue.ts';
import type { NvidiaReading } from '../../collectors/reading.ts';
import { addSeconds, type Instant, instant } from '../../otel/time.ts';
import type { Fact, FactOf, FactType, FinishedRequest } from '../../processors/fact.ts';
import { createFaultsFold } from '../../processors/faults.ts';
import type { Fold, Input } from '../../processors/fold.ts';
import { createGpusFold } from '../../processors/gpus.ts';

/** 2026-05-04T10:00:00Z: on the tick grid. */
export const T0 = instant(1_777_888_800_000_000_000n);
export const at = (seconds: number): Instant => addSeconds(T0, seconds);
/** Seconds since T0. */
export const secondsOf = (time: Instant): number => Number(time - T0) / 1e9;

export const sourceOf = (dialect: Dialect): SourceInfo => ({ name: dialect, dialect, identity: `id-${dialect}` });

const dialects: { readonly [K in NvidiaKind]: Dialect } = {
  'gpu.sample': 'dmon',
  'gpu.sample_truncated': 'dmon',
  'gpu.process': 'pmon',
  'gpu.query': 'query-gpu',
  'gpu.app': 'query-apps',
  'smi.failed': 'dmon',
  xid: 'kernel',
  sxid: 'kernel',
  'kernel.gpu_identity': 'kernel',
  'kernel.gpu_lost': 'kernel',
  'kernel.gsp_rate_limited': 'kernel',
  'kernel.driver_loaded': 'kernel',
  'kernel.gpu_serial': 'kernel',
};

/** A line's position is its time, so that ids do not depend on what else was read. */
const lineOf = (dialect: Dialect, seconds: number, observed: boolean): Line => ({
  source: sourceOf(dialect),
  text: '',
  position: Math.round(seconds * 1_000),
  sizeBytes: 1,
  arrival: at(seconds),
  observed,
  truncated: false,
});

type ReadingOf<K extends NvidiaKind> = Extract<NvidiaReading, { kind: K }>;
export const reading = <K extends NvidiaKind>(
  seconds: number,
  kind: K,
  fields: NvidiaFields[K],
  observed = true,
): NvidiaReading => {
  const common = { severity: 'INFO', offset: 0, body: undefined, type: 'nvidia' } as const;
  const made = {
    ...common,
    at: at(seconds),
    timing: 'observed',
    line: lineOf(dialects[kind], seconds, observed),
    kind,
    fields,
  };
  // The one seam of the tests: the kind decides the fields, which the compiler cannot follow through a type parameter.
  return made as unknown as ReadingOf<K>;
};

export const sample = (seconds: number, index: number, columns: { [name: string]: number }, cycle = 0): NvidiaReading =>
  reading(seconds, 'gpu.sample', { index, columns, absent: [], cycle });
export const cellsOf = (values: { [field: string]: number | string }): { [field: string]: Cell } =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [field, { value }]));
export const query = (
  seconds: number,
  ids: { index?: number; uuid?: string; bus?: string },
  values: { [field: string]: number | string } = {},
): NvidiaReading => reading(seconds, 'gpu.query', { ...ids, cells: cellsOf(values) });
export const xid = (
  seconds: number,
  bus: string,
  code: number,
  more: Partial<NvidiaFields['xid']> = {},
  observed = true,
): NvidiaReading => reading(seconds, 'xid', { bus, code, detail: {}, ...more }, observed);
export const notice = (seconds: number, kind: NoticeKind, dialect: Dialect): Notice => ({
  type: 'notice',
  kind,
  source: sourceOf(dialect),
  at: at(seconds),
  detail: 'made for a test',
});

export const UUID_A = 'GPU-aaaaaaaa-0000-4000-8000-000000000001';
export const UUID_B = 'GPU-bbbbbbbb-0000-4000-8000-000000000002';
export const BUS_A = '0000:1a:00';
export const BUS_B = '0000:2b:00';

let traces = 0;
/** A chat from `start` to `end` (seconds); everything else as a single-GPU host with a sure join would give it. */
export const request = (start: number, end: number, more: Partial<FinishedRequest> = {}): FinishedRequest => {
  traces += 1;
  const none = { method: 'none', confidence: 0 };
  return {
    ref: { traceId: traces.toString(16).padStart(32, '0'), spanId: traces.toString(16).padStart(16, '0') },
    operation: 'chat',
    route: '/api/chat',
    method: 'POST',
    status: 200,
    outcome: 'ok',
    start: { at: at(start), from: 'derived', uncertaintySeconds: 0 },
    end: { at: at(end), from: 'observed', uncertaintySeconds: 0 },
    phases: [],
    model: { name: 'tiny:1b' },
    modelJoin: { method: 'only_candidate', confidence: 1 },
    gpus: [],
    tokens: {},
    taskJoin: none,
    faults: [],
    source: sourceOf('ollama'),
    ...more,
  };
};

/** The two folds as the pipeline chains them, with ticks on the grid in between. */
export const createWorld = () => {
  const gpus = createGpusFold();
  const faults = createFaultsFold({ catalogue: xidEntry, power: gpus.power, gpus: gpus.gpus });
  const folds: readonly Fold[] = [gpus, faults];
  const facts: Fact[] = [];
  let ticked = 0;
  const pass = (input: Input, from: number): boolean => {
    for (let i = from; i < folds.length; i += 1)
      if (folds[i]?.step(input, (fact) => emit(fact, i + 1)) === true) return true;
    return false;
  };
  const emit = (fact: Fact, from: number): void => {
    if (!pass(fact, from)) facts.push(fact);
  };
  const tickTo = (seconds: number): void => {
    while ((ticked + 1) * 0.25 <= seconds) {
      ticked += 1;
      pass({ type: 'tick', at: at(ticked * 0.25) }, 0);
    }
  };
  const world = {
    gpus,
    facts,
    tickTo,
    /** One input as it is, without ticks. */
    pass: (input: Input): boolean => pass(input, 0),
    /** Feeds in order of time, ticks included. */
    feed: (...inputs: readonly (NvidiaReading | Notice)[]): void => {
      for (const input of inputs) {
        tickTo(secondsOf(input.type === 'notice' ? input.at : input.line.arrival));
        pass(input, 0);
      }
    },
    fact: (seconds: number, fact: Fact): void => {
      tickTo(seconds);
      emit(fact, 0);
    },
    close: (seconds: number, closed: FinishedRequest): void =>
      world.fact(seconds, { type: 'request.closed', at: closed.end.at, request: closed }),
    end: (): void => {
      for (const [i, fold] of folds.entries()) fold.end((fact) => emit(fact, i + 1));
    },
    of: <T extends FactType>(type: T): FactOf<T>[] => facts.filter((fact) => fact.type === type) as FactOf<T>[],
  };
  return world;
};

export type World = ReturnType<typeof createWorld>;
/** A host of that many GPUs, A and B, named by a query. */
export const onHost = (gpus: 0 | 1 | 2): World => {
  const world = createWorld();
  if (gpus > 0) world.feed(query(0.5, { index: 0, uuid: UUID_A, bus: BUS_A }));
  if (gpus > 1) world.feed(query(0.5, { index: 1, uuid: UUID_B, bus: BUS_B }));
  return world;
};
/** Ids of the incidents that were raised, each once. */
export const incidentsOf = (world: World): string[] => [
  ...new Set(world.of('gpu.fault_raised').map(({ incident }) => incident)),
];
export const finishedOf = (world: World): FinishedRequest[] => world.of('request.finished').map((fact) => fact.request);
