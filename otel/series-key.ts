// What makes a series one: its attributes, in the order of the metric's row, so that points agree however they were written.
import { type MetricName, metricRow } from './catalogue/metrics.ts';
import type { Attributes } from './signal.ts';

export const OVERFLOW_ATTRIBUTES: Attributes = { 'otel.metric.overflow': true };
/** Sorts after every key: those begin with a letter or a digit. */
export const OVERFLOW_KEY = '~overflow';

const orders = new Map<MetricName, readonly string[]>();

/** The attribute keys of a metric, required ones first. */
export const orderOf = (name: MetricName): readonly string[] => {
  const known = orders.get(name);
  if (known !== undefined) return known;
  const { attributes, optional = [] } = metricRow(name);
  const made = [...attributes, ...optional];
  orders.set(name, made);
  return made;
};

const NUL = '\u0000';
const terminated = (text: string): string =>
  `${text.includes(NUL) ? text.replaceAll(NUL, `${NUL}\u0001`) : text}${NUL}${NUL}`;

/** Injective: each value is written with its type and an end that no value contains. Numbers sort as numbers up to 15 digits. */
export const keyOf = (order: readonly string[], attributes: Attributes): string => {
  let key = '';
  for (const attribute of order) {
    const value = attributes[attribute];
    if (value === undefined) key += '0';
    else if (typeof value === 'string') key += `s${terminated(value)}`;
    else if (typeof value === 'number') key += `n${terminated(String(value).padStart(15, ' '))}`;
    else key += `j${terminated(JSON.stringify(value))}`;
  }
  return key;
};

/** The attributes themselves, in order, without those that are absent. */
export const attributesOf = (order: readonly string[], attributes: Attributes): Attributes => {
  const ordered: { [key: string]: Attributes[string] } = {};
  for (const attribute of order) {
    const value = attributes[attribute];
    if (value !== undefined) ordered[attribute] = value;
  }
  return ordered;
};
