// A recording told as if it happened at another time: every time in a batch is moved by the same distance, and every derived id is
// made anew, since two tellings of one recording are different events to whoever stores them.
import type { Snapshot, SnapshotMetric } from '../otel/aggregate.ts';
import type { AttributeKey } from '../otel/catalogue/attributes.ts';
import type { MetricName } from '../otel/catalogue/metrics.ts';
import { identityOf, type SpanId, type SpanRef, type TraceId } from '../otel/ids.ts';
import type { Attributes, AttributeValue, LogSignal, SpanSignal } from '../otel/signal.ts';
import { type Instant, instant, isoInstant, NS_PER_SECOND, parseRfc3339 } from '../otel/time.ts';
import type { Batch, Output } from './telling.ts';

export type Times = 'recorded' | 'start-now' | 'end-now';

/** Attributes that hold ids or times themselves: everything else says the same at any time. */
const DERIVED: ReadonlySet<string> = new Set([
  'log.record.uid',
  'nvidia.fault.incident',
  'nvidia.fault.trace_ids',
] satisfies readonly AttributeKey[]);
const TIMED: ReadonlySet<string> = new Set(['nvidia.fault.raised_at'] satisfies readonly AttributeKey[]);
/** Gauges whose value is a Unix time, seconds. */
const TIME_GAUGES: ReadonlySet<MetricName> = new Set([
  'ollascope.source.last_line.time',
] satisfies readonly MetricName[]);
const NANOSECOND_DIGITS = 9;

/** Moves batches by `byNs`; `byNs` 0 changes nothing, ids included. */
const createMove = (byNs: bigint): ((batch: Batch) => Batch) => {
  if (byNs === 0n) return (batch) => batch;
  const salt = String(byNs);
  const moved = (at: Instant): Instant => instant(at + byNs);
  const traceId = (id: TraceId): TraceId => identityOf(salt, 'a', id) + identityOf(salt, 'b', id);
  const spanId = (id: SpanId): SpanId => identityOf(salt, id);
  const ref = (known: SpanRef): SpanRef => ({ traceId: traceId(known.traceId), spanId: spanId(known.spanId) });

  const derived = (value: AttributeValue): AttributeValue => {
    if (typeof value === 'string') return identityOf(salt, value);
    return Array.isArray(value) ? value.map((id) => traceId(String(id))) : value;
  };
  const timed = (value: AttributeValue): AttributeValue => {
    const at = parseRfc3339(String(value))?.at;
    return at === undefined ? value : isoInstant(moved(at), NANOSECOND_DIGITS);
  };
  const attributes = (known: Attributes): Attributes => {
    const keys = Object.keys(known);
    if (!keys.some((key) => DERIVED.has(key) || TIMED.has(key))) return known;
    return Object.fromEntries(
      Object.entries(known).map(([key, value]) => [
        key,
        DERIVED.has(key) ? derived(value) : TIMED.has(key) ? timed(value) : value,
      ]),
    );
  };

  const span = (known: SpanSignal): SpanSignal => ({
    ...known,
    traceId: traceId(known.traceId),
    spanId: spanId(known.spanId),
    ...(known.parentSpanId === undefined ? {} : { parentSpanId: spanId(known.parentSpanId) }),
    start: moved(known.start),
    end: moved(known.end),
    attributes: attributes(known.attributes),
    events: known.events.map((event) => ({
      ...event,
      at: moved(event.at),
      attributes: attributes(event.attributes),
    })),
    links: known.links.map(ref),
  });
  const log = (known: LogSignal): LogSignal => ({
    ...known,
    at: moved(known.at),
    observedAt: moved(known.observedAt),
    attributes: attributes(known.attributes),
    ...(known.spanRef === undefined ? {} : { spanRef: ref(known.spanRef) }),
  });
  const metric = (known: SnapshotMetric): SnapshotMetric => {
    if (known.kind === 'histogram') {
      return { ...known, points: known.points.map((point) => ({ ...point, startAt: moved(point.startAt) })) };
    }
    const shift = TIME_GAUGES.has(known.name) ? Number(byNs) / NS_PER_SECOND : 0;
    return {
      ...known,
      points: known.points.map((point) => ({
        ...point,
        value: point.value + shift,
        startAt: point.startAt === undefined ? undefined : moved(point.startAt),
      })),
    };
  };
  const snapshot = ({ at, metrics }: Snapshot): Snapshot => ({ at: moved(at), metrics: metrics.map(metric) });

  return ({ at, spans, logs, snapshot: held }) => ({
    at: moved(at),
    spans: spans.map(span),
    logs: logs.map(log),
    ...(held === undefined ? {} : { snapshot: snapshot(held) }),
  });
};

/** An output that is told everything as if it happened `byNs` later. */
export const movedOutput = (output: Output, byNs: bigint): Output => {
  const move = createMove(byNs);
  return { ...output, write: (batch) => output.write(move(batch)) };
};

/** How far to move what lasted from `startAt` to `endAt`, so that it begins or ends at `now`. */
export const distanceOf = (times: Times, startAt: Instant, endAt: Instant, now: Instant): bigint =>
  times === 'recorded' ? 0n : now - (times === 'start-now' ? startAt : endAt);
