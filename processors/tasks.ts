// Slot and task lines become tasks. Launches choose a lane, later lines find their task by (slot, task), and where two
// processes use the same pair at once the numbers of the line decide; a block of timing lines is never split.
import type { OllamaReading } from '../collectors/reading.ts';
import { type Instant, secondsBetween } from '../otel/time.ts';
import { OPEN_REQUESTS_MAX, SECOND_HALF_SECONDS, SLOT_WAIT_SECONDS } from './limits.ts';
import type { RunnerTable } from './runners/table.ts';
import { createLanes, type Lane, remember } from './tasks/lanes.ts';
import { batchesOf, learnDraft, type Task } from './tasks/task.ts';

export type { Task } from './tasks/task.ts';

type OllamaOf<K extends OllamaReading['kind']> = Extract<OllamaReading, { readonly kind: K }>;
type TaskKind = Extract<OllamaReading['kind'], `task.${string}`>;
export type TaskReading = OllamaOf<TaskKind>;

/** Slots of one process fit below this: llama-server's own limit is 256. */
const SLOTS = 1_024;
const pairOf = (slot: number, id: number): number => id * SLOTS + (slot % SLOTS);

/** Whether a timing line can be this task's: prefill counts the prompt less what was cached. */
const fits = (task: Task, reading: TaskReading): boolean => {
  if (reading.kind !== 'task.prefill_timing' || task.promptTokens === undefined) return true;
  return Math.abs(task.promptTokens - (task.cachedTokens ?? 0) - reading.fields.tokens) <= 1;
};

/** What a line says of its task. */
const learn = (task: Task, reading: TaskReading, order: number): void => {
  switch (reading.kind) {
    case 'task.cached':
      // Each batch of a long prompt prints one; only the first tells what came from the cache.
      task.cachedTokens ??= reading.fields.cachedTokens;
      return;
    case 'task.progress':
      if (reading.fields.outputTokens === undefined) return;
      task.outputTokens = reading.fields.outputTokens;
      if (task.lane.drafts !== true) task.lane.reached = Math.max(task.lane.reached, task.id + task.outputTokens);
      return;
    case 'task.prefill_timing':
      task.prefillMs = reading.fields.durationMs;
      task.prefillTokens = reading.fields.tokens;
      return;
    case 'task.decode_timing':
      task.decodeMs = reading.fields.durationMs;
      task.outputTokens = reading.fields.tokens;
      return;
    case 'task.total_timing':
      task.totalMs = reading.fields.durationMs;
      task.endedAt = reading.at;
      task.endOrder = order;
      return;
    case 'task.draft':
      learnDraft(task, reading.fields);
      return;
    default:
      return;
  }
};

