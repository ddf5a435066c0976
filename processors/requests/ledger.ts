// The books of the requests fold: what is open, what is held, what was told. Every record goes out once, every task ends as
// part of one request or is told as abandoned, whatever comes.
import type { Emit, RecordReading } from '../../collectors/reading.ts';
import type { SpanRef } from '../../otel/ids.ts';
import { spanIdOf, traceIdOf } from '../../otel/ids.ts';
import type { Instant } from '../../otel/time.ts';
import { addSeconds, earlier, later } from '../../otel/time.ts';
import type { Fact, FactOf, FinishedRequest, Join } from '../fact.ts';
import { UNCLAIMED_SECONDS } from '../limits.ts';
import { modelOf, refOf } from '../runners/table.ts';
import { hold, type Task } from '../tasks/task.ts';
import type { Tasks } from '../tasks.ts';
import { REQUEST_SPAN } from './build.ts';
import { tellLine } from './pending.ts';

/** A line that its task had no room for goes on without a span, and says why. */
const BOUND_HIT: Join = { method: 'bound', confidence: 0 };

/** A task's line: to its request's span where that is known, else kept for it. */
export const tellTaskLine = (task: Task, reading: RecordReading, emit: Emit<Fact>): void => {
  if (task.fate === 'taken' && task.ref !== undefined && task.join !== undefined)
    tellLine(emit, reading, { ref: task.ref, join: task.join });
  else if (task.fate !== 'free') tellLine(emit, reading);
  else if (!hold(task, reading)) tellLine(emit, reading, { join: BOUND_HIT });
};

const release = (task: Task, emit: Emit<Fact>, link?: { readonly ref: SpanRef; readonly join: Join }): void => {
  const lines = task.held;
  task.held = [];
  for (const reading of lines) tellLine(emit, reading, link);
};

/** Gives a task to a request: its lines go to that request's span, later ones too. */
export const giveTask = (tasks: Tasks, task: Task, request: FinishedRequest, emit: Emit<Fact>): void => {
  tasks.take(task);
  task.ref = request.ref;
  task.join = request.taskJoin;
  release(task, emit, { ref: task.ref, join: task.join });
  for (let n = 0; n < task.shifts; n += 1)
    emit({ type: 'context.shifted', at: request.end.at, model: request.model, ref: request.ref });
};

/** Takes a task out of the game without telling it: its link was too unsure to be made. */
export const dropTask = (tasks: Tasks, task: Task, emit: Emit<Fact>): void => {
  tasks.giveUp(task);
  release(task, emit);
};

const refOfTask = (task: Task): SpanRef => {
  const { source, position, text } = task.launch.line;
  const traceId = traceIdOf(source.identity, position + task.launch.offset, text);
  return { traceId, spanId: spanIdOf(traceId, REQUEST_SPAN) };
};

/** A task without an access line is told, with its own lines on its own trace. */
export const abandonTask = (
  tasks: Tasks,
  task: Task,
  at: Instant,
  reason: FactOf<'request.abandoned'>['reason'],
  emit: Emit<Fact>,
): void => {
  tasks.giveUp(task);
  const ref = refOfTask(task);
  release(task, emit, { ref, join: { method: 'task', confidence: 1 } });
  const { runner } = task.lane;
  emit({
    type: 'request.abandoned',
    at,
    ref,
    start: {
      at: task.launchedAt,
      from: task.launch.timing === 'observed' ? 'observed' : 'derived',
      uncertaintySeconds: task.launch.timing === 'estimated' ? 1 : 0.01,
    },
    reason,
    model: runner === undefined ? {} : modelOf(runner),
    ...(runner === undefined ? {} : { runner: refOf(runner) }),
  });
};

/** A first half waits for its second, which decides for both. */
const waitsForSecond = (task: Task): boolean => task.secondHalf !== undefined && task.secondHalf.fate === 'free';

/** Of a backlog all is long over when it is read: the wait for its access line begins when its lines were there to be read. */
const waitedSince = (task: Task, closedAt: Instant): Instant => later(closedAt, task.launch.line.arrival);
/** A tick comes at most this much after a wait was over; what is later was read late and ended long before. */
const LATE_SECONDS = 1;

/** Abandons what ended so long ago that no access line can come any more. */
export const sweepTasks = (tasks: Tasks, now: Instant, emit: Emit<Fact>): void => {
  for (const task of tasks.free()) {
    const { closedAt } = task;
    if (
      task.end === 'open' ||
      closedAt === undefined ||
      addSeconds(waitedSince(task, closedAt), UNCLAIMED_SECONDS) > now ||
      waitsForSecond(task)
    )
      continue;
    const at = earlier(now, addSeconds(closedAt, UNCLAIMED_SECONDS + LATE_SECONDS));
    abandonTask(tasks, task, at, 'no_access_line', emit);
  }
};
