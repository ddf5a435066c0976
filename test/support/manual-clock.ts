// A clock that stands still until a test moves it. `waiting` lets a test know that the code under test has come to a
// wait, so that nothing ever sleeps.
import type { Clock } from '../../otel/clock.ts';
import { addNs, type Instant, instant, NS_PER_MS } from '../../otel/time.ts';

export type ManualClock = Clock & {
  /** Moves time forward and fires what falls due, in order of time. */
  advance(ms: number): void;
  /** Sets the wall clock without firing anything: what an administrator or NTP does. */
  set(at: Instant): void;
  /** Resolves when at least `count` waits are pending. */
  waiting(count?: number): Promise<void>;
  pending(): number;
};

type Wait = { readonly dueMs: number; readonly finish: () => void };
type Repeat = { dueMs: number; readonly everyMs: number; readonly call: () => void };

export const START = instant(1_790_000_000_000_000_000n);

export const createManualClock = (startAt: Instant = START): ManualClock => {
  let wall = startAt;
  let elapsedMs = 0;
  const waits = new Set<Wait>();
  const repeats = new Set<Repeat>();
  let watchers: { readonly count: number; readonly resolve: () => void }[] = [];
  const tellWatchers = (): void => {
    for (const watcher of watchers) if (waits.size >= watcher.count) watcher.resolve();
    watchers = watchers.filter((watcher) => waits.size < watcher.count);
  };
  const moveTo = (ms: number): void => {
    wall = addNs(wall, (ms - elapsedMs) * NS_PER_MS);
    elapsedMs = ms;
  };
  const nextDue = (untilMs: number): Wait | Repeat | undefined =>
    [...waits, ...repeats].filter((item) => item.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];

  return {
    now: () => wall,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const finish = (): void => {
          waits.delete(wait);
          signal?.removeEventListener('abort', finish);
          resolve();
        };
        const wait: Wait = { dueMs: elapsedMs + ms, finish };
        waits.add(wait);
        signal?.addEventListener('abort', finish, { once: true });
        tellWatchers();
      }),
    every: (ms, f) => {
      const repeat: Repeat = { dueMs: elapsedMs + ms, everyMs: ms, call: f };
      repeats.add(repeat);
      return () => {
        repeats.delete(repeat);
      };
    },
    advance: (ms) => {
      const untilMs = elapsedMs + ms;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        moveTo(due.dueMs);
        if ('finish' in due) due.finish();
        else {
          due.dueMs += due.everyMs;
          due.call();
        }
      }
      moveTo(untilMs);
    },
    set: (at) => {
      wall = at;
    },
    waiting: (count = 1) =>
      new Promise((resolve) => {
        watchers.push({ count, resolve });
        tellWatchers();
      }),
    pending: () => waits.size,
  };
};
