// From points to series: cumulative sums, current values and explicit-bucket histograms, bounded per metric. What exceeds
// the bound goes to one overflow series and is counted. Pure: the only time here is the time of what is added.
import { accumulate, emptySeries, isSound, isTotal, type Series } from './aggregate-series.ts';
import { type MetricName, type MetricPoint, metricNames, metricRow } from './catalogue/metrics.ts';
import { attributesOf, keyOf, OVERFLOW_ATTRIBUTES, OVERFLOW_KEY, orderOf } from './series-key.ts';
import type { Attributes, StaleSignal } from './signal.ts';
import { type Instant, later } from './time.ts';

export type NumberPoint = {
  readonly attributes: Attributes;
  /** Undefined: a running total of a source that did not say when it began. */
  readonly startAt: Instant | undefined;
  readonly value: number;
};

export type HistogramPoint = {
  readonly attributes: Attributes;
  readonly startAt: Instant;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** One more than there are buckets: the last one has no upper bound. */
  readonly bucketCounts: readonly number[];
};

export type SnapshotMetric =
  | { readonly kind: 'number'; readonly name: MetricName; readonly points: readonly NumberPoint[] }
  | { readonly kind: 'histogram'; readonly name: MetricName; readonly points: readonly HistogramPoint[] };

/** Everything that holds at one moment: metrics in the order of the catalogue, points in the order of their attributes. */
export type Snapshot = { readonly at: Instant; readonly metrics: readonly SnapshotMetric[] };

export type Aggregate = {
  readonly add: (signal: MetricPoint | StaleSignal) => void;
  /** A copy: later points do not change it. */
  readonly snapshot: (at: Instant) => Snapshot;
  /** True for metrics whose points are current values (gauges, updowncounters): what they say holds, however old. */
  readonly isState: (name: MetricName) => boolean;
};

export type AggregateOptions = {
  /** When counting began: the start time of every sum and histogram. */
  readonly startAt: Instant;
  /** Series per metric, the overflow series included. At least 2. */
  readonly seriesMax: number;
};

type Family = {
  readonly series: Map<string, Series>;
  /** When series of this metric last ended: a series that comes back later starts anew, after that. */
  endedAt: Instant;
  overflowed: number;
  refused: number;
};

export const createAggregate = ({ startAt, seriesMax }: AggregateOptions): Aggregate => {
  const families = new Map<MetricName, Family>();

  const familyOf = (name: MetricName): Family => {
    const known = families.get(name);
    if (known !== undefined) return known;
    const made: Family = { series: new Map(), endedAt: startAt, overflowed: 0, refused: 0 };
    families.set(name, made);
    return made;
  };

  /** Undefined where a running total would go to the overflow series: totals of several things must not mix. */
  const seriesOf = (point: MetricPoint, family: Family): Series | undefined => {
    const row = metricRow(point.name);
    const order = orderOf(point.name);
    const key = keyOf(order, point.attributes);
    const known = family.series.get(key);
    if (known !== undefined) return known;
    if (family.series.size < seriesMax - 1) {
      const made = emptySeries(row, attributesOf(order, point.attributes), family.endedAt);
      family.series.set(key, made);
      return made;
    }
    family.overflowed += 1;
    if (isTotal(row, point)) return undefined;
    const overflow = family.series.get(OVERFLOW_KEY) ?? emptySeries(row, OVERFLOW_ATTRIBUTES, family.endedAt);
    family.series.set(OVERFLOW_KEY, overflow);
    return overflow;
  };

  const addPoint = (point: MetricPoint): void => {
    const row = metricRow(point.name);
    const family = familyOf(point.name);
    if (!isSound(row, point)) {
      family.refused += 1;
      return;
    }
    const series = seriesOf(point, family);
    if (series !== undefined) accumulate(series, row, point);
  };

  const end = (signal: StaleSignal): void => {
    const given = Object.entries(signal.attributes);
    for (const name of signal.metrics) {
      const family = families.get(name);
      if (family === undefined) continue;
      for (const [key, series] of family.series) {
        if (!given.every(([attribute, value]) => series.attributes[attribute] === value)) continue;
        family.series.delete(key);
        family.endedAt = later(family.endedAt, signal.at);
      }
    }
  };

  return {
    add: (signal) => (signal.signal === 'stale' ? end(signal) : addPoint(signal)),
    snapshot: (at) => ({ at, metrics: [...told(families), ...toldOfItself(families, startAt)].sort(byCatalogue) }),
    isState: (name) => {
      const { instrument } = metricRow(name);
      return instrument === 'gauge' || instrument === 'updowncounter';
    },
  };
};

const rank: ReadonlyMap<MetricName, number> = new Map(metricNames.map((name, index) => [name, index]));
const byCatalogue = (a: SnapshotMetric, b: SnapshotMetric): number => (rank.get(a.name) ?? 0) - (rank.get(b.name) ?? 0);

/** Plain code-unit order: the same on every machine. */
const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

const told = (families: ReadonlyMap<MetricName, Family>): SnapshotMetric[] => {
  const metrics: SnapshotMetric[] = [];
  for (const name of metricNames) {
    const family = families.get(name);
    if (family === undefined || family.series.size === 0) continue;
    const sorted = [...family.series].sort(byKey).map(([, series]) => series);
    metrics.push(snapshotOf(name, sorted));
  }
  return metrics;
};

const snapshotOf = (name: MetricName, sorted: readonly Series[]): SnapshotMetric => {
  if (metricRow(name).instrument !== 'histogram') {
    const points = sorted.flatMap((series) =>
      series.kind === 'number' ? [{ attributes: series.attributes, startAt: series.startAt, value: series.value }] : [],
    );
    return { kind: 'number', name, points };
  }
  const points = sorted.flatMap((series) =>
    series.kind === 'histogram'
      ? [
          {
            attributes: series.attributes,
            startAt: series.startAt,
            count: series.count,
            sum: series.sum,
            min: series.min,
            max: series.max,
            bucketCounts: [...series.bucketCounts],
          },
        ]
      : [],
  );
  return { kind: 'histogram', name, points };
};

/** How many series there are, and which metrics were at their bound or got points that say nothing. */
const toldOfItself = (families: ReadonlyMap<MetricName, Family>, startAt: Instant): SnapshotMetric[] => {
  let kept = 0;
  for (const family of families.values()) kept += family.series.size;
  const counted = (name: MetricName, count: (family: Family) => number): SnapshotMetric[] => {
    const points = metricNames.flatMap((metric) => {
      const family = families.get(metric);
      const value = family === undefined ? 0 : count(family);
      return value === 0 ? [] : [{ attributes: { 'ollascope.metric': metric }, startAt, value }];
    });
    return points.length === 0 ? [] : [{ kind: 'number', name, points }];
  };
  return [
    { kind: 'number', name: 'ollascope.series', points: [{ attributes: {}, startAt, value: kept }] },
    ...counted('ollascope.series.overflow', (family) => family.overflowed),
    ...counted('ollascope.series.refused', (family) => family.refused),
  ];
};
