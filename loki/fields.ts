// What a record can be asked for in Loki: the few labels of its stream, the fields that Loki itself keeps beside a line, and
// our attributes under the names that Loki gives them. Queries are written with these, so that a rename breaks them at once.
import { type AttributeKey, labelAttributes } from '../otel/catalogue/attributes.ts';
import { labelName } from '../otel/names.ts';

/** Index labels: nothing else may become one (loki.yaml says the same to the server). */
export const streamLabels: readonly string[] = labelAttributes.map(labelName);

/** What Loki's OTLP endpoint keeps of a log record besides its attributes. */
export const recordFields = {
  event: 'event_name',
  trace: 'trace_id',
  span: 'span_id',
  severity: 'severity_text',
  severityNumber: 'severity_number',
  level: 'detected_level',
  observed: 'observed_timestamp',
  scope: 'scope_name',
  scopeVersion: 'scope_version',
  flags: 'flags',
} as const;

/** Set by Loki on a line that a stage of the query could not work on. */
export const errorFields = ['__error__', '__error_details__'] as const;

/** The name of an attribute in LogQL. */
export const field = (key: AttributeKey): string => labelName(key);
