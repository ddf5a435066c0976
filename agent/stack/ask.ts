// Asks the servers from outside, over the ports that they publish: are they ready, and what arrived last.
import type { MetricName } from '../../otel/catalogue/metrics.ts';
import { prometheusName } from '../../otel/names.ts';
import { type Endpoint, endpoints, urlOf } from './endpoints.ts';
import type { Values } from './state.ts';

/** A server that needs longer for a readiness page is not ready. */
const ASK_MS = 3_000;

const get = async (url: string): Promise<string | undefined> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined; // refused, reset or too slow: not ready is all that the caller wants to know
  }
};

/** Endpoints of `services` that do not answer as ready. */
export const notReady = async (services: ReadonlySet<string>, values: Values): Promise<readonly Endpoint[]> => {
  const asked = endpoints.filter(({ service, readyPath }) => readyPath !== undefined && services.has(service));
  const answers = await Promise.all(
    asked.map((endpoint) => get(`${urlOf(endpoint, values)}${endpoint.readyPath ?? ''}`)),
  );
  return asked.filter((_, index) => answers[index] === undefined);
};

export type Arrived = {
  /** Seconds since the newest sample that an agent sent; undefined where there is none. */
  readonly metricAgeSeconds: number | undefined;
  /** Log records of the last five minutes; undefined where Loki does not answer. */
  readonly logRecords: number | undefined;
  /** Services that Jaeger knows; undefined where it does not answer. */
  readonly tracedServices: readonly string[] | undefined;
};

const json = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // something else than the server listens there: the same as no answer
  }
};

/** `data.result[0].value[1]` of Prometheus' and of Loki's answer to an instant query. */
const scalarIn = (answer: unknown): number | undefined => {
  const row = (answer as { data?: { result?: readonly { value?: readonly unknown[] }[] } } | undefined)?.data
    ?.result?.[0];
  const value = Number(row?.value?.[1]);
  return Number.isFinite(value) ? value : undefined;
};

/** Every agent tells it, idle or not. */
const SIGN_OF_LIFE: MetricName = 'ollascope.lines';

const urlOfService = (service: string, values: Values): string => {
  const endpoint = endpoints.find((e) => e.service === service && e.readyPath !== undefined);
  return endpoint === undefined ? '' : urlOf(endpoint, values);
};

const query = async (service: 'prometheus' | 'loki', text: string, values: Values): Promise<unknown> => {
  const path = service === 'prometheus' ? '/api/v1/query' : '/loki/api/v1/query';
  return json(await get(`${urlOfService(service, values)}${path}?query=${encodeURIComponent(text)}`));
};

export const askArrived = async (values: Values): Promise<Arrived> => {
  const [metric, logs, traces] = await Promise.all([
    query('prometheus', `time() - max(timestamp(${prometheusName(SIGN_OF_LIFE)}))`, values),
    query('loki', 'sum(count_over_time({service_name=~".+"}[5m]))', values),
    get(`${urlOfService('jaeger', values)}/api/v3/services`),
  ]);
  const services = (json(traces) as { services?: unknown } | undefined)?.services;
  return {
    metricAgeSeconds: scalarIn(metric),
    logRecords: logs === undefined ? undefined : (scalarIn(logs) ?? 0),
    tracedServices: traces === undefined ? undefined : Array.isArray(services) ? services.map(String) : [],
  };
};
