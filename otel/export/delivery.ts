// Keeps what was told until it is acknowledged: a bounded queue per signal, one request of each at a time, tried again with
// growing, spread waits until taken or never takable. The checkpoint may follow `onAcknowledged`, never run ahead of it.
import type { Snapshot } from '../aggregate.ts';
import type { MetricPoint } from '../catalogue/metrics.ts';
import type { Clock } from '../clock.ts';
import type { LogSignal, SpanSignal } from '../signal.ts';
import type { Instant } from '../time.ts';
import { createLane, type Lane } from './delivery-lane.ts';
import type { Exporter } from './exporter.ts';

/** What one tick brought. */
export type DeliveryBatch = {
  /** Everything told so far was caused by what was read up to here. */
  readonly at: Instant;
  readonly spans: readonly SpanSignal[];
  readonly logs: readonly LogSignal[];
  readonly snapshot?: Snapshot;
};

export type DeliveryBounds = {
  /** Per signal: spans, log records. About 1 KiB each: 20 000 are within the memory the agent may have. */
  readonly itemsMax: number;
  /** Snapshots are larger: ten minutes of one every ten seconds. */
  readonly snapshotsMax: number;
  /** In one request: the Collector's default limit is 4 MiB. */
  readonly requestItemsMax: number;
};
const DELIVERY_BOUNDS: DeliveryBounds = { itemsMax: 20_000, snapshotsMax: 60, requestItemsMax: 512 };
/** From the first share of the bound on, reading should pause; from the second down, it may go on. */
const PRESSURE_FROM = 0.5;
const PRESSURE_UNTIL = 0.25;
/** The exporters wait for what is under way, up to their own timeout: longer than anybody waits for a program to end. */
const SHUTDOWN_MS_MAX = 1_000;

export type DeliveryOptions = {
  readonly exporter: Exporter;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly bounds?: DeliveryBounds;
  /**
   * Reading pauses for snapshots too. For a replay, which makes in a second the snapshots of minutes: none of them is told
   * again later. A live agent goes on reading instead, since its next snapshot holds all that a lost one did.
   */
  readonly waitForSnapshots?: boolean;
  /** Every span and log record caused by what was read up to this moment is taken, refused for good or given up. */
  readonly onAcknowledged?: (upTo: Instant) => void;
  /** Told when something is given up or refused, and when sending begins to fail and works again. For people. */
  readonly onMessage?: (level: 'info' | 'warn', text: string) => void;
};

export type Delivery = {
  readonly write: (batch: DeliveryBatch) => void;
  /** Undefined while there is room; else resolves when there is room again, or when closing. */
  readonly pressure: () => Promise<void> | undefined;
  /** What happened since the last call, as points of the agent's own metrics. */
  readonly takePoints: (at: Instant) => readonly MetricPoint[];
  /** Items that nobody has, since the start: refused for good or given up. */
  readonly lost: () => number;
  /** Sends what is left; what is not taken within the deadline is given up and counted. */
  readonly close: (deadlineMs: number) => Promise<void>;
};

export const createDelivery = (options: DeliveryOptions): Delivery => {
  const { exporter, clock } = options;
  const bounds = options.bounds ?? DELIVERY_BOUNDS;
  const stop = new AbortController();
  const waiting = new Set<() => void>();
  let acknowledged: Instant | undefined;
  let written: Instant | undefined;
  let pressed = false;

  const onSettled = (): void => {
    tellAcknowledged();
    if (isPressed()) return;
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const common = { clock, random: options.random, signal: stop.signal, onSettled, onMessage: options.onMessage };
  const traces: Lane<SpanSignal> = createLane({
    ...common,
    kind: 'traces',
    itemsMax: bounds.itemsMax,
    requestItemsMax: bounds.requestItemsMax,
    send: (items) => exporter.export({ kind: 'traces', items }),
  });
  const logs: Lane<LogSignal> = createLane({
    ...common,
    kind: 'logs',
    itemsMax: bounds.itemsMax,
    requestItemsMax: bounds.requestItemsMax,
    send: (items) => exporter.export({ kind: 'logs', items }),
  });
  const metrics: Lane<Snapshot> = createLane({
    // One snapshot per request: a second one after a failure in between would be sent twice.
    ...common,
    kind: 'metrics',
    itemsMax: bounds.snapshotsMax,
    requestItemsMax: 1,
    send: (items) => exporter.export({ kind: 'metrics', items }),
  });
  const lanes = [traces, logs, metrics] as const;

  /** Metrics hold nothing back: sums start anew after a restart, and say so. */
  const tellAcknowledged = (): void => {
    let upTo = written;
    for (const entry of [traces.oldest(), logs.oldest()]) {
      if (entry === undefined) continue;
      // Something of the very first batch is open: nothing at all is acknowledged.
      if (entry.after === undefined) return;
      if (upTo === undefined || entry.after < upTo) upTo = entry.after;
    }
    if (upTo === undefined || (acknowledged !== undefined && upTo <= acknowledged)) return;
    acknowledged = upTo;
    options.onAcknowledged?.(upTo);
  };
  const isPressed = (): boolean => {
    const snapshots = options.waitForSnapshots === true ? metrics.size() / bounds.snapshotsMax : 0;
    const share = Math.max(traces.size() / bounds.itemsMax, logs.size() / bounds.itemsMax, snapshots);
    if (share > PRESSURE_FROM) pressed = true;
    else if (share <= PRESSURE_UNTIL) pressed = false;
    return pressed && !stop.signal.aborted;
  };

  return {
    write: (batch) => {
      if (stop.signal.aborted) return;
      const told = { after: written, toldAt: clock.now() };
      written = batch.at;
      if (batch.spans.length > 0) traces.push({ ...told, items: batch.spans });
      if (batch.logs.length > 0) logs.push({ ...told, items: batch.logs });
      if (batch.snapshot !== undefined) metrics.push({ ...told, items: [batch.snapshot] });
      tellAcknowledged();
    },
    pressure: () => (isPressed() ? new Promise((resolve) => waiting.add(resolve)) : undefined),
    takePoints: (at) => lanes.flatMap((lane) => lane.takePoints(at)),
    lost: () => lanes.reduce((sum, lane) => sum + lane.lost(), 0),
    close: async (deadlineMs) => {
      const deadline = new AbortController();
      await Promise.race([Promise.all(lanes.map((lane) => lane.drained())), clock.wait(deadlineMs, deadline.signal)]);
      deadline.abort();
      stop.abort();
      for (const lane of lanes) lane.giveUp();
      onSettled();
      const grace = new AbortController();
      await Promise.race([exporter.shutdown(), clock.wait(SHUTDOWN_MS_MAX, grace.signal)]);
      grace.abort();
    },
  };
};
