// The official exporters with our data, over both protocols, against a receiver that answers what the test says.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Exporter } from '../../otel/export/exporter.ts';
import { createOtlpExporter, type Protocol, protocolsFrom } from '../../otel/export/otlp.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { childSample, logSample, resource, START, sec, snapshotSample, spanSample } from './samples.ts';

const everySignal = (protocol: Protocol) => ({ traces: protocol, logs: protocol, metrics: protocol });

describe.each(['grpc', 'http/protobuf'] as const)('over %s', (protocol) => {
  let receiver: OtlpReceiver;
  let exporter: Exporter;
  const messages: string[] = [];

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    exporter = await createOtlpExporter({
      resource,
      version: '1.2.3',
      protocols: everySignal(protocol),
      endpoint: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
      onMessage: (level, text) => messages.push(`${level} ${text}`),
    });
  });
  afterAll(async () => {
    await exporter.shutdown();
    await receiver.close();
  });

  test('spans arrive with their own ids, times, events and links', async () => {
    expect(await exporter.export({ kind: 'traces', items: [spanSample(), childSample()] })).toEqual({
      result: 'accepted',
    });
    const [request, prefill] = receiver.received.spans;
    const sent = spanSample();
    expect(request).toEqual({
      resource: resource.attributes,
      scope: 'ollascope/ollama',
      traceId: sent.traceId,
      spanId: sent.spanId,
      parentSpanId: '',
      name: 'chat tiny:1b',
      kind: 2,
      start: START,
      end: sec(1.5),
      status: { code: 2, message: 'xid.79' },
      attributes: sent.attributes,
      events: [{ name: 'nvidia.gpu.fault', at: sec(1), attributes: { 'error.type': 'xid.79' } }],
      links: sent.links,
    });
    expect(prefill).toMatchObject({
      kind: 1,
      parentSpanId: sent.spanId,
      traceId: sent.traceId,
      start: START,
      end: sec(0.5),
    });
  });

  test('log records arrive with event name, severity, both times and the span they belong to', async () => {
    expect(await exporter.export({ kind: 'logs', items: [logSample(0), logSample(1)] })).toEqual({
      result: 'accepted',
    });
    const [linked, alone] = receiver.received.logs;
    expect(linked).toEqual({
      resource: resource.attributes,
      scope: 'ollascope/ollama',
      at: START,
      observedAt: sec(0.25),
      severityNumber: 13,
      severityText: 'WARN',
      eventName: 'ollama.prompt.truncated',
      body: 'a prompt did not fit',
      // Again as an attribute: Loki 3.7 leaves the field out.
      attributes: { ...logSample(0).attributes, 'event.name': 'ollama.prompt.truncated' },
      traceId: spanSample().traceId,
      spanId: spanSample().spanId,
    });
    expect(alone).toMatchObject({ scope: 'ollascope/nvidia', traceId: '', spanId: '' });
  });

  test('metrics arrive as gauges, sums and histograms with their start times', async () => {
    expect(await exporter.export({ kind: 'metrics', items: [snapshotSample()] })).toEqual({ result: 'accepted' });
    const byName = new Map(receiver.received.metrics.map((metric) => [metric.name, metric]));
    expect(byName.get('hw.power')).toMatchObject({ kind: 'gauge', unit: 'W', points: [{ at: sec(10), value: 71.5 }] });
    expect(byName.get('ollama.requests.active')).toMatchObject({
      kind: 'sum',
      monotonic: false,
      points: [{ value: 2 }],
    });
    expect(byName.get('hw.errors')).toMatchObject({
      kind: 'sum',
      monotonic: true,
      scope: 'ollascope/nvidia',
      points: [
        { attributes: { 'error.type': 'corrected' }, startAt: 0n, value: 57 },
        { attributes: { 'error.type': 'xid.79' }, startAt: START, value: 1 },
      ],
    });
    const duration = byName.get('gen_ai.server.request.duration');
    expect(duration).toMatchObject({
      kind: 'histogram',
      unit: 's',
      points: [{ count: 3, sum: 401.2, startAt: START, at: sec(10) }],
    });
    expect(duration?.points[0]?.bounds?.at(-1)).toBe(327.68);
    expect(duration?.points[0]?.bucketCounts?.reduce((a, b) => a + b)).toBe(3);
  });

  test('a partial success is told with the count that was refused', async () => {
    receiver.answerWith(() => ({ kind: 'partial', rejected: 2, message: 'too old' }));
    expect(await exporter.export({ kind: 'logs', items: [logSample(0), logSample(1), logSample(2)] })).toEqual({
      result: 'rejected',
      reason: 'too old',
      count: 2,
    });
    receiver.answerWith(() => ({ kind: 'partial', rejected: 0, message: 'only a warning' }));
    expect(await exporter.export({ kind: 'traces', items: [spanSample()] })).toEqual({ result: 'accepted' });
    receiver.answerWith(() => ({ kind: 'accept' }));
    expect(await exporter.export({ kind: 'traces', items: [spanSample()] })).toEqual({ result: 'accepted' });
  });

  test('what can never be taken is rejected whole', async () => {
    receiver.answerWith(() => ({ kind: 'refuse' }));
    expect(await exporter.export({ kind: 'traces', items: [spanSample(0), spanSample(1)] })).toMatchObject({
      result: 'rejected',
      count: 2,
    });
    receiver.answerWith(() => ({ kind: 'accept' }));
  });

  test('a receiver that is not ready is a retry, with the wait it asks for', async () => {
    receiver.answerWith(() => ({ kind: 'unavailable', retryAfterSeconds: 42 }));
    expect(await exporter.export({ kind: 'traces', items: [spanSample()] })).toMatchObject({
      result: 'retry',
      afterMs: 42_000,
    });
    receiver.answerWith(() => ({ kind: 'accept' }));
  });

  test('the agent names itself', () => {
    expect(String(receiver.requests[0]?.headers['user-agent'])).toContain('ollascope/1.2.3');
  });
});

