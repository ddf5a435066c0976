// One query of a panel in each of the three query languages, and the data sources they go to. Panels take these; what the
// SDK makes of them stands in one place.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder as LokiBuilder, LokiQueryDirection } from '@grafana/grafana-foundation-sdk/loki';
import { DataqueryBuilder as PrometheusBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

/** The uids under which grafana/provisioning declares them. */
export const sources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
  jaeger: { type: 'jaeger', uid: 'jaeger' },
  alertmanager: { type: 'alertmanager', uid: 'alertmanager' },
} as const satisfies { readonly [name: string]: DataSourceRef };

export type PrometheusQuery = {
  readonly source: 'prometheus';
  readonly expr: string;
  readonly legend?: string;
  /** Asks for exemplars too: dots that lead to a trace. Only span metrics have them. */
  readonly exemplar?: true;
  /** One value per series, now, instead of a series over time. */
  readonly instant?: true;
  /** Columns instead of named series. */
  readonly table?: true;
  /** Buckets of a histogram, for heatmaps. */
  readonly buckets?: true;
};

export type LokiQuery = {
  readonly source: 'loki';
  readonly expr: string;
  readonly legend?: string;
  readonly instant?: true;
  /** At most so many lines, newest first. */
  readonly lines?: number;
};

/** Grafana's Jaeger data source: a search by service and tags, or one trace by its id. */
export type JaegerQuery = {
  readonly source: 'jaeger';
  readonly trace?: string;
  readonly search?: {
    readonly service: string;
    readonly operation?: string;
    /** logfmt, as in Grafana's form: `error=true nvidia.fault.hit=true`. */
    readonly tags?: string;
    readonly minDuration?: string;
    readonly limit: number;
  };
};

export type Query = PrometheusQuery | LokiQuery | JaegerQuery;

/** The SDK knows no Jaeger query. Its own data source sends this. */
type JaegerTarget = cog.Dataquery & {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly queryType?: 'search';
  readonly query?: string;
  readonly service?: string;
  readonly operation?: string;
  readonly tags?: string;
  readonly minDuration?: string;
  readonly limit?: number;
};

const jaegerTarget = (query: JaegerQuery, refId: string): JaegerTarget => ({
  _implementsDataqueryVariant: () => undefined,
  refId,
  datasource: sources.jaeger,
  ...(query.search === undefined ? {} : { queryType: 'search', ...query.search }),
  ...(query.trace === undefined ? {} : { query: query.trace }),
});

const prometheusTarget = (query: PrometheusQuery, refId: string): cog.Builder<cog.Dataquery> => {
  const builder = new PrometheusBuilder().datasource(sources.prometheus).refId(refId).expr(query.expr);
  if (query.instant === true) builder.instant();
  else builder.range();
  if (query.exemplar === true) builder.exemplar(true);
  if (query.table === true) builder.format(PromQueryFormat.Table);
  if (query.buckets === true) builder.format(PromQueryFormat.Heatmap);
  return builder.legendFormat(query.buckets === true ? '{{le}}' : (query.legend ?? '__auto'));
};

const lokiTarget = (query: LokiQuery, refId: string): cog.Builder<cog.Dataquery> => {
  const builder = new LokiBuilder()
    .datasource(sources.loki)
    .refId(refId)
    .expr(query.expr)
    .queryType(query.instant === true ? 'instant' : 'range');
  if (query.legend !== undefined) builder.legendFormat(query.legend);
  if (query.lines !== undefined) builder.maxLines(query.lines).direction(LokiQueryDirection.Backward);
  return builder;
};

const refIdOf = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

export const targetOf = (query: Query, index: number): cog.Builder<cog.Dataquery> => {
  const refId = refIdOf(index);
  if (query.source === 'prometheus') return prometheusTarget(query, refId);
  if (query.source === 'loki') return lokiTarget(query, refId);
  return { build: () => jaegerTarget(query, refId) };
};

/** A series over time. */
export const over = (expr: string, legend?: string): PrometheusQuery => ({
  source: 'prometheus',
  expr,
  ...(legend === undefined ? {} : { legend }),
});

/** One value now (or over the range, where the expression says so). */
export const now = (expr: string, legend?: string): PrometheusQuery => ({ ...over(expr, legend), instant: true });

/** A column of a table: its rows are the labels left by the expression. */
export const column = (expr: string): PrometheusQuery => ({ ...over(expr), instant: true, table: true });

export const withExemplars = (expr: string, legend?: string): PrometheusQuery => ({
  ...over(expr, legend),
  exemplar: true,
});

/** Counts of log records over time. */
export const counted = (expr: string, legend: string): LokiQuery => ({ source: 'loki', expr, legend });

/** Log records, newest first. */
export const records = (expr: string, lines: number): LokiQuery => ({ source: 'loki', expr, lines });
