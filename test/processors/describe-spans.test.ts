// A finished request as a trace: tree, attributes, status, faults; and bounds that hold whatever the log said.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SpanSignal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import type { FinishedRequest, Phase, PhaseName } from '../../processors/fact.ts';
import { at, bound, hit, ref, request } from './describe-facts.ts';
import { sampleFacts } from './describe-samples.ts';

const spansOf = (finished: FinishedRequest): readonly SpanSignal[] => {
  const spans: SpanSignal[] = [];
  tell({ type: 'request.finished', at: finished.end.at, request: finished }, (signal) => {
    if (signal.signal === 'span') spans.push(signal);
  });
  return spans;
};
const rootOf = (finished: FinishedRequest): SpanSignal => {
  const root = spansOf(finished).at(-1);
  if (root === undefined) throw new Error('no span was told');
  return root;
};

describe('a finished request as a trace', () => {
  test('phases come first, the SERVER span last, each under its parent', () => {
    const spans = spansOf(request());
    const nameOf = new Map(spans.map((span) => [span.spanId, span.name]));
    expect(spans.map(({ name, kind, parentSpanId }) => [name, kind, nameOf.get(parentSpanId ?? '')])).toEqual([
      ['queue', 'internal', 'chat llama3.2:3b'],
      ['load model', 'internal', 'chat llama3.2:3b'],
      ['prefill', 'internal', 'chat llama3.2:3b'],
      ['decode', 'internal', 'chat llama3.2:3b'],
      ['place layers', 'internal', 'load model'],
      ['start runner', 'internal', 'load model'],
      ['chat llama3.2:3b', 'server', undefined],
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([ref.traceId]));
  });

  test('the SERVER span says what was asked, by whom, how long, and how sure every link is', () => {
    expect(rootOf(request())).toMatchObject({
      spanId: ref.spanId,
      start: at(0),
      end: at(2.41),
      status: { code: 'unset' },
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/chat',
        'http.response.status_code': 200,
        'client.address': '192.0.2.7',
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'ollama',
        'gen_ai.request.model': 'llama3.2:3b',
        'gen_ai.usage.input_tokens': 512,
        'gen_ai.usage.output_tokens': 88,
        'gen_ai.usage.cache_read.input_tokens': 96,
        'gen_ai.response.time_to_first_chunk': 1.43,
        'ollama.request.outcome': 'ok',
        'ollama.request.energy': 214.5,
        'ollascope.join.method': 'assignment',
        'ollascope.join.confidence': 0.995,
        'ollascope.model.join.method': 'single_model',
        'ollascope.model.join.confidence': 1,
        'ollascope.start.from': 'derived',
        'ollascope.start.uncertainty_ms': 0.8,
        'ollascope.end.from': 'observed',
        'ollascope.end.uncertainty_ms': 0.4,
      },
    });
    expect(rootOf(request()).attributes).not.toHaveProperty('error.type');
  });

  test('a model without a name goes by its file, one without both leaves the operation alone', () => {
    expect(rootOf(request({ model: { blob: '74701a8c35f6c8d9a4b9' } })).name).toBe('chat sha256:74701a8c35f6');
    const nameless = rootOf(request({ model: {} }));
    expect(nameless.name).toBe('chat');
    expect(nameless.attributes).not.toHaveProperty('gen_ai.request.model');
  });

  test('what is not known is absent, never 0', () => {
    const { energyJoules: _, client: __, slot: ___, ...bare } = request({ phases: [], tokens: {}, gpus: [] });
    const keys = Object.keys(rootOf(bare).attributes);
    for (const key of [
      'ollama.request.energy',
      'client.address',
      'ollama.slot.id',
      'gen_ai.usage.input_tokens',
      'ollama.model.gpus',
    ]) {
      expect(keys).not.toContain(key);
    }
    expect(spansOf(bare)).toHaveLength(1);
  });

  test.each([
    ['ok', 200, undefined, { code: 'unset' }],
    ['client_error', 404, '404', { code: 'unset' }],
    ['client_aborted', 499, 'client_closed', { code: 'unset' }],
    ['error', 500, 'runner.gone', { code: 'error', message: 'runner.gone' }],
    ['rejected', 503, undefined, { code: 'error', message: '503' }],
  ] as const)('%s (%d) has the status it deserves', (outcome, status, errorType, expected) => {
    const more = { outcome, status, ...(errorType === undefined ? {} : { errorType }) };
    const root = rootOf(request(more));
    expect(root.status).toEqual(expected);
    expect(root.attributes['ollama.request.outcome']).toBe(outcome);
    expect(root.attributes['error.type']).toBe(errorType);
  });

  test('a grave fault makes the span an error, a lesser one is an event and no more', () => {
    const grave = rootOf(
      request({
        faults: [hit({ severity: 'WARN', errorType: 'xid.13' }), hit({ errorType: 'xid.79', severity: 'FATAL' })],
      }),
    );
    expect(grave.status).toEqual({ code: 'error', message: 'xid.79' });
    expect(grave.attributes['error.type']).toBe('xid.79');
    expect(
      grave.events.map(({ name, attributes }) => [name, attributes['error.type'], attributes['nvidia.fault.severity']]),
    ).toEqual([
      ['nvidia.gpu.fault', 'xid.13', 'WARN'],
      ['nvidia.gpu.fault', 'xid.79', 'FATAL'],
    ]);
    expect(rootOf(request({ faults: [hit({ severity: 'WARN' })] })).status).toEqual({ code: 'unset' });
  });

  test('that there was a fault, and the gravest incident, can be searched for and sampled by; without one neither is there', () => {
    const lesser = hit({ severity: 'WARN', incident: 'a'.repeat(16) });
    const graver = hit({ severity: 'FATAL', incident: 'b'.repeat(16) });
    const told = { 'nvidia.fault.hit': true, 'nvidia.fault.incident': 'b'.repeat(16) };
    expect(rootOf(request({ faults: [lesser, graver] })).attributes).toMatchObject(told);
    expect(rootOf(request({ faults: [lesser] })).attributes).toMatchObject({ 'nvidia.fault.incident': 'a'.repeat(16) });
    expect(rootOf(request()).attributes).not.toHaveProperty('nvidia.fault.hit');
  });

  test("a request's own failure keeps its name beside a fault", () => {
    const root = rootOf(request({ outcome: 'error', status: 500, errorType: 'runner.gone', faults: [hit()] }));
    expect(root.status.message).toBe('runner.gone');
    expect(root.attributes['error.type']).toBe('runner.gone');
  });

  test('a fault outside of the span is moved into it and keeps its own time', () => {
    const [early, late] = rootOf(request({ faults: [hit({ at: at(-0.5) }), hit({ at: at(2.5) })] })).events;
    expect(early?.at).toBe(at(0));
    expect(early?.attributes['nvidia.fault.raised_at']).toBe('2026-03-01T11:59:59.500000000Z');
    expect(late?.at).toBe(at(2.41));
    expect(rootOf(request({ faults: [hit()] })).events[0]?.attributes).not.toHaveProperty('nvidia.fault.raised_at');
  });

  test('requests that are not inference have no trace', () => {
    const plain = sampleFacts['request.finished'].find((fact) => fact.request.operation === undefined);
    expect(plain === undefined ? undefined : spansOf(plain.request)).toEqual([]);
  });

  test('an abandoned request is a span from its start to when it was given up', () => {
    const spans: SpanSignal[] = [];
    for (const fact of sampleFacts['request.abandoned'])
      tell(fact, (signal) => signal.signal === 'span' && spans.push(signal));
    expect(spans).toMatchObject([
      {
        name: 'abandoned llama3.2:3b',
        kind: 'server',
        start: at(1),
        end: at(9),
        status: { code: 'error', message: 'server_restarted' },
      },
    ]);
  });
});

