// Panels, and queries of panels, that several dashboards show: the same thing looks and reads the same wherever it stands.
import type { MetricName } from '../../otel/catalogue/metrics.ts';
import { type GroupKey, latest, requestSpans, type Where } from './expressions.ts';
import { toThatSecond } from './links.ts';
import { type Column, graph, type PanelSpec, table } from './panel-form.ts';
import { column, over, type PrometheusQuery, withExemplars } from './queries.ts';
import { unit } from './units.ts';
import { gpuName, modelName, none, PER_GPU } from './words.ts';

/** Metrics that know both GPU and index. */
type GpuMetric = {
  [N in MetricName]: (typeof PER_GPU)[number] extends GroupKey<N> ? N : never;
}[MetricName];

/** A line for each GPU. */
export const perGpu = <N extends GpuMetric>(name: N, where: Where<N> = {}): PrometheusQuery =>
  over(latest('max', name, PER_GPU as readonly GroupKey<N>[], where), gpuName);

export const gpuBusy: PanelSpec = graph({
  title: 'GPU busy',
  what: 'Share of the sample period in which at least one kernel ran.',
  none: none.gpu,
  unit: unit.share,
  min: 0,
  max: 1,
  width: 8,
  queries: [perGpu('hw.gpu.utilization', { 'hw.gpu.task': '="general"' })],
  links: [toThatSecond],
});

/** The way from a graph to a trace: only span metrics have exemplars. */
export const durationWithTraces = (shares: readonly number[], grouping: 'all' | 'per model'): PanelSpec => {
  const [labels, name] = grouping === 'all' ? ['le', ''] : ['le, gen_ai_request_model', `${modelName} `];
  return graph({
    title: 'Duration with traces',
    what: 'Duration of requests from their spans. Each dot is one request: click it for its trace.',
    none: none.requests,
    unit: unit.seconds,
    queries: shares.map((share) =>
      withExemplars(
        `histogram_quantile(${share}, sum by (${labels}) (rate(${requestSpans('bucket')}[$__rate_interval])))`,
        `${name}${share * 100} % below`,
      ),
    ),
    links: [toThatSecond],
  });
};

/** The alert list panel would ask Grafana; these are the alerts of Prometheus. `more`: labels beside those that all have. */
export const alertTable = (width: number, ...more: readonly Column[]): PanelSpec => {
  const columns: readonly Column[] = [
    { field: 'alertname', title: 'Alert' },
    { field: 'alertstate', title: 'State', width: 80 },
    { field: 'severity', title: 'Severity', width: 80 },
    { field: 'priority', title: 'Priority', width: 75 },
    { field: 'host_name', title: 'Host' },
    ...more,
  ];
  return table({
    title: 'Alerts',
    what: 'Alerts that fire or are about to.',
    none: 'No alert fires.',
    unit: unit.none,
    rows: 'values',
    width,
    height: 10,
    queries: [column(`max by (${columns.map(({ field }) => field).join(', ')}) (ALERTS)`)],
    columns,
  });
};
