// One thing to wait on for a source that has several causes to wake: a change hint, a stream, an exit, a poll.
// A ring before the wait is not lost; rings in between collapse into one.
import type { Clock } from '../../otel/clock.ts';

export type Bell = {
  ring(): void;
  /** Waits for a ring, at most `ms` when given. Leaves no timer behind. */
  wait(signal: AbortSignal, ms?: number): Promise<'rung' | 'timeout' | 'aborted'>;
};

export const createBell = (clock: Clock): Bell => {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (signal, ms) => {
      if (signal.aborted) return 'aborted';
      if (!rung) {
        const stop = new AbortController();
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true, signal: stop.signal });
        });
        await (ms === undefined ? woken : Promise.race([woken, clock.wait(ms, stop.signal)]));
        stop.abort();
        wake = undefined;
      }
      if (signal.aborted) return 'aborted';
      if (!rung) return 'timeout';
      rung = false;
      return 'rung';
    },
  };
};
