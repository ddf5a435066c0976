// The assignment of least cost between few rows and columns, by shortest augmenting paths with potentials (Jonker and
// Volgenant's form of the Hungarian method, O(rows² · columns)). A row may stay alone at a price of its own; a column may always.
import { JOIN_WINDOW_MAX } from '../limits.ts';

/** Costs of rows × columns; an entry of Infinity can never be chosen. */
export type CostMatrix = readonly (readonly number[])[];

export type Assignment = {
  /** Column of each row, or -1 for a row that stays alone. */
  readonly columns: readonly number[];
  readonly cost: number;
};

/** Stands for impossible inside the solver: dearer than any sum of JOIN_WINDOW_MAX real costs, small enough to add exactly. */
const IMPOSSIBLE = 1e9;

/** Column `columns + row` is the row's own loneliness: no other row can take it. */
const paddedCost = (
  costs: CostMatrix,
  alone: readonly number[],
  columns: number,
  row: number,
  column: number,
): number => {
  const raw =
    column < columns
      ? (costs[row]?.[column] ?? Number.POSITIVE_INFINITY)
      : column - columns === row
        ? (alone[row] ?? 0)
        : IMPOSSIBLE;
  return Number.isFinite(raw) ? raw : IMPOSSIBLE;
};

type Search = {
  /** Row (1-based) that holds each column (1-based), 0 for a free one. */
  readonly rowOf: Int32Array;
  readonly rowPotential: Float64Array;
  readonly columnPotential: Float64Array;
};

/** Adds one row to the matching along its cheapest augmenting path. */
const augment = (row: number, width: number, cost: (row: number, column: number) => number, search: Search): void => {
  const { rowOf, rowPotential, columnPotential } = search;
  const distance = new Float64Array(width + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(width + 1);
  const done = new Uint8Array(width + 1);
  rowOf[0] = row;
  let column = 0;
  do {
    done[column] = 1;
    const at = rowOf[column] ?? 0;
    let step = Number.POSITIVE_INFINITY;
    let nearest = 0;
    for (let next = 1; next <= width; next += 1) {
      if (done[next] === 1) continue;
      const reduced = cost(at - 1, next - 1) - (rowPotential[at] ?? 0) - (columnPotential[next] ?? 0);
      if (reduced < (distance[next] ?? 0)) {
        distance[next] = reduced;
        previous[next] = column;
      }
      if ((distance[next] ?? 0) < step) {
        step = distance[next] ?? 0;
        nearest = next;
      }
    }
    for (let known = 0; known <= width; known += 1) {
      if (done[known] === 1) {
        const holder = rowOf[known] ?? 0;
        rowPotential[holder] = (rowPotential[holder] ?? 0) + step;
        columnPotential[known] = (columnPotential[known] ?? 0) - step;
      } else distance[known] = (distance[known] ?? 0) - step;
    }
    column = nearest;
  } while (rowOf[column] !== 0);
  while (column !== 0) {
    const before = previous[column] ?? 0;
    rowOf[column] = rowOf[before] ?? 0;
    column = before;
  }
};

/**
 * Least sum of costs over all ways to give each row at most one column, a lone row paying `alone[row]`.
 * Rows beyond JOIN_WINDOW_MAX stay alone: the caller's windows are below that.
 */
export const assign = (costs: CostMatrix, alone: readonly number[], columnCount: number): Assignment => {
  const rows = Math.min(costs.length, JOIN_WINDOW_MAX);
  const width = columnCount + rows;
  const search: Search = {
    rowOf: new Int32Array(width + 1),
    rowPotential: new Float64Array(rows + 1),
    columnPotential: new Float64Array(width + 1),
  };
  const cost = (row: number, column: number): number => paddedCost(costs, alone, columnCount, row, column);
  for (let row = 1; row <= rows; row += 1) augment(row, width, cost, search);
  const columns = new Array<number>(costs.length).fill(-1);
  for (let column = 1; column <= columnCount; column += 1) {
    const row = search.rowOf[column] ?? 0;
    if (row > 0 && (costs[row - 1]?.[column - 1] ?? Number.POSITIVE_INFINITY) < IMPOSSIBLE)
      columns[row - 1] = column - 1;
  }
  return { columns, cost: costOf(costs, alone, columns) };
};

/** The sum that an assignment costs. */
export const costOf = (costs: CostMatrix, alone: readonly number[], columns: readonly number[]): number =>
  columns.reduce((sum, column, row) => sum + (column < 0 ? (alone[row] ?? 0) : (costs[row]?.[column] ?? 0)), 0);
