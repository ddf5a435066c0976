// From signals to outputs: metrics go into the aggregate, spans and logs into the batch of the current tick; each tick hands
// the batch on, each metric interval a snapshot with it, and so does what somebody may be paged for. All moments are grid points of event time, never of a wall clock,
// so a replay makes the same batches as the live run did.
import type { Aggregate } from '../otel/aggregate.ts';
import { metricRow } from '../otel/catalogue/metrics.ts';
import type { DeliveryBatch } from '../otel/export/delivery.ts';
import type { LogSignal, Signal, SpanSignal } from '../otel/signal.ts';
import { type Instant, NS_PER_SECOND } from '../otel/time.ts';

/** What one tick brought. */
export type Batch = DeliveryBatch;

export type Output = {
  readonly write: (batch: Batch) => void;
  /** Resolves when the output can take more; undefined when it can already. */
  readonly pressure: () => Promise<void> | undefined;
  /** Delivers what is left, within the output's own deadline. */
  readonly close: () => Promise<void>;
};

export type Telling = {
  readonly signal: (signal: Signal) => void;
  readonly tick: (at: Instant) => void;
  /** The last batch, with a last snapshot. */
  readonly finish: (at: Instant) => void;
};

export type TellingOptions = {
  readonly aggregate: Aggregate;
  readonly outputs: readonly Output[];
  readonly metricIntervalSeconds: number;
  /**
   * Spans, logs, counts and distributions from before this moment are knowledge, not news: they are not told. What still
   * holds (gauges: which model is loaded) is.
   */
  readonly newsFrom?: Instant;
};

/** A storm of urgent points must not become a storm of snapshots. */
const URGENT_EVERY_NS = BigInt(NS_PER_SECOND);

export const createTelling = (options: TellingOptions): Telling => {
  const { aggregate, outputs, newsFrom } = options;
  const interval = BigInt(Math.round(options.metricIntervalSeconds * NS_PER_SECOND));
  let spans: SpanSignal[] = [];
  let logs: LogSignal[] = [];
  let lastInterval: bigint | undefined;
  let isUrgent = false;
  let lastUrgentAt: Instant | undefined;

  const write = (at: Instant, withSnapshot: boolean): void => {
    if (spans.length === 0 && logs.length === 0 && !withSnapshot) return;
    const batch: Batch = withSnapshot ? { at, spans, logs, snapshot: aggregate.snapshot(at) } : { at, spans, logs };
    spans = [];
    logs = [];
    for (const output of outputs) output.write(batch);
  };
  const isNews = (at: Instant): boolean => newsFrom === undefined || at >= newsFrom;

  return {
    signal: (signal) => {
      if (signal.signal === 'span') {
        if (isNews(signal.end)) spans.push(signal);
      } else if (signal.signal === 'log') {
        if (isNews(signal.at)) logs.push(signal);
      } else if (signal.signal === 'stale') aggregate.add(signal);
      else if (isNews(signal.at) || aggregate.isState(signal.name)) {
        aggregate.add(signal);
        if (metricRow(signal.name).urgent === true) isUrgent = true;
      }
    },
    tick: (at) => {
      const current = at / interval;
      const due = lastInterval !== undefined && current > lastInterval;
      if (lastInterval === undefined || due) lastInterval = current;
      const atOnce = isUrgent && (lastUrgentAt === undefined || at - lastUrgentAt >= URGENT_EVERY_NS);
      if (atOnce) lastUrgentAt = at;
      if (due || atOnce) isUrgent = false;
      write(at, due || atOnce);
    },
    finish: (at) => write(at, true),
  };
};
