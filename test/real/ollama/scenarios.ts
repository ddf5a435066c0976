// Runs a scenario against a real Ollama and leaves three files: `server.log`, `arrivals.tsv` (what a live follower saw when)
// and `truth.json` (what the client saw). Sampling is random: compare a log with the truth of the same run only.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { say } from '../install/command.ts';
import { isOllamaVersion, OLLAMA_VERSIONS, type OllamaVersion } from '../versions.ts';
import { recordArrivals } from './arrivals.ts';
import { toJson } from './epoch.ts';
import { copyModels } from './models.ts';
import { peakRssKib } from './processes.ts';
import { demo } from './scenario-demo.ts';
import { errors } from './scenario-errors.ts';
import { crash, loadUnload } from './scenario-lifecycle.ts';
import { concurrent, sequential, type TrafficSettings } from './scenario-traffic.ts';
import { type OllamaServer, startOllama } from './server.ts';
import { createDriver, type Driver, type Truth } from './truth.ts';

export type ScenarioName = 'demo' | 'sequential' | 'concurrent' | 'errors' | 'load-unload' | 'crash';

type Scenario = {
  readonly env: Readonly<Record<string, string>>;
  readonly run: (driver: Driver, settings: TrafficSettings) => Promise<void>;
};

const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  demo: { env: { OLLAMA_NUM_PARALLEL: '2', OLLAMA_MAX_LOADED_MODELS: '2' }, run: demo },
  sequential: { env: {}, run: sequential },
  concurrent: { env: { OLLAMA_NUM_PARALLEL: '2', OLLAMA_MAX_LOADED_MODELS: '2' }, run: concurrent },
  errors: { env: { OLLAMA_NUM_PARALLEL: '1', OLLAMA_MAX_LOADED_MODELS: '1', OLLAMA_MAX_QUEUE: '2' }, run: errors },
  'load-unload': { env: { OLLAMA_MAX_LOADED_MODELS: '1' }, run: loadUnload },
  crash: { env: {}, run: crash },
};

export type ScenarioOptions = {
  readonly scenario: ScenarioName;
  readonly version: OllamaVersion;
  readonly debug?: 0 | 1 | 2;
  /** The folder for the results; what stood in it under the same names is replaced. */
  readonly out: string;
  readonly seed?: number;
  /** `concurrent` only: requests (60), clients of a closed loop (null: random arrivals), slots per model (2). */
  readonly n?: number;
  readonly concurrency?: number | null;
  readonly parallel?: number;
  /** Streams in two files: stderr in `server.stderr.log` and `arrivals.stderr.tsv`. */
  readonly split?: boolean;
  /** All requests from 127.0.0.1. */
  readonly blind?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Something that runs beside the scenario from the server's start on; what it returns is called after the server's end. */
  readonly alongside?: (server: OllamaServer) => Promise<() => Promise<void>>;
};

const DEFAULT_SEED = 7;
const DEFAULT_REQUESTS = 60;
const RESULTS = ['server.log', 'server.stderr.log', 'arrivals.tsv', 'arrivals.stderr.tsv', 'truth.json'];

/** Under a minute each on two busy cores, installs apart. */
export const runScenario = async (options: ScenarioOptions): Promise<Truth> => {
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  for (const name of RESULTS) rmSync(join(out, name), { force: true });
  const scenario = SCENARIOS[options.scenario];
  const modelsDir = await copyModels(options.version);
  const split = options.split === true;
  const parallel: Record<string, string> =
    options.parallel === undefined ? {} : { OLLAMA_NUM_PARALLEL: String(options.parallel) };
  const stopFollowing = [await recordArrivals(join(out, 'server.log'), join(out, 'arrivals.tsv'))];
  if (split) stopFollowing.push(await recordArrivals(join(out, 'server.stderr.log'), join(out, 'arrivals.stderr.tsv')));
  try {
    const server = await startOllama({
      version: options.version,
      debug: options.debug ?? 0,
      modelsDir,
      directory: out,
      output: split ? 'split' : 'merged',
      env: { ...scenario.env, ...parallel, ...options.env },
    });
    const stopBeside = await options.alongside?.(server);
    try {
      return await record(options, server, scenario, out);
    } finally {
      await stopBeside?.();
      await server.dispose();
    }
  } finally {
    for (const stop of stopFollowing) await stop();
    rmSync(modelsDir, { recursive: true, force: true });
  }
};

