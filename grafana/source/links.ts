// Ways from one place to the next: between dashboards, from a row to its trace, from a point to that second on the
// correlation page. Every link keeps the variables; those to a second set their own time.
import { type DashboardLink, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import { sources } from './queries.ts';

export const uids = {
  overview: 'ollascope-overview',
  inference: 'ollascope-inference',
  gpu: 'ollascope-gpu',
  correlation: 'ollascope-correlation',
  models: 'ollascope-models',
  cost: 'ollascope-cost',
  usage: 'ollascope-usage',
  pipeline: 'ollascope-pipeline',
} as const;

export type DashboardName = keyof typeof uids;

/** What data links are, without the parts that only links of a dashboard's head need. */
export type DataLink = { readonly title: string; readonly url: string; readonly targetBlank?: boolean };

const VARIABLES = '${service:queryparam}&${host:queryparam}&${model:queryparam}&${gpu:queryparam}';

/** Width of the window around a point that was clicked: a minute shows the second and what led to it. */
const AROUND_MS = 60_000;

/** Another dashboard with the same time and variables; `more` sets further variables. */
export const toDashboard = (name: DashboardName, title: string, ...more: readonly string[]): DataLink => ({
  title,
  url: `/d/${uids[name]}?${['${__url_time_range}', VARIABLES, ...more].join('&')}`,
});

/** The correlation page at the time of a point or row. */
export const toThatSecond: DataLink = {
  title: 'What happened then',
  url: `/d/${uids.correlation}?time=\${__value.time}&time.window=${AROUND_MS}&${VARIABLES}`,
};

/** JSON in a URL, but Grafana's `${…}` as it is: encoded, Grafana would not fill it in. */
const encoded = (value: unknown): string =>
  JSON.stringify(value)
    .split(/(\$\{[^}]*\})/)
    .map((part) => (part.startsWith('${') ? part : encodeURIComponent(part)))
    .join('');

const explore = (title: string, source: 'jaeger' | 'loki', query: { readonly [key: string]: unknown }): DataLink => {
  const pane = {
    datasource: sources[source].uid,
    queries: [{ refId: 'A', datasource: sources[source], ...query }],
    range: { from: '${__from}', to: '${__to}' },
  };
  return { title, url: `/explore?schemaVersion=1&panes=${encoded({ a: pane })}` };
};

/** One trace in Explore. `id` is a field expression such as `${__data.fields.trace_id}`. */
const toTrace = (id: string): DataLink => explore('Trace', 'jaeger', { query: id });

/** Every log record of one trace in Explore. */
const toLogsOfTrace = (id: string): DataLink =>
  explore('Logs of this trace', 'loki', { expr: `{service_name=~".+"} | trace_id="${id}"`, queryType: 'range' });

/** The correlation page with this trace chosen. */
const toCorrelation = (id: string): DataLink =>
  toDashboard('correlation', 'Trace, logs and GPU side by side', `var-trace=${id}`);

/** From a cell that holds a trace id. */
export const linksOfTrace: readonly DataLink[] = [
  toTrace('${__value.raw}'),
  toLogsOfTrace('${__value.raw}'),
  toCorrelation('${__value.raw}'),
];

/** Links in the head of every dashboard. */
export const headLinks = (self: DashboardName): readonly DashboardLink[] =>
  Object.entries(uids)
    .filter(([name]) => name !== self)
    .map(([name, uid]) => ({
      title: TITLES[name] ?? name,
      type: DashboardLinkType.Link,
      icon: 'dashboard',
      tooltip: '',
      url: `/d/${uid}`,
      tags: [],
      asDropdown: false,
      targetBlank: false,
      includeVars: true,
      keepTime: true,
    }));

/** Also the titles of the dashboards themselves. */
export const TITLES: { readonly [name: string]: string } = {
  overview: 'Overview',
  inference: 'Inference',
  gpu: 'GPU',
  correlation: 'Correlation',
  models: 'Models and memory',
  cost: 'Cost and waste',
  usage: 'My usage',
  pipeline: 'Pipeline health',
};
