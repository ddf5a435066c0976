// PromQL of panels, written with names of the catalogue: a metric or attribute that is not there does not compile. Every
// selector is filtered by the dashboard's variables that its metric can answer to: service and host always, model and GPU
// where the metric has them.
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import { type AttributesOf, type MetricName, metricRow } from '../../otel/catalogue/metrics.ts';
import { labelName, prometheusName } from '../../otel/names.ts';
import {
  type CollectorSeries,
  collectorSeries,
  type ForeignSeries,
  type RecordedSeries,
  spanMetrics,
} from './foreign-series.ts';

/** Matchers on a metric's own attributes, operator included: `{ 'hw.gpu.task': '="general"' }`. */
export type Where<N extends MetricName> = { readonly [K in keyof AttributesOf<N>]?: string };

/** Everything a metric can be grouped by: its attributes and where it comes from. */
export type GroupKey<N extends MetricName> =
  | Extract<keyof AttributesOf<N>, AttributeKey>
  | 'service.name'
  | 'host.name'
  | 'k8s.node.name';

const SERVICE = 'service_name=~"$service"';
const HOST = 'host_name=~"$host"';
const MODEL = `${labelName('gen_ai.request.model')}=~"$model"`;
const GPU = `${labelName('hw.id')}=~"$gpu"`;

/** For series of other programs that know the host. */
export const ofHost = HOST;

/** What a dashboard's variables ask for; All is `.*`, which takes series without the label too. */
const filtersOf = (name: MetricName): readonly string[] => {
  const row = metricRow(name);
  const keys: readonly AttributeKey[] = [...row.attributes, ...(row.optional ?? [])];
  return [
    SERVICE,
    HOST,
    ...(keys.includes('gen_ai.request.model') ? [MODEL] : []),
    ...(keys.includes('hw.id') ? [GPU] : []),
  ];
};

const matchersOf = (where: { readonly [key: string]: string | undefined }): readonly string[] =>
  Object.entries(where).flatMap(([key, matcher]) => (matcher === undefined ? [] : [`${labelName(key)}${matcher}`]));

/** A filtered selector of a metric, or of one part of a histogram. */
export const series = <N extends MetricName>(
  name: N,
  where: Where<N> = {},
  part: '' | '_bucket' | '_sum' | '_count' = '',
): string => `${prometheusName(name)}${part}{${[...filtersOf(name), ...matchersOf(where)].join(',')}}`;

