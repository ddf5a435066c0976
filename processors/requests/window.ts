// The window of requests that ended and are not settled: turns it and the free tasks into the numbers that the join compares,
// and says for each request that is due which task and which finished line are its, and how sure that is.
import { type Instant, NS_PER_MS } from '../../otel/time.ts';
import type { Join } from '../fact.ts';
import { COARSE_CONFIDENCE_MAX, confidenceOfMargin } from '../join/confidence.ts';
import { alignFinished } from '../join/finished.ts';
import { type JoinRequest, type JoinTask, joinRequests, type Link } from '../join.ts';
import { placeOf, type RunnerTable, type RunnerView, standsBefore } from '../runners/table.ts';
import type { Task } from '../tasks/task.ts';
import type { Evidence } from './evidence.ts';
import { jitterMsOf, neverRan, type Pending, startInLog } from './pending.ts';

export type Decision = {
  readonly task?: Task;
  readonly taskJoin: Join;
  readonly finished?: Evidence;
  readonly finishedJoin: Join;
};

export const NO_JOIN: Join = { method: 'none', confidence: 0 };
/** This server prints no lines of tasks: there is nothing to link, which is no failure to link. */
export const NOT_LOGGED: Join = { method: 'not_logged', confidence: 0 };

export type WindowContext = {
  readonly table: RunnerTable;
  /** Tasks are logged on this server: an inference request without one is then unlikely. */
  readonly tasksSeen: boolean;
  readonly finishedSeen: boolean;
};

/** Prices of having no task, in nats: about as unlikely as a task that ended 100 ms away. */
const ALONE = { answered: 12, failed: 6, refused: 4, quick: 1.5, unseen: 0 } as const;
/** An answer this fast can be a load-only or unload call. */
const QUICK_NS = 1_500_000;
const FINISHED_ALONE = 3;

const msFrom = (base: Instant, at: Instant): number => Number(at - base) / NS_PER_MS;

const aloneCost = (pending: Pending, context: WindowContext): number => {
  const { latencyNs, status } = pending.access.fields;
  if (!context.tasksSeen) return ALONE.unseen;
  if (latencyNs < QUICK_NS) return ALONE.quick;
  if (status === 400) return ALONE.refused;
  return status >= 499 ? ALONE.failed : ALONE.answered;
};

const runnerOfFinished = (
  finished: Evidence | undefined,
  pending: Pending,
  table: RunnerTable,
): RunnerView | undefined => {
  if (finished?.reading.kind !== 'request.finished_context') return undefined;
  const group = finished.reading.fields.runner;
  if (group === undefined) return loadInside(pending, table);
  return (
    (group.pid === undefined ? undefined : table.byPid(group.pid)) ??
    (group.blob === undefined ? undefined : table.byBlob(group.blob, placeOf(pending.access)))
  );
};

/** The one load that began inside a request; undefined when there were several, as any of them may be another request's. */
export const loadInside = (pending: Pending, table: RunnerTable): RunnerView | undefined => {
  const loads = table
    .recent()
    .filter(
      (runner) =>
        runner.startedAt >= startInLog(pending) &&
        runner.startedAt <= pending.end.at &&
        !standsBefore(placeOf(pending.access), runner.startLine),
    );
  return loads.length === 1 ? loads[0] : undefined;
};

const requestNumbers = (
  pending: Pending,
  base: Instant,
  context: WindowContext,
  runner: RunnerView | undefined,
): JoinRequest => ({
  endMs: msFrom(base, pending.end.at),
  latencyMs: pending.access.fields.latencyNs / NS_PER_MS,
  latencyStepMs: pending.access.fields.latencyStepNs >= 1e9 ? 1_000 : 0,
  jitterMs: jitterMsOf(pending.access),
  order: pending.order,
  stream: pending.access.line.source.identity,
  position: placeOf(pending.access).position,
  embedding: pending.operation === 'embeddings',
  failed: pending.access.fields.status >= 400,
  aloneCost: aloneCost(pending, context),
  ...(runner === undefined ? {} : { runner: runner.key }),
});

/** A lane that is as good as certain counts as the task's runner; a guess must not forbid a link. */
const LANE_SURE = 0.98;

/**
 * How far the arrivals of a task's lines are from what it measured itself: on a starved machine lines come late, and by how
 * much shows here.
 */
const skewMs = ({ launchedAt, endedAt, totalMs }: Task): number =>
  endedAt === undefined || totalMs === undefined ? 0 : Math.abs(msFrom(launchedAt, endedAt) - totalMs);
