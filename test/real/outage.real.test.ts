// Backends that are away in the middle of a replay: Prometheus and Loki are killed, Jaeger is not there from the start. The
// Collector keeps what they miss, and when they are back nothing is missing, however late and out of order it comes.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Received } from '../support/otlp-received.ts';
import { startProgram } from '../support/program.ts';
import { replayed } from '../support/replayed.ts';
import { toldBy } from '../support/told.ts';
import { jaegerSearch, lokiMetric, promQuery, until } from './backends/ask.ts';
import { type Stack, startStack } from './backends/stack.ts';
import { HOST, lastSnapshot, RECORDING, SERVICE } from './contract/machine.ts';
import { differences, nameOf, type Series, seriesAt, seriesOfPage } from './contract/series.ts';

/** The recording's thirteen minutes take thirteen seconds: long enough for a middle. */
const SPEED = '60';
/** Of about ninety, one every ten seconds: enough have arrived to say that something was there before. */
const SNAPSHOTS_BEFORE = 10;
/** Seconds until the Collector has tried again and delivered all. */
const CATCH_UP = 60;
const OWNER = new Set(['job', 'instance', 'service_name', 'host_name']);

const snapshots = `count_over_time(ollama_requests_active{job="${SERVICE}"}[30m])`;
const lines = `sum(count_over_time({service_name="${SERVICE}", host_name="${HOST}"}[1h]))`;

let stack: Stack;
let told: Received;
let since: number;

beforeAll(async () => {
  told = await toldBy([RECORDING]);
  const env = { OLLASCOPE_RETRY_INTERVAL: '200ms', OLLASCOPE_RETRY_INTERVAL_MAX: '1s' };
  stack = await startStack({ only: ['prometheus', 'loki', 'jaeger', 'collector'], promInterval: '1s', env });
  await stack.server('jaeger').stop();
  since = Date.now() / 1_000;
  const replay = startProgram(
    ['replay', RECORDING, '--otlp', 'on', '--times', 'end-now', '--speed', SPEED, '--output', 'none'],
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpGrpcUrl } },
  );
  await until('a first part of the metrics', () => promQuery(stack.prometheusUrl, snapshots), {
    holds: ([count]) => (count?.value ?? 0) >= SNAPSHOTS_BEFORE,
  });
  await until('a first part of the logs', () => lokiMetric(stack.lokiUrl, lines));
  await Promise.all([stack.server('prometheus').stop('SIGKILL'), stack.server('loki').stop('SIGKILL')]);
  const { code, stderr } = await replay.ended;
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('composed: '));
  expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
  for (const name of ['prometheus', 'loki', 'jaeger'] as const) await stack.server(name).start();
});
afterAll(() => stack?.stop());

it('every snapshot of the metrics is there, the ones before, during and after the outage', async () => {
  const sent = told.metrics.filter(({ name }) => name === 'ollama.requests.active').length;
  const counted = await until('all snapshots', () => promQuery(stack.prometheusUrl, snapshots), {
    holds: ([count]) => (count?.value ?? 0) >= sent,
    seconds: CATCH_UP,
  });
  expect(sent).toBeGreaterThan(2 * SNAPSHOTS_BEFORE);
  expect(counted.map(({ value }) => value)).toEqual([sent]);
});

it('and the last one says what the agent says', async () => {
  const moved = (series: Series): Series =>
    new Map(
      [...series].filter(([key]) => !/^(target_info|ollascope_source_last_line_time_seconds)$/.test(nameOf(key))),
    );
  const wanted = moved(seriesOfPage(replayed(RECORDING).scrape, OWNER));
  const endedAt = await lastSnapshot(stack, since, CATCH_UP);
  const names = new Set([...wanted.keys()].map(nameOf));
  const all = await seriesAt(stack.prometheusUrl, `{job="${SERVICE}"}`, endedAt, 1, OWNER);
  expect(differences(wanted, moved(new Map([...all].filter(([key]) => names.has(nameOf(key))))))).toEqual([]);
});

it('every span is counted once in the span metrics, which Prometheus missed as well', async () => {
  const total = 'sum(traces_span_metrics_calls_total)';
  const counted = await until('all spans counted', () => promQuery(stack.prometheusUrl, total), {
    holds: ([sum]) => (sum?.value ?? 0) >= told.spans.length,
    seconds: CATCH_UP,
  });
  expect(counted[0]?.value).toBe(told.spans.length);
});

it('every log record is there once', async () => {
  const counted = await until('all log records', () => lokiMetric(stack.lokiUrl, lines), {
    holds: ([sum]) => (sum?.value ?? 0) >= told.logs.length,
    seconds: CATCH_UP,
  });
  expect(counted[0]?.value).toBe(told.logs.length);
});

it('every trace is in the Jaeger that came late, whole', async () => {
  const search = () => jaegerSearch(stack.jaegerUrl, { service: SERVICE, limit: 1_000 });
  const sent = told.spans.length;
  const traces = await until('all spans', search, { holds: (found) => found.flat().length >= sent, seconds: CATCH_UP });
  expect(traces.flat().length).toBe(sent);
  expect(traces.length).toBe(new Set(told.spans.map(({ traceId }) => traceId)).size);
});
