// The grid of ticks between two moments. A live run and a replay walk the same grid, so folds see the same time.
// A long silence (a laptop that slept, a log with a hole of days) is crossed in bounded steps.
import { TICK_NS } from '../collectors/line.ts';
import { type Instant, instant } from '../otel/time.ts';

/** Ticks walked one by one after the last event: a minute lets every window of the folds close. */
export const TICKS_PER_GAP_MAX = 600;

const GRID = BigInt(TICK_NS);
const firstAfter = (at: Instant): bigint => (at / GRID + 1n) * GRID;

/** Grid points in (from, to], at most TICKS_PER_GAP_MAX, then only the last one. */
export const ticksBetween = (from: Instant, to: Instant, each: (at: Instant) => void): void => {
  const last = (to / GRID) * GRID;
  let next = firstAfter(from);
  for (let n = 0; n < TICKS_PER_GAP_MAX && next <= last; n += 1) {
    each(instant(next));
    next += GRID;
  }
  if (next <= last) each(instant(last));
};
