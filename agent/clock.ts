// The one clock of a running agent. It runs on the monotonic counter for its resolution and follows the wall clock when
// the two part: Ollama's stamps are wall-clock, so arrivals must be too.
import type { Clock } from '../otel/clock.ts';
import { type Instant, instant, NS_PER_MS } from '../otel/time.ts';

/** Apart by more than this, the wall clock was set or slewed: anchor anew. Date.now() alone is coarse by 1 ms. */
const DRIFT_MS_MAX = 5;
/** Date.now() is cut to whole milliseconds: half of one is its best estimate. */
const HALF_MS = 0.5;

const toInstant = (ms: number): Instant => {
  const whole = Math.floor(ms);
  return instant(BigInt(whole) * BigInt(NS_PER_MS) + BigInt(Math.round((ms - whole) * NS_PER_MS)));
};

const createSystemClock = (): Clock => {
  let anchorMs = performance.timeOrigin;
  return {
    now: () => {
      const elapsedMs = performance.now();
      const wallMs = Date.now() + HALF_MS;
      if (Math.abs(wallMs - (anchorMs + elapsedMs)) > DRIFT_MS_MAX) anchorMs = wallMs - elapsedMs;
      return toInstant(anchorMs + elapsedMs);
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const finish = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', finish);
          resolve();
        };
        const timer = setTimeout(finish, ms);
        signal?.addEventListener('abort', finish, { once: true });
      }),
    every: (ms, f) => {
      const timer = setInterval(f, ms);
      return () => clearInterval(timer);
    },
  };
};

export const systemClock: Clock = createSystemClock();
