import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, type Exit, exitNumber } from '../../../collectors/sources/backoff.ts';

test('waits double from a second to a minute', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) => backoffMs({ type: 'code', code: 1 }, failures));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('a lost GPU, a missing driver and a missing program begin at ten seconds', () => {
  for (const exit of [
    { type: 'code', code: 15 },
    { type: 'code', code: 9 },
    { type: 'not_started', errno: 'ENOENT' },
  ] satisfies Exit[]) {
    expect(backoffMs(exit, 1)).toBe(10_000);
  }
});

test('every wait is bounded and never shorter than the one before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 10_000 }), (code, failures) => {
      const exit: Exit = { type: 'code', code };
      expect(backoffMs(exit, failures)).toBeLessThanOrEqual(60_000);
      expect(backoffMs(exit, failures + 1)).toBeGreaterThanOrEqual(backoffMs(exit, failures));
    }),
  );
});

test('a signal is numbered as shells do', () => {
  expect(exitNumber({ type: 'signal', signal: 'SIGKILL' })).toBe(137);
  expect(exitNumber({ type: 'not_started', errno: 'ENOENT' })).toBeUndefined();
});
