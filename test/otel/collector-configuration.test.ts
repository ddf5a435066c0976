// Rules of the Collector's configuration that no server checks: nothing is given up for time, everything that leaves waits on
// disk, the limiter stands first, and each variable of the variants is one that the configuration reads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/program.ts';
import { variantEnvironment } from './collector-running.ts';

type Exporter = {
  readonly retry_on_failure: { readonly max_elapsed_time: string };
  readonly sending_queue: { readonly storage: string; readonly block_on_overflow: boolean };
};
const text = readFileSync(join(ROOT, 'otel', 'collector.yaml'), 'utf8');
const { exporters }: { readonly exporters: Readonly<Record<string, Exporter>> } = parse(text);
const variants = readdirSync(join(ROOT, 'otel', 'env')).map((file) => file.replace(/\.env$/, ''));

test.each(Object.entries(exporters))('%s never gives up, waits on disk, refuses when full', (_, exporter) => {
  expect(exporter.retry_on_failure.max_elapsed_time).toBe('0s');
  expect(exporter.sending_queue).toMatchObject({ storage: 'file_storage/queue', block_on_overflow: false });
});

test('nothing listens beyond loopback unless told', () => {
  const defaults = [...text.matchAll(/endpoint: \$\{env:\w+:-([^}]*)\}/g)].map(([, value]) => value);
  expect(defaults.length).toBeGreaterThan(5);
  expect(defaults.filter((value) => !/^(?:http:\/\/)?127\.0\.0\.1:\d+$/.test(value ?? ''))).toEqual([]);
  expect(text).toMatch(/host: \$\{env:OLLASCOPE_COLLECTOR_METRICS_HOST:-127\.0\.0\.1\}/);
});

describe.each(variants)('%s', (variant) => {
  const environment = variantEnvironment(variant);
  test('sets only what the configuration reads', () => {
    expect(Object.keys(environment).length).toBeGreaterThan(3);
    expect(Object.keys(environment).filter((name) => !text.includes(`\${env:${name}:-`))).toEqual([]);
  });

  test('has the limiter first', () => {
    const processors = environment['OLLASCOPE_TRACE_PROCESSORS'] ?? '[memory_limiter,';
    expect(processors).toMatch(/^\[memory_limiter,/);
  });
});

test('what the local variant writes out are the defaults', () => {
  for (const [name, value] of Object.entries(variantEnvironment('local')))
    expect(text).toContain(`\${env:${name}:-${value}}`);
});
