// The project's own configuration files, laid out in a stack's directory. Four things are changed on the way, and no more:
// the addresses in Prometheus' target files, the agents to scrape, Prometheus' intervals when a test asks for it, and where
// Alertmanager's secrets lie. Everything else reaches the servers as it is shipped; the environment names the endpoints.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../support/program.ts';
import { DEFAULT_PORTS, local, type StackPorts } from './environment.ts';

/** Copies a shipped folder (its configuration, rules, templates) into the stack's directory. */
const copyFolder = (name: string, directory: string): string => {
  const target = join(directory, name);
  cpSync(join(ROOT, name), target, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts') && !path.endsWith('.md'),
  });
  return target;
};

/**
 * `scrape_interval`, `scrape_timeout` and `evaluation_interval` wherever they stand, so that a test waits seconds where a
 * user waits a minute.
 */
export const withInterval = (text: string, interval: string): string =>
  text.replace(
    /^(\s*(?:- )?)(scrape_interval|scrape_timeout|evaluation_interval):[ \t]*[^\s#]+/gm,
    `$1$2: ${interval}`,
  );

export type TargetGroup = { readonly targets: readonly string[]; readonly labels?: Readonly<Record<string, string>> };

/**
 * A target file for this stack: each known default address becomes the stack's, and addresses that nothing of the stack
 * listens on go, because a target that is down fires alerts.
 */
export const withTargets = (text: string, addresses: ReadonlyMap<string, string>): string => {
  const groups: readonly TargetGroup[] = parse(text) ?? [];
  const here = groups.map((group) => ({
    ...group,
    targets: group.targets.flatMap((target) => addresses.get(target.replace('localhost', '127.0.0.1')) ?? []),
  }));
  return stringify(here.filter((group) => group.targets.length > 0));
};

const scraped = ['collectorMetrics', 'prometheus', 'alertmanager', 'loki', 'jaegerMetrics'] as const;

/** Default address → the stack's address. */
export const addressesOf = (ports: StackPorts): Map<string, string> =>
  new Map(scraped.map((name) => [local(DEFAULT_PORTS[name]), local(ports[name])]));

export const layOutPrometheus = (
  directory: string,
  addresses: ReadonlyMap<string, string>,
  agents: readonly TargetGroup[],
  interval: string | undefined,
): string => {
  const folder = copyFolder('prometheus', directory);
  const targets = join(folder, 'targets');
  for (const name of readdirSync(targets).filter((file) => file.endsWith('.yaml'))) {
    const path = join(targets, name);
    writeFileSync(path, withTargets(readFileSync(path, 'utf8'), addresses));
  }
  if (agents.length > 0) writeFileSync(join(targets, 'agents.yaml'), stringify(agents));
  const path = join(folder, 'prometheus.yaml');
  if (interval !== undefined) writeFileSync(path, withInterval(readFileSync(path, 'utf8'), interval));
  return path;
};

/** Nobody listens there: what a test did not set up must not reach anything. */
const NOWHERE = 'http://127.0.0.1:9/';

/**
 * Alertmanager reads addresses and keys of its receivers from files. Each `…_file:` of the configuration is made here: the
 * webhook's holds the test's own address, any other one that leads nowhere.
 */
export const layOutAlertmanager = (directory: string, webhookUrl: string | undefined): string => {
  const folder = copyFolder('alertmanager', directory);
  const path = join(folder, 'alertmanager.yaml');
  const text = readFileSync(path, 'utf8').replace(
    /^(\s*(?:- )?\w+_file:[ \t]*)(['"]?)([^\s'"#]+)\2/gm,
    (_all, head: string, _quote, file: string) => {
      const place = isAbsolute(file) ? join(folder, 'secrets', basename(file)) : join(folder, file);
      mkdirSync(dirname(place), { recursive: true });
      const isWebhook = basename(file).includes('webhook') && webhookUrl !== undefined;
      writeFileSync(place, isWebhook ? webhookUrl : NOWHERE, { mode: 0o600 });
      return `${head}${place}`;
    },
  );
  writeFileSync(path, text);
  return path;
};

export const layOutLoki = (directory: string): string => join(copyFolder('loki', directory), 'loki.yaml');

export const layOutJaeger = (directory: string): string => join(copyFolder('jaeger', directory), 'jaeger.yaml');

export const collectorConfiguration = (given: string | undefined): string =>
  given ?? join(ROOT, 'otel', 'collector.yaml');
