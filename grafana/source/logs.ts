// LogQL of panels: streams chosen by the dashboard's variables, records by their event name of the catalogue, everything
// else by structured metadata. The names come from loki/fields.ts, so that a rename in the contract breaks them here.

import { field, recordFields } from '../../loki/fields.ts';
import { grafanaLogqlOf, queryNamed } from '../../loki/queries/index.ts';
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import type { LogEventName } from '../../otel/catalogue/logs.ts';

/** Loki refuses a selector that matches empty strings only: the service, which every stream has, must not be `.*`. */
export const stream = '{service_name=~"$service", host_name=~"$host"}';

const escaped = (event: LogEventName): string => event.replaceAll('.', '\\\\.');

/** Records of these events. */
export const events = (...names: readonly LogEventName[]): string =>
  names.length === 1
    ? `${stream} | ${recordFields.event}="${names[0]}"`
    : `${stream} | ${recordFields.event}=~"${names.map(escaped).join('|')}"`;

/** One more condition on structured metadata, operator included. A record without the field passes `=~".*"`. */
export const having = (key: AttributeKey, condition: string): string => ` | ${field(key)}${condition}`;

export const ofModel = having('gen_ai.request.model', '=~"$model"');
export const ofGpu = having('hw.id', '=~"$gpu"');

/** How many lines per group in each step of a graph. */
export const countPerStep = (query: string, ...keys: readonly AttributeKey[]): string =>
  `sum by (${keys.map(field).join(', ')}) (count_over_time(${query} [$__auto]))`;

/** How many lines per group in the time range shown. */
export const countInRange = (query: string, ...keys: readonly AttributeKey[]): string =>
  keys.length === 0
    ? `sum(count_over_time(${query} [$__range]))`
    : `sum by (${keys.map(field).join(', ')}) (count_over_time(${query} [$__range]))`;

/** A query of the library that `ollascope query` runs too: the page and the terminal say the same. */
export const stored = (name: string): string => {
  const query = queryNamed(name);
  if (query === undefined) throw new Error(`no stored query ${name}: expected one of loki/QUERIES.md`);
  return grafanaLogqlOf(query);
};
