// The real Collector with the shipped configuration: valid in all variants; what passes through it, what it adds, what it hides.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binaryOf } from '../real/backends/install.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import {
  COLLECTOR_CONFIG,
  type RunningCollector,
  startCollector,
  towards,
  variantEnvironment,
} from './collector-running.ts';
import { KEPT, PLANTED } from './collector-secrets.ts';
import { logsBody, metricsBody, post, RESOURCE, traceIdAt, tracesBody } from './collector-sent.ts';

const run = promisify(execFile);

describe('otelcol validate', () => {
  test.each(['none', 'local', 'cluster', 'balancer', 'gateway'])('%s', async (variant) => {
    const env = {
      OLLASCOPE_COLLECTOR_STATE: '/tmp/never-made',
      ...(variant === 'none' ? {} : variantEnvironment(variant)),
    };
    const { stderr } = await run(await binaryOf('otelcol'), ['validate', '--config', COLLECTOR_CONFIG], { env });
    expect(stderr).not.toMatch(/"level":"(?:warn|error)"|unset environment variable|deprecated/);
  });

  test('a list of gateways by name', async () => {
    const env = {
      ...variantEnvironment('balancer'),
      OLLASCOPE_GATEWAYS_STATIC: 'false',
      OLLASCOPE_GATEWAYS_DNS: 'true',
      OLLASCOPE_GATEWAYS_NAME: 'gateways.example',
    };
    await run(await binaryOf('otelcol'), ['validate', '--config', COLLECTOR_CONFIG], { env });
  });
});

