// What is pinned is pinned once: the table of versions, the go.mod files and the Collector's list of components agree.
// And a machine without Go is told what it lacks.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createScratch } from '../../support/scratch.ts';
import { VERSIONS } from '../versions.ts';
import { COLLECTOR_BUILDER, recipeFolder, TOOL_NAMES, TOOLS } from './tools.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const goMod = (recipe: string): string => readFileSync(join(import.meta.dirname, recipe, 'go.mod'), 'utf8');
const recipes = [...new Set([COLLECTOR_BUILDER, ...Object.values(TOOLS)].map((tool) => tool.recipe))];

describe('go.mod and the table of versions', () => {
  it.each([
    ['go-prometheus', 'github.com/prometheus/prometheus', VERSIONS.prometheus.module],
    ['go-alertmanager', 'github.com/prometheus/alertmanager', VERSIONS.alertmanager.module],
    ['go-loki', 'github.com/grafana/loki/v3', VERSIONS.loki.module],
    ['go-jaeger', 'github.com/jaegertracing/jaeger', VERSIONS.jaeger.module],
    ['go-compose', 'github.com/docker/compose/v2', VERSIONS.compose.module],
    ['go-collector-builder', 'go.opentelemetry.io/collector/cmd/builder', VERSIONS.collector.components],
  ])('%s requires %s at %s', (recipe, module, version) => {
    expect(
      goMod(recipe)
        .split('\n')
        .map((line) => line.replace(/^require|\/\/ indirect/g, '').trim()),
    ).toContain(`${module} ${version}`);
  });

  it.each(recipes)('%s asks for no newer Go than the table says', (recipe) => {
    const asked = /^go (\d+)\.(\d+)\.(\d+)$/m.exec(goMod(recipe))?.slice(1).map(Number) ?? [];
    const told = VERSIONS.goMinimum.split('.').map(Number);
    const packed = (parts: readonly number[]): number => parts.reduce((sum, part) => sum * 1_000 + part, 0);
    expect(asked).toHaveLength(3);
    expect(packed(asked)).toBeLessThanOrEqual(packed(told));
  });

  it('has a row for each folder of a module, and a folder for each row', () => {
    const folders = readdirSync(import.meta.dirname).filter((name) => name.startsWith('go-'));
    expect(folders.sort()).toEqual(recipes.toSorted());
    for (const name of TOOL_NAMES) expect(readdirSync(recipeFolder(TOOLS[name]))).toContain('go.sum');
  });
});

describe('the generated Collector', () => {
  type Component = { readonly gomod: string };
  const builder: Record<string, unknown> = parse(readFileSync(join(import.meta.dirname, 'builder.yaml'), 'utf8'));
  const kinds = ['receivers', 'processors', 'exporters', 'connectors', 'extensions', 'providers'];
  const listed = kinds.flatMap((kind) => (builder[kind] as Component[]).map(({ gomod }) => gomod.split(' ')));

  it('was generated from builder.yaml as it stands: else run node test/real/backends/generate-collector.ts', () => {
    const required = goMod('go-collector').matchAll(
      /^\t(\S+\/(?:receiver|processor|exporter|connector|extension|provider)\/\S+) (\S+)$/gm,
    );
    const direct = [...required].map(([, module, version]) => `${module} ${version}`);
    expect(direct.sort()).toEqual(listed.map((pair) => pair.join(' ')).sort());
  });

  it('takes every component and provider at the version of the table', () => {
    const { components, providers } = VERSIONS.collector;
    for (const [module = '', version] of listed) {
      expect(`${module} ${version}`).toBe(
        `${module} ${module.includes('/confmap/provider/') ? providers : components}`,
      );
    }
    expect(builder['dist']).toMatchObject({ version: VERSIONS.collector.release });
  });
});

describe('without Go', () => {
  it('says what to install, for every program, and fails: at once, not after the time that a build may take', () => {
    const install = join(import.meta.dirname, '..', 'install.ts');
    const cache = scratch.path('cache');
    const args = [install, ...TOOL_NAMES.flatMap((name) => ['--only', name])];
    const env = { PATH: '/nonexistent', OLLASCOPE_CACHE: cache };
    const ended = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(ended.stderr).toContain(
      `\`go\` was not found: loki ${VERSIONS.loki.release} is built from its Go module. Install Go ${VERSIONS.goMinimum} or newer`,
    );
    expect(ended.stderr).toContain(`not installed: ${TOOL_NAMES.join(', ')} (9 of 9)`);
    expect(ended.status).toBe(1);
  });

  it('names the programs that there are when asked for another', () => {
    const install = join(import.meta.dirname, '..', 'install.ts');
    const ended = spawnSync(process.execPath, [install, '--only', 'grafana'], { encoding: 'utf8' });
    expect(ended.stderr).toContain('--only expects one of ollama-0.34.4');
    expect(ended.stderr).toContain('found grafana');
    expect(ended.status).toBe(1);
  });
});
