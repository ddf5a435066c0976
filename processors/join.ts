// Which task served which request: one assignment of least cost over a small window, split into parts that cannot touch each
// other. How much worse the best assignment without a link would be is that link's margin; margins give the confidence.
import { assign, costOf } from './join/assignment.ts';
import type { JoinRequest, JoinTask } from './join/candidates.ts';
import { joinCost } from './join/cost.ts';
import { pairLeftovers } from './join/leftovers.ts';
import { improveOrder, nearestChange, type OrderProblem, orderCost } from './join/order.ts';
import { JOIN_TASKS_MAX, JOIN_WINDOW_MAX } from './limits.ts';

export type { JoinRequest, JoinTask, TaskEnd } from './join/candidates.ts';

export type Link = {
  /** Index into the tasks, -1 for a request that stays without one. */
  readonly task: number;
  /** Nats by which the best assignment without this link is worse. */
  readonly marginNats: number;
  /** Other tasks that would cost this request about as much: with many of them the margin to the second says too little. */
  readonly lookalikes: number;
  /** Requests and tasks that competed: 1 and 1 when there was nothing to choose. */
  readonly rivals: number;
};

const ALONE: Link = { task: -1, marginNats: 0, lookalikes: 0, rivals: 0 };
/** A request that no task can be linked to: a part of its own. */
const LONE: Link = { ...ALONE, rivals: 1 };
/** Costs this close are the same within what the model of them is worth. */
const LOOKALIKE_NATS = 1;

/** Margins of larger parts are estimated: solving again for each row would take a tenth of a second. */
const RESOLVED_ROWS_MAX = 24;

/** Costs of every pair, row by row. A link dearer than staying alone is never part of the best assignment. */
const costsOf = (requests: readonly JoinRequest[], tasks: readonly JoinTask[]): number[][] =>
  requests.map((request) =>
    tasks.map((task) => {
      const cost = joinCost(request, task);
      return cost < request.aloneCost ? cost : Number.POSITIVE_INFINITY;
    }),
  );

/** Rows and columns that are connected by possible links. */
type Part = { readonly rows: readonly number[]; readonly columns: readonly number[] };

const partOf = (costs: readonly (readonly number[])[], row: number): Part => {
  const rows = new Set([row]);
  const columns = new Set<number>();
  const queue = [row];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const [column, cost] of (costs[at] ?? []).entries()) {
      if (cost === Number.POSITIVE_INFINITY || columns.has(column) || columns.size >= JOIN_TASKS_MAX) continue;
      columns.add(column);
      for (const [other, line] of costs.entries()) {
        if (rows.has(other) || (line[column] ?? Number.POSITIVE_INFINITY) === Number.POSITIVE_INFINITY) continue;
        if (rows.size >= JOIN_WINDOW_MAX) break;
        rows.add(other);
        queue.push(other);
      }
    }
  }
  return { rows: [...rows].sort((a, b) => a - b), columns: [...columns].sort((a, b) => a - b) };
};

type Solved = { readonly columns: readonly number[]; readonly cost: number };

const solve = (problem: OrderProblem, alone: readonly number[]): Solved => {
  const first = assign(problem.costs, alone, problem.tasks.length);
  const columns = improveOrder(problem, first.columns);
  return { columns, cost: costOf(problem.costs, alone, columns) + orderCost(problem, columns) };
};

/** The same problem with one link forbidden. */
const without = (problem: OrderProblem, row: number, column: number): OrderProblem => ({
  ...problem,
  costs: problem.costs.map((line, at) =>
    at === row ? line.map((cost, c) => (c === column ? Number.POSITIVE_INFINITY : cost)) : line,
  ),
});

const linksOfPart = (problem: OrderProblem, wanted: readonly boolean[], part: Part): readonly Link[] => {
  const alone = problem.requests.map((request) => request.aloneCost);
  const best = solve(problem, alone);
  return problem.requests.map((_, row): Link => {
    const column = best.columns[row] ?? -1;
    const rivals = Math.max(part.rows.length, part.columns.length);
    if (wanted[row] !== true || column < 0) return { ...ALONE, task: part.columns[column] ?? -1, rivals };
    const margin =
      part.rows.length > RESOLVED_ROWS_MAX
        ? nearestChange(problem, best.columns, alone, row)
        : solve(without(problem, row, column), alone).cost - best.cost;
    const own = problem.costs[row] ?? [];
    const lookalikes = own.filter(
      (cost, other) => other !== column && cost < (own[column] ?? 0) + LOOKALIKE_NATS,
    ).length;
    return { task: part.columns[column] ?? -1, marginNats: Math.max(0, margin), lookalikes, rivals };
  });
};

/** Requests that stayed alone and tasks that nobody was given, where each is all that is left for the other. */
const withLeftovers = (
  requests: readonly JoinRequest[],
  tasks: readonly JoinTask[],
  wanted: readonly boolean[],
  links: readonly Link[],
): readonly Link[] => {
  if (!links.some(({ task }, row) => task < 0 && wanted[row] === true)) return links;
  const rows = links.flatMap(({ task }, row) => (task < 0 ? [row] : []));
  const given = new Set(links.map(({ task }) => task));
  const columns = [...tasks.keys()].filter((column) => !given.has(column));
  const all = [...links];
  for (const { row, column, marginNats } of pairLeftovers(requests, tasks, rows, columns))
    all[row] = { task: column, marginNats, lookalikes: 0, rivals: 1 };
  return all;
};

/**
 * Links of the requests named by `wanted` (the others only compete). At most JOIN_WINDOW_MAX requests are looked at together.
 * No task is in two links.
 */
export const joinRequests = (
  requests: readonly JoinRequest[],
  tasks: readonly JoinTask[],
  wanted: readonly boolean[],
): readonly Link[] => {
  const costs = costsOf(requests, tasks);
  const links = new Array<Link | undefined>(requests.length);
  for (let row = 0; row < requests.length; row += 1) {
    if (links[row] !== undefined) continue;
    if (costs[row]?.every((cost) => cost === Number.POSITIVE_INFINITY) === true) {
      links[row] = LONE;
      continue;
    }
    const part = partOf(costs, row);
    const problem: OrderProblem = {
      requests: part.rows.flatMap((at) => requests[at] ?? []),
      tasks: part.columns.flatMap((at) => tasks[at] ?? []),
      costs: part.rows.map((at) => part.columns.map((column) => costs[at]?.[column] ?? Number.POSITIVE_INFINITY)),
    };
    const solved = linksOfPart(
      problem,
      part.rows.map((at) => wanted[at] === true),
      part,
    );
    for (const [index, at] of part.rows.entries()) links[at] = solved[index];
  }
  const all = withLeftovers(
    requests,
    tasks,
    wanted,
    links.map((link) => link ?? ALONE),
  );
  return all.map((link, row) => (wanted[row] === true ? link : { ...link, task: -1, marginNats: 0 }));
};
