// The join's own arithmetic: the assignment against brute force, what costs say, and the alignment of finished lines.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign, costOf } from '../../processors/join/assignment.ts';
import { confidenceOfMargin } from '../../processors/join/confidence.ts';
import { joinCost } from '../../processors/join/cost.ts';
import { alignFinished } from '../../processors/join/finished.ts';
import { type JoinRequest, type JoinTask, joinRequests } from '../../processors/join.ts';

const request = (given: Partial<JoinRequest> = {}): JoinRequest => ({
  endMs: 1_000,
  latencyMs: 106,
  latencyStepMs: 0,
  jitterMs: 1.5,
  order: 100,
  stream: 'a',
  position: 10_000,
  embedding: false,
  failed: false,
  aloneCost: 11,
  ...given,
});

/** A task of `totalMs` that ended at `endedMs`. */
const task = (endedMs: number, totalMs: number, given: Partial<JoinTask> = {}): JoinTask => ({
  launchedMs: endedMs - totalMs,
  endedMs,
  totalMs,
  end: 'ended',
  jitterMs: 1.5,
  order: 96,
  stream: 'a',
  generated: true,
  runner: 'r',
  ...given,
});

/** Least cost over every way to give rows different columns or none. */
const bruteForce = (
  costs: readonly (readonly number[])[],
  alone: readonly number[],
  row = 0,
  used: ReadonlySet<number> = new Set(),
): number => {
  const line = costs[row];
  if (line === undefined) return 0;
  let best = (alone[row] ?? 0) + bruteForce(costs, alone, row + 1, used);
  for (const [column, cost] of line.entries()) {
    if (used.has(column) || cost === Number.POSITIVE_INFINITY) continue;
    best = Math.min(best, cost + bruteForce(costs, alone, row + 1, new Set([...used, column])));
  }
  return best;
};

