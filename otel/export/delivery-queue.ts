// The queue of one signal: what was told and is not acknowledged yet, oldest first. Full, it gives up the oldest: what is
// newest says most about now. A snapshot counts as one item, however many series it holds.
import type { Instant } from '../time.ts';

/** Items told together: caused by what was read later than `after`. Undefined for the first ones ever. */
export type Entry<T> = { readonly after: Instant | undefined; readonly toldAt: Instant; readonly items: readonly T[] };

export type DeliveryQueue<T> = {
  readonly push: (entry: Entry<T>) => void;
  /** The oldest entries, whole ones, together at most `itemsMax` items unless the first alone is larger. They stay queued. */
  readonly head: (itemsMax: number) => readonly Entry<T>[];
  /** Takes away those of a head that are still there, and says how many items that was: some may have been given up meanwhile. */
  readonly settle: (entries: readonly Entry<T>[]) => number;
  readonly size: () => number;
  readonly oldest: () => Entry<T> | undefined;
  /** Gives up everything; returns how many items that was. */
  readonly clear: () => number;
};

export const createDeliveryQueue = <T>(itemsMax: number, onDropped: (items: number) => void): DeliveryQueue<T> => {
  let entries: Entry<T>[] = [];
  let size = 0;

  const dropOldest = (): void => {
    let dropped = 0;
    let count = 0;
    // The newest entry stays even where it alone is over the bound: it is bounded by the tick that made it.
    while (size - dropped > itemsMax && count < entries.length - 1) {
      dropped += entries[count]?.items.length ?? 0;
      count += 1;
    }
    if (count === 0) return;
    entries = entries.slice(count);
    size -= dropped;
    onDropped(dropped);
  };

  return {
    push: (entry) => {
      entries.push(entry);
      size += entry.items.length;
      dropOldest();
    },
    head: (most) => {
      const taken: Entry<T>[] = [];
      let items = 0;
      for (const entry of entries) {
        if (taken.length > 0 && items + entry.items.length > most) break;
        taken.push(entry);
        items += entry.items.length;
      }
      return taken;
    },
    settle: (settled) => {
      const there = new Set(settled);
      let items = 0;
      let count = 0;
      for (const entry of entries) {
        if (!there.has(entry)) break;
        items += entry.items.length;
        count += 1;
      }
      entries = entries.slice(count);
      size -= items;
      return items;
    },
    size: () => size,
    oldest: () => entries[0],
    clear: () => {
      const left = size;
      entries = [];
      size = 0;
      return left;
    },
  };
};
