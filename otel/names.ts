// Prometheus names of metrics and attributes, computed as Prometheus itself translates OTLP (its `otlptranslator`, strategy
// UnderscoreEscapingWithSuffixes), so that a metric has one name whether it is scraped here or received as OTLP.
import { type AttributeKey, attributes } from './catalogue/attributes.ts';
import { type Instrument, type MetricName, metricNames, metricRow } from './catalogue/metrics.ts';

const UNITS: { readonly [unit: string]: string } = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};
const PER_UNITS: { readonly [unit: string]: string } = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/** An annotation such as `{request}` is for people, not for names. */
const translated = (unit: string, map: { readonly [unit: string]: string }): string => {
  const trimmed = unit.trim();
  if (trimmed === '' || /[{}]/.test(trimmed)) return '';
  return Object.hasOwn(map, trimmed) ? (map[trimmed] ?? '') : trimmed;
};

const cleaned = (unit: string): string => unit.replace(/[^a-zA-Z0-9:]+/g, '_').replace(/^_/, '');

/** `By/s` → `bytes`, `per_second`. */
const unitSuffixes = (unit: string): readonly [main: string, per: string] => {
  const slash = unit.indexOf('/');
  if (slash < 0) return [cleaned(translated(unit, UNITS)), ''];
  const per = translated(unit.slice(slash + 1), PER_UNITS);
  return [cleaned(translated(unit.slice(0, slash), UNITS)), per === '' ? '' : cleaned(`per_${per}`).replace(/_$/, '')];
};

/** Adds what the words do not hold yet. A last underscore of the main unit goes where a `per` follows. */
const withUnits = (words: readonly string[], [main, per]: readonly [string, string]): readonly string[] => {
  const perWord = words.includes(per) ? '' : per;
  const mainWord = words.includes(main) ? '' : perWord === '' ? main : main.replace(/_$/, '');
  return [...words, mainWord, perWord].filter((word) => word !== '');
};

const last = (words: readonly string[], word: string): readonly string[] => [
  ...words.filter((other) => other !== word),
  word,
];

export type Named = { readonly name: string; readonly unit: string; readonly instrument: Instrument };

/** The name of the series' family; histograms add `_bucket`, `_sum` and `_count` to it. */
export const translateName = ({ name, unit, instrument }: Named): string => {
  let words = withUnits(
    name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== ''),
    unitSuffixes(unit),
  );
  if (instrument === 'counter') words = last(words, 'total');
  // Only gauges: sums of unit 1 count something, the conventions' `hw.status` among them.
  if (unit === '1' && instrument === 'gauge') words = last(words, 'ratio');
  const joined = words.join('_');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
};

/** `gen_ai.request.model` → `gen_ai_request_model`. */
export const labelName = (key: string): string => {
  const reserved = /^__(.*)__$/s.exec(key);
  const plain = (reserved?.[1] ?? key).replace(/[^a-zA-Z0-9]+/g, '_');
  if (reserved !== null) return `__${plain}__`;
  return /^[0-9]/.test(plain) ? `key_${plain}` : plain;
};

const table: ReadonlyMap<MetricName, string> = new Map(
  metricNames.map((name) => [name, translateName({ name, ...metricRow(name) })]),
);

export const prometheusName = (name: MetricName): string =>
  table.get(name) ?? translateName({ name, ...metricRow(name) });

/** Prometheus name → metric: what dashboards and rules are checked against. */
export const metricOfPrometheusName: ReadonlyMap<string, MetricName> = new Map(
  [...table].map(([name, translatedName]) => [translatedName, name]),
);

/** Label → attribute. */
export const attributeOfLabel: ReadonlyMap<string, string> = new Map(
  Object.keys(attributes).map((key): [string, AttributeKey | string] => [labelName(key), key]),
);
