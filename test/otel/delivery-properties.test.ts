// Delivery under any history of answers, and the waits between tries.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASKED_MS_MAX, BACKOFF_MS_FIRST, BACKOFF_MS_MAX, backoffMs } from '../../otel/export/backoff.ts';
import type { ExportOutcome } from '../../otel/export/exporter.ts';
import { ACCEPTED, RETRY, setUp, spansAt, sumOf } from './delivery-setup.ts';
import { sec } from './samples.ts';

describe('delivery', () => {
  test('whatever the answers, every item is taken, refused, given up or waiting, once, and in order', async () => {
    const outcomes = fc.array(
      fc.constantFrom<ExportOutcome>(ACCEPTED, RETRY, { result: 'rejected', reason: 'no', count: 1 }),
      { maxLength: 20 },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, outcomes, async (batches, answers) => {
        const { delivery, answer, clock, isOpen, acknowledged } = setUp({
          itemsMax: 12,
          snapshotsMax: 2,
          requestItemsMax: 4,
        });
        let told = 0;
        let seconds = 0;
        for (const size of batches) {
          seconds += 1;
          told += size;
          delivery.write(spansAt(seconds, size));
          const outcome = answers[seconds % Math.max(1, answers.length)];
          if (outcome !== undefined && isOpen() > 0) await answer(outcome);
          clock.advance(BACKOFF_MS_MAX);
          await new Promise(setImmediate);
        }
        const points = delivery.takePoints(sec(seconds));
        const sum = ['accepted', 'rejected', 'queue_full', 'shutdown'].reduce(
          (total, word) =>
            total +
            sumOf(points, 'ollascope.delivery.exported', word) +
            sumOf(points, 'ollascope.delivery.dropped', word),
          0,
        );
        expect(sum + sumOf(points, 'ollascope.delivery.queue.size', 'traces')).toBe(told);
        expect([...acknowledged].sort((a, b) => Number(a - b))).toEqual(acknowledged);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the wait before trying again', () => {
  test('grows to its bound and is spread over half of itself', () => {
    expect(backoffMs(0, 0)).toBe(BACKOFF_MS_FIRST / 2);
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const wait = backoffMs(attempt, random);
        expect(wait).toBeGreaterThanOrEqual(BACKOFF_MS_FIRST / 2);
        expect(wait).toBeLessThan(BACKOFF_MS_MAX);
        expect(backoffMs(attempt + 1, random)).toBeGreaterThanOrEqual(wait);
      }),
    );
  });

  test('an asked wait is bounded too', () => {
    expect(backoffMs(0, 0, 10_000_000)).toBe(ASKED_MS_MAX);
    expect(backoffMs(0, 0, -5)).toBe(0);
  });
});
