// Lanes: one stream of task ids per runner process. Task ids only grow within a process and step by the batches it decoded,
// so the next id of a lane can be foretold, and a launch goes to the lane that fits best. A log that starts in the middle has
// lanes without a known runner.
import { type Instant, secondsBetween } from '../../otel/time.ts';
import { LANES_MAX } from '../limits.ts';
import type { RunnerTable, RunnerView } from '../runners/table.ts';
import type { Task } from './task.ts';

export type Lane = {
  /** Key of the runner, undefined for one that was never seen starting. */
  readonly runner: RunnerView | undefined;
  /** The last ids launched: none comes twice. */
  readonly recentIds: Set<number>;
  /** Lower bound of the id counter, -1 before the first task: a task of n tokens moved it by n. */
  reached: number;
  /** Context per slot, learnt from the first prompt line of a lane without a runner. */
  contextSize: number | undefined;
  readonly busy: Map<number, Task>;
  /** A draft model works beside it: a batch gives several tokens. */
  drafts?: true;
  /** Last task that left, to find first halves. */
  lastEnded?: Task;
  /** When a slot came free while all were busy. */
  freedAt?: Instant;
  /** Most slots seen busy at once: the parallelism of a lane without a runner. */
  widest: number;
};

export type LaneChoice = { readonly lane: Lane; readonly confidence: number };

/** Ids are given when a request arrives, so a burst may launch out of order by as many as there are slots. */
const SHUFFLED_IDS = 32;
const SHUFFLED_COST = 3;
/** An idle lane gives exactly its next id; cancels and late arrivals use up a few more. */
const SKIPPED_IDS = 4;
const SKIPPED_COST = 2;
const JUMPED_COST = 4;
/** A busy lane has moved on by what its open tasks decoded meanwhile: some tens to hundreds of batches. */
const MOVED_COST = 1;
const MOVED_IDS = 64;
/** A lane that holds an unfinished task in that slot can only be meant if its release line was lost. */
const OCCUPIED_COST = 8;
/** Contexts are padded to blocks of 256. */
const CONTEXT_PAD = 256;

const createLane = (runner: RunnerView | undefined): Lane => ({
  runner,
  recentIds: new Set(),
  reached: -1,
  contextSize: runner?.contextSize,
  busy: new Map(),
  widest: 0,
});

const contextFits = (lane: Lane, contextSize: number | undefined): boolean => {
  const own = lane.runner === undefined ? lane.contextSize : lane.runner.contextSize;
  return contextSize === undefined || own === undefined || (contextSize >= own && contextSize - own < CONTEXT_PAD);
};

/** Cost in nats of an id coming `off` steps after the one that a lane would give next. */
const stepCost = (off: number, idle: boolean): number => {
  if (off < 0) return off < -SHUFFLED_IDS ? Number.POSITIVE_INFINITY : SHUFFLED_COST;
  if (!idle) return MOVED_COST + Math.log1p(off / MOVED_IDS);
  if (off === 0) return 0;
  return off <= SKIPPED_IDS ? SKIPPED_COST : JUMPED_COST + Math.log1p(off / SKIPPED_IDS);
};

/** How unlikely a launch is on a lane; Infinity where it cannot be. */
const launchCost = (lane: Lane, slot: number, id: number): number => {
  const parallel = lane.runner?.parallel;
  if (lane.recentIds.has(id) || (parallel !== undefined && slot >= parallel)) return Number.POSITIVE_INFINITY;
  return stepCost(id - (lane.reached + 1), lane.busy.size === 0) + (lane.busy.has(slot) ? OCCUPIED_COST : 0);
};

/** Adds an id to those seen, forgetting the oldest beyond what a burst can shuffle. */
export const remember = (lane: Lane, id: number): void => {
  lane.recentIds.add(id);
  if (lane.recentIds.size <= 2 * SHUFFLED_IDS) return;
  const [oldest] = lane.recentIds;
  if (oldest !== undefined) lane.recentIds.delete(oldest);
};

export const createLanes = (table: RunnerTable) => {
  let unknown: Lane[] = [];
  const known = new Map<string, Lane>();

  const alive = (): Lane[] => {
    const lanes: Lane[] = [];
    for (const runner of table.alive()) {
      let lane = known.get(runner.key);
      if (lane === undefined) {
        lane = createLane(runner);
        known.set(runner.key, lane);
      }
      lanes.push(lane);
    }
    return [...lanes, ...unknown];
  };

  const addUnknown = (): Lane => {
    const lane = createLane(undefined);
    unknown = [...unknown, lane].slice(-LANES_MAX);
    return lane;
  };

  /** The lane of a launch, and how sure that is. `contextSize` once the prompt line has told it. */
  const choose = (slot: number, id: number, contextSize: number | undefined, at: Instant): LaneChoice => {
    const ranked = alive()
      .filter((lane) => contextFits(lane, contextSize))
      .map((lane) => ({ lane, cost: launchCost(lane, slot, id) }))
      .filter(({ cost }) => cost < Number.POSITIVE_INFINITY)
      .sort((a, b) => a.cost - b.cost || freshness(b.lane, at) - freshness(a.lane, at));
    const [first, second] = ranked;
    if (first === undefined) return { lane: addUnknown(), confidence: table.complete() ? 0.5 : 0.9 };
    const open = table.complete() ? 0 : 0.02;
    if (second === undefined) return { lane: first.lane, confidence: 0.999 - open };
    return {
      lane: first.lane,
      confidence: Math.max(0.5, Math.min(0.999, 1 / (1 + Math.exp(first.cost - second.cost))) - open),
    };
  };

  /** Of two lanes without tasks the one that became ready last is meant: its request was waiting for it. */
  const freshness = (lane: Lane, at: Instant): number =>
    lane.runner?.readyAt === undefined ? Number.NEGATIVE_INFINITY : -secondsBetween(lane.runner.readyAt, at);

  return {
    choose,
    alive,
    /** Forgets the lane of a runner that ended and returns it. */
    end: (key: string): Lane | undefined => {
      const lane = known.get(key);
      known.delete(key);
      return lane;
    },
    endUnknown: (): readonly Lane[] => unknown.splice(0),
    /** A reading of the table: the server's start makes earlier unknown lanes impossible. */
    unknownCount: (): number => unknown.length,
  };
};
export type Lanes = ReturnType<typeof createLanes>;
