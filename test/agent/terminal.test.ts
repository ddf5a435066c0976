// The text view as a person sees it: order, GPUs now and then, widths, and nothing from a log driving the terminal.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTerminal, type TerminalBatch } from '../../agent/terminal.ts';
import { cellsOf } from '../../jaeger/cells.ts';
import { createAggregate } from '../../otel/aggregate.ts';
import type { LogSignal, Signal, SpanSignal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import type { Fact } from '../../processors/fact.ts';
import { at, GPU, request, T0 } from '../processors/describe-facts.ts';
import { allFacts } from '../processors/describe-further.ts';
import { sampleFacts } from '../processors/describe-samples.ts';

const told = (facts: readonly Fact[]): TerminalBatch => {
  const signals: Signal[] = [];
  for (const fact of facts) tell(fact, (signal) => signals.push(signal));
  const spans: readonly SpanSignal[] = signals.filter((signal) => signal.signal === 'span');
  const logs: readonly LogSignal[] = signals.filter((signal) => signal.signal === 'log');
  return { at: at(0), spans, logs };
};
const shown = (batches: readonly TerminalBatch[], width = 80, colour = false): string => {
  let text = '';
  const terminal = createTerminal({ write: (part) => (text += part), width: () => width, colour });
  for (const batch of batches) terminal.batch(batch);
  return text;
};
const snapshotAt = (seconds: number, facts: readonly Fact[]): TerminalBatch => {
  const aggregate = createAggregate({ startAt: T0, seriesMax: 100 });
  for (const fact of facts) {
    tell(fact, (signal) => {
      if (signal.signal === 'metric' || signal.signal === 'stale') aggregate.add(signal);
    });
  }
  return { at: at(seconds), spans: [], logs: [], snapshot: aggregate.snapshot(at(seconds)) };
};

describe('the text view', () => {
  test('requests and events in the order of their times', () => {
    const facts = [
      ...sampleFacts['runner.crashed'],
      ...sampleFacts['model.loaded'],
      { type: 'request.finished', at: at(2.7), request: request() } as const,
    ];
    expect(shown([told(facts)])).toBe(
      `12:00:01.120 INFO  llama3.2:3b loaded in 1.10 s, 29/29 layers on the GPU, 2.8
                   GiB GPU, 294 MiB CPU

trace 5f0c7e2a…  chat llama3.2:3b                                    2.410 s  OK
  2026-03-01T12:00:00.000Z · POST /api/chat 200 · from 192.0.2.7
  512 (96 cached) → 88 tok · ≈215 J
    +0 ms  ├─ queue               20 ms  █
   +20 ms  ├─ load model        1.100 s  ██████
   +30 ms  │  ├─ place layers    170 ms  █
  +200 ms  │  └─ start runner    900 ms   █████
 +1.120 s  ├─ prefill            310 ms        ██       416 tok  1342 tok/s
 +1.430 s  └─ decode             980 ms         ██████  88 tok  89.8 tok/s
12:00:07.000 ERROR runner of llama3.2:3b died: signal.killed
`,
    );
  });

  test('ordinary lines of the log are not shown', () => {
    expect(shown([told(sampleFacts['line.read'])])).toBe('');
  });

  test('GPUs have a line once samples exist, and not at every snapshot', () => {
    const facts = [...sampleFacts['gpu.described'], ...sampleFacts['gpu.sampled']];
    expect(shown([snapshotAt(0, [])])).toBe('');
    expect(shown([snapshotAt(1, facts), snapshotAt(20, facts), snapshotAt(31, facts)])).toBe(
      `12:00:01.000 gpu 0  97 % busy  3.1/12.0 GiB  187 W  61 °C
12:00:01.000 gpu 3  20 W
12:00:31.000 gpu 0  97 % busy  3.1/12.0 GiB  187 W  61 °C
12:00:31.000 gpu 3  20 W
`,
    );
  });

  test('a GPU whose series ended has no line', () => {
    const stale = { type: 'gpu.stale', at: at(2), gpu: GPU, reason: 'lost' } as const;
    expect(shown([snapshotAt(3, [...sampleFacts['gpu.sampled'].slice(0, 1), stale])])).toBe('');
  });

  test('without colour there is no escape, with colour nothing but colour', () => {
    expect(shown([told(allFacts)])).not.toContain('\u001b');
    const coloured = shown([told(allFacts)], 80, true);
    expect(coloured).toContain('\u001b[31m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).not.toContain('\u001b');
  });

  test('nothing from a log drives the terminal, and no line is wider than it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constant('\u001b]0;title\u0007\r\nx'.repeat(9)),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 160 }), (said, width) => {
        const facts: readonly Fact[] = [
          { type: 'runner.crashed', at: at(1), model: { name: said }, errorType: said },
          { type: 'request.finished', at: at(2), request: request({ model: { name: said } }) },
        ];
        for (const line of shown([told(facts)], width).split('\n')) {
          expect(line).not.toMatch(/[\p{Cc}]/u);
          expect(cellsOf(line)).toBeLessThanOrEqual(Math.max(40, width));
        }
      }),
    );
  });
});