export const createTasks = (table: RunnerTable) => {
  const lanes = createLanes(table);
  const open = new Map<number, Task[]>();
  /** Everything whose request is not known yet, in order of launch. */
  const free = new Set<Task>();
  let block: Task | undefined;
  let openCount = 0;

  const forgetOpen = (task: Task): void => {
    const pair = pairOf(task.slot, task.id);
    const rest = (open.get(pair) ?? []).filter((other) => other !== task);
    if (rest.length === 0) open.delete(pair);
    else open.set(pair, rest);
    if (task.lane.busy.get(task.slot) === task) {
      if (
        task.lane.busy.size >= Math.max(task.lane.runner?.parallel ?? task.lane.widest, 1) &&
        task.releasedAt !== undefined
      )
        task.lane.freedAt = task.releasedAt;
      task.lane.busy.delete(task.slot);
    }
    task.lane.lastEnded = task;
    openCount -= 1;
  };

  const close = (task: Task, end: Task['end'], at: Instant): void => {
    if (task.end !== 'open') return;
    // A runner that is told to go right after its answer is done did not cut it short.
    task.end = end === 'died' && task.totalMs !== undefined ? 'ended' : end;
    task.closedAt = at;
    task.lane.reached = Math.max(task.lane.reached, task.id + batchesOf(task));
    forgetOpen(task);
    if (block === task) block = undefined;
  };

  const enter = (task: Task, lane: Lane): void => {
    task.lane = lane;
    const before = lane.busy.get(task.slot);
    // Its release line was lost, torn or never printed.
    if (before !== undefined) close(before, 'died', task.launchedAt);
    lane.busy.set(task.slot, task);
    lane.widest = Math.max(lane.widest, lane.busy.size);
    remember(lane, task.id);
    task.reachedBefore = lane.reached;
    lane.reached = Math.max(lane.reached, task.id);
  };

  const freedAtOf = (lane: Lane, at: Instant): Instant | undefined =>
    lane.freedAt !== undefined && secondsBetween(lane.freedAt, at) < SLOT_WAIT_SECONDS ? lane.freedAt : undefined;

  const launch = (reading: OllamaOf<'task.launched'>, order: number): Task => {
    const { slot, task: id } = reading.fields;
    const { lane, confidence } = lanes.choose(slot, id, undefined, reading.at);
    const freedAt = freedAtOf(lane, reading.at);
    const before = lane.lastEnded;
    const task: Task = {
      slot,
      id,
      lane,
      laneConfidence: confidence,
      launch: reading,
      launchedAt: reading.at,
      reachedBefore: lane.reached,
      end: 'open',
      endOrder: order,
      fate: 'free',
      held: [],
      shifts: 0,
      ...(freedAt === undefined ? {} : { freedAt }),
    };
    if (
      before?.end === 'cancelled' &&
      before.fate === 'free' &&
      before.releasedAt !== undefined &&
      secondsBetween(before.releasedAt, reading.at) < SECOND_HALF_SECONDS
    ) {
      task.firstHalf = before;
      before.secondHalf = task;
    }
    enter(task, lane);
    const pair = pairOf(slot, id);
    open.set(pair, [...(open.get(pair) ?? []), task]);
    openCount += 1;
    free.add(task);
    return task;
  };

  /** The prompt line tells the context of a slot: the lane is chosen again among those that have it. */
  const settleLane = (task: Task, reading: OllamaOf<'task.prompt'>): void => {
    const { promptTokens, contextSize } = reading.fields;
    task.promptTokens = promptTokens;
    const old = task.lane;
    old.recentIds.delete(task.id);
    if (old.reached === task.id) old.reached = task.reachedBefore;
    if (old.busy.get(task.slot) === task) old.busy.delete(task.slot);
    const { lane, confidence } = lanes.choose(task.slot, task.id, contextSize, reading.at);
    task.laneConfidence = lane === old ? Math.max(task.laneConfidence, confidence) : confidence;
    if (lane !== old) {
      const freedAt = freedAtOf(lane, task.launchedAt);
      if (freedAt === undefined) delete task.freedAt;
      else task.freedAt = freedAt;
    }
    if (lane.runner === undefined) lane.contextSize ??= contextSize;
    enter(task, lane);
  };

  const find = (
    reading: Exclude<TaskReading, OllamaOf<'task.received' | 'task.cancelled' | 'task.launched'>>,
  ): Task | undefined => {
    const { slot, task: id } = reading.fields;
    if (
      block !== undefined &&
      block.slot === slot &&
      block.id === id &&
      block.end === 'open' &&
      reading.kind !== 'task.prefill_timing'
    )
      return block;
    const candidates = open.get(pairOf(slot, id));
    if (candidates === undefined || candidates.length < 2) return candidates?.[0];
    const prompting =
      reading.kind === 'task.prompt' ? candidates.findLast((task) => task.promptTokens === undefined) : undefined;
    return prompting ?? candidates.find((task) => fits(task, reading) && task.totalMs === undefined) ?? candidates[0];
  };

  const release = (task: Task, reading: OllamaOf<'task.released'>, order: number): void => {
    task.releasedAt = reading.at;
    task.releasedTokens = reading.fields.tokens;
    if (task.endedAt === undefined) {
      task.endedAt = reading.at;
      task.endOrder = order;
    }
    close(
      task,
      task.end === 'open' && task.cancelled === true && task.totalMs === undefined ? 'cancelled' : 'ended',
      reading.at,
    );
  };

  const cancel = (id: number): Task | undefined => {
    let found: Task | undefined;
    for (const lane of lanes.alive()) {
      for (const task of lane.busy.values()) if (task.id === id && task.cancelled !== true) found = task;
    }
    if (found !== undefined) found.cancelled = true;
    return found;
  };

  return {
    /** The task that a line belongs to; undefined for lines that name none, or a task that was never seen starting. */
    read: (reading: TaskReading, order: number): Task | undefined => {
      if (reading.kind === 'task.received') return undefined;
      if (reading.kind === 'task.cancelled') return cancel(reading.fields.task);
      if (reading.fields.task < 0) return undefined;
      if (reading.kind === 'task.launched') {
        block = launch(reading, order);
        return block;
      }
      const task = find(reading);
      if (task === undefined) return undefined;
      if (reading.kind === 'task.prompt') settleLane(task, reading);
      else if (reading.kind === 'task.released') release(task, reading, order);
      else learn(task, reading, order);
      if (task.end === 'open') block = task;
      return task;
    },
    /** A runner is gone: what it was doing died. */
    runnerEnded: (key: string, at: Instant): void => {
      const lane = lanes.end(key);
      for (const task of [...(lane?.busy.values() ?? [])]) close(task, 'died', at);
    },
    /** The server is gone, and every runner with it, known or not. */
    serverEnded: (at: Instant): void => {
      for (const lane of [...lanes.alive(), ...lanes.endUnknown()])
        for (const task of [...lane.busy.values()]) close(task, 'died', at);
    },
    free: (): ReadonlySet<Task> => free,
    openCount: (): number => openCount,
    take: (task: Task): void => {
      task.fate = 'taken';
      free.delete(task);
    },
    giveUp: (task: Task): void => {
      task.fate = 'given_up';
      free.delete(task);
    },
    /** Oldest free task once there are more than OPEN_REQUESTS_MAX. */
    overflow: (): Task | undefined => (free.size > OPEN_REQUESTS_MAX ? free.values().next().value : undefined),
  };
};
export type Tasks = ReturnType<typeof createTasks>;