/** A fifth of it counts: the access line comes by another way and is mostly on time. */
const SKEW_PER_JITTER = 5;

const taskNumbers = (task: Task, base: Instant): JoinTask => ({
  launchedMs: msFrom(base, task.launchedAt),
  end: task.end,
  jitterMs: Math.max(jitterMsOf(task.launch), skewMs(task) / SKEW_PER_JITTER),
  order: task.endOrder,
  stream: task.launch.line.source.identity,
  generated: task.decodeMs !== undefined || task.outputTokens !== undefined,
  ...(task.endedAt === undefined || task.end === 'open' || task.end === 'died'
    ? {}
    : { endedMs: msFrom(base, task.endedAt) }),
  ...(task.totalMs === undefined ? {} : { totalMs: task.totalMs }),
  ...(task.lane.runner === undefined || task.laneConfidence < LANE_SURE
    ? {}
    : { runner: task.lane.runner.key, loadPlace: task.lane.runner.startLine }),
  ...(task.freedAt === undefined ? {} : { freedMs: msFrom(base, task.freedAt) }),
  ...(task.lane.runner?.readyAt === undefined ? {} : { loadedMs: msFrom(base, task.lane.runner.readyAt) }),
  ...(task.firstHalf?.fate === 'free' ? { firstHalfMs: msFrom(base, task.firstHalf.launchedAt) } : {}),
});

/** Finished lines of the requests that reached a runner. */
const finishedOf = (window: readonly Pending[], kept: readonly Evidence[], context: WindowContext) => {
  const lines = kept.filter(({ reading }) => reading.kind === 'request.finished_context');
  const found = new Map<Pending, { readonly line: Evidence; readonly join: Join }>();
  if (!context.finishedSeen || lines.length === 0) return found;
  const ran = window.filter(
    (pending) => !neverRan(pending.access.fields.status) && pending.access.fields.status !== 499,
  );
  const [first] = lines;
  const base = first?.reading.at ?? window[0]?.end.at;
  if (base === undefined) return found;
  const aligned = alignFinished(
    ran.map((pending) => ({
      atMs: msFrom(base, pending.end.at),
      jitterMs: jitterMsOf(pending.access),
      order: pending.order,
      aloneCost: pending.access.fields.status >= 400 || pending.access.fields.latencyNs < QUICK_NS ? 2 : ALONE.answered,
    })),
    lines.map(({ reading, order }) => ({
      atMs: msFrom(base, reading.at),
      jitterMs: 1.5,
      order,
      aloneCost: FINISHED_ALONE,
    })),
  );
  for (const [row, { index, marginNats }] of aligned.entries()) {
    const [pending, line] = [ran[row], lines[index]];
    if (pending !== undefined && line !== undefined)
      found.set(pending, { line, join: { method: 'finished_line', confidence: confidenceOfMargin(marginNats) } });
  }
  return found;
};

/** Confidence of a link, capped where times are coarse. */
const sureness = ({ access }: Pending, { marginNats, lookalikes }: Link): number =>
  Math.min(confidenceOfMargin(marginNats, lookalikes), access.timing === 'estimated' ? COARSE_CONFIDENCE_MAX : 1);

/** Decisions for the requests of the window for which `wanted` is true; the rest competes and stays. */
export const decide = (
  window: readonly Pending[],
  wanted: readonly boolean[],
  tasks: readonly Task[],
  kept: readonly Evidence[],
  context: WindowContext,
): readonly Decision[] => {
  const base = window[0]?.end.at;
  if (base === undefined) return [];
  const finished = finishedOf(window, kept, context);
  const numbersOf = (pending: Pending): JoinRequest =>
    requestNumbers(pending, base, context, runnerOfFinished(finished.get(pending)?.line, pending, context.table));
  // Up to 0.24 the default level logs no tasks: nothing is compared then.
  const links =
    tasks.length === 0
      ? []
      : joinRequests(
          window.map(numbersOf),
          tasks.map((task) => taskNumbers(task, base)),
          wanted,
        );
  return window.map((pending, row): Decision => {
    const link = links[row];
    const task = link === undefined ? undefined : tasks[link.task];
    const line = finished.get(pending);
    const method = link !== undefined && link.rivals <= 1 ? 'only_candidate' : 'assignment';
    return {
      ...(task === undefined ? {} : { task }),
      taskJoin: task === undefined || link === undefined ? NO_JOIN : { method, confidence: sureness(pending, link) },
      ...(line === undefined ? {} : { finished: line.line }),
      finishedJoin: line?.join ?? NO_JOIN,
    };
  });
};
