// First come, first served: Ollama lets the requests of one runner in through a first-in-first-out semaphore, so of two
// requests the earlier one has the earlier task. That is a cost on pairs of links, which no assignment of single links
// can see, so it is improved by exchanging tasks between two requests (2-opt) until no exchange helps.

import type { CostMatrix } from './assignment.ts';
import type { JoinRequest, JoinTask } from './candidates.ts';
import { waitedForLoad } from './cost.ts';

/** Against 180 requests with known tasks one pair was out of order (a burst onto a model that was loading). */
const ORDER_BROKEN_COST = 4;
/** Requests that all waited for one load are let go together and race for the semaphore. */
const BURST_BROKEN_COST = 0.3;
/** Starts or launches closer than this say nothing: the semaphore is taken a moment after the start. */
const CLOSE_MS = 2.5;
const SWEEPS_MAX = 8;

/** Cost of two links standing in the wrong order, 0 where order says nothing. */
const pairCost = (first: JoinRequest, firstTask: JoinTask, second: JoinRequest, secondTask: JoinTask): number => {
  if (firstTask.runner !== secondTask.runner) return 0;
  const started = first.endMs - first.latencyMs - (second.endMs - second.latencyMs);
  const launched = firstTask.launchedMs - secondTask.launchedMs;
  if (started * launched >= 0) return 0;
  const blur = Math.max(first.jitterMs, second.jitterMs, CLOSE_MS);
  const broken = Math.min(Math.abs(started), Math.abs(launched));
  if (broken < blur) return 0;
  const burst =
    waitedForLoad(first.endMs - first.latencyMs, firstTask) &&
    waitedForLoad(second.endMs - second.latencyMs, secondTask);
  return (burst ? BURST_BROKEN_COST : ORDER_BROKEN_COST) * (1 - Math.exp(-broken / (2 * blur)));
};

export type OrderProblem = {
  readonly requests: readonly JoinRequest[];
  readonly tasks: readonly JoinTask[];
  readonly costs: CostMatrix;
};

/** What broken order adds for row `row` if it had `column`, the others as in `columns`; `except` is left out. */
const rowOrder = (
  { requests, tasks }: OrderProblem,
  columns: readonly number[],
  row: number,
  column: number,
  except: number,
): number => {
  const request = requests[row];
  const task = tasks[column];
  if (request === undefined || task === undefined) return 0;
  let sum = 0;
  for (let other = 0; other < columns.length; other += 1) {
    const otherRequest = requests[other];
    const otherTask = tasks[columns[other] ?? -1];
    if (other === row || other === except || otherRequest === undefined || otherTask === undefined) continue;
    sum += pairCost(request, task, otherRequest, otherTask);
  }
  return sum;
};

const linkCost = (problem: OrderProblem, row: number, column: number): number =>
  problem.costs[row]?.[column] ?? Number.POSITIVE_INFINITY;

/** Gain of exchanging the tasks of two linked rows; positive is better. */
const exchangeGain = (problem: OrderProblem, columns: readonly number[], a: number, b: number): number => {
  const [columnA, columnB] = [columns[a] ?? -1, columns[b] ?? -1];
  if (columnA < 0 || columnB < 0) return 0;
  const after = linkCost(problem, a, columnB) + linkCost(problem, b, columnA);
  if (after === Number.POSITIVE_INFINITY) return 0;
  const [requestA, requestB] = [problem.requests[a], problem.requests[b]];
  const [taskA, taskB] = [problem.tasks[columnA], problem.tasks[columnB]];
  if (requestA === undefined || requestB === undefined || taskA === undefined || taskB === undefined) return 0;
  const before = linkCost(problem, a, columnA) + linkCost(problem, b, columnB);
  const orderBefore =
    rowOrder(problem, columns, a, columnA, b) +
    rowOrder(problem, columns, b, columnB, a) +
    pairCost(requestA, taskA, requestB, taskB);
  const orderAfter =
    rowOrder(problem, columns, a, columnB, b) +
    rowOrder(problem, columns, b, columnA, a) +
    pairCost(requestA, taskB, requestB, taskA);
  return before + orderBefore - after - orderAfter;
};

/** The order cost of a whole assignment: each pair once. */
export const orderCost = (problem: OrderProblem, columns: readonly number[]): number =>
  columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : rowOrder(problem, columns, row, column, -1)), 0) / 2;

/** Exchanges while that helps; at most SWEEPS_MAX sweeps over all pairs. */
export const improveOrder = (problem: OrderProblem, columns: readonly number[]): readonly number[] => {
  const better = [...columns];
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep += 1) {
    let changed = false;
    for (let a = 0; a < better.length; a += 1) {
      for (let b = a + 1; b < better.length; b += 1) {
        if (exchangeGain(problem, better, a, b) <= 1e-9) continue;
        [better[a], better[b]] = [better[b] ?? -1, better[a] ?? -1];
        changed = true;
      }
    }
    if (!changed) break;
  }
  return better;
};

/**
 * How much worse the best single change is that takes `row` away from its column: alone, to a free column, by an exchange, or by
 * turning another row out. An upper bound of the true margin, for parts too large to solve again for each row.
 */
export const nearestChange = (
  problem: OrderProblem,
  columns: readonly number[],
  alone: readonly number[],
  row: number,
): number => {
  const own = linkCost(problem, row, columns[row] ?? -1);
  let best = (alone[row] ?? 0) - own;
  for (const [column, cost] of (problem.costs[row] ?? []).entries()) {
    if (column === columns[row] || cost === Number.POSITIVE_INFINITY) continue;
    const holder = columns.indexOf(column);
    if (holder < 0) best = Math.min(best, cost - own);
    else {
      const turnedOut = cost + (alone[holder] ?? 0) - own - linkCost(problem, holder, column);
      const exchanged = isExchangeable(problem, columns, row, holder)
        ? -exchangeGain(problem, columns, row, holder)
        : turnedOut;
      best = Math.min(best, turnedOut, exchanged);
    }
  }
  return Math.max(0, best);
};

const isExchangeable = (problem: OrderProblem, columns: readonly number[], a: number, b: number): boolean =>
  linkCost(problem, a, columns[b] ?? -1) + linkCost(problem, b, columns[a] ?? -1) < Number.POSITIVE_INFINITY;
