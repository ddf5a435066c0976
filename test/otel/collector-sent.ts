// What tests send to the Collector, as OTLP/HTTP in its JSON form, and how they send it: at once, or as the agent does, which
// keeps what was not taken and comes again.
import { setTimeout as delay } from 'node:timers/promises';
import { traceIdOf } from '../../otel/ids.ts';

const NS_PER_MS = 1_000_000n;
const HEX_DIGITS_OF_SPAN_ID = 16;

export type Values = { readonly [key: string]: string | number | boolean | readonly string[] };

const anyValue = (value: Values[string]): unknown => {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { intValue: String(value) };
  if (typeof value === 'string') return { stringValue: value };
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } };
};
const keyValues = (values: Values): unknown[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));

export const RESOURCE: Values = { 'service.name': 'ollama', 'service.instance.id': 'i-1', 'host.name': 'gpu-box' };

/** The id of the n-th trace of a test. */
export const traceIdAt = (n: number): string => traceIdOf('collector test', n, 'a line');
const spanIdAt = (n: number, place: number): string =>
  (n * 100 + place + 1).toString(16).padStart(HEX_DIGITS_OF_SPAN_ID, '0');

export type SentSpan = {
  readonly n: number;
  readonly place?: number;
  readonly attributes?: Values;
  readonly durationMs?: number;
  readonly error?: boolean;
};

const spanOf = ({ n, place = 0, attributes = {}, durationMs = 500, error = false }: SentSpan): unknown => {
  const end = BigInt(Date.now()) * NS_PER_MS;
  return {
    traceId: traceIdAt(n),
    spanId: spanIdAt(n, place),
    ...(place === 0 ? {} : { parentSpanId: spanIdAt(n, 0) }),
    name: place === 0 ? 'chat tiny:latest' : 'decode',
    kind: place === 0 ? 2 : 1,
    startTimeUnixNano: String(end - BigInt(durationMs) * NS_PER_MS),
    endTimeUnixNano: String(end),
    attributes: keyValues({ 'gen_ai.request.model': 'tiny:latest', 'gen_ai.operation.name': 'chat', ...attributes }),
    status: error ? { code: 2 } : {},
  };
};

export const tracesBody = (spans: readonly SentSpan[], resource: Values = RESOURCE): unknown => ({
  resourceSpans: [
    { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope: { name: 't' }, spans: spans.map(spanOf) }] },
  ],
});

export type SentLog = { readonly n: number; readonly body: string; readonly attributes?: Values };

export const logsBody = (logs: readonly SentLog[], resource: Values = RESOURCE): unknown => ({
  resourceLogs: [
    {
      resource: { attributes: keyValues(resource) },
      scopeLogs: [
        {
          scope: { name: 't' },
          logRecords: logs.map(({ n, body, attributes = {} }) => ({
            timeUnixNano: String(BigInt(Date.now()) * NS_PER_MS),
            severityNumber: 9,
            body: { stringValue: body },
            traceId: traceIdAt(n),
            spanId: spanIdAt(n, 0),
            attributes: keyValues({ 'log.record.uid': `uid:${n}`, ...attributes }),
          })),
        },
      ],
    },
  ],
});

/** One gauge, its name and value as told. */
export const metricsBody = (name: string, value: number, attributes: Values = {}, resource = RESOURCE): unknown => ({
  resourceMetrics: [
    {
      resource: { attributes: keyValues(resource) },
      scopeMetrics: [
        {
          scope: { name: 't' },
          metrics: [
            {
              name,
              gauge: {
                dataPoints: [
                  {
                    asDouble: value,
                    timeUnixNano: String(BigInt(Date.now()) * NS_PER_MS),
                    attributes: keyValues(attributes),
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
});

export type Signal = 'traces' | 'logs' | 'metrics';

/** The answer's status; 0 where nothing answered. */
export const post = async (httpUrl: string, signal: Signal, body: unknown): Promise<number> => {
  try {
    const response = await fetch(`${httpUrl}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // Refused or cut off in the middle: the sender cannot know whether it was taken, and comes again.
    return 0;
  }
};

const AGAIN_MS = 20;
/** Half a minute of coming again. */
const TRIES_MAX = 1_500;

/** As the agent sends: the same again until it is acknowledged. Gives the number of attempts. */
export const sendUntilTaken = async (httpUrl: string, signal: Signal, body: unknown): Promise<number> => {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    if ((await post(httpUrl, signal, body)) === 200) return tries;
    await delay(AGAIN_MS);
  }
  throw new Error(`expected ${httpUrl} to take ${signal} within ${TRIES_MAX} attempts; it never did`);
};
