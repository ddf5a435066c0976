// Closed requests: held for a moment so that a fault that comes with them is on their span, then remembered for faults that come
// later and for sharing energy. Whatever is put in comes out exactly once, on a tick at most 0.4 s later or at the end.
import { type Instant, secondsBetween } from '../../otel/time.ts';
import type { FinishedRequest } from '../fact.ts';
import { FAULT_HOLD_SECONDS, FAULT_MEMORY_SECONDS, FINISHED_MEMORY_MAX, POWER_HISTORY_MAX } from '../limits.ts';
import { overlaps, type Work } from './energy-share.ts';

export type Shelved = { readonly request: FinishedRequest; readonly closedAt: Instant; readonly work: Work };
type Held = Shelved & { heard: Instant | undefined };
type Finished = Shelved & { readonly heard: Instant };

/** Looked through for one request's sharers: the newest ones, which are those that can overlap. */
const SEARCHED_MAX = 1_024;

export const createShelf = () => {
  let held: Held[] = [];
  let finished: Finished[] = [];

  return {
    /** Its time is that of the next reading or tick: a fact comes before the input that caused it has reached this fold. */
    hold: (shelved: Shelved): void => {
      held.push({ ...shelved, heard: undefined });
    },
    holding: (): number => held.length,
    hear: (now: Instant): void => {
      for (let i = held.length - 1; i >= 0; i -= 1) {
        const one = held[i];
        if (one === undefined || one.heard !== undefined) return;
        one.heard = now;
      }
    },
    /** Those held long enough, and beyond FINISHED_MEMORY_MAX the oldest; without a time all. They are remembered from now on. */
    take: (now: Instant | undefined): readonly Shelved[] => {
      if (held.length === 0) return held;
      const surplus = held.length - FINISHED_MEMORY_MAX;
      const due: Held[] = [];
      const rest: Held[] = [];
      for (const [index, one] of held.entries()) {
        const waited = now === undefined || one.heard === undefined ? 0 : secondsBetween(one.heard, now);
        const isDue = now === undefined || index < surplus || waited >= FAULT_HOLD_SECONDS;
        (isDue ? due : rest).push(one);
      }
      held = rest;
      for (const one of due) finished.push({ ...one, heard: now ?? one.closedAt });
      if (finished.length >= 2 * FINISHED_MEMORY_MAX) finished = finished.slice(-FINISHED_MEMORY_MAX);
      return due;
    },
    /** Told, but young enough for a late fault; newest first. */
    late: function* (now: Instant): Generator<FinishedRequest> {
      for (let i = finished.length - 1; i >= 0; i -= 1) {
        const one = finished[i];
        if (one === undefined || secondsBetween(one.heard, now) > FAULT_MEMORY_SECONDS) return;
        yield one.request;
      }
    },
    /** What others did at the same time, as far as they have closed. */
    worksBeside: (self: Shelved): readonly Work[] => {
      const works: Work[] = [];
      const look = ({ request, work }: Shelved | undefined = self): void => {
        if (request !== self.request && overlaps(work, self.work)) works.push(work);
      };
      for (let i = Math.max(0, finished.length - SEARCHED_MAX); i < finished.length; i += 1) look(finished[i]);
      for (const one of held) look(one);
      return works;
    },
    /** What is older than the power history shares in nothing. */
    forget: (now: Instant): void => {
      const [first] = finished;
      if (first === undefined || secondsBetween(first.heard, now) <= POWER_HISTORY_MAX) return;
      // They lie in the order in which they were heard of: a full look at every tick would be a fold's whole day.
      const young = finished.findIndex(({ heard }) => secondsBetween(heard, now) <= POWER_HISTORY_MAX);
      finished = young < 0 ? [] : finished.slice(young);
    },
  };
};
