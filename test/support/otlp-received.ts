// OTLP requests as plain objects that tests can compare: attributes as maps, times as bigint nanoseconds, ids as hex.

import { requestMessages } from './otlp-messages.ts';
import { decodeMessage } from './protobuf-reader.ts';

export type SignalKind = 'traces' | 'logs' | 'metrics';
export type ReceivedAttributes = { readonly [key: string]: unknown };
type From = { readonly resource: ReceivedAttributes; readonly scope: string };

export type ReceivedSpan = From & {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server. */
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
  readonly attributes: ReceivedAttributes;
  readonly events: readonly { readonly name: string; readonly at: bigint; readonly attributes: ReceivedAttributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
};
export type ReceivedLog = From & {
  readonly at: bigint;
  readonly observedAt: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: unknown;
  readonly attributes: ReceivedAttributes;
  readonly traceId: string;
  readonly spanId: string;
};
export type ReceivedPoint = {
  readonly attributes: ReceivedAttributes;
  readonly startAt: bigint;
  readonly at: bigint;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly bucketCounts?: readonly number[];
  readonly bounds?: readonly number[];
  /** Of histograms; absent where there are none. */
  readonly exemplars?: readonly { readonly traceId: string; readonly spanId: string; readonly value: number }[];
};
export type ReceivedMetric = From & {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  readonly monotonic: boolean;
  readonly points: readonly ReceivedPoint[];
};

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const node = (value: unknown): Node => (isNode(value) ? value : {});
const list = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => Number(value ?? 0);
const nanos = (value: unknown): bigint =>
  typeof value === 'bigint' || typeof value === 'string' || typeof value === 'number' ? BigInt(value) : 0n;
const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : []);

const anyValueOf = (value: Node): unknown => {
  if ('stringValue' in value) return value['stringValue'];
  if ('boolValue' in value) return value['boolValue'];
  if ('intValue' in value) return Number(value['intValue']);
  if ('doubleValue' in value) return value['doubleValue'];
  if ('arrayValue' in value) return list(node(value['arrayValue'])['values']).map(anyValueOf);
  if ('kvlistValue' in value) return attributesOf(node(value['kvlistValue'])['values']);
  return undefined;
};
const attributesOf = (pairs: unknown): ReceivedAttributes =>
  Object.fromEntries(list(pairs).map((pair) => [text(pair['key']), anyValueOf(node(pair['value']))]));

const spanOf = (from: From, span: Node): ReceivedSpan => ({
  ...from,
  traceId: text(span['traceId']),
  spanId: text(span['spanId']),
  parentSpanId: text(span['parentSpanId']),
  name: text(span['name']),
  kind: number(span['kind']),
  start: nanos(span['startTimeUnixNano']),
  end: nanos(span['endTimeUnixNano']),
  status: { code: number(node(span['status'])['code']), message: text(node(span['status'])['message']) },
  attributes: attributesOf(span['attributes']),
  events: list(span['events']).map((event) => ({
    name: text(event['name']),
    at: nanos(event['timeUnixNano']),
    attributes: attributesOf(event['attributes']),
  })),
  links: list(span['links']).map((link) => ({ traceId: text(link['traceId']), spanId: text(link['spanId']) })),
});

const logOf = (from: From, log: Node): ReceivedLog => ({
  ...from,
  at: nanos(log['timeUnixNano']),
  observedAt: nanos(log['observedTimeUnixNano']),
  severityNumber: number(log['severityNumber']),
  severityText: text(log['severityText']),
  eventName: text(log['eventName']),
  body: anyValueOf(node(log['body'])),
  attributes: attributesOf(log['attributes']),
  traceId: text(log['traceId']),
  spanId: text(log['spanId']),
});

const exemplarsOf = (point: Node): Pick<ReceivedPoint, 'exemplars'> =>
  'exemplars' in point
    ? {
        exemplars: list(point['exemplars']).map((exemplar) => ({
          traceId: text(exemplar['traceId']),
          spanId: text(exemplar['spanId']),
          value: number(exemplar['asDouble']),
        })),
      }
    : {};

const pointOf = (point: Node): ReceivedPoint => ({
  attributes: attributesOf(point['attributes']),
  startAt: nanos(point['startTimeUnixNano']),
  at: nanos(point['timeUnixNano']),
  ...('bucketCounts' in point || 'explicitBounds' in point
    ? {
        count: number(point['count']),
        sum: number(point['sum']),
        bucketCounts: numbers(point['bucketCounts']),
        bounds: numbers(point['explicitBounds']),
        ...exemplarsOf(point),
      }
    : { value: number(point['asDouble'] ?? point['asInt']) }),
});

const metricOf = (from: From, metric: Node): ReceivedMetric => {
  const kind = 'histogram' in metric ? 'histogram' : 'sum' in metric ? 'sum' : 'gauge';
  const data = node(metric[kind]);
  return {
    ...from,
    name: text(metric['name']),
    description: text(metric['description']),
    unit: text(metric['unit']),
    kind,
    monotonic: data['isMonotonic'] === true,
    points: list(data['dataPoints']).map(pointOf),
  };
};

const eachItem = (request: Node, outer: string, scoped: string, items: string): { from: From; item: Node }[] =>
  list(request[outer]).flatMap((resource) =>
    list(resource[scoped]).flatMap((scope) =>
      list(scope[items]).map((item) => ({
        from: {
          resource: attributesOf(node(resource['resource'])['attributes']),
          scope: text(node(scope['scope'])['name']),
        },
        item,
      })),
    ),
  );

export type Received = {
  readonly spans: ReceivedSpan[];
  readonly logs: ReceivedLog[];
  readonly metrics: ReceivedMetric[];
};

/** A request in the JSON form, parsed, or one decoded from protobuf. */
export const receivedOf = (request: Node): Received => ({
  spans: eachItem(request, 'resourceSpans', 'scopeSpans', 'spans').map(({ from, item }) => spanOf(from, item)),
  logs: eachItem(request, 'resourceLogs', 'scopeLogs', 'logRecords').map(({ from, item }) => logOf(from, item)),
  metrics: eachItem(request, 'resourceMetrics', 'scopeMetrics', 'metrics').map(({ from, item }) =>
    metricOf(from, item),
  ),
});

export const decodeRequest = (signal: SignalKind, body: Uint8Array, form: 'protobuf' | 'json'): Received => {
  if (form === 'json') {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return receivedOf(node(parsed));
  }
  return receivedOf(
    decodeMessage(new DataView(body.buffer, body.byteOffset, body.byteLength), requestMessages[signal]),
  );
};
