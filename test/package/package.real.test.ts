// The package as it would be published: packed, installed into an empty project elsewhere, run there, and used from another
// program with its types. Needs a package registry, so it runs with the tests against real servers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageVersion } from '../../agent/version.ts';
import { ollamaLog } from '../cli/composed.ts';
import { ROOT, runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';

const scratch = createScratch();
afterAll(scratch.remove);
const project = scratch.path('project');
const installed = join(project, 'node_modules', 'ollascope');

const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

type Packed = {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
};
let packed: Packed;

beforeAll(() => {
  // What `prepack` prints comes before the list.
  const printed = npm(['pack', '--json', '--pack-destination', scratch.folder], ROOT);
  const [first]: readonly Packed[] = JSON.parse(printed.slice(printed.search(/^\[$/m)));
  if (first === undefined) throw new Error(`expected one package from npm pack, found ${printed}`);
  packed = first;
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }\n');
  npm(['install', '--no-audit', '--no-fund', join(scratch.folder, packed.filename)], project);
});

describe('the package', () => {
  test('holds what is run and read, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const needed of [
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'dist/agent/main.js',
      'dist/agent/library.d.ts',
    ])
      expect(paths).toContain(needed);
    expect(paths).toContain('recordings/demo/recording.json');
    for (const needed of [
      'compose/compose.yaml',
      'otel/collector.yaml',
      'prometheus/prometheus.yaml',
      'loki/loki.yaml',
    ])
      expect(paths).toContain(needed);
    const stack =
      /^(compose|otel|prometheus|alertmanager|loki|jaeger|grafana)\/.+(\.(yaml|env|tmpl|json|md|sh)|Dockerfile)$/;
    const strange = paths.filter(
      (path) =>
        !stack.test(path) &&
        !/^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/.+\.(js|d\.ts)|recordings\/.+)$/.test(path),
    );
    expect(strange).toEqual([]);
    expect(paths.filter((path) => /test|bench|\.cache|vitest/.test(path))).toEqual([]);
  });

  test('runs where it was installed', async () => {
    const bin = join(project, 'node_modules', '.bin', 'ollascope');
    expect(execFileSync(bin, ['--version'], { encoding: 'utf8', cwd: project })).toBe(`${packageVersion()}\n`);
    const main = join(installed, 'dist', 'agent', 'main.js');
    const demo = ['replay', join('node_modules', 'ollascope', 'recordings', 'demo'), '--output', 'otlp-json'];
    const there = await runProgram(demo, { main, cwd: project });
    expect(there).toMatchObject({ code: 0, stderr: '' });
    const here = await runProgram(['replay', join('recordings', 'demo'), '--output', 'otlp-json'], { cwd: ROOT });
    expect(there.stdout === here.stdout, 'the build tells what the sources tell').toBe(true);
  });

  test('finds its bundled recording where there is nothing to follow', async () => {
    const none = ['--ollama-log', '--ollama-url', '--nvidia-smi', '--kernel-log'].flatMap((flag) => [flag, 'none']);
    const args = ['run', '--demo-when-idle', '--exit-when-done', '--metrics-listen', 'none', ...none];
    const { code, stdout, stderr } = await runProgram(args, {
      main: join(installed, 'dist', 'agent', 'main.js'),
      cwd: project,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('BUNDLED RECORDING');
    expect(stdout).toMatch(/^trace [0-9a-f]{32} /m);
  });

  test('is a library with types', () => {
    const consumer = `import { coreDefaults, createCore, instant, type MetricName, renderWaterfall, type SpanSignal } from 'ollascope';
const spans: SpanSignal[] = [];
const output = { write: (batch: { spans: readonly SpanSignal[] }) => void spans.push(...batch.spans), pressure: () => undefined, close: async () => {} };
const core = createCore({ settings: coreDefaults, xidOverrides: new Map(), outputs: [output], startAt: instant(1n) });
const source = { name: 'ollama', dialect: 'ollama', identity: 'mine' } as const;
core.feed({ type: 'chunk', source, bytes: new TextEncoder().encode(${JSON.stringify(ollamaLog())}), position: 0, arrival: instant(2n), observed: false });
core.end();
const name: MetricName = 'gen_ai.server.request.duration';
console.log(core.snapshot().metrics.some((metric) => metric.name === name), renderWaterfall(spans.filter(({ traceId }) => traceId === spans[0]?.traceId), { width: 100, colour: false }));
`;
    const options = '--strict --target es2024 --lib es2024,dom --module nodenext --types --outDir out'.split(' ');
    writeFileSync(join(project, 'consumer.ts'), consumer);
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, ...options, 'consumer.ts'], { cwd: project, stdio: 'inherit' });
    const said = execFileSync(process.execPath, [join('out', 'consumer.js')], { cwd: project, encoding: 'utf8' });
    expect(said).toMatch(/^true trace [0-9a-f]{32} {2}chat sha256:c4c4c4c4c4c4/);
    expect(said).toContain('decode');
  });
});
