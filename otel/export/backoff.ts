// How long to wait before trying again: longer each time, never beyond a bound, and never at the same moment as the others.

/** A receiver that restarts is back within seconds. */
export const BACKOFF_MS_FIRST = 500;
/** Longer waits would only make the catching up later. */
export const BACKOFF_MS_MAX = 30_000;
/** A receiver may ask for more, up to this: beyond, it is mistaken. */
export const ASKED_MS_MAX = 300_000;

/** `attempt` counts from 0, `random` is in [0, 1): half the wait is fixed, half is spread, so that agents do not return as one. */
export const backoffMs = (attempt: number, random: number, askedMs?: number): number => {
  const step = Math.min(BACKOFF_MS_FIRST * 2 ** Math.min(attempt, 30), BACKOFF_MS_MAX);
  const own = step / 2 + (step / 2) * random;
  if (askedMs === undefined) return own;
  // Asked waits are kept whole; the spread comes on top.
  return Math.min(Math.max(askedMs, 0), ASKED_MS_MAX) + (step / 2) * random;
};
