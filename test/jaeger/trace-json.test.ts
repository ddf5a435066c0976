// Traces as Jaeger answers them, read and listed: no server needed.
import { expect, it } from 'vitest';
import { spansIn, traceIdsIn, tracesIn } from '../../jaeger/trace-json.ts';
import { rootOf, traceTable } from '../../jaeger/trace-table.ts';

const ROOT_SPAN = '00f067aa0ba902b7';
const span = (traceId: string, spanId: string, start: string, more: object = {}): object => ({
  traceId,
  spanId,
  name: 'queue',
  kind: 1,
  startTimeUnixNano: start,
  endTimeUnixNano: '1795192480000000000',
  attributes: [],
  status: {},
  ...more,
});
const root = (traceId: string, more: object = {}): object =>
  span(traceId, ROOT_SPAN, '1795192470000000001', {
    name: 'chat tiny:latest',
    kind: 2,
    attributes: [
      { key: 'gen_ai.usage.input_tokens', value: { intValue: '41' } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: 64 } },
      { key: 'ollascope.join.confidence', value: { doubleValue: 0.98 } },
      { key: 'nvidia.fault.hit', value: { boolValue: true } },
      { key: 'ollama.model.gpus', value: { arrayValue: { values: [{ stringValue: 'GPU-1' }] } } },
      { key: 'odd', value: { kvlistValue: {} } },
    ],
    status: { code: 2, message: 'xid.79' },
    events: [
      {
        name: 'nvidia.gpu.fault',
        timeUnixNano: '1795192475000000000',
        attributes: [{ key: 'error.type', value: { stringValue: 'xid.79' } }],
      },
    ],
    ...more,
  });
const answer = (...spans: readonly object[]): unknown => ({
  result: { resourceSpans: spans.map((one) => ({ scopeSpans: [{ spans: [one] }] })) },
});
const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

it('reads times to the nanosecond, attributes of every form, status and events', () => {
  const [first] = spansIn(answer(root(A)));
  expect(first).toMatchObject({
    kind: 'server',
    start: 1_795_192_470_000_000_001n,
    status: { code: 'error', message: 'xid.79' },
    attributes: {
      'gen_ai.usage.input_tokens': 41,
      'gen_ai.usage.output_tokens': 64,
      'ollascope.join.confidence': 0.98,
      'nvidia.fault.hit': true,
      'ollama.model.gpus': ['GPU-1'],
    },
    events: [{ name: 'nvidia.gpu.fault', attributes: { 'error.type': 'xid.79' } }],
  });
  expect(first?.attributes).not.toHaveProperty('odd');
  expect(first).not.toHaveProperty('parentSpanId');
});

it('reads enums as numbers and as names', () => {
  const [named] = spansIn(answer(root(A, { kind: 'SPAN_KIND_SERVER', status: { code: 'STATUS_CODE_OK' } })));
  expect(named).toMatchObject({ kind: 'server', status: { code: 'ok' } });
});

it('groups spans by trace, the latest trace first', () => {
  const traces = tracesIn(
    answer(root(A), root(B, { startTimeUnixNano: '1795192479000000000' }), span(A, '1', '1795192470000000000')),
  );
  expect(traces.map((spans) => [spans[0]?.traceId, spans.length])).toEqual([
    [B, 1],
    [A, 2],
  ]);
});

it.each([undefined, null, 1, 'x', [], {}, { result: 1 }, { result: { resourceSpans: [{ scopeSpans: 3 }] } }])(
  'takes %j for an answer without spans',
  (json) => {
    expect(spansIn(json)).toEqual([]);
    expect(traceIdsIn(json)).toEqual([]);
  },
);

it('reads the ids of the older API', () => {
  expect(traceIdsIn({ data: [{ traceID: A, spans: [] }, { spans: [] }] })).toEqual([A]);
});

it('lists a trace by its root, wherever it stands among its spans', () => {
  const spans = spansIn(answer(span(A, '1', '1795192470000000000', { parentSpanId: ROOT_SPAN }), root(A)));
  expect(rootOf(spans)?.name).toBe('chat tiny:latest');
  expect(traceTable([spans])).toBe(
    [
      `trace                             when                      duration  name              tokens       outcome`,
      `${A}  2026-11-20T16:34:30.000Z   9.999 s  chat tiny:latest  41 → 64 tok  ERROR, hit by xid.79`,
      '',
    ].join('\n'),
  );
});

it('a name that would drive a terminal does not', () => {
  expect(traceTable([spansIn(answer(root(A, { name: 'chat \u001b[2J' })))])).not.toContain('\u001b');
});