const problem = fc.integer({ min: 1, max: 6 }).chain((columns) =>
  fc.array(
    fc.record({
      line: fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.integer({ min: 0, max: 30 }) },
          { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
        ),
        {
          minLength: columns,
          maxLength: columns,
        },
      ),
      alone: fc.integer({ min: 0, max: 20 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
);

describe('assignment', () => {
  test('costs the least of all assignments, and gives no column twice', () => {
    fc.assert(
      fc.property(problem, (rows) => {
        const costs = rows.map(({ line }) => line);
        const alone = rows.map((row) => row.alone);
        const { columns, cost } = assign(costs, alone, costs[0]?.length ?? 0);
        expect(cost).toBeCloseTo(bruteForce(costs, alone), 6);
        expect(costOf(costs, alone, columns)).toBeCloseTo(cost, 9);
        const taken = columns.filter((column) => column >= 0);
        expect(new Set(taken).size).toBe(taken.length);
      }),
    );
  });

  test('rows without any column stay alone', () => {
    expect(assign([[]], [3], 0)).toEqual({ columns: [-1], cost: 3 });
    expect(assign([[Number.POSITIVE_INFINITY]], [3], 1)).toEqual({ columns: [-1], cost: 3 });
  });
});

describe('cost of a link', () => {
  test('a task that is longer than its request is impossible', () => {
    expect(joinCost(request({ latencyMs: 99 }), task(999, 100))).toBe(Number.POSITIVE_INFINITY);
    expect(joinCost(request({ latencyMs: 100.2 }), task(999, 100))).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  test('a task launched before its request began is impossible', () => {
    expect(joinCost(request({ latencyMs: 50 }), task(999, 30, { launchedMs: 900, totalMs: 30 }))).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  test('another runner than the one a DEBUG line named is impossible', () => {
    expect(joinCost(request({ runner: 'q' }), task(999, 100))).toBe(Number.POSITIVE_INFINITY);
  });

  test('nearer ends and better explained latencies cost less', () => {
    const near = joinCost(request(), task(999.2, 100));
    expect(near).toBeLessThan(joinCost(request(), task(980, 100)));
    expect(near).toBeLessThan(joinCost(request(), task(999.2, 60)));
  });

  test('a wait for a slot or a load explains a latency', () => {
    const waited = request({ latencyMs: 1_106 });
    const unexplained = joinCost(waited, task(999, 100));
    expect(joinCost(waited, task(999, 100, { freedMs: 897 }))).toBeLessThan(unexplained);
    expect(joinCost(waited, task(999, 100, { loadedMs: 897 }))).toBeLessThan(unexplained);
  });

  test('a cancelled task suits a failed request, a finished one does not', () => {
    const failed = request({ failed: true });
    const cancelled: JoinTask = {
      launchedMs: 897,
      endedMs: 1_020,
      end: 'cancelled',
      jitterMs: 1.5,
      order: 101,
      stream: 'a',
      generated: false,
    };
    expect(joinCost(failed, cancelled)).toBeLessThan(joinCost(failed, task(999, 100)));
    expect(joinCost(request(), task(999, 100))).toBeLessThan(joinCost(request(), cancelled));
  });

  test('latencies of whole seconds tolerate a second', () => {
    expect(joinCost(request({ latencyMs: 60_000, latencyStepMs: 1_000 }), task(999, 60_400))).toBeLessThan(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('links', () => {
  const requests = fc.array(
    fc.record({
      endMs: fc.integer({ min: 0, max: 400 }),
      latencyMs: fc.integer({ min: 1, max: 300 }),
      aloneCost: fc.constantFrom(1.5, 6, 11),
    }),
    { maxLength: 8 },
  );
  const tasks = fc.array(
    fc.record({
      endedMs: fc.integer({ min: 0, max: 400 }),
      totalMs: fc.integer({ min: 1, max: 200 }),
      runner: fc.constantFrom('r', 'q'),
    }),
    {
      maxLength: 8,
    },
  );

  test('no task is in two links, margins are never negative', () => {
    fc.assert(
      fc.property(requests, tasks, (givenRequests, givenTasks) => {
        const links = joinRequests(
          givenRequests.map((given) => request(given)),
          givenTasks.map(({ endedMs, totalMs, runner }) => task(endedMs, totalMs, { runner })),
          givenRequests.map(() => true),
        );
        const linked = links.map((link) => link.task).filter((index) => index >= 0);
        expect(new Set(linked).size).toBe(linked.length);
        for (const link of links) expect(link.marginNats).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('first come, first served decides between two waiters of one runner', () => {
    // Both waited long; alone their lengths would fit either way.
    const first = request({ endMs: 1_000, latencyMs: 900 });
    const second = request({ endMs: 1_001, latencyMs: 800 });
    const early = task(1_000, 60, { launchedMs: 938, freedMs: 937 });
    const late = task(1_000, 58, { launchedMs: 941, freedMs: 940 });
    const links = joinRequests([first, second], [late, early], [true, true]);
    expect(links.map((link) => link.task)).toEqual([1, 0]);
  });

  test('two that cannot be told apart share the confidence', () => {
    const links = joinRequests([request(), request()], [task(999, 100), task(999, 100)], [true, true]);
    for (const link of links) expect(confidenceOfMargin(link.marginNats, link.lookalikes)).toBeCloseTo(0.5, 2);
  });

  test('a request that is not wanted competes, and gets nothing', () => {
    const links = joinRequests([request(), request({ endMs: 1_500 })], [task(999, 100)], [false, true]);
    expect(links.map((link) => link.task)).toEqual([-1, -1]);
  });
});

describe('confidence', () => {
  test('grows with the margin, shrinks with look-alikes, never reaches one', () => {
    expect(confidenceOfMargin(0)).toBe(0.5);
    expect(confidenceOfMargin(0, 3)).toBe(0.25);
    expect(confidenceOfMargin(2.2)).toBeGreaterThan(0.9);
    expect(confidenceOfMargin(4.6)).toBeGreaterThan(0.99);
    expect(confidenceOfMargin(1_000)).toBeLessThan(1);
  });
});

describe('finished lines', () => {
  const at = (atMs: number, order: number, aloneCost = 11) => ({ atMs, jitterMs: 1.5, order, aloneCost });

  test('the k-th to the k-th, with refused requests between', () => {
    const requests = [at(10, 1), at(10, 2), at(11, 3)];
    const lines = [at(10, 4, 3), at(11, 6, 3), at(12, 7, 3)];
    expect(alignFinished(requests, lines).map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test('a line that nobody claims is left over', () => {
    expect(alignFinished([at(500, 9)], [at(10, 1, 3), at(501, 10, 3)]).map(({ index }) => index)).toEqual([1]);
  });

  test('an abort has its line before the access line', () => {
    expect(alignFinished([at(20, 8)], [at(18, 5, 3)]).map(({ index }) => index)).toEqual([0]);
  });

  test('never crosses and never uses a line twice', () => {
    const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 7 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        const sorted = (list: readonly number[]) =>
          [...list].sort((x, y) => x - y).map((ms, order) => at(ms, order, 3));
        const picked = alignFinished(sorted(a), sorted(b))
          .map(({ index }) => index)
          .filter((index) => index >= 0);
        expect(picked).toEqual([...new Set(picked)].sort((x, y) => x - y));
      }),
    );
  });
});
