// Accuracy of the joins on the recorded runs of a real Ollama, against what the client saw. The thresholds stand slightly
// under what was measured when they were set; bench/join.ts prints the whole table.
import { describe, expect, test } from 'vitest';
import { type Accuracy, judge, namesIn } from '../support/join-truth.ts';
import { corpusRuns, factsOf } from '../support/live-runs.ts';

const runs = corpusRuns().filter((run) => !run.blind);
const absent = runs.length === 0 ? ' (skipped: the corpus beside the repository is absent)' : '';

const judged = (bare: boolean): readonly Accuracy[] => {
  const walked = runs.map((run) => ({ run, ...factsOf(run, { bare }) }));
  const names = new Map(walked.flatMap(({ facts }) => [...namesIn(facts)]));
  return walked.map(({ run, readings, facts }) => judge(run, readings, facts, names));
};
const sum = (rows: readonly Accuracy[], pick: (row: Accuracy) => number): number =>
  rows.reduce((total, row) => total + pick(row), 0);

describe.skipIf(runs.length === 0)(`joins on recorded runs${absent}`, () => {
  test('with arrival times: right tasks, right models, honest classes', () => {
    const rows = judged(false);
    const timed = sum(rows, (row) => row.timed);
    expect(timed).toBeGreaterThan(200);
    expect(sum(rows, (row) => row.right) / timed).toBeGreaterThanOrEqual(0.997);
    expect(
      sum(rows, (row) => row.byClass.exact.right) / sum(rows, (row) => row.byClass.exact.claimed),
    ).toBeGreaterThanOrEqual(0.999);
    expect(sum(rows, (row) => row.invented)).toBe(0);
    expect(sum(rows, (row) => row.modelWrong)).toBe(0);
    expect(sum(rows, (row) => row.right)).toBeGreaterThan(sum(rows, (row) => row.lastInFirstOut));
    expect(sum(rows, (row) => row.right)).toBeGreaterThan(sum(rows, (row) => row.nearest));
  });

  test('as bare files: nothing is claimed as exact, what is claimed as strong holds', () => {
    const rows = judged(true);
    expect(sum(rows, (row) => row.byClass.exact.claimed)).toBe(0);
    const { claimed, right } = {
      claimed: sum(rows, (row) => row.byClass.strong.claimed),
      right: sum(rows, (row) => row.byClass.strong.right),
    };
    expect(right / claimed).toBeGreaterThanOrEqual(0.98);
    const merged = rows.filter((row) => !row.run.includes('split'));
    expect(sum(merged, (row) => row.right) / sum(merged, (row) => row.timed)).toBeGreaterThanOrEqual(0.97);
  });

  test.each(runs)('$name: every record out once, every access line one request', (run) => {
    const { readings, facts } = factsOf(run, { minConfidence: 0.5 });
    const told = facts.flatMap((fact) => (fact.type === 'line.read' ? [fact.reading] : []));
    expect(told).toHaveLength(readings.length);
    expect(new Set(told).size).toBe(readings.length);
    const accesses = readings.filter((reading) => reading.type === 'ollama' && reading.kind === 'http.access');
    expect(facts.filter((fact) => fact.type === 'request.closed')).toHaveLength(accesses.length);
    for (const fact of facts) {
      if (fact.type !== 'request.closed') continue;
      const { start, end, phases } = fact.request;
      for (const phase of phases) {
        expect(phase.start.at >= start.at && phase.end.at <= end.at && phase.end.at >= phase.start.at).toBe(true);
      }
    }
  });

  test.each(runs.filter((run) => /0.34.4-(conc|errors|crash)|0.24.0-conc-debug1/.test(run.name)))(
    '$name: the same facts however the bytes are cut',
    (run) => {
      const text = (fact: unknown): string =>
        JSON.stringify(fact, (_, value) => (typeof value === 'bigint' ? String(value) : value));
      const whole = factsOf(run).facts.map(text);
      expect(factsOf(run, { pieceBytes: 77 }).facts.map(text)).toEqual(whole);
    },
  );
});
