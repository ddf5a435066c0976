// What the package gives to other programs: the pure middle (bytes in, metrics, logs and spans out), its parsers, and the
// catalogue of everything that it can say. It neither reads files nor starts anything; the caller brings time with the bytes.

export { type Check, type CheckReport, type CheckTotals, createCheck } from '../collectors/check.ts';
export { detectDialect, detectVersion, type VersionFamily } from '../collectors/detect.ts';
export { createFramer, type Framer } from '../collectors/frame.ts';
export { type Chunk, type Dialect, type Line, type Notice, type SourceInfo, TICK_NS } from '../collectors/line.ts';
export type { Parser, RecordReading } from '../collectors/reading.ts';
export { type Recording, RecordingError, readRecording } from '../collectors/sources/recording.ts';
export { renderWaterfall, type WaterfallOptions } from '../jaeger/waterfall.ts';
export type { Snapshot, SnapshotMetric } from '../otel/aggregate.ts';
export { type AttributeKey, attributes } from '../otel/catalogue/attributes.ts';
export { type LogEventName, logEventNames, logEvents } from '../otel/catalogue/logs.ts';
export {
  type AttributesOf,
  type MetricName,
  type MetricPoint,
  metricNames,
  metrics,
} from '../otel/catalogue/metrics.ts';
export { type SpanType, spans } from '../otel/catalogue/spans.ts';
export { identityOf } from '../otel/ids.ts';
export { labelName, prometheusName } from '../otel/names.ts';
export type { LogSignal, Resource, Severity, Signal, SpanSignal } from '../otel/signal.ts';
export { addSeconds, fromMillis, type Instant, instant, isoInstant, parseRfc3339, toMillis } from '../otel/time.ts';
export { type Core, type CoreOptions, createCore } from './core.ts';
export { parserOf } from './parsers.ts';
export type { Batch, Output } from './telling.ts';

import type { CoreOptions } from './core.ts';
import { settingsTable } from './settings-table.ts';

/** The settings of `createCore` as the program has them unless told otherwise. */
export const coreDefaults: CoreOptions['settings'] = {
  'join-min-confidence': settingsTable['join-min-confidence'].default,
  'series-max': settingsTable['series-max'].default,
  'metric-interval': settingsTable['metric-interval'].default,
  'send-unmatched-text': settingsTable['send-unmatched-text'].default,
};
