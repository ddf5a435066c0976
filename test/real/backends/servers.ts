// How each server is started: program, arguments, and the address that says it is ready. Only flags that have no place in a
// configuration file stand here; compose and Kubernetes give the same ones.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressesOf,
  collectorConfiguration,
  layOutAlertmanager,
  layOutJaeger,
  layOutLoki,
  layOutPrometheus,
  type TargetGroup,
} from './configuration.ts';
import { local, type StackPorts } from './environment.ts';
import { binaryOf } from './install.ts';
import type { Launch, ServerName } from './process.ts';
import type { ToolName } from './tools.ts';

export type Plan = {
  readonly directory: string;
  readonly ports: StackPorts;
  readonly env: Readonly<Record<string, string>>;
  readonly collectorConfig: string | undefined;
  readonly webhookUrl: string | undefined;
  readonly promInterval: string | undefined;
  readonly agents: readonly TargetGroup[];
};

type Recipe = {
  readonly tool: ToolName;
  readonly args: (plan: Plan, data: string) => readonly string[];
  readonly ready: (ports: StackPorts) => string;
};

const RECIPES: Readonly<Record<ServerName, Recipe>> = {
  alertmanager: {
    tool: 'alertmanager',
    args: ({ directory, ports, webhookUrl }, data) => [
      `--config.file=${layOutAlertmanager(directory, webhookUrl)}`,
      `--storage.path=${data}`,
      `--web.listen-address=${local(ports.alertmanager)}`,
      // Empty: no gossip port on all interfaces.
      '--cluster.listen-address=',
    ],
    ready: (ports) => `http://${local(ports.alertmanager)}/-/ready`,
  },
  prometheus: {
    tool: 'prometheus',
    args: ({ directory, ports, agents, promInterval }, data) => [
      `--config.file=${layOutPrometheus(directory, addressesOf(ports), agents, promInterval)}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=${local(ports.prometheus)}`,
      '--web.enable-otlp-receiver',
      '--web.enable-lifecycle',
      '--enable-feature=exemplar-storage',
    ],
    ready: (ports) => `http://${local(ports.prometheus)}/-/ready`,
  },
  loki: {
    tool: 'loki',
    args: ({ directory }) => [`-config.file=${layOutLoki(directory)}`, '-config.expand-env=true'],
    ready: (ports) => `http://${local(ports.loki)}/ready`,
  },
  jaeger: {
    tool: 'jaeger',
    args: ({ directory, env }) => [
      '--config',
      layOutJaeger(directory),
      ...(env['OLLASCOPE_JAEGER_STORAGE'] === 'disk' ? ['--config', `${directory}/jaeger/keep.yaml`] : []),
    ],
    ready: (ports) => `http://${local(ports.jaeger)}/api/services`,
  },
  collector: {
    tool: 'otelcol',
    args: ({ collectorConfig }) => ['--config', collectorConfiguration(collectorConfig)],
    ready: (ports) => `http://${local(ports.collectorHealth)}/`,
  },
};

export const SERVER_NAMES: readonly ServerName[] = ['alertmanager', 'prometheus', 'loki', 'jaeger', 'collector'];

/** Lays out the server's files and answers how to start it. */
export const launchOf = async (name: ServerName, plan: Plan): Promise<Launch> => {
  const recipe = RECIPES[name];
  const data = join(plan.directory, 'data', name);
  mkdirSync(data, { recursive: true });
  return {
    name,
    binary: await binaryOf(recipe.tool),
    args: recipe.args(plan, data),
    env: plan.env,
    cwd: plan.directory,
    logPath: join(plan.directory, `${name}.log`),
    readyUrl: recipe.ready(plan.ports),
  };
};
