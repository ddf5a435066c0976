// The addresses that the stack publishes, all on loopback: which setting moves each port, and how a server is asked whether it
// is ready. Half of the images hold nothing but the server itself, so readiness is asked from outside, not by a program inside.
import type { Values } from './state.ts';

export type Endpoint = {
  readonly service: string;
  /** The variable of compose.yaml that moves the port. */
  readonly setting: string;
  readonly port: number;
  /** Answers 200 once the server is ready; absent where the port speaks no HTTP that says so. */
  readonly readyPath?: string;
  /** What a person finds there. */
  readonly page?: string;
};

export const endpoints: readonly Endpoint[] = [
  {
    service: 'grafana',
    setting: 'OLLASCOPE_PORT_GRAFANA',
    port: 3000,
    readyPath: '/api/health',
    page: 'dashboards, user admin',
  },
  {
    service: 'prometheus',
    setting: 'OLLASCOPE_PORT_PROMETHEUS',
    port: 9090,
    readyPath: '/-/ready',
    page: 'metrics, rules, alerts',
  },
  { service: 'alertmanager', setting: 'OLLASCOPE_PORT_ALERTMANAGER', port: 9093, readyPath: '/-/ready', page: 'pages' },
  { service: 'loki', setting: 'OLLASCOPE_PORT_LOKI', port: 3100, readyPath: '/ready' },
  {
    service: 'jaeger',
    setting: 'OLLASCOPE_PORT_JAEGER',
    port: 16_686,
    readyPath: '/api/v3/services',
    page: 'traces',
  },
  { service: 'collector', setting: 'OLLASCOPE_PORT_COLLECTOR_HEALTH', port: 13_133, readyPath: '/' },
  { service: 'collector', setting: 'OLLASCOPE_PORT_OTLP_GRPC', port: 4317, page: 'OTLP over gRPC, for an agent' },
  { service: 'collector', setting: 'OLLASCOPE_PORT_OTLP_HTTP', port: 4318, page: 'OTLP over HTTP' },
  {
    service: 'ollama',
    setting: 'OLLASCOPE_PORT_OLLAMA',
    port: 11_434,
    readyPath: '/api/version',
    page: "Ollama's API",
  },
  {
    service: 'ollama-gpu',
    setting: 'OLLASCOPE_PORT_OLLAMA',
    port: 11_434,
    readyPath: '/api/version',
    page: "Ollama's API",
  },
];

const PORT = /^\d{1,5}$/;

/** The port that `values` (the environment over the settings file) gives it. */
export const portOf = (endpoint: Endpoint, values: Values): number => {
  const text = values[endpoint.setting] ?? '';
  return PORT.test(text) ? Number(text) : endpoint.port;
};

export const urlOf = (endpoint: Endpoint, values: Values): string => `http://127.0.0.1:${portOf(endpoint, values)}`;

/** The setting that moves a published port, for messages about a port that another program has. */
export const settingOfPort = (port: number, values: Values): string | undefined =>
  endpoints.find((endpoint) => portOf(endpoint, values) === port)?.setting;
