// Series of an exposition page and of Prometheus in one form, so that two ways to the same metric can be compared exactly.

import { type PromSample, promQuery, promRecorded } from '../backends/ask.ts';

/** `name{a="1",b="2"}`, labels sorted → value. */
export type Series = ReadonlyMap<string, number>;

const seriesKey = (labels: Readonly<Record<string, string>>, left: ReadonlySet<string>): string => {
  const { __name__: name = '', ...others } = labels;
  const kept = Object.entries(others).filter(([label, value]) => !left.has(label) && value !== '');
  return `${name}{${kept
    .map(([label, value]) => `${label}="${value}"`)
    .sort()
    .join(',')}}`;
};

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const plain = (value: string): string => value.replace(/\\(.)/g, (_all, sign: string) => (sign === 'n' ? '\n' : sign));
const number = (value: string): number => (value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value));

export const seriesOfPage = (page: string, left: ReadonlySet<string> = new Set()): Series => {
  const series = new Map<string, number>();
  for (const line of page.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
    const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
    if (name === '') throw new Error(`expected a sample of the text format, found ${line}`);
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', text = '']): [string, string] => [
      label,
      plain(text),
    ]);
    series.set(seriesKey({ __name__: name, ...Object.fromEntries(pairs) }, left), number(value));
  }
  return series;
};

const seriesOf = (samples: readonly PromSample[], left: ReadonlySet<string>): Series =>
  new Map(samples.map(({ metric, value }) => [seriesKey(metric, left), value]));

/** The series of which Prometheus got a sample within `seconds` before `at`: not those that were told only earlier. */
export const seriesAt = async (
  url: string,
  selector: string,
  at: number,
  seconds: number,
  left: ReadonlySet<string>,
): Promise<Series> => seriesOf(await promQuery(url, `${selector}[${seconds}s]`, at), left);

/** Bucket bounds in one form: `1`, `1.0` and `1e+06`, `1000000` are the same ones. */
export const boundsAsNumbers = (series: Series): Series =>
  new Map(
    [...series].map(([key, value]) => [
      key.replace(/\ble="([^"]+)"/, (_all, le: string) => `le="${number(le)}"`),
      value,
    ]),
  );

const SHOWN_MAX = 20;

/** What the one has and the other has not, and where their values differ. Empty when they are the same. */
export const differences = (left: Series, right: Series): string[] => {
  const missing = [...left].filter(([key]) => !right.has(key)).map(([key, value]) => `only left: ${key} ${value}`);
  const more = [...right].filter(([key]) => !left.has(key)).map(([key, value]) => `only right: ${key} ${value}`);
  const other = [...left].flatMap(([key, value]) => {
    const found = right.get(key);
    return found === undefined || Object.is(found, value) ? [] : [`${key}: left ${value}, right ${found}`];
  });
  const all = [...missing, ...more, ...other];
  return all.length <= SHOWN_MAX ? all : [...all.slice(0, SHOWN_MAX), `and ${all.length - SHOWN_MAX} more`];
};

export const nameOf = (key: string): string => key.replace(/\{.*$/s, '');

export const familyOf = (key: string): string => nameOf(key).replace(/_(bucket|sum|count)$/, '');

/** Where a sample came from, not what it says: OTLP makes both from the resource, a scrape from the target. */
const ORIGIN = new Set(['job', 'instance']);
const NOT_THE_AGENTS = 'up|target_info|scrape_.*|ALERTS.*|traces_span_metrics_.*';

/**
 * The agent's own series of one job: not what Prometheus makes of a scrape, not what rules and span metrics make of it, and not
 * target_info, where OTLP puts job and instance in the place of service.name and service.instance.id.
 */
export const agentSeries = async (url: string, job: string, at: number, seconds: number): Promise<Series> => {
  const recorded = await promRecorded(url);
  const all = await seriesAt(url, `{job="${job}",__name__!~"${NOT_THE_AGENTS}"}`, at, seconds, ORIGIN);
  return new Map([...all].filter(([key]) => !recorded.has(nameOf(key))));
};

/** The series of an agent's page, each with the labels of its owner. */
export const pageSeries = (page: string, owner: Readonly<Record<string, string>>): Series => {
  const series = new Map<string, number>();
  for (const [key, value] of seriesOfPage(page)) {
    if (nameOf(key) === 'target_info') continue;
    const labels = [...key.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text]);
    series.set(seriesKey({ __name__: nameOf(key), ...Object.fromEntries(labels), ...owner }, new Set()), value);
  }
  return series;
};
