// Aggregation: what each instrument does with a point, and that no bound is crossed without being counted.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAggregate, type Snapshot } from '../../otel/aggregate.ts';
import type { MetricName, MetricPoint } from '../../otel/catalogue/metrics.ts';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { addSeconds, type Instant, instant } from '../../otel/time.ts';

const START = instant(1_767_225_600_000_000_000n);
const sec = (seconds: number): Instant => addSeconds(START, seconds);

const tokens = (value: number, model: string, type = 'output', at = sec(1)): MetricPoint => ({
  signal: 'metric',
  name: 'ollama.tokens',
  value,
  at,
  attributes: { 'ollama.token.type': type, 'gen_ai.request.model': model },
});
const power = (value: number, id: string, at = sec(1)): MetricPoint => ({
  signal: 'metric',
  name: 'hw.power',
  value,
  at,
  attributes: { 'hw.id': id, 'hw.type': 'gpu' },
});
const load = (value: number): MetricPoint => ({
  signal: 'metric',
  name: 'ollama.model.load.duration',
  value,
  at: sec(1),
  attributes: { 'gen_ai.request.model': 'tiny:1b' },
});

const pointsOf = (snapshot: Snapshot, name: MetricName) =>
  snapshot.metrics.find((metric) => metric.name === name)?.points ?? [];
const valuesOf = (snapshot: Snapshot, name: MetricName): (number | undefined)[] =>
  pointsOf(snapshot, name).map((point) => ('value' in point ? point.value : undefined));

