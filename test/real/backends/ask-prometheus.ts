// Questions to a real Prometheus. All instants are epoch seconds.

import { getJson, getText, urlOf } from './ask-http.ts';

export type Labels = Readonly<Record<string, string>>;
export type PromSample = { readonly metric: Labels; readonly value: number; readonly at: number };
export type PromRange = { readonly metric: Labels; readonly values: readonly (readonly [at: number, value: number])[] };
export type PromExemplar = { readonly labels: Labels; readonly value: number; readonly at: number };
export type PromExemplars = { readonly series: Labels; readonly exemplars: readonly PromExemplar[] };
export type PromAlert = {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  readonly value: string;
};

type Answer<Data> = { readonly status: string; readonly data: Data };
type Pair = readonly [number, string];
type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly { readonly metric: Labels; readonly value: Pair }[] }
  | {
      readonly resultType: 'matrix';
      readonly result: readonly { readonly metric: Labels; readonly values: readonly Pair[] }[];
    }
  | { readonly resultType: 'scalar' | 'string'; readonly result: Pair };

const data = async <Data>(
  url: string,
  path: string,
  parameters: Record<string, string | number | undefined>,
): Promise<Data> => {
  const answer = (await getJson(urlOf(url, path, parameters))) as Answer<Data>;
  return answer.data;
};

/** An instant query; a range vector gives its last sample of each series, a scalar one sample without labels. */
export const promQuery = async (url: string, expr: string, time?: number): Promise<PromSample[]> => {
  const answer = await data<QueryData>(url, '/api/v1/query', { query: expr, time });
  if (answer.resultType === 'vector') {
    return answer.result.map(({ metric, value: [at, value] }) => ({ metric, value: Number(value), at }));
  }
  if (answer.resultType === 'matrix') {
    return answer.result.map(({ metric, values }) => {
      const [at = 0, value = 'NaN'] = values.at(-1) ?? [];
      return { metric, value: Number(value), at };
    });
  }
  const [at, value] = answer.result;
  return [{ metric: {}, value: Number(value), at }];
};

export const promRange = async (
  url: string,
  expr: string,
  span: { readonly from: number; readonly to: number; readonly step: number },
): Promise<PromRange[]> => {
  const parameters = { query: expr, start: span.from, end: span.to, step: span.step };
  const answer = await data<QueryData>(url, '/api/v1/query_range', parameters);
  if (answer.resultType !== 'matrix') throw new Error(`expected a matrix from ${expr}, found ${answer.resultType}`);
  return answer.result.map(({ metric, values }) => ({
    metric,
    values: values.map(([at, value]): [number, number] => [at, Number(value)]),
  }));
};

export const promExemplars = async (url: string, expr: string, from: number, to: number): Promise<PromExemplars[]> => {
  type Raw = { seriesLabels: Labels; exemplars: { labels: Labels; value: string; timestamp: number }[] };
  const answer = await data<Raw[]>(url, '/api/v1/query_exemplars', { query: expr, start: from, end: to });
  return answer.map(({ seriesLabels, exemplars }) => ({
    series: seriesLabels,
    exemplars: exemplars.map(({ labels, value, timestamp }) => ({ labels, value: Number(value), at: timestamp })),
  }));
};

/** Label sets of the series that match, whether or not they still get samples. */
export const promSeries = (url: string, match: string, from?: number, to?: number): Promise<Labels[]> =>
  data<Labels[]>(url, '/api/v1/series', { 'match[]': match, start: from, end: to });

export const promMetricNames = (url: string): Promise<string[]> =>
  data<string[]>(url, '/api/v1/label/__name__/values', {});

export const promAlerts = async (url: string): Promise<PromAlert[]> =>
  (await data<{ alerts: PromAlert[] }>(url, '/api/v1/alerts', {})).alerts;

export type PromTarget = {
  readonly labels: Labels;
  readonly scrapeUrl: string;
  readonly health: string;
  readonly lastError: string;
};

export const promTargets = async (url: string): Promise<PromTarget[]> =>
  (await data<{ activeTargets: PromTarget[] }>(url, '/api/v1/targets', { state: 'active' })).activeTargets;

/** The names that recording rules give. */
export const promRecorded = async (url: string): Promise<Set<string>> => {
  type Groups = { groups: { rules: { name: string }[] }[] };
  const { groups } = await data<Groups>(url, '/api/v1/rules', { type: 'record' });
  return new Set(groups.flatMap(({ rules }) => rules.map(({ name }) => name)));
};

/** The configuration as Prometheus itself prints it, defaults filled in. */
export const promConfig = async (url: string): Promise<string> =>
  (await data<{ yaml: string }>(url, '/api/v1/status/config', {})).yaml;

/** The text of a /metrics page, Prometheus' or anybody's. */
export const metricsPage = (url: string): Promise<string> => getText(url);
