// Questions to a real Loki. Instants are epoch seconds; a line's own time is in nanoseconds.

import { getJson, urlOf } from './ask-http.ts';
import type { Labels, PromRange, PromSample } from './ask-prometheus.ts';

export type LokiLine = {
  readonly at: bigint;
  readonly line: string;
  /** Stream labels only: what Loki indexes. */
  readonly labels: Labels;
  readonly metadata: Labels;
  /** What the query's own parsers (`| json`, `| logfmt`) found. */
  readonly parsed: Labels;
};

export type LokiSpan = { readonly from?: number; readonly to?: number; readonly limit?: number };

/** Keeps structured metadata and parsed labels apart from stream labels; without it Loki mixes all three. */
const APART = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
const HOUR = 3_600;
/** Loki's own limit for one answer. */
const LINES_MAX = 5_000;

type Categories = { readonly structuredMetadata?: Labels; readonly parsed?: Labels };
type Stream = { readonly stream: Labels; readonly values: readonly (readonly [string, string, Categories?])[] };
type Vector = { readonly metric: Labels; readonly value: readonly [number, string] };
type Matrix = { readonly metric: Labels; readonly values: readonly (readonly [number, string])[] };
type Answer = {
  readonly data:
    | { readonly resultType: 'streams'; readonly result: readonly Stream[] }
    | { readonly resultType: 'vector'; readonly result: readonly Vector[] }
    | { readonly resultType: 'matrix'; readonly result: readonly Matrix[] };
};

const now = (): number => Date.now() / 1_000;
const nanoseconds = (seconds: number): string => `${Math.round(seconds * 1_000)}000000`;

const ask = async (url: string, path: string, parameters: Record<string, string | number>): Promise<Answer['data']> =>
  ((await getJson(urlOf(url, path, parameters), APART)) as Answer).data;

/** Lines in the order of their times. The last hour, and five minutes ahead, unless told. */
export const lokiQuery = async (url: string, logql: string, span: LokiSpan = {}): Promise<LokiLine[]> => {
  const { from = now() - HOUR, to = now() + 300, limit = LINES_MAX } = span;
  const answer = await ask(url, '/loki/api/v1/query_range', {
    query: logql,
    start: nanoseconds(from),
    end: nanoseconds(to),
    limit,
    direction: 'forward',
  });
  if (answer.resultType !== 'streams')
    throw new Error(`expected log lines from ${logql}, found a ${answer.resultType}`);
  const lines = answer.result.flatMap(({ stream, values }) =>
    values.map(([at, line, apart]) => ({
      at: BigInt(at),
      line,
      labels: stream,
      metadata: apart?.structuredMetadata ?? {},
      parsed: apart?.parsed ?? {},
    })),
  );
  return lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
};

/** A metric query at one instant (now unless told). */
export const lokiMetric = async (url: string, logql: string, time: number = now()): Promise<PromSample[]> => {
  const answer = await ask(url, '/loki/api/v1/query', { query: logql, time: nanoseconds(time) });
  if (answer.resultType !== 'vector') throw new Error(`expected numbers from ${logql}, found ${answer.resultType}`);
  return answer.result.map(({ metric, value: [at, value] }) => ({ metric, value: Number(value), at }));
};

export const lokiRange = async (
  url: string,
  logql: string,
  span: { readonly from: number; readonly to: number; readonly step: number },
): Promise<PromRange[]> => {
  const parameters = { query: logql, start: nanoseconds(span.from), end: nanoseconds(span.to), step: span.step };
  const answer = await ask(url, '/loki/api/v1/query_range', parameters);
  if (answer.resultType !== 'matrix') throw new Error(`expected numbers from ${logql}, found ${answer.resultType}`);
  return answer.result.map(({ metric, values }) => ({
    metric,
    values: values.map(([at, value]): [number, number] => [at, Number(value)]),
  }));
};

/** The label sets that Loki indexes: what `match` finds, and nothing of the structured metadata. */
export const lokiSeries = async (url: string, match: string, span: LokiSpan = {}): Promise<Labels[]> => {
  const { from = now() - HOUR, to = now() + 300 } = span;
  const parameters = { 'match[]': match, start: nanoseconds(from), end: nanoseconds(to) };
  const answer = (await getJson(urlOf(url, '/loki/api/v1/series', parameters))) as { data?: Labels[] };
  return answer.data ?? [];
};
