// Numbers of requests: which request enters which distribution, and that absent is absent.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MetricName, MetricPoint } from '../../otel/catalogue/metrics.ts';
import type { Signal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import type { Fact, FinishedRequest } from '../../processors/fact.ts';
import { at, bound, request } from './describe-facts.ts';
import { sampleFacts } from './describe-samples.ts';

const told = (...facts: readonly Fact[]): readonly Signal[] => {
  const signals: Signal[] = [];
  for (const fact of facts) tell(fact, (signal) => signals.push(signal));
  return signals;
};
const pointsOf = (signals: readonly Signal[], name?: MetricName): readonly MetricPoint[] =>
  signals.filter((signal) => signal.signal === 'metric').filter((point) => name === undefined || point.name === name);
const valuesOf = (signals: readonly Signal[], name: MetricName): readonly (readonly [number, object])[] =>
  pointsOf(signals, name).map(({ value, attributes }) => [value, attributes]);
const finished = (more: Partial<FinishedRequest> = {}): readonly Signal[] =>
  told({ type: 'request.finished', at: at(2.7), request: request(more) });

const asked = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'ollama',
  'gen_ai.request.model': 'llama3.2:3b',
};
const model = { 'gen_ai.request.model': 'llama3.2:3b' };

describe('numbers of a request', () => {
  test('an answered one fills every distribution, at the time of its end', () => {
    const signals = finished();
    expect(valuesOf(signals, 'gen_ai.server.request.duration')).toEqual([[2.41, asked]]);
    expect(valuesOf(signals, 'gen_ai.server.time_to_first_token')).toEqual([[1.43, asked]]);
    expect(pointsOf(signals, 'gen_ai.server.time_per_output_token')[0]?.value).toBeCloseTo((2.41 - 1.43) / 87, 9);
    expect(valuesOf(signals, 'ollama.request.queue.duration')).toEqual([[0.02, asked]]);
    expect(valuesOf(signals, 'ollama.request.load.duration')).toEqual([[1.1, asked]]);
    expect(valuesOf(signals, 'ollama.request.prefill.duration')).toEqual([[0.31, asked]]);
    expect(valuesOf(signals, 'ollama.request.decode.duration')).toEqual([[0.98, asked]]);
    expect(valuesOf(signals, 'ollama.request.energy')).toEqual([[214.5, asked]]);
    expect(valuesOf(signals, 'ollama.tokens')).toEqual([
      [512, { 'ollama.token.type': 'input', ...model }],
      [96, { 'ollama.token.type': 'input_cached', ...model }],
      [88, { 'ollama.token.type': 'output', ...model }],
    ]);
    expect(valuesOf(signals, 'ollascope.joins').map(([, attributes]) => attributes)).toEqual([
      { 'ollascope.join.kind': 'task', 'ollascope.join.class': 'exact', 'ollascope.join.method': 'assignment' },
      { 'ollascope.join.kind': 'model', 'ollascope.join.class': 'exact', 'ollascope.join.method': 'single_model' },
    ]);
    expect(pointsOf(signals).every((point) => point.at === at(2.41))).toBe(true);
    expect(pointsOf(signals, 'http.server.request.duration')).toEqual([]);
  });

  test('absent is absent: no timing lines, no times and no tokens', () => {
    const {
      prefillSeconds: _,
      decodeSeconds: __,
      queueSeconds: ___,
      loadSeconds: ____,
      energyJoules: _____,
      ...bare
    } = request({
      phases: [],
      tokens: {},
      taskJoin: { method: 'none', confidence: 0 },
    });
    const signals = told({ type: 'request.finished', at: at(3), request: bare });
    expect(pointsOf(signals).map(({ name }) => name)).toEqual([
      'ollama.requests.finished',
      'gen_ai.server.request.duration',
      'ollascope.joins',
      'ollascope.joins',
    ]);
    expect(valuesOf(signals, 'ollascope.joins')[0]?.[1]).toMatchObject({ 'ollascope.join.class': 'none' });
  });

  test.each([
    ['rejected', 503],
    ['client_aborted', 499],
    ['client_error', 404],
    ['error', 500],
  ] as const)('%s requests have a duration with their error, but no token times', (outcome, status) => {
    const signals = finished({ outcome, status, errorType: String(status) });
    expect(valuesOf(signals, 'gen_ai.server.request.duration')).toEqual([
      [2.41, { ...asked, 'error.type': String(status) }],
    ]);
    expect(pointsOf(signals, 'gen_ai.server.time_to_first_token')).toEqual([]);
    expect(pointsOf(signals, 'gen_ai.server.time_per_output_token')).toEqual([]);
  });

  test('a request that no runner ever saw has no link to count', () => {
    expect(pointsOf(finished({ outcome: 'rejected', status: 503 }), 'ollascope.joins')).toEqual([]);
  });

  test.each([
    [1, 0],
    [0, 0],
    [2, 1],
  ])('%d output tokens give %d times per token', (output, points) => {
    expect(pointsOf(finished({ tokens: { output } }), 'gen_ai.server.time_per_output_token')).toHaveLength(points);
  });

  test.each(['load_only', 'unload'] as const)('%s is counted and timed as HTTP, not as inference', (outcome) => {
    const signals = finished({ outcome, phases: [], tokens: {} });
    expect(pointsOf(signals).map(({ name }) => name)).toEqual([
      'ollama.requests.finished',
      'http.server.request.duration',
    ]);
  });

  test('other routes enter the HTTP distribution alone', () => {
    const signals = told(...sampleFacts['request.finished'].filter((fact) => fact.request.operation === undefined));
    expect(pointsOf(signals).map(({ name }) => name)).toEqual(['http.server.request.duration']);
    expect(pointsOf(signals)[0]?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/tags',
      'http.response.status_code': 200,
      'url.scheme': 'http',
    });
  });

  test('no bounds, counts or confidences give a value that is no number, or a negative one', () => {
    const amount = fc.oneof(fc.constant(undefined), fc.double({ min: 0, max: 1e6, noNaN: true }));
    const second = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(second, second, second, amount, fc.nat(5), (start, end, prefillEnd, energyJoules, output) => {
        const signals = finished({
          start: bound(start),
          end: bound(end),
          phases: [{ name: 'prefill', start: bound(start), end: bound(prefillEnd) }],
          tokens: { output },
          ...(energyJoules === undefined ? {} : { energyJoules }),
        });
        for (const { value } of pointsOf(signals)) expect(Number.isFinite(value) && value >= 0).toBe(true);
      }),
    );
  });
});
