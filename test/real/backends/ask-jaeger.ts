// Questions to a real Jaeger 2, by the API that 2.13 and 2.20 both answer: `/api/v3`, names in snake case.

import { AnswerError, getJson, urlOf } from './ask-http.ts';

/** Lists are JSON text, as Jaeger itself shows them. */
export type JaegerValue = string | number | boolean;
export type JaegerSpan = {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** As OTLP counts: 2 is SERVER. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, JaegerValue>>;
  readonly resource: Readonly<Record<string, JaegerValue>>;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string;
  readonly events: readonly { readonly name: string; readonly atNs: bigint }[];
};

export type JaegerSearch = {
  readonly service: string;
  /** A span's name. */
  readonly operation?: string;
  /** Searched by the older API, because `/api/v3` of 2.13 leaves attributes out of the search without saying so. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** As Go writes durations: `1.5s`, `200ms`. */
  readonly minDuration?: string;
  readonly maxDuration?: string;
  /** Epoch seconds; the last hour, and five minutes ahead, unless told. */
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
};

type Raw = Record<string, unknown>;
type KeyValue = { readonly key: string; readonly value: Readonly<Record<string, unknown>> };

const HOUR = 3_600;
const TRACES_MAX = 100;

const list = (value: unknown): Raw[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const instant = (value: unknown): bigint => BigInt(typeof value === 'string' || typeof value === 'number' ? value : 0);

const attributeValue = (value: KeyValue['value']): JaegerValue => {
  const [[kind, raw] = ['', '']] = Object.entries(value);
  if (kind === 'intValue' || kind === 'doubleValue') return Number(raw);
  if (typeof raw === 'string' || typeof raw === 'boolean') return raw;
  if (kind !== 'arrayValue') return JSON.stringify(raw);
  const values = list((raw as Raw)['values']) as KeyValue['value'][];
  return JSON.stringify(values.map(attributeValue));
};

const attributesOf = (owner: unknown): Record<string, JaegerValue> => {
  const pairs = list((owner as Raw | undefined)?.['attributes']) as unknown as KeyValue[];
  return Object.fromEntries(pairs.map(({ key, value }) => [key, attributeValue(value)]));
};

const spanOf = (raw: Raw, resource: Readonly<Record<string, JaegerValue>>): JaegerSpan => {
  const status = (raw['status'] ?? {}) as Raw;
  return {
    traceId: text(raw['traceId']),
    spanId: text(raw['spanId']),
    parentSpanId: text(raw['parentSpanId']),
    name: text(raw['name']),
    kind: Number(raw['kind'] ?? 0),
    startNs: instant(raw['startTimeUnixNano']),
    endNs: instant(raw['endTimeUnixNano']),
    attributes: attributesOf(raw),
    resource,
    status: Number(status['code'] ?? 0),
    statusMessage: text(status['message']),
    events: list(raw['events']).map((event) => ({ name: text(event['name']), atNs: instant(event['timeUnixNano']) })),
  };
};

const spansOf = (answer: unknown): JaegerSpan[] => {
  const result = ((answer as Raw)['result'] ?? answer) as Raw;
  return list(result['resourceSpans']).flatMap((owner) => {
    const resource = attributesOf(owner['resource']);
    const spans = list(owner['scopeSpans']).flatMap((scope) => list(scope['spans']));
    return spans.map((span) => spanOf(span, resource));
  });
};

const byStart = (a: JaegerSpan, b: JaegerSpan): number => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0);

/** The spans of a trace, earliest first; undefined when Jaeger does not know it. */
export const jaegerTrace = async (url: string, id: string): Promise<JaegerSpan[] | undefined> => {
  try {
    return spansOf(await getJson(urlOf(url, `/api/v3/traces/${id}`))).sort(byStart);
  } catch (error) {
    if (error instanceof AnswerError && error.status === 404) return undefined;
    throw error;
  }
};

/** The traces that match, each as its spans, latest trace first. */
export const jaegerSearch = async (url: string, search: JaegerSearch): Promise<JaegerSpan[][]> => {
  if (search.attributes !== undefined) return searchByAttributes(url, search);
  const nowS = Date.now() / 1_000;
  const time = (seconds: number): string => new Date(seconds * 1_000).toISOString();
  const answer = await emptyWhenNone(
    urlOf(url, '/api/v3/traces', {
      'query.service_name': search.service,
      'query.operation_name': search.operation,
      'query.duration_min': search.minDuration,
      'query.duration_max': search.maxDuration,
      'query.start_time_min': time(search.from ?? nowS - HOUR),
      'query.start_time_max': time(search.to ?? nowS + 300),
      'query.num_traces': search.limit ?? TRACES_MAX,
    }),
  );
  return latestFirst([...Map.groupBy(spansOf(answer), (span) => span.traceId).values()]);
};

const searchByAttributes = async (url: string, search: JaegerSearch): Promise<JaegerSpan[][]> => {
  const nowS = Date.now() / 1_000;
  const answer = await emptyWhenNone(
    urlOf(url, '/api/traces', {
      service: search.service,
      operation: search.operation,
      tags: JSON.stringify(search.attributes),
      minDuration: search.minDuration,
      maxDuration: search.maxDuration,
      start: Math.round((search.from ?? nowS - HOUR) * 1e6),
      end: Math.round((search.to ?? nowS + 300) * 1e6),
      limit: search.limit ?? TRACES_MAX,
    }),
  );
  const ids = list((answer as Raw)['data']).map((trace) => text(trace['traceID']));
  const traces = await Promise.all(ids.map((id) => jaegerTrace(url, id)));
  return latestFirst(traces.filter((trace) => trace !== undefined));
};

const latestFirst = (traces: JaegerSpan[][]): JaegerSpan[][] => {
  for (const spans of traces) spans.sort(byStart);
  const start = (spans: readonly JaegerSpan[]): bigint => spans[0]?.startNs ?? 0n;
  return traces.sort((a, b) => (start(a) > start(b) ? -1 : start(a) < start(b) ? 1 : 0));
};

/** A search without a result is 404 in some releases and an empty list in others. */
const emptyWhenNone = async (url: string): Promise<unknown> => {
  try {
    return await getJson(url);
  } catch (error) {
    if (error instanceof AnswerError && error.status === 404) return {};
    throw error;
  }
};

export const jaegerServices = async (url: string): Promise<string[]> => {
  const answer = (await getJson(urlOf(url, '/api/v3/services'))) as { services?: string[] };
  return answer.services ?? [];
};
