// One series and how a point changes it. Increments are added, running totals and current values replace, observations fall
// into buckets. A running total that goes back has begun anew: its start moves, its value never runs backwards within one start.
import type { MetricDef, MetricPoint } from './catalogue/metrics.ts';
import type { Attributes } from './signal.ts';
import type { Instant } from './time.ts';

export type NumberSeries = {
  readonly kind: 'number';
  readonly attributes: Attributes;
  startAt: Instant | undefined;
  at: Instant | undefined;
  value: number;
};

export type HistogramSeries = {
  readonly kind: 'histogram';
  readonly attributes: Attributes;
  readonly startAt: Instant;
  readonly bucketCounts: number[];
  count: number;
  sum: number;
  min: number;
  max: number;
};

export type Series = NumberSeries | HistogramSeries;

export const emptySeries = (row: MetricDef, attributes: Attributes, startAt: Instant): Series => {
  if (row.instrument !== 'histogram') return { kind: 'number', attributes, startAt, at: undefined, value: 0 };
  const bucketCounts = new Array<number>((row.buckets?.length ?? 0) + 1).fill(0);
  return { kind: 'histogram', attributes, startAt, bucketCounts, count: 0, sum: 0, min: Infinity, max: -Infinity };
};

/** The point is a running total of its source. */
export const isTotal = (row: MetricDef, point: MetricPoint): boolean =>
  row.instrument === 'counter' && (row.cumulative === true || countedElsewhere(point));

const countedElsewhere = (point: MetricPoint): boolean => 'cumulative' in point && point.cumulative === true;

/** Points that say nothing: no number, or a counter that goes back. */
export const isSound = (row: MetricDef, point: MetricPoint): boolean =>
  Number.isFinite(point.value) && (row.instrument !== 'counter' || point.value >= 0);

export const accumulate = (series: Series, row: MetricDef, point: MetricPoint): void => {
  if (series.kind === 'histogram') observe(series, row.buckets ?? [], point.value);
  else if (row.instrument !== 'counter') replace(series, point);
  else if (isTotal(row, point)) total(series, point);
  else series.value += point.value;
};

const observe = (series: HistogramSeries, buckets: readonly number[], value: number): void => {
  const found = buckets.findIndex((bound) => value <= bound);
  const bucket = found < 0 ? buckets.length : found;
  series.bucketCounts[bucket] = (series.bucketCounts[bucket] ?? 0) + 1;
  series.count += 1;
  series.sum += value;
  series.min = Math.min(series.min, value);
  series.max = Math.max(series.max, value);
};

/** The newest value holds; one that comes late changes nothing. */
const replace = (series: NumberSeries, point: MetricPoint): void => {
  if (series.at !== undefined && point.at < series.at) return;
  series.at = point.at;
  series.value = point.value;
};

/** Where the source counts since a moment it does not tell, the start stays unknown until it begins anew before our eyes. */
const total = (series: NumberSeries, point: MetricPoint): void => {
  if (series.at === undefined && countedElsewhere(point)) series.startAt = undefined;
  if (series.at !== undefined && point.at >= series.at && point.value < series.value) series.startAt = point.at;
  replace(series, point);
};
