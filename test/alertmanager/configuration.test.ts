// The shipped configuration held against itself: nothing secret in it, nothing deprecated, nothing referenced that is not there,
// and the times that the documents promise.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '..', '..', 'alertmanager');
const text = readFileSync(join(FOLDER, 'alertmanager.yaml'), 'utf8');
const config: unknown = parse(text);

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

type Entry = { readonly key: string; readonly value: unknown; readonly path: string };

const entriesOf = (value: unknown, path = ''): readonly Entry[] => {
  if (Array.isArray(value)) return value.flatMap((each, index) => entriesOf(each, `${path}[${index}]`));
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    { key, value: child, path: `${path}.${key}` },
    ...entriesOf(child, `${path}.${key}`),
  ]);
};

const entries = entriesOf(config);
const valuesOf = (key: string): readonly unknown[] => entries.filter((e) => e.key === key).map(({ value }) => value);

const templates = readdirSync(join(FOLDER, 'templates')).map((name) =>
  readFileSync(join(FOLDER, 'templates', name), 'utf8'),
);
/** Addresses are a user's own; Alertmanager's defaults are its own. */
const GIVEN_ELSEWHERE = ['email.to', 'email.from'];

describe('alertmanager.yaml', () => {
  test('secrets come from files only', () => {
    const direct =
      /^(api_url|url|routing_key|service_key|smtp_auth_password|auth_password|slack_api_url|password|bearer_token|credentials)$/;
    expect(entries.filter(({ key }) => direct.test(key)).map(({ path }) => path)).toEqual([]);
    const files = entries.filter(({ key }) => key.endsWith('_file')).map(({ value }) => value);
    expect(files.sort()).toEqual([
      'secrets/pagerduty-routing-key',
      'secrets/slack-url',
      'secrets/smtp-password',
      'secrets/webhook-url',
    ]);
    expect(readFileSync(join(FOLDER, '.gitignore'), 'utf8')).toMatch(/^secrets\/$/m);
  });

  test('nothing deprecated: no match, match_re, source_match, target_match or service_key', () => {
    const old =
      /^(match|match_re|source_match|source_match_re|target_match|target_match_re|service_key|mute_time_intervals)$/;
    expect(entries.filter(({ key }) => old.test(key)).map(({ path }) => path)).toEqual([]);
  });

  test('every receiver is defined, used, and says when it is over', () => {
    const used = new Set(valuesOf('receiver'));
    const receivers = isNode(config) && Array.isArray(config['receivers']) ? config['receivers'].filter(isNode) : [];
    expect(receivers.map(({ name }) => name).sort()).toEqual([...used].sort());
    const integrations = receivers.flatMap((receiver) => Object.values(receiver).filter(Array.isArray).flat());
    expect(integrations.length).toBe(4);
    for (const integration of integrations) expect(integration).toMatchObject({ send_resolved: true });
  });

  test('every template that is used exists, and every one that exists is used', () => {
    const all = [text, ...templates];
    const defined = all.flatMap((each) => [...each.matchAll(/\{\{-? define "([^"]+)"/g)].map(([, name]) => name));
    const used = new Set(all.flatMap((each) => [...each.matchAll(/\btemplate "([^"]+)"/g)].map(([, name]) => name)));
    expect(new Set(defined).size).toBe(defined.length);
    expect([...used].filter((name) => !defined.includes(name)).sort()).toEqual([...GIVEN_ELSEWHERE].sort());
    expect(defined.filter((name) => !used.has(name))).toEqual([]);
  });

  test('reaction times: P1 15 minutes, P2 30 minutes, P3 2 hours, P4 8 hours', () => {
    const reaction = templates.join('').match(/define "ollascope\.reaction"[\s\S]*?\{\{- end \}\}/)?.[0] ?? '';
    expect([...reaction.matchAll(/eq \. "(P\d)" \}\}([^{]+)/g)].map(([, priority, time]) => [priority, time])).toEqual([
      ['P1', '15 minutes'],
      ['P2', '30 minutes'],
      ['P3', '2 hours'],
      ['P4', '8 hours'],
    ]);
  });
});

type Route = {
  readonly matchers?: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
};

describe('times', () => {
  const root = (isNode(config) ? config['route'] : {}) as Route & { readonly routes: readonly Route[] };
  const routed = (matcher: string | undefined): Route => {
    const own = root.routes.find(({ matchers }) => matchers?.[0] === matcher);
    return { ...root, ...own };
  };

  test.each([
    ['priority="P1"', '200ms', '10s', '1h'],
    ['severity="critical"', '1s', '1m', '1h'],
    ['severity="info"', '30s', '5m', '24h'],
    [undefined, '30s', '5m', '4h'],
  ])('%s waits %s, gathers for %s, repeats after %s', (matcher, wait, interval, repeat) => {
    const { group_wait, group_interval, repeat_interval } = routed(matcher);
    expect([group_wait, group_interval, repeat_interval]).toEqual([wait, interval, repeat]);
  });

  test('alerts are grouped by name, cluster, service and host', () => {
    expect(root.group_by).toEqual(['alertname', 'k8s_cluster_name', 'service_name', 'host_name']);
    expect(routed('priority="P1"').group_by).toEqual([...(root.group_by ?? []), 'hw_id']);
  });
});

type InhibitRule = {
  readonly name: string;
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
};

describe('what is held back', () => {
  const rules = (isNode(config) ? config['inhibit_rules'] : []) as readonly InhibitRule[];
  const namesIn = (matchers: readonly string[]): readonly string[] =>
    matchers.flatMap((matcher) => /^alertname=~?"(.+)"$/.exec(matcher)?.[1]?.split('|') ?? []);
  const root = join(FOLDER, '..');
  const alertsOf = (folder: string): readonly string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.yaml'))
      .flatMap((name) => [...readFileSync(join(root, folder, name), 'utf8').matchAll(/^ *- alert: (\w+)$/gm)])
      .map(([, name = '']) => name);
  const alerts = new Set([...alertsOf('prometheus/rules'), ...alertsOf('loki/rules/fake')]);

  test('every rule names alerts that exist', () => {
    const named = rules.flatMap((rule) => [...namesIn(rule.source_matchers), ...namesIn(rule.target_matchers)]);
    expect(named.filter((name) => !alerts.has(name))).toEqual([]);
    for (const rule of rules) {
      expect([rule.name, namesIn(rule.source_matchers).length > 0]).toEqual([rule.name, true]);
      expect([rule.name, namesIn(rule.target_matchers).length > 0]).toEqual([rule.name, true]);
    }
  });

  test('a rule that stands on a GPU asks for one: two missing labels count as equal', () => {
    const standing = rules.filter(({ equal }) => equal.includes('hw_id'));
    expect(standing.length).toBeGreaterThan(0);
    expect(
      standing.filter(({ source_matchers }) => !source_matchers.includes('hw_id!=""')).map(({ name }) => name),
    ).toEqual([]);
  });

  test('no alert holds itself back', () => {
    const selfish = rules.filter((rule) =>
      namesIn(rule.target_matchers).some((n) => namesIn(rule.source_matchers).includes(n)),
    );
    expect(selfish.map(({ name }) => name)).toEqual([]);
  });
});
