// Arrival times that only go forward. A clock that was set back is not followed at once: arrivals run at half speed
// until it has caught up, so that order holds, ticks go on, and times converge.
import type { Clock } from '../../otel/clock.ts';
import { addNs, type Instant, later, NS_PER_SECOND, nsBetween } from '../../otel/time.ts';
import type { Arrivals } from './source.ts';

/** Smaller steps are NTP's daily work and not worth a notice. */
const TOLD_STEP_NS = NS_PER_SECOND;
/** Share of elapsed time by which arrivals fall back towards a clock that was set back. */
const SLEW = 0.5;

export const createArrivals = (clock: Clock): Arrivals => {
  let wall = clock.now();
  let last: Instant = addNs(wall, -1);
  let aheadNs = 0;
  let stepSeconds = 0;
  return {
    next: () => {
      const now = clock.now();
      const elapsedNs = nsBetween(wall, now);
      wall = now;
      if (elapsedNs < 0) aheadNs -= elapsedNs;
      else if (aheadNs > 0) aheadNs = Math.max(0, aheadNs - elapsedNs * SLEW);
      if (elapsedNs <= -TOLD_STEP_NS) stepSeconds += -elapsedNs / NS_PER_SECOND;
      last = later(addNs(now, aheadNs), addNs(last, 1));
      return last;
    },
    takeStepSeconds: () => {
      const seconds = stepSeconds;
      stepSeconds = 0;
      return seconds;
    },
  };
};
