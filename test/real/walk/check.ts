// The one command of the acceptance: installs the real servers where they are missing, starts them, replays the composed
// recording, runs every query, rule, alert and dashboard check against them, prints what was found where, and how long it took.
// Run: node test/real/walk/check.ts [vitest filters instead of all]
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runCommand, say } from '../install/command.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Says itself what it does; done within a second when everything is there. */
const INSTALLER = join(ROOT, 'test', 'real', 'install.ts');
/** Ollama's own long scenarios and Docker are not part of the stack's check; everything else that is real is. */
const NOT_THE_STACK = ['test/real/ollama/**', 'test/compose/**', 'test/package/**'] as const;
const INSTALL_SECONDS_MAX = 3_600;

const clock = (): number => performance.now() / 1_000;
const took = (since: number): string => `${(clock() - since).toFixed(0)} s`;

const runTests = (filters: readonly string[]): Promise<number> => {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const excluded = NOT_THE_STACK.flatMap((pattern) => ['--exclude', pattern]);
  const args = [vitest, 'run', '--project', 'real', ...excluded, ...filters];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
};

const main = async (): Promise<number> => {
  const startedAt = clock();
  await runCommand(process.execPath, [INSTALLER], {
    cwd: ROOT,
    timeoutSeconds: INSTALL_SECONDS_MAX,
    whenMissing: 'it is the Node that runs this',
  });
  const installed = took(startedAt);
  const testsAt = clock();
  const code = await runTests(process.argv.slice(2));
  const verdict = code === 0 ? 'everything was found where it belongs' : 'something is missing: see above';
  say(`${verdict}; servers installed or found in ${installed}, checked in ${took(testsAt)}, ${took(startedAt)} in all`);
  return code;
};

process.exitCode = await main();
