// What a signal costs on its way out: CPU and wall microseconds per span, log record and metric point, over both protocols,
// beside the SDK's own batch processors and meters with the same data. The receiver is another process that throws away what it gets.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SeverityNumber, SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createAggregate } from '../otel/aggregate.ts';
import type { MetricPoint } from '../otel/catalogue/metrics.ts';
import { createOtlpExporter, type Protocol } from '../otel/export/otlp.ts';
import { spanIdOf, traceIdOf } from '../otel/ids.ts';
import type { LogSignal, Resource, SpanSignal } from '../otel/signal.ts';
import { addNs, instant, toHrTime } from '../otel/time.ts';

const ITEMS = 40_960;
/** One request; the SDK's default too. */
const BATCH = 512;
const SERIES = 1_000;
const ROUNDS = 20;
const START = instant(1_767_225_600_000_000_000n);
const attributes = { 'service.name': 'ollama', 'host.name': 'gpu-box' };
const resource: Resource = { attributes };

type Ports = { readonly http: string; readonly grpc: string };

const startSink = async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'otlp-sink.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const ports: Ports = JSON.parse(String(line));
  return { ports, stop: () => child.kill() };
};

/** CPU of this process and wall time, per item. */
const measure = async (items: number, work: () => Promise<void>): Promise<string> => {
  const cpu = process.cpuUsage();
  const from = performance.now();
  await work();
  const wallUs = (performance.now() - from) * 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return `${((user + system) / items).toFixed(2)} | ${(wallUs / items).toFixed(2)}`;
};

const spanAttributes = (n: number) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'ollama',
  'gen_ai.request.model': 'tiny:1b',
  'gen_ai.usage.input_tokens': n,
  'gen_ai.usage.output_tokens': 64,
  'http.request.method': 'POST',
  'http.route': '/api/chat',
  'http.response.status_code': 200,
  'ollascope.start.from': 'derived',
  'ollascope.start.uncertainty_ms': 0.5,
  'ollascope.join.method': 'assignment',
  'ollascope.join.confidence': 0.98,
});
const logAttributes = (n: number) => ({
  'log.record.uid': `9f3c0a77b1d2e4c6:${n}`,
  'ollascope.source': 'ollama',
  'ollascope.line.class': 'matched',
  'ollama.slot.id': 0,
  'ollama.task.id': n,
  'ollama.task.tokens': 64,
  'ollama.task.duration': 1.9,
  'ollascope.timing': 'observed',
});
const spanOf = (n: number): SpanSignal => {
  const traceId = traceIdOf('bench', n, '');
  const start = addNs(START, n * 1_000);
  return {
    signal: 'span',
    scope: 'ollascope/ollama',
    name: 'chat tiny:1b',
    kind: 'server',
    traceId,
    spanId: spanIdOf(traceId, 'request'),
    start,
    end: addNs(start, 500_000),
    status: { code: 'unset' },
    attributes: spanAttributes(n),
    events: [],
    links: [],
  };
};
const logOf = (n: number): LogSignal => {
  const at = addNs(START, n * 1_000);
  return {
    signal: 'log',
    scope: 'ollascope/ollama',
    at,
    observedAt: at,
    severity: 'INFO',
    eventName: 'ollama.task.released',
    body: 'slot released',
    attributes: logAttributes(n),
  };
};
const pointOf = (n: number): MetricPoint => ({
  signal: 'metric',
  name: 'hw.temperature',
  value: n % 90,
  at: START,
  attributes: { 'hw.id': `GPU-${n % SERIES}`, 'hw.sensor_location': 'gpu' },
});

const each = async (send: (from: number) => Promise<unknown>): Promise<void> => {
  for (let from = 0; from < ITEMS; from += BATCH) await send(from);
};
const range = <T>(from: number, make: (n: number) => T): T[] =>
  Array.from({ length: BATCH }, (_, index) => make(from + index));

const ours = async (protocol: Protocol, endpoint: string): Promise<readonly string[]> => {
  const exporter = await createOtlpExporter({
    resource,
    version: '0',
    protocols: { traces: protocol, logs: protocol, metrics: protocol },
    endpoint,
  });
  const must = async (payload: Parameters<typeof exporter.export>[0]): Promise<void> => {
    const outcome = await exporter.export(payload);
    if (outcome.result !== 'accepted')
      throw new Error(`expected to be accepted, found ${outcome.result}: ${outcome.reason}`);
  };
  const spans = (): Promise<void> => each((from) => must({ kind: 'traces', items: range(from, spanOf) }));
  const logs = (): Promise<void> => each((from) => must({ kind: 'logs', items: range(from, logOf) }));
  const aggregate = createAggregate({ startAt: START, seriesMax: SERIES + 2 });
  const points = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let n = 0; n < SERIES; n += 1) aggregate.add(pointOf(n));
      await must({ kind: 'metrics', items: [aggregate.snapshot(addNs(START, round))] });
    }
  };
  // The first pass warms up what the second one measures.
  await spans();
  await logs();
  await points();
  const rows = [await measure(ITEMS, spans), await measure(ITEMS, logs), await measure(SERIES * ROUNDS, points)];
  await exporter.shutdown();
  return rows;
};

