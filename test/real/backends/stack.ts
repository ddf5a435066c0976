// The five real backends for one test: started on free loopback ports in a temporary directory with the project's own
// configuration, ready when this resolves, gone without a trace afterwards. Or one that runs already, by its addresses.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TargetGroup } from './configuration.ts';
import { choosePorts, local, type StackPorts, stackEnvironment } from './environment.ts';
import { EXTERNAL_NAMES, type ExternalUrls, externalUrls } from './external.ts';
import { type RunningServer, removedAtExit, type ServerName, startServer } from './process.ts';
import { launchOf, type Plan, SERVER_NAMES } from './servers.ts';

export type { RunningServer, ServerName } from './process.ts';

export type Stack = {
  /** Temporary; configuration, data and logs of the servers; removed by `stop`. Empty for an external stack. */
  readonly directory: string;
  readonly prometheusUrl: string;
  readonly lokiUrl: string;
  readonly jaegerUrl: string;
  readonly alertmanagerUrl: string;
  /** Never started: only what links name. */
  readonly grafanaUrl: string;
  readonly otlpGrpcUrl: string;
  readonly otlpHttpUrl: string;
  readonly collectorHealthUrl: string;
  readonly collectorMetricsUrl: string;
  /** The addresses of a running stack were given, and nothing was started. */
  readonly external: boolean;
  /** What the servers' configuration files read: for validating a file, or for a second server beside these. */
  readonly env: Readonly<Record<string, string>>;
  readonly server: (name: ServerName) => RunningServer;
  readonly stop: () => Promise<void>;
};

export type StackOptions = {
  /** All five unless told. */
  readonly only?: readonly ServerName[];
  /** Added to (and winning over) what the configuration files read; nothing of ours is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Path of another Collector configuration than otel/collector.yaml. */
  readonly collectorConfig?: string;
  /** Where Alertmanager's webhook receiver sends; switches that channel on. */
  readonly webhookUrl?: string;
  /** How often Prometheus scrapes, it and Loki evaluate rules, and the Collector tells span metrics, such as `1s`. */
  readonly promInterval?: string;
  /** Agents whose /metrics Prometheus scrapes: what stands in targets/agents.yaml. */
  readonly agents?: readonly TargetGroup[];
};

/** Another process may take a free port before the server binds it. */
const START_ATTEMPTS = 3;
/** No path of the developer's own. */
const PLAIN_PATH = '/usr/local/bin:/usr/bin:/bin';

const urlsOf = (ports: StackPorts) => ({
  prometheusUrl: `http://${local(ports.prometheus)}`,
  lokiUrl: `http://${local(ports.loki)}`,
  jaegerUrl: `http://${local(ports.jaeger)}`,
  alertmanagerUrl: `http://${local(ports.alertmanager)}`,
  grafanaUrl: `http://${local(ports.grafana)}`,
  otlpGrpcUrl: `http://${local(ports.otlpGrpc)}`,
  otlpHttpUrl: `http://${local(ports.otlpHttp)}`,
  collectorHealthUrl: `http://${local(ports.collectorHealth)}`,
  collectorMetricsUrl: `http://${local(ports.collectorMetrics)}/metrics`,
});

const paceOf = (interval: string | undefined): Readonly<Record<string, string>> =>
  interval === undefined ? {} : { OLLASCOPE_LOKI_RULES_INTERVAL: interval, OLLASCOPE_SPAN_METRICS_INTERVAL: interval };

const planOf = async (options: StackOptions): Promise<Plan> => {
  const ports = await choosePorts();
  const directory = mkdtempSync(join(tmpdir(), 'ollascope-stack-'));
  removedAtExit(directory);
  const env = {
    PATH: PLAIN_PATH,
    HOME: directory,
    TZ: 'UTC',
    ...stackEnvironment(ports, directory),
    ...(options.webhookUrl === undefined ? {} : { OLLASCOPE_NOTIFY: 'webhook' }),
    ...paceOf(options.promInterval),
    ...options.env,
  };
  const { collectorConfig, webhookUrl, promInterval, agents = [] } = options;
  return { directory, ports, env, collectorConfig, webhookUrl, promInterval, agents };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const startOnce = async (options: StackOptions): Promise<Stack> => {
  const plan = await planOf(options);
  const names = SERVER_NAMES.filter((name) => options.only?.includes(name) ?? true);
  const servers = new Map<ServerName, RunningServer>();
  const stop = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    rmSync(plan.directory, { recursive: true, force: true });
  };
  const launches = [];
  for (const name of names) launches.push(await launchOf(name, plan));
  const starts = await Promise.allSettled(
    launches.map(async (launch) => servers.set(launch.name, await startServer(launch))),
  );
  const failures = starts.flatMap((start) => (start.status === 'rejected' ? [messageOf(start.reason)] : []));
  if (failures.length > 0) {
    await stop();
    throw new Error(failures.join('\n'));
  }
  const server = (name: ServerName): RunningServer => {
    const found = servers.get(name);
    if (found === undefined) throw new Error(`${name} was not started: expected it in \`only\` (${names.join(', ')})`);
    return found;
  };
  return { directory: plan.directory, ...urlsOf(plan.ports), external: false, env: plan.env, server, stop };
};

/** What a test asks of servers that it starts itself; the intervals of others are theirs, and only make it slower. */
const NEEDS_OWN = ['env', 'collectorConfig', 'webhookUrl', 'agents'] as const;

const externalStack = (urls: ExternalUrls, options: StackOptions): Stack => {
  const asked = NEEDS_OWN.filter((name) => options[name] !== undefined);
  if (asked.length > 0) {
    throw new Error(
      `this test needs servers of its own (${asked.join(', ')}); unset ${Object.values(EXTERNAL_NAMES).join(', ')} for it`,
    );
  }
  const beside = (port: number): string => `http://${new URL(urls.otlpHttpUrl).hostname}:${port}`;
  return {
    ...urls,
    directory: '',
    grafanaUrl: beside(3000),
    collectorHealthUrl: beside(13_133),
    collectorMetricsUrl: `${beside(8888)}/metrics`,
    external: true,
    env: {},
    server: (name) => {
      throw new Error(
        `${name} belongs to a stack that runs already; only servers that the test started can be stopped`,
      );
    },
    stop: async () => undefined,
  };
};

/** True when the environment names a stack that runs already. */
export const isExternal = (): boolean => externalUrls(process.env) !== undefined;

export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const urls = externalUrls(process.env);
  if (urls !== undefined) return externalStack(urls, options);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !String(error).includes('address already in use')) throw error;
    }
  }
};
