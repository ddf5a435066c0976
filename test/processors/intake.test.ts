// Lines counted by source and class, and how far reading is behind.
import { describe, expect, test } from 'vitest';
import type { Line, SourceInfo } from '../../collectors/line.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import { addSeconds, type Instant, instant } from '../../otel/time.ts';
import type { FactOf } from '../../processors/fact.ts';
import { createIntakeFold } from '../../processors/intake.ts';

const T0 = instant(1_777_888_800_000_000_000n);
const source: SourceInfo = { name: 'ollama', dialect: 'ollama', identity: 'i' };
const at = (seconds: number): Instant => addSeconds(T0, seconds);

const read = (
  written: number,
  arrived: number,
  { timing = 'logged', observed = true }: { timing?: RecordReading['timing']; observed?: boolean } = {},
): RecordReading => {
  const line: Line = {
    source,
    text: '',
    position: 0,
    sizeBytes: 1,
    arrival: at(arrived),
    observed,
    truncated: false,
  };
  return {
    type: 'line',
    class: 'noise',
    name: 'slog',
    at: at(written),
    timing,
    severity: 'INFO',
    body: undefined,
    line,
    offset: 0,
  };
};

const told = (...readings: readonly RecordReading[]): FactOf<'lines.counted'>[] => {
  const fold = createIntakeFold();
  const facts: FactOf<'lines.counted'>[] = [];
  for (const reading of [...readings, { type: 'tick', at: at(100) } as const])
    fold.step(reading, (fact) => {
      if (fact.type === 'lines.counted') facts.push(fact);
    });
  return facts;
};

describe('how far reading is behind', () => {
  test('is what lies between the time of the newest line and its arrival', () => {
    expect(told(read(1, 31), read(29, 31.5))).toMatchObject([{ count: 2, delaySeconds: 2.5 }]);
  });

  test('is never negative, whatever the clock of the log', () => {
    expect(told(read(5, 4.2))[0]?.delaySeconds).toBe(0);
  });

  test('is absent where a line carries no time, or nobody saw it arrive', () => {
    expect(told(read(1, 31, { timing: 'observed' }))[0]).not.toHaveProperty('delaySeconds');
    expect(told(read(1, 31, { observed: false }))[0]).not.toHaveProperty('delaySeconds');
  });
});
