// DEBUG `context for request finished` names model and process of each request, in the order of the access lines: the k-th
// request that reached a runner belongs to the k-th such line. Neither list is complete (aborts, a log cut in two), so the
// two are aligned in order, with gaps at a price, at least total cost (dynamic programming, O(n·m)).
export type Stamped = {
  readonly atMs: number;
  readonly jitterMs: number;
  readonly order: number;
  /** Price of leaving it out of the alignment, in nats. */
  readonly aloneCost: number;
};

export type Aligned = { readonly index: number; readonly marginNats: number };

/** Lines between an access line and its finished line: 1–7 measured, aborts up to 3 the other way. */
const ORDER_COST = 0.02;
const ORDER_COST_MAX = 4;
/** Beyond this two lines have nothing to do with each other: the finished line follows within milliseconds. */
const APART_MAX_MS = 1_000;

const pairCost = (request: Stamped, finished: Stamped): number => {
  const jitter = Math.max(request.jitterMs, finished.jitterMs);
  const apart = finished.atMs - request.atMs;
  if (Math.abs(apart) > APART_MAX_MS + 2 * jitter) return Number.POSITIVE_INFINITY;
  return (
    Math.log1p((apart / jitter) ** 2) + Math.min(ORDER_COST_MAX, ORDER_COST * Math.abs(finished.order - request.order))
  );
};

type Table = { readonly total: number; readonly pick: readonly number[] };

const align = (
  requests: readonly Stamped[],
  lines: readonly Stamped[],
  cost: (row: number, column: number) => number,
): Table => {
  const width = lines.length + 1;
  const best = new Float64Array((requests.length + 1) * width);
  for (let column = 1; column < width; column += 1)
    best[column] = (best[column - 1] ?? 0) + (lines[column - 1]?.aloneCost ?? 0);
  for (let row = 1; row <= requests.length; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const skipRow = (best[(row - 1) * width + column] ?? 0) + (requests[row - 1]?.aloneCost ?? 0);
      const skipColumn =
        column === 0
          ? Number.POSITIVE_INFINITY
          : (best[row * width + column - 1] ?? 0) + (lines[column - 1]?.aloneCost ?? 0);
      const both =
        column === 0
          ? Number.POSITIVE_INFINITY
          : (best[(row - 1) * width + column - 1] ?? 0) + cost(row - 1, column - 1);
      best[row * width + column] = Math.min(skipRow, skipColumn, both);
    }
  }
  const pick = new Array<number>(requests.length).fill(-1);
  for (let row = requests.length, column = lines.length; row > 0; ) {
    const here = best[row * width + column] ?? 0;
    if (column > 0 && here === (best[row * width + column - 1] ?? 0) + (lines[column - 1]?.aloneCost ?? 0)) column -= 1;
    else if (column > 0 && here === (best[(row - 1) * width + column - 1] ?? 0) + cost(row - 1, column - 1)) {
      pick[row - 1] = column - 1;
      row -= 1;
      column -= 1;
    } else row -= 1;
  }
  return { total: best[requests.length * width + lines.length] ?? 0, pick };
};

/** Both lists in the order of the log. For each request the index of its line, or -1. */
export const alignFinished = (requests: readonly Stamped[], lines: readonly Stamped[]): readonly Aligned[] => {
  const costs = requests.map((request) => lines.map((line) => pairCost(request, line)));
  const cost = (row: number, column: number): number => costs[row]?.[column] ?? Number.POSITIVE_INFINITY;
  const best = align(requests, lines, cost);
  return best.pick.map((index, row) => {
    if (index < 0) return { index, marginNats: 0 };
    const second = align(requests, lines, (r, c) => (r === row && c === index ? Number.POSITIVE_INFINITY : cost(r, c)));
    return { index, marginNats: second.total - best.total };
  });
};
