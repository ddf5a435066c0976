import { expect, test } from 'vitest';
import { systemClock } from '../../agent/clock.ts';
import { toMillis } from '../../otel/time.ts';

test('follows the wall clock, finer than it, and never by more than a step of it behind', () => {
  let last = systemClock.now();
  for (let round = 0; round < 1_000; round += 1) {
    const before = Date.now();
    const now = systemClock.now();
    const after = Date.now();
    expect(toMillis(now)).toBeGreaterThanOrEqual(before - 6);
    expect(toMillis(now)).toBeLessThanOrEqual(after + 7);
    last = now;
  }
  expect(last % 1_000_000n, 'has more than milliseconds').not.toBe(0n);
});

test('a wait ends at once when aborted, before and during it', async () => {
  const abort = new AbortController();
  const waited = systemClock.wait(3_600_000, abort.signal);
  abort.abort();
  await waited;
  await systemClock.wait(3_600_000, abort.signal);
});

test('what is repeated can be stopped', async () => {
  await new Promise<void>((resolve) => {
    const stop = systemClock.every(1, () => {
      stop();
      resolve();
    });
  });
});