const names: readonly PhaseName[] = ['queue', 'load model', 'place layers', 'start runner', 'prefill', 'decode'];
const seconds = fc.double({ min: -5, max: 15, noNaN: true });
const phase: fc.Arbitrary<Phase> = fc
  .record({
    name: fc.constantFrom(...names),
    start: seconds,
    end: seconds,
    within: fc.option(fc.constantFrom(...names)),
  })
  .map(({ name, start, end, within }) => ({
    name,
    start: bound(start),
    end: bound(end),
    ...(within === null ? {} : { within }),
  }));
const anyRequest = fc
  .record({ start: seconds, end: seconds, phases: fc.array(phase, { maxLength: 12 }), faultAt: seconds })
  .map(({ start, end, phases, faultAt }) =>
    request({ start: bound(start), end: bound(end), phases, faults: [hit({ at: at(faultAt) })] }),
  );

describe('whatever the bounds', () => {
  test('children lie inside their parents, nothing ends before it starts, ids are legal and unique', () => {
    fc.assert(
      fc.property(anyRequest, (finished) => {
        const spans = spansOf(finished);
        const byId = new Map(spans.map((span) => [span.spanId, span]));
        expect(byId.size).toBe(spans.length);
        expect(spans).toHaveLength(finished.phases.length + 1);
        for (const span of spans) {
          expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
          expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
          expect(span.end >= span.start).toBe(true);
          for (const event of span.events) expect(event.at >= span.start && event.at <= span.end).toBe(true);
          if (span.kind === 'server') continue;
          const parent = byId.get(span.parentSpanId ?? '');
          expect(parent !== undefined && span.start >= parent.start && span.end <= parent.end).toBe(true);
        }
      }),
    );
  });
});
