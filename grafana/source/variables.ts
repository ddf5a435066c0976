// Variables of the dashboards. All of service, host, model and GPU take several values and All; All is a pattern, so that a
// series without the label (a request whose model is not known) is in it.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { MetricName } from '../../otel/catalogue/metrics.ts';
import { labelName, prometheusName } from '../../otel/names.ts';
import { spanMetrics } from './foreign-series.ts';
import { sources } from './queries.ts';

export type VariableName = 'service' | 'host' | 'model' | 'gpu' | 'traces_of' | 'trace' | 'incident' | 'client';

/** `ClassicQuery` of Grafana's Prometheus variable editor: the text is `label_values(…)` as typed. */
const CLASSIC_QUERY = 5;
const ANY = '.*';
/** Loki refuses selectors that match the empty string only; every stream has a service. */
const ANY_SERVICE = '.+';

const chosen = (name: VariableName, label: string, query: string, allValue: string): cog.Builder<VariableModel> =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(sources.prometheus)
    .query({ qryType: CLASSIC_QUERY, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(query)
    .multi(true)
    .includeAll(true)
    .allValue(allValue)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);

const lines = prometheusName('ollascope.lines');
const model = labelName('gen_ai.request.model');
const gpu = labelName('hw.id');

/** A GPU is known by any of these: sampled, described, or only named in a kernel line. */
const gpuMetrics: readonly MetricName[] = ['hw.gpu.utilization', 'nvidia.gpu.info', 'hw.errors'];
const modelMetrics: readonly MetricName[] = ['ollama.requests.finished', 'ollama.model.memory.usage'];

const anyOf = (names: readonly MetricName[]): string => `__name__=~"${names.map(prometheusName).join('|')}"`;

const FROM = 'service_name=~"$service",host_name=~"$host"';

const text = (name: VariableName, label: string, description: string, value: string): cog.Builder<VariableModel> =>
  new TextBoxVariableBuilder(name)
    .label(label)
    .description(description)
    .defaultValue(value)
    .current({ selected: true, text: value, value });

const builders: { readonly [N in VariableName]: () => cog.Builder<VariableModel> } = {
  service: () => chosen('service', 'Service', `label_values(${lines}, service_name)`, ANY_SERVICE),
  host: () => chosen('host', 'Host', `label_values(${lines}{service_name=~"$service"}, host_name)`, ANY),
  model: () => chosen('model', 'Model', `label_values({${anyOf(modelMetrics)},${FROM}}, ${model})`, ANY),
  gpu: () => chosen('gpu', 'GPU', `label_values({${anyOf(gpuMetrics)},${FROM}}, ${gpu})`, ANY),
  // Jaeger searches one service at a time: the first of those chosen, unless another is picked.
  traces_of: () =>
    new QueryVariableBuilder('traces_of')
      .label('Traces of')
      .description('Jaeger searches one service at a time.')
      .datasource(sources.prometheus)
      .query({
        qryType: CLASSIC_QUERY,
        query: `label_values(${spanMetrics.calls}{service_name=~"$service"}, service_name)`,
        refId: 'PrometheusVariableQueryEditor-VariableQuery',
      })
      .definition(`label_values(${spanMetrics.calls}{service_name=~"$service"}, service_name)`)
      .multi(false)
      .includeAll(false)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.NaturalAsc),
  trace: () => text('trace', 'Trace', 'A trace id: 32 hexadecimal digits. Empty: no trace is shown.', ''),
  incident: () => text('incident', 'Incident', 'A fault incident, as a pattern. .*: every incident.', ANY),
  client: () => text('client', 'Client', 'An IP address, as a pattern. .*: every client.', ANY),
};

export const variablesOf = (names: readonly VariableName[]): cog.Builder<VariableModel>[] =>
  names.map((name) => builders[name]());

export const COMMON: readonly VariableName[] = ['service', 'host', 'model', 'gpu'];
