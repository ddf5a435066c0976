// What Jaeger's `/api/v3` answers (OTLP as JSON) as spans of ours, so that a trace from a server is drawn by the same waterfall
// as one that was just made. Pure; anything that is not as expected is left out, never guessed.
import type { Attributes, AttributeValue, SpanEvent, SpanSignal, SpanStatus } from '../otel/signal.ts';
import { type Instant, instant } from '../otel/time.ts';

type Raw = { readonly [key: string]: unknown };

const rawOf = (value: unknown): Raw => (value !== null && typeof value === 'object' ? (value as Raw) : {});
const listOf = (value: unknown): readonly Raw[] => (Array.isArray(value) ? value.map(rawOf) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
/** 64-bit numbers travel as text. */
const atOf = (value: unknown): Instant => instant(/^\d+$/.test(String(value)) ? BigInt(String(value)) : 0n);

const valueIn = (value: Raw): AttributeValue | undefined => {
  const [[kind, raw] = ['', undefined]] = Object.entries(value);
  if (kind === 'intValue' || kind === 'doubleValue') return Number(raw);
  if (typeof raw === 'string' || typeof raw === 'boolean') return raw;
  if (kind === 'arrayValue') return listOf(rawOf(raw)['values']).map((one) => String(valueIn(one) ?? ''));
  return undefined;
};

const attributesOf = (owner: Raw): Attributes =>
  Object.fromEntries(
    listOf(owner['attributes']).flatMap((pair) => {
      const value = valueIn(rawOf(pair['value']));
      return value === undefined ? [] : [[textOf(pair['key']), value] as const];
    }),
  );

const eventOf = (raw: Raw): SpanEvent => ({
  name: textOf(raw['name']),
  at: atOf(raw['timeUnixNano']),
  attributes: attributesOf(raw),
});

/** Jaeger writes enums as numbers, OTLP's JSON allows names too. */
const statusOf = (raw: Raw): SpanStatus => {
  const code = String(raw['code'] ?? 0);
  if (code === '2' || code === 'STATUS_CODE_ERROR') return { code: 'error', message: textOf(raw['message']) };
  return { code: code === '1' || code === 'STATUS_CODE_OK' ? 'ok' : 'unset' };
};

const isServer = (kind: unknown): boolean => kind === 2 || kind === 'SPAN_KIND_SERVER';

const spanOf = (raw: Raw): SpanSignal => {
  const parent = textOf(raw['parentSpanId']);
  return {
    signal: 'span',
    scope: 'ollascope/ollama',
    name: textOf(raw['name']),
    kind: isServer(raw['kind']) ? 'server' : 'internal',
    traceId: textOf(raw['traceId']),
    spanId: textOf(raw['spanId']),
    ...(parent === '' ? {} : { parentSpanId: parent }),
    start: atOf(raw['startTimeUnixNano']),
    end: atOf(raw['endTimeUnixNano']),
    status: statusOf(rawOf(raw['status'])),
    attributes: attributesOf(raw),
    events: listOf(raw['events']).map(eventOf),
    links: [],
  };
};

const byStart = (a: SpanSignal, b: SpanSignal): number => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0);

/** All spans of an answer, earliest first. */
export const spansIn = (answer: unknown): readonly SpanSignal[] =>
  listOf(rawOf(rawOf(answer)['result'])['resourceSpans'])
    .flatMap((owner) => listOf(owner['scopeSpans']))
    .flatMap((scope) => listOf(scope['spans']))
    .map(spanOf)
    .sort(byStart);

/** The spans of an answer trace by trace, the latest trace first. */
export const tracesIn = (answer: unknown): readonly (readonly SpanSignal[])[] => {
  const traces = [...Map.groupBy(spansIn(answer), (span) => span.traceId).values()];
  const start = (spans: readonly SpanSignal[]): Instant => spans[0]?.start ?? instant(0n);
  return traces.sort((a, b) => (start(a) > start(b) ? -1 : start(a) < start(b) ? 1 : 0));
};

/** Ids of the traces in an answer of the older API, `/api/traces`. */
export const traceIdsIn = (answer: unknown): readonly string[] =>
  listOf(rawOf(answer)['data']).flatMap((trace) => (textOf(trace['traceID']) === '' ? [] : [textOf(trace['traceID'])]));
