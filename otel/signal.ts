// What is told: our own plain objects for the three signals, mapped to OpenTelemetry's data types at one seam (otel/export).
// Data, not instruments: every signal carries its own event time and derived ids.
import type { LogEventName } from './catalogue/logs.ts';
import type { MetricPoint } from './catalogue/metrics.ts';
import type { SpanId, SpanRef, TraceId } from './ids.ts';
import type { Instant } from './time.ts';

export type AttributeValue = string | number | boolean | readonly string[] | readonly number[];
export type Attributes = { readonly [key: string]: AttributeValue };

/** OpenTelemetry severity numbers: TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21. */
export type Severity = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
export const severityNumbers: { readonly [S in Severity]: number } = {
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  WARN: 13,
  ERROR: 17,
  FATAL: 21,
};

/** The instrumentation scope: which part of us says it. */
export type ScopeName = 'ollascope/ollama' | 'ollascope/nvidia' | 'ollascope/self';

export type LogSignal = {
  readonly signal: 'log';
  readonly scope: ScopeName;
  readonly at: Instant;
  readonly observedAt: Instant;
  readonly severity: Severity;
  readonly eventName?: LogEventName;
  readonly body: string;
  readonly attributes: Attributes;
  readonly spanRef?: SpanRef;
};

export type SpanEvent = { readonly name: string; readonly at: Instant; readonly attributes: Attributes };
export type SpanStatus = { readonly code: 'unset' | 'ok' | 'error'; readonly message?: string };

export type SpanSignal = {
  readonly signal: 'span';
  readonly scope: ScopeName;
  readonly name: string;
  readonly kind: 'server' | 'internal';
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly parentSpanId?: SpanId;
  readonly start: Instant;
  readonly end: Instant;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanRef[];
};

/** A series that must not be told any more (an unloaded model, a lost GPU): every attribute given must match. */
export type StaleSignal = {
  readonly signal: 'stale';
  readonly at: Instant;
  readonly metrics: readonly MetricPoint['name'][];
  readonly attributes: Attributes;
};

export type Signal = MetricPoint | LogSignal | SpanSignal | StaleSignal;

/** Who says it, once per process: OpenTelemetry resource attributes. */
export type Resource = { readonly attributes: Attributes };
