// The phases of a request, laid from what was logged: durations are the runner's own, positions come from the launch line
// and are moved so that everything lies inside the request. What was not logged has no phase.
import { addNs, earlier, type Instant, later, NS_PER_MS, nsBetween, secondsBetween } from '../../otel/time.ts';
import type { Bound, Phase } from '../fact.ts';
import type { RunnerView } from '../runners/table.ts';
import type { Task } from '../tasks/task.ts';

export type Laid = {
  readonly phases: readonly Phase[];
  readonly queueSeconds?: number;
  readonly loadSeconds?: number;
  readonly prefillSeconds?: number;
  readonly decodeSeconds?: number;
};

/** Arrival of a launch line after the launch. */
const OBSERVED_SECONDS = 0.01;

const clamp = (at: Instant, start: Instant, end: Instant): Instant => later(start, earlier(at, end));

/** Where the task ran: not before the request, and early enough for its whole length to fit before the request's end. */
const taskStart = (task: Task, start: Instant, end: Instant): Instant => {
  const latest = task.totalMs === undefined ? end : addNs(end, -task.totalMs * NS_PER_MS);
  return clamp(earlier(task.launchedAt, latest), start, end);
};

/** Work began with the first half where there was one; what that half did in detail was not logged. */
const workStart = (task: Task, launchedAt: Instant, start: Instant): Instant =>
  task.firstHalf?.fate === 'taken' ? clamp(task.firstHalf.launchedAt, start, launchedAt) : launchedAt;

const bound = (at: Instant, from: Bound['from'], uncertaintySeconds: number): Bound => ({
  at,
  from,
  uncertaintySeconds,
});

const loadPhases = (load: RunnerView, start: Instant, end: Instant): readonly Phase[] => {
  const exact = (at: Instant): Bound => {
    const inside = clamp(at, start, end);
    return bound(inside, inside === at ? 'logged' : 'derived', inside === at ? 0.001 : OBSERVED_SECONDS);
  };
  const from = exact(load.startedAt);
  const to = exact(load.readyAt ?? load.endedAt ?? end);
  const phases: Phase[] = [{ name: 'load model', start: from, end: to }];
  if (load.placedAt === undefined || load.placedAt <= from.at || load.placedAt >= to.at) return phases;
  const placed = exact(load.placedAt);
  phases.push({ name: 'place layers', start: from, end: placed, within: 'load model' });
  phases.push({ name: 'start runner', start: placed, end: to, within: 'load model' });
  return phases;
};

const runPhases = (task: Task, launched: Bound, end: Instant): readonly Phase[] => {
  if (task.prefillMs === undefined) return [];
  const prefilled = bound(
    earlier(addNs(launched.at, task.prefillMs * NS_PER_MS), end),
    'derived',
    launched.uncertaintySeconds,
  );
  const prefill: Phase = { name: 'prefill', start: launched, end: prefilled };
  if (task.decodeMs === undefined) return [prefill];
  const decoded = bound(
    earlier(addNs(prefilled.at, task.decodeMs * NS_PER_MS), end),
    'derived',
    launched.uncertaintySeconds,
  );
  return [prefill, { name: 'decode', start: prefilled, end: decoded }];
};

/** A load inside the request: it ends after the start and begins before the work. */
const overlaps = (load: RunnerView, start: Instant, until: Instant): boolean =>
  (load.readyAt ?? load.endedAt ?? until) > start && load.startedAt < until;

export const layPhases = (start: Bound, end: Bound, task: Task | undefined, load: RunnerView | undefined): Laid => {
  const uncertain = task === undefined ? end.uncertaintySeconds : Math.max(end.uncertaintySeconds, OBSERVED_SECONDS);
  const launchedAt = task === undefined ? undefined : taskStart(task, start.at, end.at);
  const until = task === undefined || launchedAt === undefined ? end.at : workStart(task, launchedAt, start.at);
  const within = load !== undefined && overlaps(load, start.at, until) ? load : undefined;
  const phases: Phase[] = [];
  const loads = within === undefined ? [] : loadPhases(within, start.at, until);
  const [whole] = loads;
  const queueEnd = whole?.start ?? (launchedAt === undefined ? undefined : bound(until, 'observed', uncertain));
  if (queueEnd !== undefined && queueEnd.at > start.at) phases.push({ name: 'queue', start, end: queueEnd });
  phases.push(...loads);
  if (task !== undefined && launchedAt !== undefined)
    phases.push(...runPhases(task, bound(launchedAt, 'observed', uncertain), end.at));
  const loadSeconds = whole === undefined ? undefined : secondsBetween(whole.start.at, whole.end.at);
  const queueSeconds =
    launchedAt === undefined ? undefined : Math.max(0, nsBetween(start.at, until) / 1e9 - (loadSeconds ?? 0));
  return {
    phases,
    ...(queueSeconds === undefined ? {} : { queueSeconds }),
    ...(loadSeconds === undefined ? {} : { loadSeconds }),
    ...(task?.prefillMs === undefined ? {} : { prefillSeconds: task.prefillMs / 1e3 }),
    ...(task?.decodeMs === undefined ? {} : { decodeSeconds: task.decodeMs / 1e3 }),
  };
};