describe('aggregation', () => {
  test('increments of a counter add up per series and start with the aggregate', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    for (const point of [tokens(3, 'b'), tokens(4, 'a'), tokens(5, 'b')]) aggregate.add(point);
    expect(pointsOf(aggregate.snapshot(sec(2)), 'ollama.tokens')).toEqual([
      { attributes: { 'ollama.token.type': 'output', 'gen_ai.request.model': 'a' }, startAt: START, value: 4 },
      { attributes: { 'ollama.token.type': 'output', 'gen_ai.request.model': 'b' }, startAt: START, value: 8 },
    ]);
  });

  test('the newest value of a gauge holds, a late one changes nothing', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    aggregate.add(power(100, 'GPU-a', sec(3)));
    aggregate.add(power(90, 'GPU-a', sec(2)));
    expect(valuesOf(aggregate.snapshot(sec(4)), 'hw.power')).toEqual([100]);
    aggregate.add(power(80, 'GPU-a', sec(3)));
    expect(valuesOf(aggregate.snapshot(sec(4)), 'hw.power')).toEqual([80]);
  });

  test('a snapshot is a copy', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    aggregate.add(load(1));
    const before = aggregate.snapshot(sec(2));
    const text = JSON.stringify(before, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    aggregate.add(load(2));
    expect(JSON.stringify(before, (_, value) => (typeof value === 'bigint' ? String(value) : value))).toBe(text);
  });

  test('an observation at a bound falls into the bucket of that bound; beyond the last there is one more', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    for (const value of [0.01, 0.010_001, 327.68, 1_000]) aggregate.add(load(value));
    const [point] = pointsOf(aggregate.snapshot(sec(2)), 'ollama.model.load.duration');
    expect(point).toMatchObject({ count: 4, min: 0.01, max: 1_000, startAt: START });
    expect(point).toHaveProperty('bucketCounts', [1, 1, ...new Array(13).fill(0), 1, 1]);
  });

  test('the series limit holds per metric: one overflow series takes the rest and every such point is counted', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 3 });
    for (const model of ['a', 'b', 'c', 'd', 'c']) aggregate.add(tokens(1, model));
    const snapshot = aggregate.snapshot(sec(2));
    expect(pointsOf(snapshot, 'ollama.tokens').map((point) => point.attributes)).toEqual([
      { 'ollama.token.type': 'output', 'gen_ai.request.model': 'a' },
      { 'ollama.token.type': 'output', 'gen_ai.request.model': 'b' },
      { 'otel.metric.overflow': true },
    ]);
    expect(valuesOf(snapshot, 'ollama.tokens')).toEqual([1, 1, 3]);
    expect(pointsOf(snapshot, 'ollascope.series.overflow')).toEqual([
      { attributes: { 'ollascope.metric': 'ollama.tokens' }, startAt: START, value: 3 },
    ]);
    expect(valuesOf(snapshot, 'ollascope.series')).toEqual([3]);
  });

  test('running totals never go into the overflow series, where several would mix', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 2 });
    const energy = (id: string, value: number): MetricPoint => ({
      signal: 'metric',
      name: 'hw.energy',
      value,
      at: sec(1),
      attributes: { 'hw.id': id, 'hw.type': 'gpu' },
    });
    aggregate.add(energy('GPU-a', 10));
    aggregate.add(energy('GPU-b', 700));
    const snapshot = aggregate.snapshot(sec(2));
    expect(valuesOf(snapshot, 'hw.energy')).toEqual([10]);
    expect(valuesOf(snapshot, 'ollascope.series.overflow')).toEqual([1]);
  });

  test('no number and a negative increment are refused and counted, and make no series', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    aggregate.add(power(Number.NaN, 'GPU-a'));
    aggregate.add(power(Number.POSITIVE_INFINITY, 'GPU-a'));
    aggregate.add(tokens(-1, 'a'));
    const snapshot = aggregate.snapshot(sec(2));
    expect(pointsOf(snapshot, 'hw.power')).toEqual([]);
    expect(pointsOf(snapshot, 'ollama.tokens')).toEqual([]);
    expect(pointsOf(snapshot, 'ollascope.series.refused').map(({ attributes }) => attributes)).toEqual([
      { 'ollascope.metric': 'ollama.tokens' },
      { 'ollascope.metric': 'hw.power' },
    ]);
    expect(valuesOf(snapshot, 'ollascope.series.refused')).toEqual([1, 2]);
  });

  test('what went away ends: only series whose attributes all match', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    for (const id of ['GPU-a', 'GPU-b']) aggregate.add(power(50, id));
    aggregate.add(tokens(5, 'a'));
    aggregate.add({
      signal: 'stale',
      at: sec(5),
      metrics: ['hw.power', 'hw.errors'],
      attributes: { 'hw.id': 'GPU-a' },
    });
    const snapshot = aggregate.snapshot(sec(6));
    expect(pointsOf(snapshot, 'hw.power').map((point) => point.attributes['hw.id'])).toEqual(['GPU-b']);
    expect(valuesOf(snapshot, 'ollama.tokens')).toEqual([5]);
    expect(valuesOf(snapshot, 'ollascope.series')).toEqual([2]);
  });

  test('a sum that comes back after its end starts anew, later than it ended', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    aggregate.add(tokens(5, 'a'));
    aggregate.add({ signal: 'stale', at: sec(5), metrics: ['ollama.tokens'], attributes: {} });
    aggregate.add(tokens(2, 'a', 'output', sec(7)));
    expect(pointsOf(aggregate.snapshot(sec(8)), 'ollama.tokens')).toMatchObject([{ startAt: sec(5), value: 2 }]);
  });

  test('a running total of ours starts with us; when it goes back it has begun anew', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    const cpu = (value: number, at: Instant): MetricPoint => ({
      signal: 'metric',
      name: 'process.cpu.time',
      value,
      at,
      attributes: { 'cpu.mode': 'user' },
    });
    aggregate.add(cpu(3, sec(1)));
    aggregate.add(cpu(5, sec(2)));
    expect(pointsOf(aggregate.snapshot(sec(3)), 'process.cpu.time')).toMatchObject([{ startAt: START, value: 5 }]);
    aggregate.add(cpu(1, sec(4)));
    expect(pointsOf(aggregate.snapshot(sec(5)), 'process.cpu.time')).toMatchObject([{ startAt: sec(4), value: 1 }]);
  });

  test('a running total of the driver has no known start; increments of the same metric beside it do', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
    const error = (type: string, value: number, at: Instant, more: { cumulative?: true } = {}): MetricPoint => ({
      signal: 'metric',
      name: 'hw.errors',
      value,
      at,
      attributes: { 'hw.id': 'GPU-a', 'hw.type': 'gpu', 'error.type': type },
      ...more,
    });
    aggregate.add(error('corrected', 57, sec(1), { cumulative: true }));
    aggregate.add(error('xid.79', 1, sec(1)));
    aggregate.add(error('xid.79', 1, sec(2)));
    aggregate.add(error('corrected', 58, sec(2), { cumulative: true }));
    expect(pointsOf(aggregate.snapshot(sec(3)), 'hw.errors')).toMatchObject([
      { attributes: { 'error.type': 'corrected' }, startAt: undefined, value: 58 },
      { attributes: { 'error.type': 'xid.79' }, startAt: START, value: 2 },
    ]);
  });

  test('metrics come in the order of the catalogue, whatever the order of the points', () => {
    const points = [
      power(1, 'GPU-b'),
      tokens(1, 'a'),
      load(2),
      power(2, 'GPU-a'),
      tokens(2, 'b'),
      tokens(3, 'a', 'input'),
    ];
    const texts = new Set<string>();
    fc.assert(
      fc.property(fc.shuffledSubarray(points, { minLength: points.length }), (shuffled) => {
        const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
        for (const point of shuffled) aggregate.add(point);
        const { metrics } = aggregate.snapshot(sec(2));
        const order = metrics.map((metric) => metricNames.indexOf(metric.name));
        expect(order).toEqual([...order].sort((a, b) => a - b));
        texts.add(JSON.stringify(metrics, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
      }),
    );
    expect(texts.size).toBe(1);
  });

  test('series whose values merely look alike stay apart', () => {
    const aggregate = createAggregate({ startAt: START, seriesMax: 100 });
    const pairs: readonly (readonly [string, string])[] = [
      ['a', 'b\u0000\u0000sc'],
      ['a\u0000\u0000sb', 'c'],
      ['a\u0000', 'b'],
      ['a', '\u0000b'],
      ['a\u0000\u0001', 'b'],
    ];
    for (const [type, model] of pairs) aggregate.add(tokens(1, model, type));
    expect(valuesOf(aggregate.snapshot(sec(2)), 'ollama.tokens')).toEqual([1, 1, 1, 1, 1]);
  });

  test('current values are state, counts and distributions are not', () => {
    const { isState } = createAggregate({ startAt: START, seriesMax: 10 });
    expect([
      isState('hw.power'),
      isState('ollama.requests.active'),
      isState('ollama.tokens'),
      isState('ollama.model.load.duration'),
    ]).toEqual([true, true, false, false]);
  });
});
