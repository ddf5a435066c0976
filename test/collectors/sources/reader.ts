// Pulls a source's events in a test, with time moved only where the source waits for it, and says what it left behind.
import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { NoticeKind } from '../../../collectors/line.ts';
import { createArrivals } from '../../../collectors/sources/arrivals.ts';
import type { Source, SourceContext, SourceEvent } from '../../../collectors/sources/source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

export const createContext = (
  clock: ManualClock = createManualClock(),
): SourceContext & { readonly clock: ManualClock } => ({
  clock,
  arrivals: createArrivals(clock),
});

export type Reader = {
  readonly events: SourceEvent[];
  /** The next event, or undefined at the end. Moves time by `stepMs` whenever the source waits for it. */
  next(): Promise<SourceEvent | undefined>;
  until(isEnough: (events: readonly SourceEvent[]) => boolean): Promise<void>;
  /** Aborts and resolves when the source has finished. */
  close(): Promise<void>;
};

export const createReader = (source: Source, clock: ManualClock, stepMs?: number): Reader => {
  const abort = new AbortController();
  const iterator = source.events(abort.signal)[Symbol.asyncIterator]();
  const events: SourceEvent[] = [];
  const next = async (): Promise<SourceEvent | undefined> => {
    const pulled = iterator.next();
    let isPulled = false;
    void pulled.finally(() => {
      isPulled = true;
    });
    while (stepMs !== undefined && !isPulled) {
      await Promise.race([pulled, clock.waiting()]);
      await setImmediate(); // lets files, pipes and processes have their turn before time goes on
      if (!isPulled && clock.pending() > 0) clock.advance(stepMs);
    }
    const result = await pulled;
    if (result.done === true) return undefined;
    events.push(result.value);
    return result.value;
  };
  return {
    events,
    next,
    until: async (isEnough) => {
      while (!isEnough(events)) {
        if ((await next()) === undefined)
          throw new Error(`the source ended early, after ${textOf(events)} ${kindsOf(events)}`);
      }
    },
    close: async () => {
      abort.abort();
      for (let result = await iterator.next(); result.done !== true; result = await iterator.next())
        events.push(result.value);
    },
  };
};

export const textOf = (events: readonly SourceEvent[]): string =>
  Buffer.concat(events.flatMap((event) => (event.type === 'chunk' ? [event.bytes] : []))).toString('latin1');

/** Notices and runs of bytes in their order: `opened, bytes, rotated, bytes`. */
export const kindsOf = (events: readonly SourceEvent[]): readonly string[] =>
  events
    .map((event) => (event.type === 'chunk' ? 'bytes' : event.kind))
    .filter((kind, index, all) => kind !== 'bytes' || all[index - 1] !== kind);

export const hasText =
  (text: string) =>
  (events: readonly SourceEvent[]): boolean =>
    textOf(events).includes(text);
export const hasNotice =
  (kind: NoticeKind) =>
  (events: readonly SourceEvent[]): boolean =>
    events.some((event) => event.type === 'notice' && event.kind === kind);
export const observedText = (events: readonly SourceEvent[]): string =>
  textOf(events.filter((event) => event.type === 'chunk' && event.observed));
export const noticeOf = (events: readonly SourceEvent[], kind: NoticeKind) =>
  events.find((event) => event.type === 'notice' && event.kind === kind);

/** Descriptors of this process that lead below a folder: what a source forgot to close. */
export const openBelow = (folder: string): number =>
  readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false; // the descriptor of this very listing
    }
  }).length;
