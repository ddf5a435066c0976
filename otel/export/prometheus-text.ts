// The text that Prometheus scrapes, by exporter-prometheus' serializer. The serializer adds no unit to a name, so it is handed
// names that are translated already; and no unit, for its `# UNIT` comment would repeat what the name says.
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Snapshot } from '../aggregate.ts';
import { prometheusName } from '../names.ts';
import type { Resource } from '../signal.ts';
import { catalogueNaming, type Naming, sdkSource, toResourceMetrics } from './sdk-data.ts';

/** Version 0.0.4 of the text format, as the serializer writes it. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const prometheusNaming: Naming = {
  ...catalogueNaming,
  metric: ({ name }) => ({ name: prometheusName(name), unit: '' }),
};

/** Synchronous; the same snapshot gives the same bytes. `target_info` carries the resource, scopes are left out as OTLP does. */
export const createPrometheusText = (resource: Resource): ((snapshot: Snapshot) => string) => {
  const source = sdkSource(resource, '');
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return (snapshot) => serializer.serialize(toResourceMetrics(snapshot, source, prometheusNaming));
};