const record = async (
  options: ScenarioOptions,
  server: OllamaServer,
  scenario: Scenario,
  out: string,
): Promise<Truth> => {
  const driver = createDriver(server, options.blind);
  driver.note('server ready');
  await scenario.run(driver, {
    version: options.version,
    seed: options.seed ?? DEFAULT_SEED,
    n: options.n ?? DEFAULT_REQUESTS,
    concurrency: options.concurrency ?? null,
  });
  const memory = [server.pid, ...server.runnerPids()].map((pid) => [String(pid), peakRssKib(pid) ?? 0] as const);
  driver.note('SIGTERM to server');
  const truth: Truth = {
    version: options.version,
    scenario: options.scenario,
    debug: String(options.debug ?? 0),
    env: server.env,
    tz: server.env['TZ'] ?? 'UTC',
    launch_ns: server.launchNs,
    server_exit: await server.stop(),
    peak_rss_kib: Object.fromEntries(memory),
    events: driver.events(),
    requests: driver.requests(),
  };
  writeFileSync(join(out, 'truth.json'), `${toJson(truth)}\n`);
  return truth;
};

const isScenarioName = (name: string): name is ScenarioName => Object.hasOwn(SCENARIOS, name);

const NUMBERS = ['seed', 'n', 'concurrency', 'parallel'];

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const flags = {
    scenario: text,
    version: text,
    debug: text,
    out: text,
    seed: text,
    n: text,
    concurrency: text,
    parallel: text,
  };
  const { values } = parseArgs({ options: { ...flags, split: { type: 'boolean' }, blind: { type: 'boolean' } } });
  const { scenario = 'sequential', version = '0.34.4', debug = '0', out } = values;
  if (!isScenarioName(scenario))
    return usage(`--scenario: one of ${Object.keys(SCENARIOS).join(', ')}; found ${scenario}`);
  if (!isOllamaVersion(version)) return usage(`--version: one of ${OLLAMA_VERSIONS.join(', ')}; found ${version}`);
  if (debug !== '0' && debug !== '1' && debug !== '2') return usage(`--debug: 0, 1 or 2; found ${debug}`);
  if (out === undefined) return usage('--out: a folder for the results; found none');
  const numbers = Object.entries(values).filter(([name, value]) => NUMBERS.includes(name) && value !== undefined);
  const wrong = numbers.find(([, value]) => !/^[1-9]\d*$/.test(String(value)));
  if (wrong !== undefined) return usage(`--${wrong[0]}: a whole number from 1; found ${String(wrong[1])}`);
  const given = Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)]));
  const level = debug === '0' ? 0 : debug === '1' ? 1 : 2;
  const startedMs = performance.now();
  const truth = await runScenario({
    scenario,
    version,
    debug: level,
    out,
    split: values.split === true,
    blind: values.blind === true,
    ...given,
  });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const tally = Object.entries(
    Object.groupBy(truth.requests, (request) => `${request.outcome} ${request.status ?? 'none'}`),
  );
  console.log(
    `${version} ${scenario} debug ${debug}: ${truth.requests.length} requests in ${seconds} s → ${resolve(out)}`,
  );
  for (const [kind, list] of tally) console.log(`  ${kind}: ${list?.length ?? 0}`);
};

const usage = (problem: string): void => {
  say(problem);
  process.exitCode = 2;
};

if (import.meta.main) await main();
