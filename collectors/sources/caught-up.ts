// Whether a chunk's arrival says when its lines were written: only where the reader stood at the end shortly before.
import { type Instant, NS_PER_MS, nsBetween } from '../../otel/time.ts';

/** A reader that polls every 250 ms and was at the end longer ago than this has slept, or was held up by its consumer. */
const OBSERVED_LAG_NS = 1_000 * NS_PER_MS;

export type CaughtUp = {
  /** The reader stood at the end at this time: everything read later was written later. */
  atEnd(at: Instant): void;
  isObserved(at: Instant): boolean;
};

export const createCaughtUp = (): CaughtUp => {
  let endSeenAt: Instant | undefined;
  return {
    atEnd: (at) => {
      endSeenAt = at;
    },
    isObserved: (at) => endSeenAt !== undefined && nsBetween(endSeenAt, at) <= OBSERVED_LAG_NS,
  };
};
