// The grid of ticks: the same points however time is cut, and never more than a bounded number.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TICKS_PER_GAP_MAX, ticksBetween } from '../../agent/ticks.ts';
import { TICK_NS } from '../../collectors/line.ts';
import { instant } from '../../otel/time.ts';

const collect = (cuts: readonly bigint[]): bigint[] => {
  const ticks: bigint[] = [];
  for (let i = 1; i < cuts.length; i += 1) {
    ticksBetween(instant(cuts[i - 1] ?? 0n), instant(cuts[i] ?? 0n), (at) => ticks.push(at));
  }
  return ticks;
};

test('ticks are the grid points in (from, to]', () => {
  expect(collect([0n, 350_000_000n])).toEqual([100_000_000n, 200_000_000n, 300_000_000n]);
  expect(collect([100_000_000n, 199_999_999n])).toEqual([]);
});

test('cutting a stretch anywhere gives the same ticks', () => {
  const small = fc.array(fc.bigInt({ min: 0n, max: BigInt(TICK_NS) * BigInt(TICKS_PER_GAP_MAX) }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(small, (cuts) => {
      const ordered = [0n, ...cuts].sort((a, b) => (a < b ? -1 : 1));
      expect(collect(ordered)).toEqual(collect([0n, ordered.at(-1) ?? 0n]));
    }),
  );
});

test('a gap of years is crossed in a bounded number of ticks that ends at its end', () => {
  const ticks = collect([0n, 10n ** 17n]);
  expect(ticks).toHaveLength(TICKS_PER_GAP_MAX + 1);
  expect(ticks.at(-1)).toBe(10n ** 17n);
});
