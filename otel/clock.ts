// The clock that the shell hands to sources and delivery: types only, so that nothing outside agent/ can read time by itself.
import type { Instant } from './time.ts';

export type Clock = {
  readonly now: () => Instant;
  /** Resolves after `ms`, or as soon as `signal` aborts; never rejects. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Calls `f` every `ms` until the returned function is called. */
  readonly every: (ms: number, f: () => void) => () => void;
};
