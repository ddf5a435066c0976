// The real Collector with the shipped configuration, between a sender and backends that this process plays: whatever arrives
// there can be counted exactly. Prometheus and Loki are one receiver over HTTP, Jaeger is the same one over gRPC.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryOf } from '../real/backends/install.ts';
import { type RunningServer, removedAtExit, startServer } from '../real/backends/process.ts';
import { freePorts } from '../real/ports.ts';
import { ROOT } from '../support/program.ts';

export const COLLECTOR_CONFIG = join(ROOT, 'otel', 'collector.yaml');

export type Environment = { readonly [name: string]: string };

export type RunningCollector = {
  readonly server: RunningServer;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  readonly metricsUrl: string;
  /** The folder of its persistent queue. */
  readonly state: string;
  readonly env: Environment;
  /** Everything that it said so far, over all starts. */
  readonly said: () => string;
  /** Its own /metrics, as text. */
  readonly ownMetrics: () => Promise<string>;
  /** Sum over all series of this name; 0 where there is none yet. */
  readonly ownSum: (name: string) => Promise<number>;
  /** Ends it and removes what it left. */
  readonly dispose: () => Promise<void>;
};

export type Backends = { readonly httpUrl: string; readonly grpcUrl: string };

/** `127.0.0.1:1234` of `http://127.0.0.1:1234`: what a gRPC exporter's endpoint looks like. */
export const hostPort = (url: string): string => new URL(url).host;

/** The variables of one of otel/env/*.env. */
export const variantEnvironment = (name: string): Environment =>
  Object.fromEntries(
    readFileSync(join(ROOT, 'otel', 'env', `${name}.env`), 'utf8')
      .split('\n')
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** What makes tests quick without changing what is tested: no interval of seconds, no fsync on a shared disk. */
const QUICK: Environment = {
  OLLASCOPE_SPAN_METRICS_INTERVAL: '200ms',
  OLLASCOPE_RETRY_INTERVAL: '100ms',
  OLLASCOPE_RETRY_INTERVAL_MAX: '500ms',
  OLLASCOPE_QUEUE_FSYNC: 'false',
};

/** `127.0.0.1:port` for everything that a Collector listens on. */
const collectorEnvironment = async (state: string): Promise<Environment> => {
  const [grpc, http, health, metrics] = await freePorts(4);
  return {
    OLLASCOPE_OTLP_GRPC: `127.0.0.1:${grpc}`,
    OLLASCOPE_OTLP_HTTP: `127.0.0.1:${http}`,
    OLLASCOPE_COLLECTOR_HEALTH: `127.0.0.1:${health}`,
    OLLASCOPE_COLLECTOR_METRICS_PORT: String(metrics),
    OLLASCOPE_COLLECTOR_STATE: join(state, 'queue'),
    // The machine's own figures would come between what a test sent.
    OLLASCOPE_METRIC_RECEIVERS: '[otlp,span_metrics]',
    ...QUICK,
  };
};

export const towards = (backends: Backends): Environment => ({
  OLLASCOPE_PROMETHEUS_URL: backends.httpUrl,
  OLLASCOPE_LOKI_URL: backends.httpUrl,
  OLLASCOPE_JAEGER_OTLP: hostPort(backends.grpcUrl),
});

/** Files may not grow beyond so many blocks of 512 bytes: a disk without room, for one process and without privileges. */
const limited = (binary: string, blocks: number) => ({
  binary: '/bin/sh',
  args: ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, binary],
});

export const startCollector = async (
  environment: Environment = {},
  { fileBlocksMax }: { readonly fileBlocksMax?: number } = {},
): Promise<RunningCollector> => {
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-otelcol-'));
  // Also when it does not start, which tests ask for.
  removedAtExit(folder);
  const env: Environment = { ...(await collectorEnvironment(folder)), ...environment };
  const metricsUrl = `http://127.0.0.1:${env['OLLASCOPE_COLLECTOR_METRICS_PORT']}/metrics`;
  const logPath = join(folder, 'otelcol.log');
  const otelcol = await binaryOf('otelcol');
  const { binary, args } =
    fileBlocksMax === undefined ? { binary: otelcol, args: [] } : limited(otelcol, fileBlocksMax);
  const server = await startServer({
    name: 'collector',
    binary,
    args: [...args, '--config', COLLECTOR_CONFIG],
    env: { PATH: '/usr/bin:/bin', HOME: folder, ...env },
    cwd: folder,
    logPath,
    readyUrl: `http://${env['OLLASCOPE_COLLECTOR_HEALTH']}/`,
  });
  const ownMetrics = async (): Promise<string> =>
    (await fetch(metricsUrl, { headers: { connection: 'close' } })).text();
  return {
    server,
    grpcUrl: `http://${env['OLLASCOPE_OTLP_GRPC']}`,
    httpUrl: `http://${env['OLLASCOPE_OTLP_HTTP']}`,
    metricsUrl,
    state: env['OLLASCOPE_COLLECTOR_STATE'] ?? '',
    env,
    said: () => readFileSync(logPath, 'utf8'),
    ownMetrics,
    ownSum: async (name) =>
      (await ownMetrics())
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0),
    dispose: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
