import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parserOf } from '../../agent/parsers.ts';
import { createPipeline } from '../../agent/pipeline.ts';
import { rechunk } from '../../collectors/sources/recording.ts';
import type { SourceEvent } from '../../collectors/sources/source.ts';
import { addNs } from '../../otel/time.ts';
import { START } from '../support/manual-clock.ts';

const ollama = { name: 'ollama', dialect: 'ollama', identity: 'o' } as const;
const kernel = { name: 'kernel', dialect: 'kernel', identity: 'k' } as const;
const LOG =
  '[GIN] 2026/09/21 - 13:33:20 | 200 |   51.807µs |       127.0.0.1 | GET      "/"\nllama_model_loader: a\nb\n';

/** Two sources in turn, some reads ending inside a line. */
const events = (): readonly SourceEvent[] => {
  const bytes = Buffer.from(LOG.repeat(3));
  const cuts = [0, 30, 31, 130, 200, bytes.length];
  return cuts.slice(1).flatMap((end, index): readonly SourceEvent[] => {
    const from = cuts[index] ?? 0;
    const at = addNs(START, (index + 1) * 300_000_000);
    return [
      { type: 'chunk', source: ollama, bytes: bytes.subarray(from, end), position: from, arrival: at, observed: true },
      {
        type: 'chunk',
        source: kernel,
        bytes: Buffer.from(`[ ${index}.5] NVRM: x\n`),
        position: index * 16,
        arrival: at,
        observed: true,
      },
    ];
  });
};

const readingsOf = (fed: Iterable<SourceEvent>): readonly string[] => {
  const seen: string[] = [];
  const pipeline = createPipeline({
    folds: [
      {
        name: 'seen',
        step: (input) => {
          if ('line' in input && 'severity' in input)
            seen.push(
              `${input.line.source.name} ${input.line.position} ${input.line.arrival} ${input.at} ${input.line.text}`,
            );
          else if (input.type === 'tick') seen.push(`tick ${input.at}`);
          return true;
        },
        end: () => undefined,
      },
    ],
    parserOf,
    describe: () => undefined,
    onSignal: () => undefined,
    onTick: () => undefined,
    startAt: START,
  });
  for (const event of fed) pipeline.feed(event);
  pipeline.end();
  return seen;
};

test('any chunking of what arrived together gives the same readings at the same times', () => {
  const whole = readingsOf(events());
  expect(whole.length).toBeGreaterThan(10);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      let next = 0;
      const sizeOf = (): number => {
        next += 1;
        return sizes[next % sizes.length] ?? 1;
      };
      expect(readingsOf(rechunk(events(), sizeOf))).toEqual(whole);
    }),
  );
});
