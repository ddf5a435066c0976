// What Loki answers, as data and as the text that a terminal shows. Pure. The text is that of the log goldens, less what the
// first line of a record says already.
import { printable, tableText } from '../jaeger/cells.ts';
import { type Instant, instant, isoInstant } from '../otel/time.ts';
import { recordFields } from './fields.ts';

type Raw = { readonly [key: string]: unknown };
export type Names = { readonly [name: string]: string };

export type LokiRecord = {
  readonly at: Instant;
  readonly labels: Names;
  /** Structured metadata, and what the query's own parsers found. */
  readonly metadata: Names;
  readonly line: string;
};

export type LokiNumber = { readonly at: Instant; readonly labels: Names; readonly value: number };

export type LokiAnswer =
  | { readonly kind: 'records'; readonly records: readonly LokiRecord[] }
  | { readonly kind: 'numbers'; readonly numbers: readonly LokiNumber[]; readonly isSeries: boolean };

const rawOf = (value: unknown): Raw => (value !== null && typeof value === 'object' ? (value as Raw) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const namesOf = (value: unknown): Names =>
  Object.fromEntries(Object.entries(rawOf(value)).map(([name, text]) => [name, String(text)]));

const byTime = (a: { readonly at: Instant }, b: { readonly at: Instant }): number =>
  a.at < b.at ? -1 : a.at > b.at ? 1 : 0;

const recordsOf = (stream: Raw): readonly LokiRecord[] =>
  listOf(stream['values']).map((entry) => {
    const [at, line, apart] = listOf(entry);
    const categories = rawOf(apart);
    return {
      at: instant(BigInt(String(at))),
      labels: namesOf(stream['stream']),
      metadata: { ...namesOf(categories['structuredMetadata']), ...namesOf(categories['parsed']) },
      line: String(line),
    };
  });

const numbersOf = (series: Raw): readonly LokiNumber[] => {
  const pairs = series['value'] === undefined ? listOf(series['values']) : [series['value']];
  return pairs.map((pair) => {
    const [at, value] = listOf(pair);
    return {
      at: instant(BigInt(Math.round(Number(at) * 1_000)) * 1_000_000n),
      labels: namesOf(series['metric']),
      value: Number(value),
    };
  });
};

/** Undefined for JSON that is no answer of Loki. Records in the order of their times. */
export const lokiAnswer = (json: unknown): LokiAnswer | undefined => {
  const data = rawOf(rawOf(json)['data']);
  const result = listOf(data['result']).map(rawOf);
  if (data['resultType'] === 'streams') return { kind: 'records', records: result.flatMap(recordsOf).sort(byTime) };
  if (data['resultType'] !== 'vector' && data['resultType'] !== 'matrix') return undefined;
  const isSeries = data['resultType'] === 'matrix';
  const numbers = result.flatMap(numbersOf);
  return { kind: 'numbers', isSeries, numbers: isSeries ? numbers.sort(byTime) : byValue(numbers) };
};

const byValue = (numbers: readonly LokiNumber[]): readonly LokiNumber[] =>
  numbers.toSorted((a, b) => b.value - a.value);

/** Said by the first line of a record, or by nobody asked for. */
const SAID: ReadonlySet<string> = new Set([
  recordFields.level,
  recordFields.severity,
  recordFields.severityNumber,
  recordFields.observed,
  recordFields.scope,
  recordFields.scopeVersion,
  recordFields.flags,
]);

const pairsText = (names: Names): string =>
  Object.entries(names)
    .filter(([name]) => !SAID.has(name))
    .map(([name, value]) => `${name}=${JSON.stringify(printable(value))}`)
    .sort()
    .join(' ');

const recordText = ({ at, line, metadata }: LokiRecord): string => {
  const body = line.split('\n').map(printable).join('\n    ');
  const severity = (metadata[recordFields.severity] ?? '').padEnd(5);
  const pairs = pairsText(metadata);
  return `${isoInstant(at, 9)} ${severity} ${body}${pairs === '' ? '' : `\n    ${pairs}`}`;
};

/** A stream's labels where they change, then its records. */
export const recordsText = (records: readonly LokiRecord[]): string => {
  let last = '';
  return records
    .map((record) => {
      const stream = `{${pairsText(record.labels).replaceAll('" ', '", ')}}`;
      const head = stream === last ? '' : `${stream}\n`;
      last = stream;
      return `${head}${recordText(record)}\n`;
    })
    .join('');
};

const numberText = (value: number): string =>
  Number.isInteger(value) ? String(value) : Number(value.toPrecision(6)).toString();

/** Columns: the time where there is one per row, the labels that any row has, the value. */
export const numbersText = (numbers: readonly LokiNumber[], isSeries: boolean): string => {
  const names = [...new Set(numbers.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const head = [...(isSeries ? ['time'] : []), ...names, 'value'];
  const rows = numbers.map(({ at, labels, value }) => [
    ...(isSeries ? [isoInstant(at, 0)] : []),
    ...names.map((name) => printable(labels[name] ?? '-')),
    numberText(value),
  ]);
  return tableText([head, ...rows], head.length - 1);
};
