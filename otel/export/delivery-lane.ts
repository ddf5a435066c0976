// One signal's way out: the oldest items go first, one request at a time. While a request fails for now, everything behind it
// waits; nothing overtakes.
import type { MetricPoint } from '../catalogue/metrics.ts';
import type { Clock } from '../clock.ts';
import { type Instant, secondsBetween } from '../time.ts';
import { backoffMs } from './backoff.ts';
import { createDeliveryQueue, type Entry } from './delivery-queue.ts';
import type { ExportOutcome, SignalKind } from './exporter.ts';

export type LaneOptions<T> = {
  readonly kind: SignalKind;
  readonly itemsMax: number;
  readonly requestItemsMax: number;
  readonly send: (items: readonly T[]) => Promise<ExportOutcome>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends waits and, after the request under way, the lane. */
  readonly signal: AbortSignal;
  readonly onSettled: () => void;
  readonly onMessage: ((level: 'info' | 'warn', text: string) => void) | undefined;
};

export type Lane<T> = {
  readonly push: (entry: Entry<T>) => void;
  readonly size: () => number;
  /** The oldest entry that waits. */
  readonly oldest: () => Entry<T> | undefined;
  /** Tries again at once where it waits to; resolves when nothing is left, or the lane is ended. */
  readonly drained: () => Promise<void>;
  /** Gives up what waits, counted as lost by shutdown. */
  readonly giveUp: () => void;
  readonly takePoints: (at: Instant) => readonly MetricPoint[];
  /** Items that nobody has, since the start: refused for good or given up. */
  readonly lost: () => number;
};

type Counts = { accepted: number; rejected: number; retries: number; queueFull: number; shutdown: number };
const none = (): Counts => ({ accepted: 0, rejected: 0, retries: 0, queueFull: 0, shutdown: 0 });
/** Delays kept until the next call for points: more than a request per tick for a minute is no news. */
const DELAYS_MAX = 256;

export const createLane = <T>(options: LaneOptions<T>): Lane<T> => {
  const { kind, clock, signal, onMessage } = options;
  let counts = none();
  let delays: number[] = [];
  let running = false;
  let failing = false;
  let lost = 0;
  let refusedFor: string | undefined;
  let idle: (() => void)[] = [];
  let hurry = new AbortController();

  const queue = createDeliveryQueue<T>(options.itemsMax, (items) => {
    if (counts.queueFull === 0)
      onMessage?.('warn', `${kind}: the queue is full at ${options.itemsMax}; the oldest are given up`);
    counts.queueFull += items;
    lost += items;
  });

  const tellWhetherFailing = (outcome: ExportOutcome): void => {
    if (outcome.result === 'retry' && !failing)
      onMessage?.('warn', `${kind}: not taken for now (${outcome.reason}); kept and tried again`);
    if (outcome.result !== 'retry' && failing) onMessage?.('info', `${kind}: taken again, ${queue.size()} waiting`);
    // Told once: a wrong address refuses every request with the same words. All of them are counted.
    if (outcome.result === 'rejected' && outcome.reason !== refusedFor)
      onMessage?.('warn', `${kind}: ${outcome.count} refused for good (${outcome.reason})`);
    if (outcome.result !== 'retry') refusedFor = outcome.result === 'rejected' ? outcome.reason : undefined;
    failing = outcome.result === 'retry';
  };

  const settle = (entries: readonly Entry<T>[], outcome: ExportOutcome): void => {
    const items = queue.settle(entries);
    const rejected = outcome.result === 'rejected' ? Math.min(outcome.count, items) : 0;
    counts.rejected += rejected;
    lost += rejected;
    counts.accepted += items - rejected;
    const toldAt = entries[0]?.toldAt;
    if (toldAt !== undefined && delays.length < DELAYS_MAX)
      delays.push(Math.max(0, secondsBetween(toldAt, clock.now())));
    options.onSettled();
  };

  const send = async (items: readonly T[]): Promise<ExportOutcome> => {
    try {
      return await options.send(items);
    } catch (error) {
      // An exporter promises not to; what it could not say is not lost for it.
      return { result: 'retry', reason: String(error) };
    }
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !signal.aborted; ) {
      const entries = queue.head(options.requestItemsMax);
      if (entries.length === 0) break;
      const outcome = await send(entries.flatMap((entry) => entry.items));
      tellWhetherFailing(outcome);
      if (outcome.result === 'retry') {
        counts.retries += 1;
        const waitMs = backoffMs(attempt, options.random(), outcome.afterMs);
        await clock.wait(waitMs, AbortSignal.any([signal, hurry.signal]));
        attempt += 1;
      } else {
        attempt = 0;
        settle(entries, outcome);
      }
    }
    // In the same turn as the look at the queue: what is pushed from here on starts a new run.
    running = false;
    for (const resolve of idle) resolve();
    idle = [];
  };
  const start = (): void => {
    if (running) return;
    running = true;
    void run();
  };

  return {
    push: (entry) => {
      queue.push(entry);
      start();
    },
    size: queue.size,
    oldest: queue.oldest,
    drained: () => {
      hurry.abort();
      hurry = new AbortController();
      return running ? new Promise((resolve) => idle.push(resolve)) : Promise.resolve();
    },
    giveUp: () => {
      const left = queue.clear();
      counts.shutdown += left;
      lost += left;
      if (left > 0) onMessage?.('warn', `${kind}: ${left} not delivered before the deadline`);
    },
    takePoints: (at) => {
      const points = pointsOf(kind, counts, delays, queue.size(), at);
      counts = none();
      delays = [];
      return points;
    },
    lost: () => lost,
  };
};

const pointsOf = (
  kind: SignalKind,
  counts: Counts,
  delays: readonly number[],
  size: number,
  at: Instant,
): MetricPoint[] => {
  const signal = { 'ollascope.signal': kind } as const;
  const points: MetricPoint[] = [
    { signal: 'metric', name: 'ollascope.delivery.queue.size', value: size, at, attributes: signal },
    { signal: 'metric', name: 'ollascope.delivery.retries', value: counts.retries, at, attributes: signal },
  ];
  for (const [result, value] of [
    ['accepted', counts.accepted],
    ['rejected', counts.rejected],
  ] as const) {
    points.push({
      signal: 'metric',
      name: 'ollascope.delivery.exported',
      value,
      at,
      attributes: { ...signal, 'ollascope.result': result },
    });
  }
  for (const [reason, value] of [
    ['queue_full', counts.queueFull],
    ['shutdown', counts.shutdown],
  ] as const) {
    points.push({
      signal: 'metric',
      name: 'ollascope.delivery.dropped',
      value,
      at,
      attributes: { ...signal, 'ollascope.reason': reason },
    });
  }
  for (const value of delays)
    points.push({ signal: 'metric', name: 'ollascope.delivery.duration', value, at, attributes: signal });
  return points;
};
