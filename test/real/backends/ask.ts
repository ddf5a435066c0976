// Questions that tests ask real servers, in one place.

import { getJson, urlOf } from './ask-http.ts';
import type { Labels } from './ask-prometheus.ts';

export { AnswerError, getJson, getText, type UntilOptions, until, urlOf } from './ask-http.ts';
export {
  type JaegerSearch,
  type JaegerSpan,
  type JaegerValue,
  jaegerSearch,
  jaegerServices,
  jaegerTrace,
} from './ask-jaeger.ts';
export { type LokiLine, type LokiSpan, lokiMetric, lokiQuery, lokiRange, lokiSeries } from './ask-loki.ts';
export {
  type Labels,
  metricsPage,
  type PromAlert,
  type PromExemplar,
  type PromExemplars,
  type PromRange,
  type PromSample,
  type PromTarget,
  promAlerts,
  promConfig,
  promExemplars,
  promMetricNames,
  promQuery,
  promRange,
  promRecorded,
  promSeries,
  promTargets,
} from './ask-prometheus.ts';

export type AlertmanagerAlert = {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: {
    readonly state: 'active' | 'suppressed' | 'unprocessed';
    readonly inhibitedBy: readonly string[];
    readonly silencedBy: readonly string[];
  };
  readonly receivers: readonly { readonly name: string }[];
};

export const alertmanagerAlerts = async (url: string): Promise<AlertmanagerAlert[]> =>
  (await getJson(urlOf(url, '/api/v2/alerts'))) as AlertmanagerAlert[];
