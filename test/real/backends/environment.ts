// The environment that the configuration files of all servers read, for one stack on free loopback ports.
// The same names, with other values, are what compose and Kubernetes set.

import { freePorts } from '../ports.ts';

const PORT_NAMES = [
  'otlpGrpc',
  'otlpHttp',
  'collectorHealth',
  'collectorMetrics',
  'prometheus',
  'alertmanager',
  'loki',
  'lokiGrpc',
  'jaeger',
  'jaegerGrpc',
  'jaegerOtlpGrpc',
  'jaegerOtlpHttp',
  'jaegerHealth',
  'jaegerMetrics',
  'grafana',
] as const;

export type StackPorts = Readonly<Record<(typeof PORT_NAMES)[number], number>>;

/** The ports of the configuration files' defaults, which the shipped `targets/*.yaml` name. */
export const DEFAULT_PORTS: StackPorts = {
  otlpGrpc: 4317,
  otlpHttp: 4318,
  collectorHealth: 13_133,
  collectorMetrics: 8888,
  prometheus: 9090,
  alertmanager: 9093,
  loki: 3100,
  lokiGrpc: 9095,
  jaeger: 16_686,
  jaegerGrpc: 16_685,
  jaegerOtlpGrpc: 14_317,
  jaegerOtlpHttp: 14_318,
  jaegerHealth: 14_133,
  jaegerMetrics: 14_888,
  grafana: 3000,
};

export const choosePorts = async (): Promise<StackPorts> => {
  const free = await freePorts(PORT_NAMES.length);
  const ports: Record<string, number> = { ...DEFAULT_PORTS };
  for (const [index, name] of PORT_NAMES.entries()) ports[name] = free[index] ?? 0;
  return { ...DEFAULT_PORTS, ...ports };
};

export const local = (port: number): string => `127.0.0.1:${port}`;

export const stackEnvironment = (ports: StackPorts, directory: string): Record<string, string> => ({
  OLLASCOPE_OTLP_GRPC: local(ports.otlpGrpc),
  OLLASCOPE_OTLP_HTTP: local(ports.otlpHttp),
  OLLASCOPE_COLLECTOR_HEALTH: local(ports.collectorHealth),
  OLLASCOPE_COLLECTOR_METRICS_HOST: '127.0.0.1',
  OLLASCOPE_COLLECTOR_METRICS_PORT: String(ports.collectorMetrics),
  OLLASCOPE_COLLECTOR_STATE: `${directory}/data/collector`,
  OLLASCOPE_PROMETHEUS_URL: `http://${local(ports.prometheus)}`,
  OLLASCOPE_LOKI_URL: `http://${local(ports.loki)}`,
  OLLASCOPE_JAEGER_URL: `http://${local(ports.jaeger)}`,
  OLLASCOPE_JAEGER_OTLP: local(ports.jaegerOtlpGrpc),
  OLLASCOPE_ALERTMANAGER_URL: `http://${local(ports.alertmanager)}`,
  OLLASCOPE_GRAFANA_URL: `http://${local(ports.grafana)}`,
  OLLASCOPE_RUNBOOKS: 'runbooks',
  OLLASCOPE_NOTIFY: '',
  OLLASCOPE_RETENTION: '168h',
  OLLASCOPE_LOKI_HOST: '127.0.0.1',
  OLLASCOPE_LOKI_PORT: String(ports.loki),
  OLLASCOPE_LOKI_GRPC_PORT: String(ports.lokiGrpc),
  OLLASCOPE_LOKI_DATA: `${directory}/data/loki`,
  OLLASCOPE_LOKI_RULES: `${directory}/loki/rules`,
  OLLASCOPE_JAEGER_DATA: `${directory}/data/jaeger`,
  OLLASCOPE_JAEGER_HOST: '127.0.0.1',
  OLLASCOPE_JAEGER_PORT: String(ports.jaeger),
  OLLASCOPE_JAEGER_GRPC_PORT: String(ports.jaegerGrpc),
  OLLASCOPE_JAEGER_OTLP_GRPC: local(ports.jaegerOtlpGrpc),
  OLLASCOPE_JAEGER_OTLP_HTTP: local(ports.jaegerOtlpHttp),
  OLLASCOPE_JAEGER_HEALTH: local(ports.jaegerHealth),
  OLLASCOPE_JAEGER_METRICS_PORT: String(ports.jaegerMetrics),
});
