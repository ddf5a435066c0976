// What a stack changes of the shipped configuration, and that it is no more than that.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../support/program.ts';
import { createScratch } from '../../support/scratch.ts';
import { addressesOf, layOutAlertmanager, layOutPrometheus, withInterval, withTargets } from './configuration.ts';
import { choosePorts, DEFAULT_PORTS, stackEnvironment } from './environment.ts';
import { EXTERNAL_NAMES, externalUrls } from './external.ts';
import { startStack } from './stack.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const shipped = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('intervals', () => {
  it('change wherever they stand, and nothing else does', () => {
    const before = [
      'global:',
      '  scrape_interval: 15s # why',
      '  scrape_timeout: 10s',
      '  evaluation_interval: 15s',
      'scrape_configs:',
      '  - scrape_interval: 1m',
      '    file_sd_configs: [{ refresh_interval: 15s }]',
    ].join('\n');
    expect(withInterval(before, '1s').split('\n')).toEqual([
      'global:',
      '  scrape_interval: 1s # why',
      '  scrape_timeout: 1s',
      '  evaluation_interval: 1s',
      'scrape_configs:',
      '  - scrape_interval: 1s',
      '    file_sd_configs: [{ refresh_interval: 15s }]',
    ]);
  });

  it('are all that a stack changes in the shipped prometheus.yaml', async () => {
    const directory = scratch.path('prometheus');
    const addresses = addressesOf(await choosePorts());
    expect(readFileSync(layOutPrometheus(directory, addresses, [], undefined), 'utf8')).toBe(
      shipped('prometheus/prometheus.yaml'),
    );
    const [before, after] = [
      shipped('prometheus/prometheus.yaml'),
      readFileSync(layOutPrometheus(directory, addresses, [], '1s'), 'utf8'),
    ];
    const changed = after.split('\n').filter((line, index) => line !== before.split('\n')[index]);
    expect(changed.map((line) => line.trim())).toEqual([
      'scrape_interval: 1s',
      'scrape_timeout: 1s',
      'evaluation_interval: 1s',
    ]);
  });
});

describe('targets', () => {
  it('become the addresses of the stack, and those of nobody go', () => {
    const text = '- targets: [127.0.0.1:9090, "localhost:3100"]\n  labels: { job: a }\n- targets: [127.0.0.1:9464]\n';
    const addresses = new Map([
      ['127.0.0.1:9090', '127.0.0.1:20001'],
      ['127.0.0.1:3100', '127.0.0.1:20002'],
    ]);
    expect(parse(withTargets(text, addresses))).toEqual([
      { targets: ['127.0.0.1:20001', '127.0.0.1:20002'], labels: { job: 'a' } },
    ]);
  });

  it('of the shipped files are all known, so that no server goes unscraped', () => {
    const known = addressesOf(DEFAULT_PORTS);
    const folder = join(ROOT, 'prometheus', 'targets');
    const named = readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .flatMap((file) => parse(shipped(`prometheus/targets/${file}`)) as { targets: string[] }[])
      .flatMap((group) => group.targets);
    expect([...new Set(named)].sort()).toEqual([...known.keys()].sort());
  });

  it('may be an empty list', () => {
    expect(parse(withTargets('# none\n[]\n', new Map()))).toEqual([]);
  });
});

describe('the environment', () => {
  it('has the defaults of the configuration files as its default ports', () => {
    const defaults = stackEnvironment(DEFAULT_PORTS, '');
    const files = ['otel/collector.yaml', 'loki/loki.yaml', 'jaeger/jaeger.yaml'].map(shipped).join('\n');
    const written = new Map(
      [...files.matchAll(/\$\{(?:env:)?(OLLASCOPE_\w+):-([^}]*)\}/g)].map(([, name, value]) => [name, value]),
    );
    const isAddress = ([, value]: readonly string[]): boolean => /\d{4}$/.test(value ?? '');
    const compared = Object.entries(defaults).filter((pair) => isAddress(pair) && written.has(pair[0]));
    expect(compared.length).toBeGreaterThan(10);
    expect(compared.map(([name]) => [name, written.get(name)])).toEqual(compared);
  });

  it('has as many ports as servers want, all different', async () => {
    const ports = Object.values(await choosePorts());
    expect(new Set(ports).size).toBe(Object.keys(DEFAULT_PORTS).length);
  });
});

describe('Alertmanager', () => {
  it('finds each secret of the shipped configuration in a file of the stack, the webhook as told', () => {
    const directory = scratch.path('alertmanager');
    const text = readFileSync(layOutAlertmanager(directory, 'http://127.0.0.1:1234/hook'), 'utf8');
    const files = [...text.matchAll(/_file:\s*(\S+)/g)].map(([, path]) => path ?? '');
    expect(files.length).toBeGreaterThan(0);
    for (const path of files) expect(path.startsWith(`${directory}/alertmanager/`)).toBe(true);
    const webhooks = files.filter((path) => path.includes('webhook'));
    expect(webhooks.map((path) => readFileSync(path, 'utf8'))).toEqual(
      webhooks.map(() => 'http://127.0.0.1:1234/hook'),
    );
    expect(text.replaceAll(`${directory}/alertmanager/`, '')).toBe(shipped('alertmanager/alertmanager.yaml'));
  });
});

describe('a stack that runs already', () => {
  const all = Object.fromEntries(
    Object.values(EXTERNAL_NAMES).map((name, index) => [name, `http://127.0.0.1:${9000 + index}/`]),
  );

  it('is taken when all addresses are given', () => {
    expect(externalUrls(all)?.otlpHttpUrl).toBe('http://127.0.0.1:9000');
    expect(externalUrls({})).toBeUndefined();
  });

  it('is an error that names what is missing when some are', () => {
    const { OLLASCOPE_LOKI_URL: _left, ...others } = all;
    expect(() => externalUrls(others)).toThrow('missing: OLLASCOPE_LOKI_URL. Set them too');
  });

  it('is used as it is; a test that needs servers of its own says so and what to unset', async () => {
    for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
    const stack = await startStack({ promInterval: '1s' });
    expect([stack.external, stack.lokiUrl, stack.directory]).toEqual([
      true,
      all['OLLASCOPE_LOKI_URL']?.slice(0, -1),
      '',
    ]);
    expect(() => stack.server('loki')).toThrow('loki belongs to a stack that runs already');
    const agents = [{ targets: ['127.0.0.1:9464'] }];
    await expect(startStack({ agents })).rejects.toThrow(
      'needs servers of its own (agents); unset OLLASCOPE_STACK_COLLECTOR_HTTP',
    );
    vi.unstubAllEnvs();
  });
});