test('gRPC without a wait is a retry at our own pace', async () => {
  const receiver = await startOtlpReceiver();
  const exporter = await createOtlpExporter({
    resource,
    version: '0',
    protocols: everySignal('grpc'),
    endpoint: receiver.grpcUrl,
  });
  receiver.answerWith(() => ({ kind: 'unavailable' }));
  const outcome = await exporter.export({ kind: 'logs', items: [logSample()] });
  expect(outcome).toMatchObject({ result: 'retry' });
  expect(outcome).not.toHaveProperty('afterMs');
  await exporter.shutdown();
  await receiver.close();
});

test('signals may go by different protocols, each to its own address', async () => {
  const receiver = await startOtlpReceiver();
  const exporter = await createOtlpExporter({
    resource,
    version: '0',
    protocols: { traces: 'grpc', logs: 'http/protobuf', metrics: 'grpc' },
    endpoint: { grpc: receiver.grpcUrl, 'http/protobuf': `${receiver.httpUrl}/` },
  });
  expect(await exporter.export({ kind: 'logs', items: [logSample()] })).toEqual({ result: 'accepted' });
  expect(await exporter.export({ kind: 'traces', items: [spanSample()] })).toEqual({ result: 'accepted' });
  expect(receiver.requests.map(({ headers }) => headers['content-type'])).toEqual([
    'application/x-protobuf',
    'application/grpc',
  ]);
  await exporter.shutdown();
  await receiver.close();
});

describe('the protocol', () => {
  test('is gRPC unless a standard variable says otherwise, signal by signal', () => {
    expect(protocolsFrom({})).toEqual({ protocols: everySignal('grpc'), problems: [] });
    expect(
      protocolsFrom({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc' }),
    ).toEqual({
      protocols: { traces: 'http/protobuf', logs: 'grpc', metrics: 'http/protobuf' },
      problems: [],
    });
  });

  test('what is not offered is a problem that says what to do', () => {
    const { problems } = protocolsFrom({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'udp',
    });
    expect(problems).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL: expected grpc or http/protobuf, found "http/json"; unset it or set one of the two',
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: expected grpc or http/protobuf, found "udp"; unset it or set one of the two',
    ]);
  });
});
