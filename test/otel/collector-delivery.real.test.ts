// Nothing that the real Collector acknowledged is lost: over restarts and kills, with backends away at the start or for long, with
// a full queue and with too little memory. Counted by unique ids at the backends, which this process plays.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createOtlpExporter, type Protocol } from '../../otel/export/otlp.ts';
import { until } from '../real/backends/ask.ts';
import { freePorts } from '../real/ports.ts';
import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { backendsOfTest, collectorOfTest, disposeAfterTest } from './collector-disposed.ts';
import { type RunningCollector, towards } from './collector-running.ts';
import { logsBody, metricsBody, post, sendUntilTaken, traceIdAt, tracesBody } from './collector-sent.ts';
import { logSample, resource } from './samples.ts';

const ARRIVAL_MS_MAX = 60_000;
const UNAVAILABLE = { kind: 'unavailable' } as const;
const ACCEPT = { kind: 'accept' } as const;

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);
const uidsOf = ({ received }: OtlpReceiver): Set<unknown> =>
  new Set(received.logs.map(({ attributes }) => attributes['log.record.uid']));
const tracesOf = ({ received }: OtlpReceiver): Set<string> => new Set(received.spans.map(({ traceId }) => traceId));

/** One request for each number, in both signals. */
const sendAll = async (httpUrl: string, numbers: readonly number[]): Promise<void> => {
  for (const n of numbers) {
    await sendUntilTaken(httpUrl, 'logs', logsBody([{ n, body: `line ${n}` }]));
    await sendUntilTaken(httpUrl, 'traces', tracesBody([{ n }, { n, place: 1 }]));
  }
};
const expectAll = async (backends: OtlpReceiver, numbers: readonly number[]): Promise<void> => {
  await backends.waitFor(
    (receiver) => uidsOf(receiver).size >= numbers.length && tracesOf(receiver).size >= numbers.length,
    ARRIVAL_MS_MAX,
  );
  expect(uidsOf(backends)).toEqual(new Set(numbers.map((n) => `uid:${n}`)));
  expect(tracesOf(backends)).toEqual(new Set(numbers.map(traceIdAt)));
};

describe.each(['SIGTERM', 'SIGKILL'] as const)('%s in the middle of a stream', (signal) => {
  test.each(['answering', 'away'] as const)('loses nothing, the backends %s', async (how) => {
    const backends = await backendsOfTest();
    if (how === 'away') backends.answerWith(() => UNAVAILABLE);
    const collector = await collectorOfTest(towards(backends));
    const numbers = range(0, 200);
    const sending = sendAll(collector.httpUrl, numbers);
    for (const taken of [20, 80]) {
      await until(
        `${taken} log records were taken since its start`,
        async () => (await collector.ownSum('otelcol_receiver_accepted_log_records')) >= taken,
      );
      await collector.server.stop(signal);
      await collector.server.start();
    }
    await sending;
    backends.answerWith(() => ACCEPT);
    await expectAll(backends, numbers);
    // What was under way when it ended comes twice, under the same id; never what was settled.
    const { logs } = backends.received;
    expect(logs.length - uidsOf(backends).size).toBeLessThan(numbers.length);
  });
});

test('backends that are away at the start, and stay away over a restart, get everything when they come', async () => {
  const [httpPort = 0, grpcPort = 0] = await freePorts(2);
  const nowhere = { httpUrl: `http://127.0.0.1:${httpPort}`, grpcUrl: `http://127.0.0.1:${grpcPort}` };
  const collector = await collectorOfTest(towards(nowhere));
  const numbers = range(0, 40);
  await sendAll(collector.httpUrl, numbers);
  expect(readdirSync(collector.state)).toContain('exporter_otlp_http_loki_logs');
  await collector.server.stop('SIGKILL');
  await collector.server.start();
  const backends = await backendsOfTest(httpPort, grpcPort);
  await expectAll(backends, numbers);
});

test('no number of failed attempts makes it give up', async () => {
  const backends = await backendsOfTest();
  const attempts = { logs: 0, traces: 0, metrics: 0 };
  const ENOUGH = 40;
  backends.answerWith((signal) => {
    attempts[signal] += 1;
    return attempts[signal] < ENOUGH ? UNAVAILABLE : ACCEPT;
  });
  const quick = { OLLASCOPE_RETRY_INTERVAL: '20ms', OLLASCOPE_RETRY_INTERVAL_MAX: '50ms' };
  const collector = await collectorOfTest({ ...towards(backends), ...quick });
  await sendAll(collector.httpUrl, [1]);
  await sendUntilTaken(collector.httpUrl, 'metrics', metricsBody('hw.power', 1));
  await expectAll(backends, [1]);
  await backends.waitFor(({ received }) => received.metrics.some(({ name }) => name === 'hw.power'), ARRIVAL_MS_MAX);
  expect(Math.min(attempts.logs, attempts.traces, attempts.metrics)).toBeGreaterThanOrEqual(ENOUGH);
  expect(await collector.ownMetrics()).not.toContain('otelcol_exporter_send_failed');
});

