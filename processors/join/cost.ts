// How unlikely it is that a task served a request, in nats (negative log-likelihood up to a constant). Two things are measured:
// the gap between the task's end and the access line, and the part of the latency that the task does not explain. A task
// can never be longer than its request. The shapes were fitted to real runs with ground truth: DECISIONS.md has the figures.
import type { JoinRequest, JoinTask } from './candidates.ts';

/** Median gap of live logs from the last timing line to the access line. */
const TAIL_MS = 0.8;
/** Real overhead of an unqueued request beyond its task: median 6 ms, four in five within 3–25 ms. */
const HEAD_MS = 4;
const HEAD_SPREAD = 0.8;
/** An unexplained gap costs at most this: templating a long prompt, images, a busy machine. */
const HEAD_COST_MAX = 7;
/** A wait that a load or a full runner explains is a little less likely than no wait. */
const WAITED_COST = 0.7;
/** A request older than the runner's load waited for that, and for whatever the scheduler did next. */
const LOAD_WAIT_COST = 3;
/** Shortest overhead told apart: timer and print resolution. */
const OVERHEAD_MIN_MS = 0.25;
/** A cancel is noticed between two batches, so its line comes tens of milliseconds after the access line. */
const CANCEL_SPREAD_MS = 20;
/** Beyond this an end and an access line have nothing to do with each other. */
const TAIL_MAX_MS = 2_000;
/** A slow batch (a long prefill on CPU) delays the answer to a cancel. */
const CANCEL_TAIL_MAX_MS = 30_000;
/** Still running when its request ended: only a cancel that a long batch delays looks like that. */
const OPEN_COST = 8;
const DIED_COST = 1.5;
const STREAMED_FAILURE_COST = 1.5;
const WRONG_OPERATION_COST = 6;
const FINISHED_BUT_FAILED_COST = 5;
/** Times this coarse do not order lines; then the lines between the two do: an access line comes 3 to 6 after the total. */
const COARSE_JITTER_MS = 100;
const ORDER_LINES = 4.5;
const ORDER_SPREAD = 1.5;
/** A wait that cannot be checked, on a runner that was full. */
const COARSE_WAIT_COST = 3;
/** Rounding of the printed durations. */
const PRINT_SLACK_MS = 0.5;
/** A launch may be seen this many jitters before the computed start, or after the end: arrivals of a stalled follower. */
const EARLY_JITTERS = 10;
const LATE_JITTERS = 5;
/** A starved machine passes a runner's lines on when their request is long over: seen up to 200 ms, launch line and all. */
const LATE_MS = 500;

const cauchy = (distance: number, scale: number): number => Math.log1p((distance / scale) ** 2);

const overheadCost = (overheadMs: number): number => {
  const deviation = Math.log(Math.max(overheadMs, OVERHEAD_MIN_MS) / HEAD_MS) / HEAD_SPREAD;
  return Math.min((deviation * deviation) / 2, HEAD_COST_MAX);
};

/** Overhead cost when the request is known to have waited until `untilMs`, Infinity when it did not. */
const waitedCost = (overheadMs: number, startMs: number, untilMs: number | undefined): number =>
  untilMs === undefined || startMs >= untilMs
    ? Number.POSITIVE_INFINITY
    : WAITED_COST + overheadCost(Math.max(overheadMs - (untilMs - startMs), OVERHEAD_MIN_MS));

/** Cost of the latency that the task leaves over: no wait, a wait for a slot, or a wait for the load. */
const headCost = (overheadMs: number, startMs: number, task: JoinTask): number =>
  Math.min(
    overheadCost(overheadMs),
    waitedCost(overheadMs, startMs, task.freedMs),
    // After a load the scheduler may be busy with the next one: whatever is left over is bounded.
    Math.min(
      waitedCost(overheadMs, startMs, task.loadedMs),
      waitedForLoad(startMs, task) ? LOAD_WAIT_COST : Number.POSITIVE_INFINITY,
    ),
  );

