// OTLP as an output: to a receiver, kept until acknowledged, or as lines of JSON on standard output.
import { connect } from 'node:net';
import { createDelivery, type Delivery } from '../otel/export/delivery.ts';
import type { SignalKind } from '../otel/export/exporter.ts';
import { createOtlpExporter, protocolsFrom } from '../otel/export/otlp.ts';
import { createOtlpJson } from '../otel/export/otlp-json.ts';
import type { Resource } from '../otel/signal.ts';
import type { CommandContext } from './command.ts';
import { explainDelivery, otlpProblems } from './otlp-advice.ts';
import type { Printer } from './outputs.ts';
import type { Environment } from './settings.ts';

/** One export request per line and signal; the form that the Collector's file exporter writes. */
export const otlpJsonPrinter =
  (resource: Resource, version: string): Printer =>
  (print) => {
    const json = createOtlpJson(resource, version);
    return ({ spans, logs, snapshot }) => {
      const lines = [json.traces(spans), json.logs(logs), snapshot === undefined ? '' : json.metrics(snapshot)];
      for (const line of lines) if (line !== '') print(line);
    };
  };

const ENDPOINTS = ['', 'TRACES_', 'LOGS_', 'METRICS_'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`);
const isSet = (env: Environment, name: string): boolean => (env[name] ?? '') !== '';
/** Where a Collector listens unless told otherwise. */
const DEFAULT_PORTS = { grpc: 4317, 'http/protobuf': 4318 } as const;
const DEFAULT_ENDPOINTS = { grpc: 'http://127.0.0.1:4317', 'http/protobuf': 'http://127.0.0.1:4318' } as const;
/** A listener on loopback answers in microseconds; a filtered port must not hold up the start. */
const PROBE_MS = 300;

/** An address may hold a password; a message must not. */
const withoutCredentials = (address: string): string => address.replace(/\/\/[^@/]*@/, '//');

/** True when something accepts connections on this loopback port. */
const listensOnLoopback = (port: number, timeoutMs = PROBE_MS): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => done(true))
      .once('error', () => done(false))
      .once('timeout', () => done(false));
  });

/** Where OTLP would go: the first endpoint set, else the Collector's default place. */
export const otlpTarget = (env: Environment): string => {
  const set = ENDPOINTS.map((name) => env[name] ?? '').find((endpoint) => endpoint !== '');
  return set ?? `http://127.0.0.1:${DEFAULT_PORTS[protocolsFrom(env).protocols.traces]}`;
};

export type OtlpChoice = { readonly send: boolean; readonly why: string };

/** Whether to send, and why: told at the start. */
export const chooseOtlp = async ({ settings, env }: Pick<CommandContext, 'settings' | 'env'>): Promise<OtlpChoice> => {
  if (settings.otlp !== 'auto') return { send: settings.otlp === 'on', why: `otlp is ${settings.otlp}` };
  const endpoint = ENDPOINTS.find((name) => isSet(env, name));
  if (endpoint !== undefined) return { send: true, why: `${endpoint} is set` };
  const { protocols } = protocolsFrom(env);
  const port = DEFAULT_PORTS[protocols.traces];
  return (await listensOnLoopback(port))
    ? { send: true, why: `something listens on 127.0.0.1:${port}` }
    : { send: false, why: `no OTEL_EXPORTER_OTLP_ENDPOINT is set and nothing listens on 127.0.0.1:${port}` };
};

/** What is undelivered at shutdown gets this long. */
export const CLOSE_MS = 5_000;

export type OtlpOutput = { readonly delivery: Delivery } | { readonly problems: readonly string[] };

export const createOtlpDelivery = async (
  { env, clock, version, tell, random }: Pick<CommandContext, 'env' | 'clock' | 'version' | 'tell' | 'random'>,
  resource: Resource,
  waitForSnapshots = false,
): Promise<OtlpOutput> => {
  const { protocols, problems } = protocolsFrom(env);
  const wrong = [...problems, ...otlpProblems(env, protocols)];
  if (wrong.length > 0) return { problems: wrong };
  const targetOf = (signal: SignalKind): string => {
    const own = env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`] ?? '';
    const common = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
    const endpoint = own === '' ? common : own;
    return `${withoutCredentials(endpoint === '' ? DEFAULT_ENDPOINTS[protocols[signal]] : endpoint)} by ${protocols[signal]}`;
  };
  const onMessage = (_: string, text: string): void => tell(`otlp: ${explainDelivery(env, text, targetOf)}\n`);
  const anyEndpoint = ENDPOINTS.some((name) => isSet(env, name));
  // The exporters' own default is localhost, which may be ::1 where the Collector listens on 127.0.0.1 only.
  const endpoint = anyEndpoint ? {} : { endpoint: DEFAULT_ENDPOINTS };
  const exporter = await createOtlpExporter({ resource, version, protocols, onMessage, ...endpoint });
  return { delivery: createDelivery({ exporter, clock, random, onMessage, waitForSnapshots }) };
};