/** A selector of what another program tells. `matchers` are PromQL as it stands. */
export const foreign = (name: ForeignSeries, ...matchers: readonly string[]): string =>
  matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`;

/** What the rules record per model, filtered as everything else. */
export const recordedPerModel = (name: RecordedSeries, ...matchers: readonly string[]): string =>
  `${name}{${[SERVICE, HOST, MODEL, ...matchers].join(',')}}`;

/** Both spellings of a metric of the Collector, each within `wrapped`. */
export const collector = (
  name: CollectorSeries,
  wrapped: (selector: string) => string = (selector) => selector,
): string =>
  [...new Set([`otelcol_${name}`, `otelcol_${name}${collectorSeries[name]}`])]
    .map((metric) => wrapped(`${metric}{job!="jaeger"}`))
    .join(' or ');

/** Span metrics of whole requests: server spans. */
export const requestSpans = (part: keyof typeof spanMetrics, ...matchers: readonly string[]): string =>
  foreign(spanMetrics[part], SERVICE, MODEL, 'span_kind="SPAN_KIND_SERVER"', ...matchers);

export const by = (...keys: readonly AttributeKey[]): string => `by (${keys.map(labelName).join(', ')})`;

/** `{{label}}` of legends. */
export const shown = (key: AttributeKey): string => `{{${labelName(key)}}}`;

const grouped = (aggregation: string, keys: readonly AttributeKey[], inner: string): string =>
  `${aggregation}${keys.length === 0 ? ' ' : ` ${by(...keys)} `}(${inner})`;

/** Per second, over the interval that Grafana finds right for the resolution shown. */
export const perSecond = <N extends MetricName>(
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
  part: '' | '_sum' | '_count' = '',
): string => grouped('sum', keys, `rate(${series(name, where, part)}[$__rate_interval])`);

/** A series that was silent for no longer than this is an old one: a laptop that slept over night comes back with its totals. */
const KNOWN_FOR = '12h';

/**
 * What a counter grew by within a window. A counter that appears is told with its first count already in it, and `increase`
 * sees nothing of that: the first fault ever, the first failed load. New series therefore count in full.
 */
const grown = (selector: string, window: string): string => {
  const before = `last_over_time(${selector}[${KNOWN_FOR}] offset ${window})`;
  return `(increase(${selector}[${window}]) and ${before}) or (last_over_time(${selector}[${window}]) unless ${before})`;
};

/** How many within the time range shown; for stats and tables. */
export const inRange = <N extends MetricName>(
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
  part: '' | '_sum' | '_count' = '',
): string => grouped('sum', keys, grown(series(name, where, part), '$__range'));

/**
 * How many within each step of a graph of bars. The window is the step itself, so that nothing is in two bars; such panels
 * have a shortest step of a minute, because within a shorter one a counter may not have been told.
 */
export const perStep = <N extends MetricName>(
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
): string => grouped('sum', keys, grown(series(name, where), '$__interval'));

/** How many within a window that slides over a graph of lines: for shares, in which it cancels out. */
export const recently = <N extends MetricName>(
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
): string => grouped('sum', keys, grown(series(name, where), '$__rate_interval'));

/**
 * What ends while others go on: series of a process that is gone, of a model that was unloaded. OTLP tells no end, and
 * Prometheus would show the last value for another five minutes.
 */
const ENDING: ReadonlySet<MetricName> = new Set<MetricName>([
  'ollama.model.memory.usage',
  'ollama.model.layers',
  'ollama.model.context.size',
  'ollama.model.parallel',
  'ollama.model.expires_in',
  'nvidia.gpu.process.memory.usage',
  'nvidia.gpu.process.protected_memory.usage',
  'nvidia.gpu.process.utilization',
]);

export const latest = <N extends MetricName>(
  aggregation: 'sum' | 'max' | 'min' | 'avg' | 'count',
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
): string => {
  const selector = series(name, where);
  return grouped(aggregation, keys, ENDING.has(name) ? `last_over_time(${selector}[$__rate_interval])` : selector);
};

/**
 * Sum of current values. An agent that was restarted is two sources for as long as Prometheus looks back: the highest of
 * each `one` (a GPU, a server) is taken first, so that nothing counts twice.
 */
export const total = <N extends MetricName>(
  name: N,
  one: readonly GroupKey<N>[],
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
): string => grouped('sum', keys, latest('max', name, one, where));

/** Highest or lowest of the whole range shown, for stats that must not forget a peak. */
export const overRange = <N extends MetricName>(
  over: 'max' | 'min' | 'avg',
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
): string => grouped(over, keys, `${over}_over_time(${series(name, where)}[$__range])`);

/** Over a whole range every observation counts, the first of a series too; along a graph the usual rate does. */
const moved = (selector: string, window: '$__rate_interval' | '$__range'): string =>
  window === '$__range' ? grown(selector, window) : `rate(${selector}[${window}])`;

export const quantile = <N extends MetricName>(
  share: number,
  name: N,
  keys: readonly GroupKey<N>[] = [],
  where: Where<N> = {},
  window: '$__rate_interval' | '$__range' = '$__rate_interval',
): string => {
  const labels = ['le', ...keys.map(labelName)].join(', ');
  return `histogram_quantile(${share}, sum by (${labels}) (${moved(series(name, where, '_bucket'), window)}))`;
};

/** One over the other. Nothing where there is nothing to divide by, never 0/0. */
export const ratio = (part: string, whole: string): string => `${part} / (${whole} > 0)`;

/** The same for a part that has no series until it happens: its share is 0 until then, not unknown. */
export const shareOf = (part: string, whole: string): string => ratio(`(${part} or 0 * ${whole})`, whole);

/** Mean of a histogram: its sum over its count. */
export const mean = <N extends MetricName>(name: N, keys: readonly GroupKey<N>[] = [], where: Where<N> = {}): string =>
  ratio(perSecond(name, keys, where, '_sum'), perSecond(name, keys, where, '_count'));

/**
 * Share of observations up to a bucket's bound. The bound must be one of the catalogue's, and no whole number: Prometheus
 * writes `le="5"` when it receives OTLP and `le="5.0"` when it scrapes. Tests hold both.
 */
export const shareUpTo = <N extends MetricName>(
  bound: number,
  name: N,
  keys: readonly GroupKey<N>[] = [],
  window: '$__rate_interval' | '$__range' = '$__rate_interval',
): string => {
  const filters = filtersOf(name).join(',');
  const within = grouped('sum', keys, moved(`${prometheusName(name)}_bucket{${filters},le="${bound}"}`, window));
  const all = grouped('sum', keys, moved(series(name, {}, '_count'), window));
  return ratio(within, all);
};