const tailCost = (request: JoinRequest, task: JoinTask): number => {
  if (task.endedMs === undefined) return task.end === 'died' ? DIED_COST : OPEN_COST;
  const jitter = Math.max(request.jitterMs, task.jitterMs);
  const gap = request.endMs - task.endedMs;
  if (task.end === 'cancelled') {
    if (gap > TAIL_MAX_MS + jitter || gap < -(CANCEL_TAIL_MAX_MS + jitter)) return Number.POSITIVE_INFINITY;
    return cauchy(gap, gap > 0 ? jitter : Math.max(jitter, CANCEL_SPREAD_MS));
  }
  if (Math.abs(gap) > TAIL_MAX_MS + 2 * jitter) return Number.POSITIVE_INFINITY;
  return cauchy(gap - TAIL_MS, jitter);
};

/** Whether a request is older than the end of the runner's load. */
export const waitedForLoad = (startMs: number, task: JoinTask): boolean =>
  task.loadedMs !== undefined && startMs < task.loadedMs;

/** What the two ends say about each other: a clean end with a clean status, a cut one with a cut one. */
const outcomeCost = (request: JoinRequest, task: JoinTask): number => {
  if (task.end !== 'ended') return request.failed ? 0 : STREAMED_FAILURE_COST;
  // A task that the runner refused (a prompt beyond the context) is released without timings.
  if (request.failed) return task.totalMs === undefined ? 0 : FINISHED_BUT_FAILED_COST;
  return request.embedding === task.generated ? WRONG_OPERATION_COST : 0;
};

const isCoarse = (request: JoinRequest, task: JoinTask): boolean =>
  Math.max(request.jitterMs, task.jitterMs) > COARSE_JITTER_MS;

/** Latency that the task does not account for; what came after its end is the tail's matter, where times can tell. */
const overheadOf = (request: JoinRequest, task: JoinTask, startMs: number): number => {
  if (task.totalMs === undefined) return task.launchedMs - startMs;
  const after = task.endedMs === undefined || isCoarse(request, task) ? 0 : Math.max(0, request.endMs - task.endedMs);
  return request.latencyMs - task.totalMs - after;
};

/** The better of two readings: the task is all there was, or a cancelled first half of the same request came before it. */
const startCost = (request: JoinRequest, task: JoinTask): number => {
  const startMs = request.endMs - request.latencyMs;
  const exact = headCost(overheadOf(request, task, startMs), startMs, task);
  const whole = isCoarse(request, task) && task.freedMs !== undefined ? Math.min(exact, COARSE_WAIT_COST) : exact;
  return task.firstHalfMs === undefined ? whole : Math.min(whole, headCost(task.firstHalfMs - startMs, startMs, task));
};

/** A request that was over before its stream told of the runner's start. */
const endedBeforeLoad = ({ stream, position }: JoinRequest, { loadPlace }: JoinTask): boolean =>
  loadPlace !== undefined && loadPlace.stream === stream && position < loadPlace.position;

/** Times and places that exclude each other, whatever the odds. */
const contradicts = (request: JoinRequest, task: JoinTask): boolean => {
  if (request.runner !== undefined && task.runner !== undefined && request.runner !== task.runner) return true;
  if (endedBeforeLoad(request, task)) return true;
  const jitter = Math.max(request.jitterMs, task.jitterMs);
  const slack = PRINT_SLACK_MS + request.latencyStepMs;
  if (task.totalMs !== undefined && task.totalMs > request.latencyMs + slack) return true;
  const startMs = request.endMs - request.latencyMs;
  const late = task.end === 'ended' ? LATE_MS : LATE_JITTERS * jitter;
  return task.launchedMs < startMs - slack - EARLY_JITTERS * jitter || task.launchedMs > request.endMs + late + jitter;
};

/** What the places of the two lines say where their times say nothing. */
const orderCost = (request: JoinRequest, task: JoinTask): number =>
  !isCoarse(request, task) || request.stream !== task.stream || task.endedMs === undefined
    ? 0
    : cauchy(request.order - task.order - ORDER_LINES, ORDER_SPREAD);

/** Cost in nats; Infinity where the two contradict each other. */
export const joinCost = (request: JoinRequest, task: JoinTask): number => {
  if (contradicts(request, task)) return Number.POSITIVE_INFINITY;
  const tail = tailCost(request, task);
  if (tail === Number.POSITIVE_INFINITY) return tail;
  return tail + orderCost(request, task) + startCost(request, task) + outcomeCost(request, task);
};
