// Lanes: one stream of task ids per runner process. Task ids only grow within a process and step by the batches it decoded,
// so the next id of a lane can be foretold, and a launch goes to the lane that fits best. A log that starts in the middle has
// lanes without a known runner.
import { secondsBetween, type Instant } from '../../otel/time.ts';
import { LANES_MAX } from '../limits.ts';
import { type RunnerTable, type RunnerView, slotContextOf } from '../runners/table.ts';
import type { Task } from './task.ts';

export type Lane = {
  /** Key of the runner, undefined for one that was never seen starting. */
  readonly runner: RunnerView | undefined;
  /** Highest id launched, -1 before the first. */
  lastId: number;
  /** Lower bound of the id counter: a task of n tokens moved it by n. */
  reached: number;
  /** Context per slot, learnt from the first prompt line of a lane without a runner. */
  contextSize: number | undefined;
  readonly busy: Map<number, Task>;
  /** Last task that left, to find first halves. */
  lastEnded?: Task;
  /** When a slot came free while all were busy. */
  freedAt?: Instant;
  /** Most slots seen busy at once: the parallelism of a lane without a runner. */
  widest: number;
};

export type LaneChoice = { readonly lane: Lane; readonly confidence: number };

const NEAR = 4;
/** A lane that holds an unfinished task in that slot can only be meant if its release line was lost. */
const BUSY_PENALTY = 1_000;
/** Contexts are padded to blocks of 256. */
const CONTEXT_PAD = 256;

const createLane = (runner: RunnerView | undefined): Lane => ({
  runner,
  lastId: -1,
  reached: -1,
  contextSize: runner === undefined ? undefined : slotContextOf(runner),
  busy: new Map(),
  widest: 0,
});

const contextFits = (lane: Lane, contextSize: number | undefined): boolean => {
  const own = lane.runner === undefined ? lane.contextSize : slotContextOf(lane.runner);
  return contextSize === undefined || own === undefined || (contextSize >= own && contextSize - own < CONTEXT_PAD);
};

/** How far an id is from what the lane would give next; Infinity where it cannot be. */
const distance = (lane: Lane, slot: number, id: number): number => {
  const parallel = lane.runner?.parallel;
  if (id <= lane.lastId || (parallel !== undefined && slot >= parallel)) return Number.POSITIVE_INFINITY;
  const off = Math.abs(id - (lane.reached + 1));
  return lane.busy.has(slot) ? off + BUSY_PENALTY : off;
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
      .map((lane) => ({ lane, off: distance(lane, slot, id) }))
      .filter(({ off }) => off < Number.POSITIVE_INFINITY)
      .sort((a, b) => a.off - b.off || freshness(b.lane, at) - freshness(a.lane, at));
    const [first, second] = ranked;
    if (first === undefined) return { lane: addUnknown(), confidence: table.complete() ? 0.5 : 0.9 };
    const open = table.complete() ? 0 : 0.02;
    if (second === undefined) return { lane: first.lane, confidence: 0.999 - open };
    const odds = ((first.off + NEAR) / (second.off + NEAR)) ** 2;
    return { lane: first.lane, confidence: Math.max(0.5, 1 / (1 + odds) - open) };
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
