// The OTLP messages as tables of fields (opentelemetry-proto 1.x): names are those of the JSON form, so that both forms of a
// request decode to the same objects.
import type { Message } from './protobuf-reader.ts';

const anyValue: Message = {
  1: { name: 'stringValue', kind: 'string' },
  2: { name: 'boolValue', kind: 'bool' },
  3: { name: 'intValue', kind: 'varint' },
  4: { name: 'doubleValue', kind: 'double' },
  5: () => ({ name: 'arrayValue', kind: { 1: { name: 'values', kind: anyValue, repeated: true } } }),
  6: () => ({ name: 'kvlistValue', kind: { 1: { name: 'values', kind: keyValue, repeated: true } } }),
  7: { name: 'bytesValue', kind: 'bytes' },
};
const keyValue: Message = { 1: { name: 'key', kind: 'string' }, 2: { name: 'value', kind: anyValue } };
const resource: Message = {
  1: { name: 'attributes', kind: keyValue, repeated: true },
  2: { name: 'droppedAttributesCount', kind: 'varint' },
};
const scope: Message = {
  1: { name: 'name', kind: 'string' },
  2: { name: 'version', kind: 'string' },
  3: { name: 'attributes', kind: keyValue, repeated: true },
  4: { name: 'droppedAttributesCount', kind: 'varint' },
};
const span: Message = {
  1: { name: 'traceId', kind: 'bytes' },
  2: { name: 'spanId', kind: 'bytes' },
  3: { name: 'traceState', kind: 'string' },
  4: { name: 'parentSpanId', kind: 'bytes' },
  5: { name: 'name', kind: 'string' },
  6: { name: 'kind', kind: 'varint' },
  7: { name: 'startTimeUnixNano', kind: 'fixed64' },
  8: { name: 'endTimeUnixNano', kind: 'fixed64' },
  9: { name: 'attributes', kind: keyValue, repeated: true },
  10: { name: 'droppedAttributesCount', kind: 'varint' },
  11: {
    name: 'events',
    repeated: true,
    kind: {
      1: { name: 'timeUnixNano', kind: 'fixed64' },
      2: { name: 'name', kind: 'string' },
      3: { name: 'attributes', kind: keyValue, repeated: true },
      4: { name: 'droppedAttributesCount', kind: 'varint' },
    },
  },
  12: { name: 'droppedEventsCount', kind: 'varint' },
  13: {
    name: 'links',
    repeated: true,
    kind: {
      1: { name: 'traceId', kind: 'bytes' },
      2: { name: 'spanId', kind: 'bytes' },
      3: { name: 'traceState', kind: 'string' },
      4: { name: 'attributes', kind: keyValue, repeated: true },
      5: { name: 'droppedAttributesCount', kind: 'varint' },
      6: { name: 'flags', kind: 'fixed32' },
    },
  },
  14: { name: 'droppedLinksCount', kind: 'varint' },
  15: { name: 'status', kind: { 2: { name: 'message', kind: 'string' }, 3: { name: 'code', kind: 'varint' } } },
  16: { name: 'flags', kind: 'fixed32' },
};
const logRecord: Message = {
  1: { name: 'timeUnixNano', kind: 'fixed64' },
  2: { name: 'severityNumber', kind: 'varint' },
  3: { name: 'severityText', kind: 'string' },
  5: { name: 'body', kind: anyValue },
  6: { name: 'attributes', kind: keyValue, repeated: true },
  7: { name: 'droppedAttributesCount', kind: 'varint' },
  8: { name: 'flags', kind: 'fixed32' },
  9: { name: 'traceId', kind: 'bytes' },
  10: { name: 'spanId', kind: 'bytes' },
  11: { name: 'observedTimeUnixNano', kind: 'fixed64' },
  12: { name: 'eventName', kind: 'string' },
};
const exemplar: Message = {
  2: { name: 'timeUnixNano', kind: 'fixed64' },
  3: { name: 'asDouble', kind: 'double' },
  4: { name: 'spanId', kind: 'bytes' },
  5: { name: 'traceId', kind: 'bytes' },
};
const numberPoint: Message = {
  2: { name: 'startTimeUnixNano', kind: 'fixed64' },
  3: { name: 'timeUnixNano', kind: 'fixed64' },
  4: { name: 'asDouble', kind: 'double' },
  5: { name: 'exemplars', repeated: true, kind: exemplar },
  6: { name: 'asInt', kind: 'sfixed64' },
  7: { name: 'attributes', kind: keyValue, repeated: true },
  8: { name: 'flags', kind: 'varint' },
};
const histogramPoint: Message = {
  2: { name: 'startTimeUnixNano', kind: 'fixed64' },
  3: { name: 'timeUnixNano', kind: 'fixed64' },
  4: { name: 'count', kind: 'fixed64' },
  5: { name: 'sum', kind: 'double' },
  6: { name: 'bucketCounts', kind: 'fixed64s' },
  7: { name: 'explicitBounds', kind: 'doubles' },
  8: { name: 'exemplars', repeated: true, kind: exemplar },
  9: { name: 'attributes', kind: keyValue, repeated: true },
  10: { name: 'flags', kind: 'varint' },
  11: { name: 'min', kind: 'double' },
  12: { name: 'max', kind: 'double' },
};
const metric: Message = {
  1: { name: 'name', kind: 'string' },
  2: { name: 'description', kind: 'string' },
  3: { name: 'unit', kind: 'string' },
  5: { name: 'gauge', kind: { 1: { name: 'dataPoints', kind: numberPoint, repeated: true } } },
  7: {
    name: 'sum',
    kind: {
      1: { name: 'dataPoints', kind: numberPoint, repeated: true },
      2: { name: 'aggregationTemporality', kind: 'varint' },
      3: { name: 'isMonotonic', kind: 'bool' },
    },
  },
  9: {
    name: 'histogram',
    kind: {
      1: { name: 'dataPoints', kind: histogramPoint, repeated: true },
      2: { name: 'aggregationTemporality', kind: 'varint' },
    },
  },
};

const request = (outer: string, scoped: string, items: string, item: Message): Message => ({
  1: {
    name: outer,
    repeated: true,
    kind: {
      1: { name: 'resource', kind: resource },
      2: {
        name: scoped,
        repeated: true,
        kind: {
          1: { name: 'scope', kind: scope },
          2: { name: items, kind: item, repeated: true },
          3: { name: 'schemaUrl', kind: 'string' },
        },
      },
      3: { name: 'schemaUrl', kind: 'string' },
    },
  },
});

export const requestMessages = {
  traces: request('resourceSpans', 'scopeSpans', 'spans', span),
  logs: request('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
  metrics: request('resourceMetrics', 'scopeMetrics', 'metrics', metric),
} as const;
