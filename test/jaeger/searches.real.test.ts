// Every stored trace search against a real Jaeger, with traces in memory and on disk: a recording with faults, cold starts, cut
// prompts and rejections is told to it, and each answer is compared with the same question asked of all its traces in TypeScript.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../agent/backends/backend.ts';
import { searchTraces, type Trace } from '../../agent/backends/jaeger-client.ts';
import { parametersOf, type Search, searches, searchNamed, traceQueryOf } from '../../jaeger/searches/index.ts';
import { rootOf } from '../../jaeger/trace-table.ts';
import type { SpanSignal } from '../../otel/signal.ts';
import { addSeconds, fromMillis, nsBetween } from '../../otel/time.ts';
import { TOLD_TO, tell } from '../loki/telling.ts';
import { until } from '../real/backends/ask.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';

type Ask = (name: string, parameters?: { readonly [name: string]: string }) => Promise<readonly Trace[]>;

/** More than all traces of the test. */
const LIMIT = 1_000;
const SLOW = '1s';

const asking =
  (stack: Stack): Ask =>
  async (name, parameters = {}) => {
    const backend = openBackend('Jaeger', stack.jaegerUrl, 'none');
    const search = searchNamed(name);
    if (search === undefined || 'problem' in backend) throw new Error(`expected ${name} and a backend`);
    const filled = traceQueryOf(search, parameters);
    if ('problems' in filled) throw new Error(filled.problems.join('; '));
    const now = fromMillis(Date.now());
    const span = { from: addSeconds(now, -7_200), to: addSeconds(now, 60) };
    const traces = await searchTraces(backend, filled.query, { span, limit: LIMIT }, new AbortController().signal);
    if ('problem' in traces) throw new Error(traces.problem);
    return traces;
  };

const ids = (traces: readonly Trace[]): readonly (string | undefined)[] => traces.map(([span]) => span?.traceId).sort();
const seconds = (span: SpanSignal): number => nsBetween(span.start, span.end) / 1e9;
const says = (span: SpanSignal, key: string, value: unknown): boolean => String(span.attributes[key]) === String(value);
const anyEvent = (span: SpanSignal, key: string, value: unknown): boolean =>
  span.events.some(({ attributes }) => String(attributes[key]) === String(value));
const named =
  (name: string, longer = 0) =>
  (span: SpanSignal): boolean =>
    span.name === name && seconds(span) >= longer;

type Values = { readonly [name: string]: string };

/** The same questions in another language. */
const wanted = (values: Values): { readonly [name: string]: (span: SpanSignal) => boolean } => ({
  latest: () => true,
  'by-model': (span) => says(span, 'gen_ai.request.model', values['model']),
  'by-client': (span) => says(span, 'client.address', values['client']),
  'by-route': (span) => says(span, 'http.route', values['route']),
  'by-status': (span) => says(span, 'http.response.status_code', values['status']),
  'by-runner': (span) => says(span, 'ollama.runner.key', values['runner']),
  embeddings: (span) => says(span, 'gen_ai.operation.name', 'embeddings'),
  errors: (span) => span.status.code === 'error',
  'by-error': (span) => says(span, 'error.type', values['error']) || anyEvent(span, 'error.type', values['error']),
  rejected: (span) => says(span, 'ollama.request.outcome', 'rejected'),
  aborted: (span) => says(span, 'ollama.request.outcome', 'client_aborted'),
  abandoned: (span) => span.attributes['ollascope.reason'] !== undefined,
  slow: (span) => seconds(span) >= 1,
  'slow-model': (span) => says(span, 'gen_ai.request.model', values['model']) && seconds(span) >= 1,
  'long-queue': named('queue', 1),
  'slow-prefill': named('prefill', 1),
  'slow-decode': named('decode', 1),
  'cold-starts': named('load model'),
  'slow-loads': named('load model', 1),
  truncated: (span) => span.attributes['ollama.prompt.kept_tokens'] !== undefined,
  'hit-by-fault': (span) => says(span, 'nvidia.fault.hit', true),
  'hit-by-incident': (span) =>
    says(span, 'nvidia.fault.incident', values['incident']) ||
    anyEvent(span, 'nvidia.fault.incident', values['incident']),
  'hit-on-gpu': (span) => anyEvent(span, 'hw.id', values['gpu']),
});

const attributeIn = (traces: readonly Trace[], key: string): string => {
  const found = traces
    .flat()
    .flatMap(({ attributes, events }) => [attributes, ...events.map((event) => event.attributes)]);
  const value = found.find((attributes) => attributes[key] !== undefined)?.[key];
  if (value === undefined) throw new Error(`expected a trace with ${key}`);
  return String(value);
};

const given = (search: Search, values: Values): Values =>
  Object.fromEntries(
    parametersOf(search).flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );

const storages = [
  ['in memory', {}],
  ['on disk', { OLLASCOPE_JAEGER_STORAGE: 'disk' }],
] as const;

describe.each(storages)('traces %s', (_, env) => {
  let stack: Stack;
  let ask: Ask;
  let traces: readonly Trace[] = [];
  let values: Values = {};

  beforeAll(async () => {
    stack = await startStack({ only: TOLD_TO, env });
    ask = asking(stack);
    await tell(stack, { paths: ['recordings/composed-two-gpus'], times: 'end-now' });
    traces = await until('the traces of faults', () => ask('latest'), {
      holds: (found) => found.flat().some((span) => span.attributes['nvidia.fault.hit'] === true),
    });
    const hits = traces.filter((trace) => trace.some((span) => span.attributes['nvidia.fault.hit'] === true));
    const hit = rootOf(hits[0] ?? []);
    values = {
      slow: SLOW,
      model: String(hit?.attributes['gen_ai.request.model']),
      client: attributeIn(traces, 'client.address'),
      route: attributeIn(traces, 'http.route'),
      status: '503',
      runner: attributeIn(traces, 'ollama.runner.key'),
      error: attributeIn(hits, 'error.type'),
      incident: attributeIn(hits, 'nvidia.fault.incident'),
      gpu: attributeIn(hits, 'hw.id'),
    };
  });
  afterAll(() => stack?.stop());

  it('are all there, each once, the newest first', () => {
    expect(traces.length).toBeGreaterThan(20);
    expect(new Set(ids(traces)).size).toBe(traces.length);
    const starts = traces.map(([span]) => span?.start ?? 0n);
    expect(starts).toEqual(starts.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
  });

  it.each(searches.map((search) => [search.name, search] as const))('%s', async (name, search) => {
    const test = wanted(values)[name];
    if (test === undefined) throw new Error(`expected an expectation for ${name}`);
    const expected = ids(traces.filter((trace) => trace.some(test)));
    expect(expected.length).toBeGreaterThan(0);
    expect(ids(await ask(name, given(search, values)))).toEqual(expected);
  });

  it('are not found by what they are not', async () => {
    expect(await ask('by-model', { model: 'nobody"s {} model' })).toEqual([]);
    expect(await ask('latest', { service: 'nobody' })).toEqual([]);
    expect(await ask('slow', { slow: '7d' })).toEqual([]);
  });

  it('are there after a restart only where they lie on disk', async () => {
    const server = stack.server('jaeger');
    await server.stop();
    await server.start();
    expect(ids(await ask('latest'))).toEqual('OLLASCOPE_JAEGER_STORAGE' in env ? ids(traces) : []);
  });
});
