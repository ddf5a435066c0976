// The wall clock in nanoseconds, for truth and arrival times. `Date.now()` has whole milliseconds only, so the
// monotonic clock is anchored once, at the very instant at which `Date.now()` ticks over.

const anchor = (): bigint => {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return BigInt(now) * 1_000_000n - process.hrtime.bigint();
};

const epochMinusMonotonicNs = anchor();

/** Nanoseconds since the Unix epoch; right to some microseconds for the minute or so that a scenario lasts. */
export const epochNs = (): bigint => process.hrtime.bigint() + epochMinusMonotonicNs;

/** JSON with bigints as plain integers, all digits kept (a reader that uses doubles loses the last 256 ns). */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `@integer:${item}` : item), 1).replace(
    /"@integer:(-?\d+)"/g,
    '$1',
  );
