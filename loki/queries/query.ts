// The form of a stored LogQL query, its parameters, and the three words with which queries are written: where to look,
// which events, which field. Names come from the catalogue: a rename there does not compile here.
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import type { LogEventName } from '../../otel/catalogue/logs.ts';
import { field, recordFields } from '../fields.ts';
import type { ParameterTable } from '../parameters.ts';

/** `lines` are log records; `table` is one number per row over the whole span; `series` one number per row and `$window`. */
export type QueryAnswer = 'lines' | 'table' | 'series';

export type Query = {
  readonly name: string;
  /** The question it answers, as people ask it. */
  readonly what: string;
  readonly answer: QueryAnswer;
  readonly expr: string;
  /** How far back it looks unless told. */
  readonly since: string;
  /** Parameters that must be given although they have a default elsewhere. */
  readonly needs?: readonly (keyof typeof queryParameters)[];
  /** What to know before trusting the answer. */
  readonly note?: string;
};

export const queryParameters = {
  service: { form: 'pattern', what: 'service.name', example: 'ollama', default: '.+' },
  host: { form: 'pattern', what: 'host.name', example: 'gpu-box', default: '.*' },
  model: { form: 'pattern', what: 'model', example: 'llama3.2:*', default: '.*' },
  gpu: { form: 'pattern', what: 'hw.id of a GPU', example: 'GPU-5c2f*', default: '.*' },
  client: { form: 'pattern', what: 'address of a client', example: '127.0.0.1', default: '.*' },
  error: { form: 'pattern', what: 'class of an error', example: 'xid.79', default: '.*' },
  incident: { form: 'pattern', what: 'incident of a GPU fault', example: 'a11c5e0d9b7f4321', default: '.*' },
  trace: { form: 'id', what: 'trace id', example: '0af7651916cd43dd8448eb211c80319c' },
  slow: { form: 'number', what: 'seconds from which something is slow', example: '5', default: '1' },
  sure: { form: 'number', what: 'confidence below which a link is weak', example: '0.99', default: '0.9' },
  top: { form: 'number', what: 'how many rows', example: '20', default: '10' },
  window: { form: 'duration', what: 'width of one step', example: '15m', default: '1h' },
} as const satisfies ParameterTable;

/** Where to look: every record of the services and hosts asked for. */
export const stream = `{${field('service.name')}=~"$service", ${field('host.name')}=~"$host"}`;

/** Records of these events. No event's name is part of another's with the dots read as "any character". */
export const event = (...names: readonly LogEventName[]): string => {
  const [first, ...rest] = names;
  return rest.length === 0 ? `| ${recordFields.event}="${first}"` : `| ${recordFields.event}=~"${names.join('|')}"`;
};

/** Records whose attribute matches a parameter; records without it match only the parameter's default. */
export const matching = (key: AttributeKey, parameter: keyof typeof queryParameters): string =>
  `| ${field(key)}=~"$${parameter}"`;

export const by = (...names: readonly string[]): string => `by (${names.join(', ')})`;

/** How many records, by these fields. */
export const counted = (names: readonly string[], what: string): string =>
  `sum ${by(...names)} (count_over_time(${what} [$window]))`;
