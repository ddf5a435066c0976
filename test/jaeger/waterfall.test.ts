// A trace as text at several widths: what is said without colour, what stays when it is narrow, what never comes through.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellsOf } from '../../jaeger/cells.ts';
import { renderWaterfall, WIDTH_MIN } from '../../jaeger/waterfall.ts';
import type { SpanSignal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import type { FinishedRequest } from '../../processors/fact.ts';
import { bound, hit, request } from '../processors/describe-facts.ts';

const spansOf = (finished: FinishedRequest): readonly SpanSignal[] => {
  const spans: SpanSignal[] = [];
  tell({ type: 'request.finished', at: finished.end.at, request: finished }, (signal) => {
    if (signal.signal === 'span') spans.push(signal);
  });
  return spans;
};
const plain = (finished: FinishedRequest, width: number): string =>
  renderWaterfall(spansOf(finished), { width, colour: false });
const SGR = /\u001b\[\d+m/g;

describe('a trace as text', () => {
  test('wide: whole id, bars, tokens and rates', () => {
    expect(plain(request(), 100)).toBe(
      `
trace 5f0c7e2a9b1d4c3e8f6071829304a5b6  chat llama3.2:3b                                 2.410 s  OK
  2026-03-01T12:00:00.000Z · POST /api/chat 200 · from 192.0.2.7 · 512 (96 cached) → 88 tok · ≈215 J
    +0 ms  ├─ queue               20 ms  █
   +20 ms  ├─ load model        1.100 s  ███████████████
   +30 ms  │  ├─ place layers    170 ms  ███
  +200 ms  │  └─ start runner    900 ms    █████████████
 +1.120 s  ├─ prefill            310 ms                █████               416 tok  1342 tok/s
 +1.430 s  └─ decode             980 ms                    ██████████████  88 tok  89.8 tok/s
`.trim(),
    );
  });

  test('narrow: names, offsets and durations are what stays', () => {
    expect(plain(request({ faults: [hit()] }), 40)).toBe(
      `
chat llama3.2:3b   2.410 s  ERROR xid.31
  2026-03-01T12:00:00.000Z
  POST /api/chat 200 · from 192.0.2.7
  512 (96 cached) → 88 tok · ≈215 J
    +0 ms  ├─ queue               20 ms
   +20 ms  ├─ load model        1.100 s
   +30 ms  │  ├─ place layers    170 ms
  +200 ms  │  └─ start runner    900 ms
 +1.120 s  ├─ prefill            310 ms
 +1.430 s  └─ decode             980 ms
  ! nvidia.gpu.fault error.type=xid.31 …
`.trim(),
    );
  });

  test('a fault says what, how grave, when and where', () => {
    expect(plain(request({ faults: [hit()] }), 120)).toContain(
      '  ! nvidia.gpu.fault error.type=xid.31 ERROR +1.900 s hw.id=GPU-11111111-2222-3333-4444-555555555555',
    );
  });

  test('a weak link is marked in words and at every phase that rests on it', () => {
    const weak = plain(request({ taskJoin: { method: 'assignment', confidence: 0.72 } }), 100);
    expect(weak).toContain('? task 0.72 assignment');
    expect(weak).toMatch(/└─ decode .*89\.8 tok\/s {2}\?$/m);
    expect(weak).not.toContain('? model');
    expect(plain(request(), 100)).not.toContain('?');
  });

  test('a request that was refused has no link to be missed', () => {
    const none = { method: 'none', confidence: 0 };
    const refused = request({
      outcome: 'rejected',
      status: 503,
      phases: [],
      tokens: {},
      taskJoin: none,
      modelJoin: none,
    });
    expect(plain(refused, 80)).not.toContain('not linked');
    expect(plain(request({ phases: [], taskJoin: none }), 80)).toContain('? task not linked');
  });

  test('embeddings have no answer whose tokens could be told', () => {
    const embedded = request({ operation: 'embeddings', phases: [], tokens: { input: 47, output: 0 } });
    expect(plain(embedded, 100)).toContain('· 47 tok ·');
    expect(plain(request({ phases: [], tokens: { input: 47 } }), 100)).toContain('· 47 → ? tok ·');
  });

  test('outcomes are words: an aborted request is neither OK nor an error', () => {
    expect(plain(request({ outcome: 'client_aborted', status: 499 }), 80)).toMatch(/2\.410 s {2}client aborted$/m);
  });

  test('colour adds escapes and nothing else', () => {
    const spans = spansOf(request({ faults: [hit()] }));
    const coloured = renderWaterfall(spans, { width: 80, colour: true });
    expect(coloured).toMatch(SGR);
    const bare = coloured
      .replace(SGR, '')
      .split('\n')
      .map((line) => line.trimEnd());
    expect(bare).toEqual(
      renderWaterfall(spans, { width: 80, colour: false })
        .split('\n')
        .map((line) => line.trimEnd()),
    );
  });

  test('spans whose parent is elsewhere are drawn as roots; none is lost', () => {
    const [queue, ...others] = spansOf(request());
    expect(queue === undefined ? '' : renderWaterfall([queue], { width: 80, colour: false })).toContain('queue');
    expect(renderWaterfall(others.slice(0, -1), { width: 100, colour: false }).match(/trace /g)).toHaveLength(3);
    expect(renderWaterfall([], { width: 80, colour: false })).toBe('');
  });

  test('the order in which spans come does not matter', () => {
    const spans = spansOf(request());
    expect(renderWaterfall([...spans].reverse(), { width: 90, colour: false })).toBe(
      renderWaterfall(spans, { width: 90, colour: false }),
    );
  });

  test('no line is wider than asked, no control character comes through, whatever the log said', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constant('模型'.repeat(30)),
      fc.constant('\u001b[2Jx\r\n\u202e'),
    );
    const second = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 200 }), second, second, (name, client, width, start, end) => {
        const finished = request({
          model: { name },
          client,
          start: bound(start),
          end: bound(end),
          errorType: name,
          outcome: 'error',
          faults: [hit({ errorType: client })],
        });
        for (const line of plain(finished, width).split('\n')) {
          expect(cellsOf(line)).toBeLessThanOrEqual(Math.max(width, WIDTH_MIN));
          expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2028\u2029]/u);
        }
      }),
    );
  });
});
