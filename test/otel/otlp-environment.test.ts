// The standard variables reach the exporters untouched, and a receiver that is away for a while costs nothing but time.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BACKOFF_MS_MAX } from '../../otel/export/backoff.ts';
import { createDelivery } from '../../otel/export/delivery.ts';
import { createOtlpExporter, protocolsFrom } from '../../otel/export/otlp.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { logSample, resource, sec, snapshotSample, spanSample } from './samples.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const setEnvironment = (variables: { readonly [name: string]: string }): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

describe.each(['grpc', 'http/protobuf'] as const)('the standard variables, %s', (protocol) => {
  test('endpoint, headers and compression are the business of the exporters', async () => {
    const receiver = await startOtlpReceiver();
    setEnvironment({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=blue,x-token=s%20t',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });
    const exporter = await createOtlpExporter({
      resource,
      version: '0',
      protocols: protocolsFrom(process.env).protocols,
    });
    expect(await exporter.export({ kind: 'traces', items: [spanSample()] })).toEqual({ result: 'accepted' });
    expect(await exporter.export({ kind: 'metrics', items: [snapshotSample()] })).toEqual({ result: 'accepted' });
    expect(receiver.received.spans.map((span) => span.traceId)).toEqual([spanSample().traceId]);
    expect(receiver.received.metrics.map((metric) => metric.name)).toContain('hw.power');
    expect(receiver.requests[0]?.headers).toMatchObject({ 'x-tenant': 'blue', 'x-token': 's t' });
    await exporter.shutdown();
    await receiver.close();
  });

  test('one signal may go elsewhere', async () => {
    const [common, forLogs] = await Promise.all([startOtlpReceiver(), startOtlpReceiver()]);
    const url = (receiver: { httpUrl: string; grpcUrl: string }) =>
      protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl;
    setEnvironment({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: url(common),
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: protocol === 'grpc' ? url(forLogs) : `${url(forLogs)}/v1/logs`,
    });
    const exporter = await createOtlpExporter({
      resource,
      version: '0',
      protocols: protocolsFrom(process.env).protocols,
    });
    await exporter.export({ kind: 'traces', items: [spanSample()] });
    await exporter.export({ kind: 'logs', items: [logSample()] });
    expect([common.received.spans.length, common.received.logs.length]).toEqual([1, 0]);
    expect([forLogs.received.spans.length, forLogs.received.logs.length]).toEqual([0, 1]);
    await exporter.shutdown();
    await Promise.all([common.close(), forLogs.close()]);
  });
});

test('a receiver that is away for a while gets everything, once and in order, when it is back', async () => {
  const receiver = await startOtlpReceiver();
  const clock = createManualClock();
  const acknowledged: bigint[] = [];
  const exporter = await createOtlpExporter({
    resource,
    version: '0',
    protocols: { traces: 'grpc', logs: 'grpc', metrics: 'grpc' },
    endpoint: receiver.grpcUrl,
  });
  const delivery = createDelivery({
    exporter,
    clock,
    random: () => 0.5,
    onAcknowledged: (upTo) => acknowledged.push(upTo),
  });
  receiver.answerWith((_, count) => (count <= 4 ? { kind: 'unavailable' } : { kind: 'accept' }));
  const written = Array.from({ length: 50 }, (_, n) => n + 1);
  for (const n of written)
    delivery.write({
      at: sec(n),
      spans: [spanSample(n)],
      logs: [logSample(n)],
      snapshot: { ...snapshotSample(), at: sec(n) },
    });
  for (let round = 1; round <= 4; round += 1) {
    // All three signals have failed and wait: only then time goes on.
    await clock.waiting(3);
    expect(acknowledged).toEqual([]);
    clock.advance(BACKOFF_MS_MAX);
  }
  await delivery.close(10_000);
  expect(receiver.received.spans.map((span) => span.start)).toEqual(written.map((n) => sec(n)));
  // Requests group log records by scope, and the samples alternate between two.
  expect(receiver.received.logs.map((log) => log.at).sort((a, b) => Number(a - b))).toEqual(written.map((n) => sec(n)));
  expect(
    receiver.received.metrics.filter(({ name }) => name === 'hw.power').map(({ points }) => points[0]?.at),
  ).toEqual(written.map((n) => sec(n)));
  expect(acknowledged.at(-1)).toBe(sec(50));
  await receiver.close();
});
