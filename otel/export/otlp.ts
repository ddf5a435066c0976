// OTLP through the official exporters, which read the standard OTEL_EXPORTER_OTLP_* variables themselves: endpoints, headers,
// TLS, compression, timeout. Only the protocol is chosen here. grpc-js is loaded only where gRPC is used: it costs 20 MiB.
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Resource } from '../signal.ts';
import { diagnostics } from './diagnostics.ts';
import type { Exporter, ExportOutcome, Payload, SignalKind } from './exporter.ts';
import { outcomeOfError, outcomeOfPartialSuccess } from './outcome.ts';
import { type SdkSource, sdkSource, toReadableLogRecord, toReadableSpan, toResourceMetrics } from './sdk-data.ts';

export type Protocol = 'grpc' | 'http/protobuf';
export type Protocols = { readonly [S in SignalKind]: Protocol };
type Environment = { readonly [name: string]: string | undefined };

const PROTOCOL_VARIABLES: { readonly [S in SignalKind]: string } = {
  traces: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
  logs: 'OTEL_EXPORTER_OTLP_LOGS_PROTOCOL',
  metrics: 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
};
const COMMON_PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL';
const isProtocol = (text: string): text is Protocol => text === 'grpc' || text === 'http/protobuf';

/** The protocol of each signal from the standard variables; gRPC where none is set. Problems name the variable. */
export const protocolsFrom = (
  env: Environment,
): { readonly protocols: Protocols; readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const read = (variable: string): Protocol | undefined => {
    const text = (env[variable] ?? '').trim();
    if (text === '' || isProtocol(text)) return text === '' ? undefined : text;
    const problem = `${variable}: expected grpc or http/protobuf, found ${JSON.stringify(text)}; unset it or set one of the two`;
    if (!problems.includes(problem)) problems.push(problem);
    return undefined;
  };
  const common = read(COMMON_PROTOCOL) ?? 'grpc';
  const protocols = {
    traces: read(PROTOCOL_VARIABLES.traces) ?? common,
    logs: read(PROTOCOL_VARIABLES.logs) ?? common,
    metrics: read(PROTOCOL_VARIABLES.metrics) ?? common,
  };
  return { protocols, problems };
};

export type OtlpOptions = {
  readonly resource: Resource;
  /** Version of the agent: the scope's version and part of the user agent. */
  readonly version: string;
  readonly protocols: Protocols;
  /** Instead of the standard variables: the base address, `http://127.0.0.1:4317`, or one for each protocol. */
  readonly endpoint?: string | { readonly [P in Protocol]: string };
  /** Warnings and errors that the exporters print, for people. */
  readonly onMessage?: (level: 'error' | 'warn', text: string) => void;
};

/** The official exporters' common form. */
type Sender<T> = {
  export(items: T, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
};
type Config = { readonly url?: string; readonly userAgent: string };

const traceSender = async (protocol: Protocol, config: Config): Promise<Sender<ReadableSpan[]>> => {
  const { OTLPTraceExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-trace-otlp-grpc')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter(config);
};
const logSender = async (protocol: Protocol, config: Config): Promise<Sender<ReadableLogRecord[]>> => {
  const { OTLPLogExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-logs-otlp-grpc')
      : await import('@opentelemetry/exporter-logs-otlp-proto');
  return new OTLPLogExporter(config);
};
const metricSender = async (protocol: Protocol, config: Config): Promise<Sender<ResourceMetrics>> => {
  const { OTLPMetricExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-metrics-otlp-grpc')
      : await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter(config);
};

const configOf = ({ endpoint, version, protocols }: OtlpOptions, signal: SignalKind): Config => {
  const userAgent = `ollascope/${version}`;
  if (endpoint === undefined) return { userAgent };
  const protocol = protocols[signal];
  const base = typeof endpoint === 'string' ? endpoint : endpoint[protocol];
  return { url: protocol === 'grpc' ? base : `${base.replace(/\/$/, '')}/v1/${signal}`, userAgent };
};

/** Sends; the outcome is read in the same turn as the result, before anything else can print a diagnostic. */
const send = <T>(sender: Sender<T>, items: T, count: number): Promise<ExportOutcome> =>
  new Promise((resolve) => {
    const { takePartialSuccess, takeRetryAfterMs } = diagnostics();
    const done = ({ code, error }: ExportResult): void => {
      const partial = takePartialSuccess();
      if (code === ExportResultCode.SUCCESS)
        resolve(partial === undefined ? { result: 'accepted' } : outcomeOfPartialSuccess(partial));
      else resolve(outcomeOfError(error ?? new Error('the exporter gave no reason'), count, takeRetryAfterMs()));
    };
    try {
      sender.export(items, done);
    } catch (error) {
      // What cannot be put on the wire now never can: trying again would hold up everything behind it.
      resolve({ result: 'rejected', reason: `cannot be encoded: ${String(error)}`, count });
    }
  });

const sendAll = async (
  sender: Sender<ResourceMetrics>,
  payload: Payload & { kind: 'metrics' },
  source: SdkSource,
): Promise<ExportOutcome> => {
  let rejected: ExportOutcome | undefined;
  for (const snapshot of payload.items) {
    const outcome = await send(sender, toResourceMetrics(snapshot, source), 1);
    if (outcome.result === 'retry') return outcome;
    if (outcome.result === 'rejected') rejected = outcome;
  }
  return rejected ?? { result: 'accepted' };
};

export const createOtlpExporter = async (options: OtlpOptions): Promise<Exporter> => {
  diagnostics().onMessage = options.onMessage;
  const source = sdkSource(options.resource, options.version);
  const [traces, logs, metrics] = await Promise.all([
    traceSender(options.protocols.traces, configOf(options, 'traces')),
    logSender(options.protocols.logs, configOf(options, 'logs')),
    metricSender(options.protocols.metrics, configOf(options, 'metrics')),
  ]);
  return {
    export: (payload) => {
      const count = payload.items.length;
      if (payload.kind === 'traces')
        return send(
          traces,
          payload.items.map((span) => toReadableSpan(span, source)),
          count,
        );
      if (payload.kind === 'logs')
        return send(
          logs,
          payload.items.map((log) => toReadableLogRecord(log, source)),
          count,
        );
      return sendAll(metrics, payload, source);
    },
    shutdown: async () => {
      await Promise.all([traces.shutdown(), logs.shutdown(), metrics.shutdown()]);
    },
  };
};
