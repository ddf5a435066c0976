// Log records as Loki would show them: the stream they fall into, then per record its time, severity and line, and its
// structured metadata, sorted, keys spelt as Loki spells them, which is Prometheus' way. Pure; this is the text of the log goldens.
import { labelAttributes } from '../otel/catalogue/attributes.ts';
import { labelName } from '../otel/names.ts';
import {
  type Attributes,
  type AttributeValue,
  type LogSignal,
  type Resource,
  severityNumbers,
} from '../otel/signal.ts';
import { isoInstant } from '../otel/time.ts';

const quoted = (value: AttributeValue): string =>
  JSON.stringify(Array.isArray(value) ? JSON.stringify(value) : String(value));

const pairs = (entries: readonly (readonly [string, AttributeValue])[]): readonly string[] =>
  entries.map(([key, value]) => `${labelName(key)}=${quoted(value)}`).sort();

/** The index labels of a resource: only keys the catalogue marks as labels, never anything per request. */
export const streamOf = (resource: Resource): string => {
  const labels = Object.entries(resource.attributes).filter(([key]) => labelAttributes.some((label) => label === key));
  return `{${pairs(labels).join(', ')}}`;
};

/** Everything else that Loki keeps beside the line. `observed_timestamp` is left out where it equals the record's time. */
const metadataOf = (log: LogSignal): readonly string[] => {
  const own: { [key: string]: AttributeValue } = {
    detected_level: log.severity.toLowerCase(),
    scope_name: log.scope,
    severity_number: severityNumbers[log.severity],
    severity_text: log.severity,
  };
  if (log.eventName !== undefined) own['event_name'] = log.eventName;
  if (log.observedAt !== log.at) own['observed_timestamp'] = log.observedAt.toString();
  if (log.spanRef !== undefined) {
    own['trace_id'] = log.spanRef.traceId;
    own['span_id'] = log.spanRef.spanId;
  }
  const attributes: Attributes = log.attributes;
  return pairs([...Object.entries(attributes), ...Object.entries(own)]);
};

/** One stream header, then two lines per record in the order given; line breaks inside a body are shown indented. */
export const formatLogs = (logs: readonly LogSignal[], resource: Resource): string => {
  if (logs.length === 0) return '';
  const records = logs.map((log) => {
    const body = log.body.replaceAll('\n', '\n    ');
    return `${isoInstant(log.at, 9)} ${log.severity.padEnd(5)} ${body}\n    ${metadataOf(log).join(' ')}`;
  });
  return `${[streamOf(resource), ...records].join('\n')}\n`;
};