describe('one host', () => {
  let backends: OtlpReceiver;
  let collector: RunningCollector;
  beforeAll(async () => {
    backends = await startOtlpReceiver();
    collector = await startCollector(towards(backends));
  });
  afterAll(async () => {
    await collector.dispose();
    await backends.close();
  });

  test('says nothing of a warning or an error at its start', () => {
    expect(
      collector
        .said()
        .split('\n')
        .filter((line) => /"level":"(?:warn|error)"/.test(line)),
    ).toEqual([]);
  });

  test('hands on what the agent said of itself, and adds no attribute to it', async () => {
    expect(await post(collector.httpUrl, 'traces', tracesBody([{ n: 1 }, { n: 1, place: 1 }]))).toBe(200);
    expect(await post(collector.httpUrl, 'logs', logsBody([{ n: 1, body: 'hello' }]))).toBe(200);
    expect(await post(collector.httpUrl, 'metrics', metricsBody('hw.power', 71.5, { 'hw.id': 'GPU-a' }))).toBe(200);
    await backends.waitFor(
      ({ received }) =>
        received.spans.length >= 2 &&
        received.logs.length > 0 &&
        received.metrics.some(({ name }) => name === 'hw.power'),
    );
    const { spans, logs, metrics } = backends.received;
    for (const { resource } of [...spans, ...logs, ...metrics]) expect(resource).toEqual(RESOURCE);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdAt(1)]));
    expect(logs[0]).toMatchObject({ traceId: traceIdAt(1), body: 'hello' });
    expect(logs[0]?.attributes).toEqual({ 'log.record.uid': 'uid:1' });
  });

  test('what names no host gets this one', async () => {
    const body = metricsBody('hw.fan', 1, {}, { 'service.name': 'elsewhere' });
    expect(await post(collector.httpUrl, 'metrics', body)).toBe(200);
    await backends.waitFor(({ received }) => received.metrics.some(({ name }) => name === 'hw.fan'));
    const found = backends.received.metrics.find(({ name }) => name === 'hw.fan');
    expect(Object.keys(found?.resource ?? {}).sort()).toEqual(['host.name', 'service.name']);
  });

  test('spans become metrics with exemplars that lead to their trace', async () => {
    const spans = [
      { n: 7, durationMs: 3_000, attributes: { 'nvidia.fault.hit': true, 'error.type': 'xid.79' }, error: true },
    ];
    expect(await post(collector.httpUrl, 'traces', tracesBody(spans))).toBe(200);
    const hit = ({ attributes }: { readonly attributes: { readonly [key: string]: unknown } }): boolean =>
      attributes['nvidia.fault.hit'] === true;
    await backends.waitFor(({ received }) =>
      received.metrics.some(
        ({ name, points }) => name === 'traces.span.metrics.calls' && points.some((p) => hit(p) && p.value === 1),
      ),
    );
    const durations = backends.received.metrics.filter(({ name }) => name === 'traces.span.metrics.duration');
    const [first] = durations.flatMap(({ points }) => points.filter(hit));
    expect(first?.exemplars).toEqual([{ traceId: traceIdAt(7), spanId: expect.any(String), value: 3 }]);
    expect(first).toMatchObject({ count: 1, sum: 3 });
    expect(durations[0]).toMatchObject({ unit: 's', resource: RESOURCE });
    // No label that a restart would change.
    expect(first?.attributes).toEqual({
      'service.name': 'ollama',
      'span.name': 'chat tiny:latest',
      'span.kind': 'SPAN_KIND_SERVER',
      'status.code': 'STATUS_CODE_ERROR',
      'gen_ai.request.model': 'tiny:latest',
      'gen_ai.operation.name': 'chat',
      'error.type': 'xid.79',
      'nvidia.fault.hit': true,
    });
  });

  test('planted secrets are gone from bodies, attributes and lists; names and ids are not', async () => {
    const sentences = PLANTED.map(([sentence]) => sentence);
    const logs = [...sentences, ...KEPT].map((body, at) => ({
      n: 100 + at,
      body,
      attributes: { text: body, 'ollama.settings': [body], 'gen_ai.request.model': body },
    }));
    expect(await post(collector.httpUrl, 'logs', logsBody(logs))).toBe(200);
    const spans = sentences.map((text, at) => ({ n: 100 + at, attributes: { text } }));
    expect(await post(collector.httpUrl, 'traces', tracesBody(spans))).toBe(200);
    for (const [at, text] of sentences.entries())
      expect(await post(collector.httpUrl, 'metrics', metricsBody(`planted.${at}`, at, { text }))).toBe(200);
    const planted = () => backends.received.logs.filter(({ body }) => body !== 'hello');
    await backends.waitFor(
      ({ received }) =>
        planted().length === logs.length &&
        received.spans.filter(({ attributes }) => 'text' in attributes).length === spans.length &&
        received.metrics.filter(({ name }) => name.startsWith('planted.')).length === sentences.length,
    );
    const told = JSON.stringify([
      planted().map(({ body, attributes }) => [body, attributes['text'], attributes['ollama.settings']]),
      backends.received.spans.map(({ attributes }) => attributes['text']),
      backends.received.metrics.map(({ points }) => points.map(({ attributes }) => attributes['text'])),
    ]);
    expect(PLANTED.map(([, secret]) => secret).filter((secret) => told.includes(secret))).toEqual([]);
    const byTrace = new Map(planted().map((log) => [log.traceId, log]));
    for (const [at, text] of KEPT.entries()) {
      const log = byTrace.get(traceIdAt(100 + sentences.length + at));
      expect(log).toMatchObject({ body: text, attributes: { text, 'ollama.settings': [text] } });
    }
    // A model's name is an identity: told as it is, whatever it looks like.
    expect(byTrace.get(traceIdAt(100))?.attributes['gen_ai.request.model']).toBe(sentences[0]);
  });

  test('its own series have the names that rules and dashboards use', async () => {
    const page = await collector.ownMetrics();
    for (const name of [
      'otelcol_receiver_accepted_spans',
      'otelcol_receiver_refused_log_records',
      'otelcol_exporter_sent_metric_points',
      'otelcol_process_memory_rss',
    ])
      expect(page).toMatch(new RegExp(`^${name}\\b`, 'm'));
    expect(page).toMatch(/^otelcol_exporter_queue_size\{data_type="traces",exporter="otlp_grpc\/jaeger"\} \d/m);
    expect(page).toMatch(
      /^otelcol_exporter_queue_capacity\{data_type="logs",exporter="otlp_http\/loki"\} 2\.68435456e\+08$/m,
    );
    expect(page).not.toMatch(/^otelcol_exporter_send_failed/m);
  });
});
