// The rules in Prometheus' own hands: promtool reads the configuration and plays every unit test.
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { binaryOf } from '../real/backends/install.ts';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '..', '..', 'prometheus');
const TESTS = readdirSync(join(FOLDER, 'rules', 'tests'));

describe('promtool', () => {
  let promtool = '';
  beforeAll(async () => {
    promtool = await binaryOf('promtool');
  });

  it('takes the configuration and every rule file it names', async () => {
    const env = { OLLASCOPE_GRAFANA_URL: 'http://g', OLLASCOPE_RUNBOOKS: 'http://r', OLLASCOPE_NOTIFY: 'webhook' };
    const { stdout } = await run(promtool, ['check', 'config', 'prometheus.yaml'], { cwd: FOLDER, env });
    expect(stdout).toContain('SUCCESS: prometheus.yaml is valid');
    expect(stdout.match(/SUCCESS: \d+ rules found/g)?.length).toBeGreaterThanOrEqual(6);
    expect(stdout).not.toMatch(/FAILED|WARNING/);
  });

  it.each(TESTS)('plays %s', async (file) => {
    const { stdout } = await run(promtool, ['test', 'rules', file], { cwd: join(FOLDER, 'rules', 'tests') });
    expect(stdout).toContain('SUCCESS');
  });
});