const loadExporters = async (protocol: Protocol) =>
  protocol === 'grpc'
    ? {
        ...(await import('@opentelemetry/exporter-trace-otlp-grpc')),
        ...(await import('@opentelemetry/exporter-logs-otlp-grpc')),
        ...(await import('@opentelemetry/exporter-metrics-otlp-grpc')),
      }
    : {
        ...(await import('@opentelemetry/exporter-trace-otlp-proto')),
        ...(await import('@opentelemetry/exporter-logs-otlp-proto')),
        ...(await import('@opentelemetry/exporter-metrics-otlp-proto')),
      };

/** The same items through tracers, loggers and meters. Flushed after every batch, as ours is: the queue must not overflow. */
const theSdk = async (protocol: Protocol, endpoint: string): Promise<readonly string[]> => {
  const { OTLPTraceExporter, OTLPLogExporter, OTLPMetricExporter } = await loadExporters(protocol);
  const config = (signal: string) => ({ url: protocol === 'grpc' ? endpoint : `${endpoint}/v1/${signal}` });
  const sdkResource = resourceFromAttributes(attributes);
  const tracers = new TracerProvider({
    resource: sdkResource,
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(config('traces')) })],
  });
  const loggers = new LoggerProvider({
    resource: sdkResource,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(config('logs')) })],
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(config('metrics')),
    exportIntervalMillis: 3_600_000,
  });
  const meters = new MeterProvider({ resource: sdkResource, readers: [reader] });
  const tracer = tracers.getTracer('bench');
  const logger = loggers.getLogger('bench');
  const gauge = meters.getMeter('bench').createGauge('hw.temperature', { unit: 'Cel' });
  const spans = (): Promise<void> =>
    each(async (from) => {
      for (let n = from; n < from + BATCH; n += 1) {
        const startTime = toHrTime(addNs(START, n * 1_000));
        const span = tracer.startSpan('chat tiny:1b', {
          root: true,
          kind: SpanKind.SERVER,
          startTime,
          attributes: spanAttributes(n),
        });
        span.end(toHrTime(addNs(START, n * 1_000 + 500_000)));
      }
      await tracers.forceFlush();
    });
  const logs = (): Promise<void> =>
    each(async (from) => {
      for (let n = from; n < from + BATCH; n += 1) {
        const timestamp = toHrTime(addNs(START, n * 1_000));
        logger.emit({
          timestamp,
          observedTimestamp: timestamp,
          severityNumber: SeverityNumber.INFO,
          severityText: 'INFO',
          eventName: 'ollama.task.released',
          body: 'slot released',
          attributes: logAttributes(n),
        });
      }
      await loggers.forceFlush();
    });
  const points = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let n = 0; n < SERIES; n += 1) gauge.record(n % 90, { 'hw.id': `GPU-${n}`, 'hw.sensor_location': 'gpu' });
      await meters.forceFlush();
    }
  };
  await spans();
  await logs();
  await points();
  const rows = [await measure(ITEMS, spans), await measure(ITEMS, logs), await measure(SERIES * ROUNDS, points)];
  await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()]);
  return rows;
};

const main = async (): Promise<void> => {
  const { ports, stop } = await startSink();
  const names = [
    `span, ${Object.keys(spanAttributes(0)).length} attributes`,
    `log record, ${Object.keys(logAttributes(0)).length} attributes`,
    `metric point of ${SERIES} series`,
  ];
  console.log('| what | protocol | ours: CPU µs | wall µs | SDK: CPU µs | wall µs |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const protocol of ['http/protobuf', 'grpc'] as const) {
    const endpoint = protocol === 'grpc' ? ports.grpc : ports.http;
    const [mine, theirs] = [await ours(protocol, endpoint), await theSdk(protocol, endpoint)];
    for (const [index, name] of names.entries())
      console.log(`| ${name} | ${protocol} | ${mine[index]} | ${theirs[index]} |`);
  }
  stop();
};

await main();
