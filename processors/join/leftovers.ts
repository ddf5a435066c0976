// What the assignment left alone on both sides. A follower on a busy machine reads an access line late, so that its request
// seems to begin after its own task was launched, and that excludes the two. If the line read a little earlier would make them
// fit, and each is the other's only candidate, they are linked, never as sure: better than a request without its work.
import type { JoinRequest, JoinTask } from './candidates.ts';
import { joinCost } from './cost.ts';

/** How late an access line is read on a busy machine beyond the normal slack: 29 ms seen. */
export const LAG_MS = 60;
/** 0.6 by the logistic rule: no clock vouches for the link, only that nothing else is left. 6 of 10 were right (DECISIONS.md). */
const LEFTOVER_NATS = 0.4;

export type Leftover = { readonly row: number; readonly column: number; readonly marginNats: number };

/** The request as if its line had been read when the task ended, at most LAG_MS earlier. */
const readEarlier = (request: JoinRequest, task: JoinTask): JoinRequest => ({
  ...request,
  endMs: request.endMs - Math.min(LAG_MS, Math.max(0, request.endMs - (task.endedMs ?? request.endMs))),
});

/** An answer whose work is missing, and work whose answer is missing: nothing that failed, was cut short or is still going on. */
const couldBe = (request: JoinRequest, task: JoinTask): boolean =>
  !request.failed &&
  task.end === 'ended' &&
  task.totalMs !== undefined &&
  request.embedding !== task.generated &&
  joinCost(readEarlier(request, task), task) < request.aloneCost;

/** Pairs of `rows` and `columns`, all of them alone, that are each other's only candidate. */
export const pairLeftovers = (
  requests: readonly JoinRequest[],
  tasks: readonly JoinTask[],
  rows: readonly number[],
  columns: readonly number[],
): readonly Leftover[] => {
  const columnsOf = rows.map((row) => {
    const request = requests[row];
    return columns.filter((column) => {
      const task = tasks[column];
      return request !== undefined && task !== undefined && couldBe(request, task);
    });
  });
  return rows.flatMap((row, at): readonly Leftover[] => {
    const [column, second] = columnsOf[at] ?? [];
    if (column === undefined || second !== undefined) return [];
    const wooers = columnsOf.filter((others) => others.includes(column)).length;
    return wooers === 1 ? [{ row, column, marginNats: LEFTOVER_NATS }] : [];
  });
};
