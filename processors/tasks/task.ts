// A task: what one runner did for one request, as its slot lines tell it. Slot and task ids are per process and nothing in a
// raw line names the process, so a task also carries how sure it is which runner's it was.
import type { RecordReading } from '../../collectors/reading.ts';
import type { SpanRef } from '../../otel/ids.ts';
import { earlier, type Instant } from '../../otel/time.ts';
import type { Join } from '../fact.ts';
import type { TaskEnd } from '../join.ts';
import { LINES_PER_TASK_MAX } from '../limits.ts';
import type { Evidence } from '../requests/evidence.ts';
import type { Lane } from './lanes.ts';

export type Task = {
  readonly slot: number;
  readonly id: number;
  lane: Lane;
  /** 0–1: that the lane is the right one. */
  laneConfidence: number;
  readonly launch: RecordReading;
  launchedAt: Instant;
  /** Where the lane's ids stood before it: to move it to another lane. */
  reachedBefore: number;
  end: TaskEnd;
  /** The runner was told to stop it: `srv stop: cancel task`. */
  cancelled?: boolean;
  /** Order number and time of its last timing or release line, whichever tells the end. */
  endedAt?: Instant;
  endOrder: number;
  /** When it was seen to be over, also for one that died without a word. */
  closedAt?: Instant;
  releasedAt?: Instant;
  promptTokens?: number;
  cachedTokens?: number;
  prefillMs?: number;
  prefillTokens?: number;
  decodeMs?: number;
  outputTokens?: number;
  totalMs?: number;
  releasedTokens?: number;
  /** When a slot of its full runner came free, right before its launch. */
  freedAt?: Instant;
  /** The cancelled task right before it on the same runner, possibly the first half of the same request. */
  firstHalf?: Task;
  /** The task that may be its second half, while that one is not decided. */
  secondHalf?: Task;
  truncation?: { readonly promptTokens: number; readonly keptTokens: number; readonly evidence: Evidence };
  /** Context shifts in it, to be told with its request. */
  shifts: number;
  draftAcceptance?: number;
  draftAccepted?: number;
  /** `free` until its request is known; then lines go straight to that request's span. */
  fate: 'free' | 'taken' | 'given_up';
  ref?: SpanRef;
  join?: Join;
  held: RecordReading[];
};

/** No line of it that was read was written after `latest`, whenever it arrived. */
export const clampTask = (task: Task, latest: Instant): void => {
  const { lane } = task;
  task.launchedAt = earlier(task.launchedAt, latest);
  if (task.endedAt !== undefined) task.endedAt = earlier(task.endedAt, latest);
  if (task.releasedAt !== undefined) task.releasedAt = earlier(task.releasedAt, latest);
  if (task.closedAt !== undefined) task.closedAt = earlier(task.closedAt, latest);
  if (task.freedAt !== undefined) task.freedAt = earlier(task.freedAt, latest);
  if (lane.freedAt !== undefined) lane.freedAt = earlier(lane.freedAt, latest);
};

/** Keeps a line back for the task's request; false when the bound is hit and the line must go on without a link. */
export const hold = (task: Task, reading: RecordReading): boolean => {
  if (task.held.length >= LINES_PER_TASK_MAX) return false;
  task.held.push(reading);
  return true;
};

/**
 * Tokens generated. Without timings (cancelled, died) what the release line counts beyond the prompt: exact to one token
 * as long as the context was not shifted.
 */
export const outputOf = (task: Task): number | undefined => {
  if (task.decodeMs !== undefined) return task.outputTokens;
  if (task.releasedTokens === undefined || task.promptTokens === undefined) return task.outputTokens;
  return Math.max(0, task.releasedTokens - task.promptTokens);
};

/** Batches that a task took at least: one per token, but for accepted draft tokens, which come several in a batch. */
export const batchesOf = ({ lane, outputTokens = 0, draftAccepted }: Task): number =>
  lane.drafts === true ? (draftAccepted === undefined ? 0 : outputTokens - draftAccepted) : outputTokens;

export const learnDraft = (task: Task, draft: { readonly acceptance: number; readonly accepted: number }): void => {
  const { lane } = task;
  task.draftAcceptance = draft.acceptance;
  task.draftAccepted = draft.accepted;
  // Progress lines of the first such task have counted tokens as batches.
  if (lane.drafts !== true) lane.reached = Math.max(task.reachedBefore, task.id);
  lane.drafts = true;
};
