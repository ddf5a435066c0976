// Makes the recordings that the project ships: a real Ollama runs a scenario, `ollascope record` follows it, and what the client
// saw is laid beside it as the truth. `node test/real/record.ts [NAME…]` makes all or the named ones anew.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { toJson } from './ollama/epoch.ts';
import { runScenario, type ScenarioOptions } from './ollama/scenarios.ts';
import type { OllamaServer } from './ollama/server.ts';
import type { Truth } from './ollama/truth.ts';

type Wanted = Omit<ScenarioOptions, 'out' | 'alongside'>;

const RECORDINGS: { readonly [name: string]: Wanted } = {
  demo: { scenario: 'demo', version: '0.34.4' },
  'ollama-0.34.4-sequential': { scenario: 'sequential', version: '0.34.4' },
  'ollama-0.34.4-concurrent': { scenario: 'concurrent', version: '0.34.4', n: 30 },
  'ollama-0.34.4-errors': { scenario: 'errors', version: '0.34.4' },
  'ollama-0.34.4-load-unload-debug': { scenario: 'load-unload', version: '0.34.4', debug: 1 },
  'ollama-0.34.4-crash': { scenario: 'crash', version: '0.34.4' },
  'ollama-0.24.0-sequential': { scenario: 'sequential', version: '0.24.0' },
  'ollama-0.24.0-concurrent-debug': { scenario: 'concurrent', version: '0.24.0', n: 30, debug: 1 },
  'ollama-0.24.0-load-unload': { scenario: 'load-unload', version: '0.24.0' },
};

const ROOT = resolve(import.meta.dirname, '..', '..');
/** The agent's first look at the log and the API; then nothing of the scenario is missed. */
const SETTLE_MS = 1_000;
/** Lines that come after the last answer: timings, unloads. */
const AFTER_MS = 1_500;

const follow =
  (dir: string) =>
  async (server: OllamaServer): Promise<() => Promise<void>> => {
    const flags = ['--ollama-log', server.logPath, '--ollama-url', server.url, '--start-at', 'beginning'];
    const quiet = [
      '--nvidia-smi',
      'none',
      '--kernel-log',
      'none',
      '--metrics-listen',
      'none',
      '--otlp',
      'off',
      '--output',
      'none',
    ];
    const agent = spawn(process.execPath, [join(ROOT, 'agent', 'main.ts'), 'record', dir, ...flags, ...quiet], {
      stdio: 'inherit',
    });
    const exit = once(agent, 'exit');
    await delay(SETTLE_MS);
    return async () => {
      await delay(AFTER_MS);
      agent.kill('SIGTERM');
      const [code] = await exit;
      if (code !== 0) throw new Error(`record: expected exit code 0, found ${String(code)}: see its messages above`);
    };
  };

/** Settings of Ollama that matter to a reader; places and addresses of the machine do not travel. */
const TOLD_ENV = /^OLLAMA_(DEBUG|NUM_PARALLEL|MAX_LOADED_MODELS|MAX_QUEUE|KEEP_ALIVE)$/;

const toldTruth = (truth: Truth): Truth => ({
  ...truth,
  env: Object.fromEntries(Object.entries(truth.env).filter(([name]) => TOLD_ENV.test(name))),
  requests: truth.requests.map((request) => ({
    ...request,
    ...(request.error === undefined ? {} : { error: 'told' }),
  })),
});

/** Ollama's log names the checkout it was built in: replaced by a path of the same length, so that every position holds. */
const NEUTRAL = `/srv/${'ollascope-'.repeat(ROOT.length)}`.slice(0, ROOT.length);

const neutralise = (path: string): void => {
  writeFileSync(path, readFileSync(path, 'latin1').replaceAll(ROOT, NEUTRAL), 'latin1');
};

const make = async (name: string, wanted: Wanted): Promise<void> => {
  const dir = join(ROOT, 'recordings', name);
  const out = mkdtempSync(join(tmpdir(), 'ollascope-record-'));
  rmSync(dir, { recursive: true, force: true });
  try {
    const truth = await runScenario({ ...wanted, out, alongside: follow(dir) });
    writeFileSync(join(dir, 'truth.json'), `${toJson(toldTruth(truth))}\n`);
    for (const name of readdirSync(dir).filter((file) => file.endsWith('.raw'))) neutralise(join(dir, name));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
};

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(RECORDINGS)) {
  const wanted = RECORDINGS[name];
  if (wanted === undefined) throw new Error(`expected one of ${Object.keys(RECORDINGS).join(', ')}, found ${name}`);
  await make(name, wanted);
}
