// Two tiers of the real Collector: balancers that count every span and send each trace whole to one gateway; gateways that keep
// what went wrong, was slow or was hit by a GPU fault, and a share of the rest (here: none).
import { expect, test } from 'vitest';
import { until } from '../real/backends/ask.ts';
import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { backendsOfTest, collectorOfTest } from './collector-disposed.ts';
import { type Environment, hostPort, type RunningCollector, towards, variantEnvironment } from './collector-running.ts';
import { post, type SentSpan, traceIdAt, tracesBody } from './collector-sent.ts';

/** A test does not wait ten seconds for spans that it has sent already. */
const QUICK_DECISION: Environment = {
  OLLASCOPE_DECISION_WAIT: '1s',
  OLLASCOPE_DECISION_WAIT_AFTER_ROOT: '1s',
  OLLASCOPE_SAMPLE_PERCENT: '0',
};
const variant = (name: string, environment: Environment): Promise<RunningCollector> =>
  collectorOfTest({ ...variantEnvironment(name), ...environment });
const tracesOf = ({ received }: OtlpReceiver): Set<string> => new Set(received.spans.map(({ traceId }) => traceId));
const whole = (n: number, root: Partial<SentSpan> = {}): SentSpan[] => [
  { n, ...root },
  { n, place: 1 },
  { n, place: 2 },
];

test('a gateway keeps errors, slow ones and those hit by a GPU fault, whole, and none of the rest at 0 %', async () => {
  const backends = await backendsOfTest();
  const gateway = await variant('gateway', { ...towards(backends), ...QUICK_DECISION });
  const kept = [
    whole(1, { error: true }),
    whole(2, { attributes: { 'error.type': '404' } }),
    whole(3, { durationMs: 11_000 }),
    whole(4, { attributes: { 'nvidia.fault.hit': true } }),
  ];
  const dropped = [5, 6, 7, 8].map((n) => whole(n, { attributes: { 'nvidia.fault.hit': false } }));
  for (const spans of [...dropped, ...kept]) expect(await post(gateway.httpUrl, 'traces', tracesBody(spans))).toBe(200);
  const late = [{ n: 3, place: 3 }];
  await backends.waitFor((receiver) => tracesOf(receiver).size === 4, 30_000);
  expect(tracesOf(backends)).toEqual(new Set([1, 2, 3, 4].map(traceIdAt)));
  expect(backends.received.spans.length).toBe(12);
  await until('all are decided', async () => {
    const decided = await gateway.ownSum('otelcol_processor_tail_sampling_global_count_traces_sampled');
    return decided === 8;
  });
  // What comes after the decision follows it.
  await post(gateway.httpUrl, 'traces', tracesBody([{ n: 5, place: 3 }]));
  await post(gateway.httpUrl, 'traces', tracesBody(late));
  await backends.waitFor(({ received }) => received.spans.length === 13, 30_000);
  expect(tracesOf(backends).size).toBe(4);
  // The sample is not counted as if it were everything.
  expect(backends.received.metrics).toEqual([]);
});

test('a gateway that is told to end decides first over what it holds', async () => {
  const backends = await backendsOfTest();
  const gateway = await variant('gateway', {
    ...towards(backends),
    ...QUICK_DECISION,
    OLLASCOPE_DECISION_WAIT: '60s',
    OLLASCOPE_DECISION_WAIT_AFTER_ROOT: '60s',
  });
  expect(await post(gateway.httpUrl, 'traces', tracesBody(whole(1, { error: true })))).toBe(200);
  await gateway.server.stop('SIGTERM');
  if (backends.received.spans.length < 3) await gateway.server.start();
  await backends.waitFor(({ received }) => received.spans.length === 3, 30_000);
  expect(tracesOf(backends)).toEqual(new Set([traceIdAt(1)]));
});

test('a balancer sends all spans of a trace to one gateway, uses both, and counts them all under a label of its own', async () => {
  const [first, second, backends] = [await backendsOfTest(), await backendsOfTest(), await backendsOfTest()];
  const balancer = await variant('balancer', {
    ...towards(backends),
    OLLASCOPE_GATEWAYS: `[${hostPort(first.grpcUrl)},${hostPort(second.grpcUrl)}]`,
    OLLASCOPE_COLLECTOR_ID: 'balancer-0',
  });
  const COUNT = 60;
  // The spans of a trace in three requests: nothing but the id holds them together.
  for (const place of [0, 1, 2])
    for (let n = 0; n < COUNT; n += 10) {
      const spans = Array.from({ length: 10 }, (_, at) => ({ n: n + at, place }));
      expect(await post(balancer.httpUrl, 'traces', tracesBody(spans))).toBe(200);
    }
  const spansAtGateways = (): number => first.received.spans.length + second.received.spans.length;
  await until('all spans are at the gateways', () => spansAtGateways() >= COUNT * 3);
  expect(spansAtGateways()).toBe(COUNT * 3);
  const [one, two] = [tracesOf(first), tracesOf(second)];
  expect([...one].filter((id) => two.has(id))).toEqual([]);
  expect(one.size + two.size).toBe(COUNT);
  expect(Math.min(one.size, two.size)).toBeGreaterThan(0);
  expect(backends.received.spans).toEqual([]);
  await backends.waitFor(({ received }) =>
    received.metrics.some(
      ({ name, points }) =>
        name === 'traces.span.metrics.calls' &&
        points.reduce((sum, { value = 0 }) => sum + value, 0) === COUNT * 3 &&
        points.every(({ attributes }) => attributes['collector.instance.id'] === 'balancer-0'),
    ),
  );
});

test('a gateway that is away for a while costs a balancer nothing', async () => {
  const [gateway, backends] = [await backendsOfTest(), await backendsOfTest()];
  gateway.answerWith((_signal, count) => ({ kind: count < 10 ? 'unavailable' : 'accept' }));
  const balancer = await variant('balancer', {
    ...towards(backends),
    OLLASCOPE_GATEWAYS: `[${hostPort(gateway.grpcUrl)}]`,
  });
  for (let n = 0; n < 5; n += 1) expect(await post(balancer.httpUrl, 'traces', tracesBody(whole(n)))).toBe(200);
  await balancer.server.stop('SIGKILL');
  await balancer.server.start();
  await gateway.waitFor((receiver) => tracesOf(receiver).size === 5, 30_000);
  expect(new Set(gateway.received.spans.map(({ spanId }) => spanId)).size).toBe(15);
});
