// Grafana's provisioning files as Grafana would read them: YAML, `$NAME` from the environment, `$$` for a dollar sign.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '..', '..', 'grafana', 'provisioning');

export type Json = { readonly [key: string]: unknown };

export type DataSource = {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly url: string;
  readonly jsonData: Json;
  readonly correlations?: readonly Json[];
} & Json;

const ENVIRONMENT: { readonly [name: string]: string } = {
  OLLASCOPE_PROMETHEUS_URL: 'http://prometheus:9090',
  OLLASCOPE_LOKI_URL: 'http://loki:3100',
  OLLASCOPE_JAEGER_URL: 'http://jaeger:16686',
  OLLASCOPE_ALERTMANAGER_URL: 'http://alertmanager:9093',
  OLLASCOPE_DASHBOARDS: '/dashboards',
};

/** As os.Expand of Go does after `$$` was put aside; an unknown name becomes nothing, here it fails. */
const expanded = (text: string): string =>
  text.replace(/\$\$|\$\{([^}]+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$';
    const value = ENVIRONMENT[braced ?? bare ?? ''];
    if (value === undefined)
      throw new Error(
        `${whole} in ${text}: expected one of ${Object.keys(ENVIRONMENT).join(', ')}, or $$ for a dollar`,
      );
    return value;
  });

const throughout = (value: unknown): unknown => {
  if (typeof value === 'string') return expanded(value);
  if (Array.isArray(value)) return value.map(throughout);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, throughout(inner)]));
  return value;
};

export const rawFiles = (): readonly { readonly path: string; readonly text: string }[] =>
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.ya?ml$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(FOLDER, path), 'utf8') }));

const fileNamed = (path: string): Json => throughout(parse(readFileSync(join(FOLDER, path), 'utf8'))) as Json;

export const dataSourcesFile = fileNamed('datasources/ollascope.yaml');
export const dashboardsFile = fileNamed('dashboards/ollascope.yaml');
export const dataSources = dataSourcesFile['datasources'] as readonly DataSource[];

export const dataSource = (uid: string): DataSource => {
  const found = dataSources.find((each) => each.uid === uid);
  if (found === undefined) throw new Error(`no data source ${uid}`);
  return found;
};

export type MetricLink = { readonly name: string; readonly query: string };

/** Queries that a span offers, before its own values are put in. */
export const traceToMetrics = (): readonly MetricLink[] =>
  (dataSource('jaeger').jsonData['tracesToMetrics'] as { queries: readonly MetricLink[] }).queries;

/** What Grafana puts in for one span. */
export const forSpan = (
  query: string,
  labels: { readonly [label: string]: string },
  span: { readonly traceId: string; readonly tags: { readonly [key: string]: string } },
): string =>
  query
    .replaceAll(
      '$__tags',
      Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(', '),
    )
    .replaceAll('$__rate_interval', '40s')
    .replaceAll('${__trace.traceId}', span.traceId)
    .replace(/\$\{__span\.tags\["([^"]+)"\]\}/g, (_whole, key: string) => span.tags[key] ?? '');
