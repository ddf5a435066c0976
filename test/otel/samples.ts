// Signals and a snapshot that tests share: one request with a fault, two log records, all three kinds of metrics.
import { createAggregate, type Snapshot } from '../../otel/aggregate.ts';
import { spanIdOf, traceIdOf } from '../../otel/ids.ts';
import type { LogSignal, Resource, SpanSignal } from '../../otel/signal.ts';
import { addSeconds, type Instant, instant } from '../../otel/time.ts';

export const START = instant(1_767_225_600_123_456_789n);
export const sec = (seconds: number): Instant => addSeconds(START, seconds);

export const resource: Resource = {
  attributes: { 'service.name': 'ollama', 'service.instance.id': '4f0c2b6a9d1e7788', 'host.name': 'gpu-box' },
};

export const spanSample = (n = 0): SpanSignal => {
  const traceId = traceIdOf('9f3c0a77b1d2e4c6', n, 'an access line');
  return {
    signal: 'span',
    scope: 'ollascope/ollama',
    name: 'chat tiny:1b',
    kind: 'server',
    traceId,
    spanId: spanIdOf(traceId, 'request'),
    start: sec(n),
    end: sec(n + 1.5),
    status: { code: 'error', message: 'xid.79' },
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'tiny:1b',
      'gen_ai.usage.input_tokens': 121,
      'ollascope.join.confidence': 0.98,
      'ollama.model.gpus': ['GPU-a', 'GPU-b'],
    },
    events: [{ name: 'nvidia.gpu.fault', at: sec(n + 1), attributes: { 'error.type': 'xid.79' } }],
    links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }],
  };
};

export const childSample = (): SpanSignal => {
  const parent = spanSample();
  return {
    ...parent,
    name: 'prefill',
    kind: 'internal',
    spanId: spanIdOf(parent.traceId, 'prefill'),
    parentSpanId: parent.spanId,
    end: sec(0.5),
    status: { code: 'unset' },
    attributes: { 'ollama.slot.id': 0 },
    events: [],
    links: [],
  };
};

export const logSample = (n = 0): LogSignal => {
  const { traceId, spanId } = spanSample();
  return {
    signal: 'log',
    scope: n % 2 === 0 ? 'ollascope/ollama' : 'ollascope/nvidia',
    at: sec(n),
    observedAt: sec(n + 0.25),
    severity: 'WARN',
    eventName: 'ollama.prompt.truncated',
    body: 'a prompt did not fit',
    attributes: {
      'log.record.uid': `9f3c0a77b1d2e4c6:${n}`,
      'ollama.prompt.tokens': 5_000,
      'ollama.load.enabled': true,
    },
    ...(n % 2 === 0 ? { spanRef: { traceId, spanId } } : {}),
  };
};

export const snapshotSample = (): Snapshot => {
  const aggregate = createAggregate({ startAt: START, seriesMax: 100 });
  const gpu = { 'hw.id': 'GPU-a', 'hw.type': 'gpu' } as const;
  aggregate.add({ signal: 'metric', name: 'hw.power', value: 71.5, at: sec(1), attributes: gpu });
  aggregate.add({
    signal: 'metric',
    name: 'hw.errors',
    value: 1,
    at: sec(1),
    attributes: { ...gpu, 'error.type': 'xid.79' },
  });
  aggregate.add({
    signal: 'metric',
    name: 'hw.errors',
    value: 57,
    at: sec(1),
    cumulative: true,
    attributes: { ...gpu, 'error.type': 'corrected' },
  });
  aggregate.add({
    signal: 'metric',
    name: 'hw.gpu.utilization',
    value: 0.57,
    at: sec(1),
    attributes: { 'hw.id': 'GPU-a', 'hw.gpu.task': 'general' },
  });
  for (const value of [0.5, 0.7, 400]) {
    aggregate.add({
      signal: 'metric',
      name: 'gen_ai.server.request.duration',
      value,
      at: sec(1),
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'ollama',
        'gen_ai.request.model': 'tiny:"1b"',
      },
    });
  }
  aggregate.add({ signal: 'metric', name: 'ollama.requests.active', value: 2, at: sec(1), attributes: {} });
  return aggregate.snapshot(sec(10));
};