test('a full queue refuses the sender instead of dropping, and takes it when there is room again', async () => {
  const backends = await backendsOfTest();
  backends.answerWith(() => UNAVAILABLE);
  const collector = await collectorOfTest({ ...towards(backends), OLLASCOPE_QUEUE_BYTES: '20000' });
  const body = (n: number) => logsBody([{ n, body: 'a few words '.repeat(250) }]);
  const statuses: number[] = [];
  for (const n of range(0, 20)) statuses.push(await post(collector.httpUrl, 'logs', body(n)));
  const refused = range(0, 20).filter((n) => statuses[n] === 503);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(2);
  expect(statuses.filter((status) => status !== 200)).toEqual(refused.map(() => 503));
  expect(refused.length).toBeGreaterThan(2);
  expect(await collector.ownSum('otelcol_exporter_enqueue_failed_log_records')).toBe(refused.length);
  backends.answerWith(() => ACCEPT);
  for (const n of refused) await sendUntilTaken(collector.httpUrl, 'logs', body(n));
  await backends.waitFor((receiver) => uidsOf(receiver).size === 20, ARRIVAL_MS_MAX);
  expect(backends.received.logs.length).toBe(20);
});

test.each(['grpc', 'http/protobuf'] as const)(
  'too little memory: the agent is told to come again, by %s',
  async (protocol: Protocol) => {
    const backends = await backendsOfTest();
    const folder = mkdtempSync(join(tmpdir(), 'ollascope-otelcol-'));
    disposeAfterTest(async () => rmSync(folder, { recursive: true, force: true }));
    const state = { ...towards(backends), OLLASCOPE_COLLECTOR_STATE: join(folder, 'queue') };
    const poor = await collectorOfTest({ ...state, OLLASCOPE_MEMORY_MIB: '5', OLLASCOPE_MEMORY_SPIKE_MIB: '1' });
    const exporterTo = (collector: RunningCollector) =>
      createOtlpExporter({
        resource,
        version: '0',
        protocols: { traces: protocol, logs: protocol, metrics: protocol },
        endpoint: protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl,
      });
    const payload = { kind: 'logs', items: [logSample(1)] } as const;
    await until(
      'the limiter looks for the first time',
      async () =>
        (await post(poor.httpUrl, 'logs', logsBody([]))) !== 200 || poor.said().includes('Memory usage is above'),
    );
    const first = await exporterTo(poor);
    expect(await first.export(payload)).toMatchObject({
      result: 'retry',
      reason: expect.stringMatching(/memory|unavailable|retryable/i),
    });
    expect(await poor.ownSum('otelcol_processor_memory_limiter_refused_log_records')).toBeGreaterThan(0);
    await first.shutdown();
    await poor.server.stop();
    const rich = await collectorOfTest(state);
    const second = await exporterTo(rich);
    expect(await second.export(payload)).toEqual({ result: 'accepted' });
    await backends.waitFor(({ received }) => received.logs.length > 0);
    await second.shutdown();
  },
);

test('what a backend will never take is counted and told, and does not hold up what comes after it', async () => {
  const backends = await backendsOfTest();
  backends.answerWith((_signal, count) => (count === 1 ? { kind: 'refuse' } : ACCEPT));
  const collector = await collectorOfTest(towards(backends));
  expect(await post(collector.httpUrl, 'logs', logsBody([{ n: 1, body: 'never' }]))).toBe(200);
  await until(
    'the refusal is counted',
    async () => (await collector.ownSum('otelcol_exporter_send_failed_log_records')) === 1,
  );
  expect(collector.said()).toMatch(/"Exporting failed\. Dropping data\..*HTTP Status Code 400.*"dropped_items":1/);
  expect(await post(collector.httpUrl, 'logs', logsBody([{ n: 2, body: 'well' }]))).toBe(200);
  await backends.waitFor((receiver) => uidsOf(receiver).has('uid:2'));
  expect(readFileSync(collector.server.logPath, 'utf8')).not.toContain('panic');
});
