// Grafana's unit ids for the catalogue's UCUM units. A ratio stays 0–1 in the data and is shown in percent.
import { type MetricName, metricRow } from '../../otel/catalogue/metrics.ts';

const UNITS: { readonly [ucum: string]: string } = {
  s: 's',
  By: 'bytes',
  'By/s': 'binBps',
  '1': 'percentunit',
  W: 'watt',
  J: 'joule',
  Cel: 'celsius',
  Hz: 'hertz',
  '': 'none',
};

/** Annotations such as `{request}` are counts. */
export const unitOf = (name: MetricName): string => UNITS[metricRow(name).unit] ?? 'short';

export const unit = {
  count: 'short',
  none: 'none',
  share: 'percentunit',
  seconds: 's',
  bytes: 'bytes',
  bytesPerSecond: 'binBps',
  watts: 'watt',
  joules: 'joule',
  wattHours: 'watth',
  celsius: 'celsius',
  hertz: 'hertz',
  perSecond: 'cps',
  requestsPerSecond: 'reqps',
  tokensPerSecond: 'suffix:tok/s',
  tokens: 'suffix:tok',
  text: 'string',
  ago: 'dateTimeFromNow',
} as const;

export type Unit = (typeof unit)[keyof typeof unit];
