// OTLP export requests as lines of JSON, the form that the Collector's file exporter writes and its otlpjsonfile receiver
// reads. The transformer prints 64-bit integers as JSON numbers; protobuf's JSON form wants strings: put right here.
import { JsonLogsSerializer, JsonMetricsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Snapshot } from '../aggregate.ts';
import type { LogSignal, Resource, SpanSignal } from '../signal.ts';
import { sdkSource, toReadableLogRecord, toReadableSpan, toResourceMetrics } from './sdk-data.ts';

export type OtlpJson = {
  /** `{"resourceSpans":[…]}` and a line feed. Empty for no spans. */
  readonly traces: (spans: readonly SpanSignal[]) => string;
  readonly logs: (logs: readonly LogSignal[]) => string;
  readonly metrics: (snapshot: Snapshot) => string;
};

/**
 * `"intValue":121` → `"intValue":"121"`, `"count":3` → `"count":"3"`, `"bucketCounts":[0,3]` → `"bucketCounts":["0","3"]`.
 * A text that holds such words is not touched: inside a string the quote before the colon is escaped.
 */
const withStrings = (json: string): string =>
  json
    .replace(/"(intValue|count)":(-?\d+)/g, '"$1":"$2"')
    .replace(
      /"bucketCounts":\[([\d,]+)\]/g,
      (_, counts: string) => `"bucketCounts":["${counts.replaceAll(',', '","')}"]`,
    );

const decoder = new TextDecoder();
const lineOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? '' : `${withStrings(decoder.decode(bytes))}\n`;

export const createOtlpJson = (resource: Resource, version: string): OtlpJson => {
  const source = sdkSource(resource, version);
  return {
    traces: (spans) =>
      spans.length === 0
        ? ''
        : lineOf(JsonTraceSerializer.serializeRequest(spans.map((span) => toReadableSpan(span, source)))),
    logs: (logs) =>
      logs.length === 0
        ? ''
        : lineOf(JsonLogsSerializer.serializeRequest(logs.map((log) => toReadableLogRecord(log, source)))),
    metrics: (snapshot) => lineOf(JsonMetricsSerializer.serializeRequest(toResourceMetrics(snapshot, source))),
  };
};
