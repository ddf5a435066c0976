// The seam: our plain signals become the SDK's data types, with their own times and ids. Nothing of the SDK's instruments,
// tracers or clocks takes part.
import { type Attributes as SdkAttributes, SpanKind, SpanStatusCode, TraceFlags, ValueType } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { resourceFromAttributes, type Resource as SdkResource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { HistogramPoint, NumberPoint, Snapshot, SnapshotMetric } from '../aggregate.ts';
import { metricRow } from '../catalogue/metrics.ts';
import type { SpanRef } from '../ids.ts';
import {
  type Attributes,
  type LogSignal,
  type Resource,
  type ScopeName,
  type SpanSignal,
  severityNumbers,
} from '../signal.ts';
import { type Instant, toHrTime } from '../time.ts';

type HrTime = [number, number];

/** Who says it, made once: the exporters group by the identity of these objects. */
export type SdkSource = {
  readonly resource: SdkResource;
  readonly scopes: { readonly [S in ScopeName]: InstrumentationScope };
};

/** The named seam for attributes: the SDK's type differs only in wanting arrays that may be written to; it does not. */
const sdkAttributes = (attributes: Attributes): SdkAttributes => attributes as SdkAttributes;

export const sdkSource = (resource: Resource, version: string): SdkSource => ({
  resource: resourceFromAttributes(sdkAttributes(resource.attributes)),
  scopes: {
    'ollascope/ollama': { name: 'ollascope/ollama', version },
    'ollascope/nvidia': { name: 'ollascope/nvidia', version },
    'ollascope/self': { name: 'ollascope/self', version },
  },
});

const STATUS = { unset: SpanStatusCode.UNSET, ok: SpanStatusCode.OK, error: SpanStatusCode.ERROR } as const;
const KIND = { server: SpanKind.SERVER, internal: SpanKind.INTERNAL } as const;
const UNKNOWN_TIME: HrTime = [0, 0];

const contextOf = (ref: SpanRef) => ({ traceId: ref.traceId, spanId: ref.spanId, traceFlags: TraceFlags.SAMPLED });

const duration = (start: Instant, end: Instant): HrTime => {
  const ns = end - start;
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
};

export const toReadableSpan = (span: SpanSignal, source: SdkSource): ReadableSpan => {
  const context = contextOf(span);
  return {
    name: span.name,
    kind: KIND[span.kind],
    spanContext: () => context,
    ...(span.parentSpanId === undefined
      ? {}
      : { parentSpanContext: contextOf({ traceId: span.traceId, spanId: span.parentSpanId }) }),
    startTime: toHrTime(span.start),
    endTime: toHrTime(span.end),
    duration: duration(span.start, span.end),
    status: {
      code: STATUS[span.status.code],
      ...(span.status.message === undefined ? {} : { message: span.status.message }),
    },
    attributes: sdkAttributes(span.attributes),
    links: span.links.map((link) => ({ context: contextOf(link) })),
    events: span.events.map((event) => ({
      name: event.name,
      time: toHrTime(event.at),
      attributes: sdkAttributes(event.attributes),
    })),
    ended: true,
    resource: source.resource,
    instrumentationScope: source.scopes[span.scope],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
};

/**
 * The event's name as an attribute too: Loki 3.7 keeps a record's attributes and leaves its field of that name out, and
 * nothing behind it could be asked by event. A Loki that keeps the field spells both the same.
 */
const EVENT_NAME = 'event.name';

export const toReadableLogRecord = (log: LogSignal, source: SdkSource): ReadableLogRecord => ({
  hrTime: toHrTime(log.at),
  hrTimeObserved: toHrTime(log.observedAt),
  ...(log.spanRef === undefined ? {} : { spanContext: contextOf(log.spanRef) }),
  severityText: log.severity,
  severityNumber: severityNumbers[log.severity],
  body: log.body,
  ...(log.eventName === undefined ? {} : { eventName: log.eventName }),
  resource: source.resource,
  instrumentationScope: source.scopes[log.scope],
  attributes: sdkAttributes(
    log.eventName === undefined ? log.attributes : { ...log.attributes, [EVENT_NAME]: log.eventName },
  ),
  droppedAttributesCount: 0,
});

/** How metrics and attributes are named on a path: as the catalogue does, or translated for Prometheus. */
export type Naming = {
  readonly metric: (metric: SnapshotMetric) => { readonly name: string; readonly unit: string };
  readonly attributes: (attributes: Attributes) => Attributes;
};
export const catalogueNaming: Naming = {
  metric: ({ name }) => ({ name, unit: metricRow(name).unit }),
  attributes: (attributes) => attributes,
};

const numberPoint = (point: NumberPoint, at: HrTime, naming: Naming) => ({
  attributes: sdkAttributes(naming.attributes(point.attributes)),
  startTime: point.startAt === undefined ? UNKNOWN_TIME : toHrTime(point.startAt),
  endTime: at,
  value: point.value,
});

const histogramPoint = (point: HistogramPoint, boundaries: readonly number[], at: HrTime, naming: Naming) => ({
  attributes: sdkAttributes(naming.attributes(point.attributes)),
  startTime: toHrTime(point.startAt),
  endTime: at,
  value: {
    buckets: { boundaries: [...boundaries], counts: [...point.bucketCounts] },
    count: point.count,
    sum: point.sum,
    min: point.min,
    max: point.max,
  },
});

const toMetricData = (metric: SnapshotMetric, at: Instant, naming: Naming): MetricData => {
  const row = metricRow(metric.name);
  const time = toHrTime(at);
  const base = {
    // Always doubles: the same series must not change its type between a whole and a broken value.
    descriptor: { ...naming.metric(metric), description: row.brief, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (metric.kind === 'histogram') {
    const dataPoints = metric.points.map((point) => histogramPoint(point, row.buckets ?? [], time, naming));
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = metric.points.map((point) => numberPoint(point, time, naming));
  return row.instrument === 'gauge'
    ? { ...base, dataPointType: DataPointType.GAUGE, dataPoints }
    : { ...base, dataPointType: DataPointType.SUM, isMonotonic: row.instrument === 'counter', dataPoints };
};

export const toResourceMetrics = (
  snapshot: Snapshot,
  source: SdkSource,
  naming: Naming = catalogueNaming,
): ResourceMetrics => {
  const byScope = new Map<ScopeName, MetricData[]>();
  for (const metric of snapshot.metrics) {
    const { scope } = metricRow(metric.name);
    const data = toMetricData(metric, snapshot.at, naming);
    const known = byScope.get(scope);
    if (known === undefined) byScope.set(scope, [data]);
    else known.push(data);
  }
  const scopeMetrics = [...byScope].map(([scope, metrics]) => ({ scope: source.scopes[scope], metrics }));
  return { resource: source.resource, scopeMetrics };
};
