// Starts and stops a real `ollama serve` on a free loopback port, in folders of its own and with an environment of its own.
// A server killed outright leaves its runners behind, so stopping ends those by id too; leaving our process does the same.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../install/command.ts';
import { freePort } from '../ports.ts';
import type { OllamaVersion } from '../versions.ts';
import { epochNs } from './epoch.ts';
import { installOllama } from './install.ts';
import { runnersOf, signalProcess } from './processes.ts';
import { TINY_MODELS, writeTinyModels } from './tiny-models.ts';

/** Called for each piece that the server writes; `arrivalNs` is epoch nanoseconds at the read. */
export type OutputListener = (stream: 'stdout' | 'stderr', chunk: Buffer, arrivalNs: bigint) => void;

export type StartOptions = {
  readonly version: OllamaVersion;
  readonly debug?: 0 | 1 | 2;
  /** Added to (and winning over) the environment that the server gets; nothing of ours is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * `merged` (the default): both streams appended to `<directory>/server.log`, as `ollama serve >> server.log 2>&1`.
   * `split`: stderr to `<directory>/server.stderr.log` instead. A function gets the pieces from two pipes.
   */
  readonly output?: 'merged' | 'split' | OutputListener;
  /** OLLAMA_MODELS; an empty folder in the server's own temporary one unless told. */
  readonly modelsDir?: string;
  /** Where the log goes; the temporary folder unless told. */
  readonly directory?: string;
  readonly port?: number;
  /** Another installed copy than the cache's: one whose engine a test has wrapped. */
  readonly binary?: string;
};

export type OllamaServer = {
  readonly version: OllamaVersion;
  /** `http://127.0.0.1:<port>`, no slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logPath: string;
  /** The same file as `logPath` unless the streams are split. */
  readonly stderrPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly launchNs: bigint;
  readonly runnerPids: () => number[];
  /** Gives Ollama the four tiny models: about a second. */
  readonly createModels: () => Promise<void>;
  /** SIGTERM, after ten seconds SIGKILL, runners included. Answers the exit code (null: ended by a signal). */
  readonly stop: () => Promise<number | null>;
  /** `stop` and remove the temporary folder with all that is in it. */
  readonly dispose: () => Promise<void>;
};

const READY_SECONDS = 30;
const READY_POLL_MS = 20;
const STOP_SECONDS = 10;
/** Another process may take the free port before Ollama binds it. */
const START_ATTEMPTS = 3;
/** No path of the developer's own in the log: 0.24 prints its child's environment at debug level. */
const PLAIN_PATH = '/usr/local/bin:/usr/bin:/bin';

const living = new Map<ChildProcess, string>();
process.on('exit', () => {
  for (const [child, home] of living) {
    endAtOnce(child);
    rmSync(home, { recursive: true, force: true });
  }
});
let endsOnSignals = false;

/** A signal's default action would skip `exit`; asked for at the first launch only, so that importing changes nothing. */
const endOnSignals = (): void => {
  if (endsOnSignals) return;
  endsOnSignals = true;
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
};

const endAtOnce = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const runners = runnersOf(child.pid);
  child.kill('SIGKILL');
  for (const pid of runners) signalProcess(pid, 'SIGKILL');
};

const answersVersion = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const call = request(
      { host: '127.0.0.1', port, path: '/api/version', agent: false, timeout: 1_000 },
      (response) => {
        response.resume().on('close', () => resolve(response.statusCode === 200));
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });

/** Starts the server and waits until `GET /api/version` answers 200 (that one line, from 127.0.0.1, is in the log). */
export const startOllama = async (options: StartOptions): Promise<OllamaServer> => {
  const binary = options.binary ?? (await installOllama(options.version)).binary;
  for (let attempt = 1; ; attempt += 1) {
    const server = launch(binary, options, options.port ?? (await freePort()));
    if (await becomesReady(server)) return server;
    await server.stop();
    const told = readFileSync(server.stderrPath, 'utf8').slice(-2_000);
    const isPortTaken = options.port === undefined && told.includes('address already in use');
    await server.dispose();
    if (!isPortTaken || attempt === START_ATTEMPTS) {
      throw new Error(
        `ollama ${options.version} did not answer /api/version within ${READY_SECONDS} s; it said:\n${told}`,
      );
    }
  }
};

const becomesReady = async (server: OllamaServer): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs < READY_SECONDS * 1_000; waitedMs += READY_POLL_MS) {
    if (await answersVersion(server.port)) return true;
    if (!signalProcess(server.pid, 0)) return false;
    await delay(READY_POLL_MS);
  }
  return false;
};

/** Runs `body` with a server that is gone afterwards, however `body` ends. */
export const withOllama = async <Result>(
  options: StartOptions,
  body: (server: OllamaServer) => Promise<Result>,
): Promise<Result> => {
  const server = await startOllama(options);
  try {
    return await body(server);
  } finally {
    await server.dispose();
  }
};

const serverEnvironment = (options: StartOptions, port: number, home: string): Record<string, string> => ({
  PATH: PLAIN_PATH,
  HOME: home,
  TZ: 'UTC',
  OLLAMA_HOST: `127.0.0.1:${port}`,
  OLLAMA_MODELS: options.modelsDir ?? join(home, 'models'),
  OLLAMA_NO_CLOUD: '1',
  OLLAMA_DEBUG: String(options.debug ?? 0),
  ...options.env,
});

const launch = (binary: string, options: StartOptions, port: number): OllamaServer => {
  endOnSignals();
  const home = mkdtempSync(join(tmpdir(), 'ollascope-ollama-'));
  const directory = options.directory ?? home;
  mkdirSync(directory, { recursive: true });
  const logPath = join(directory, 'server.log');
  const output = options.output ?? 'merged';
  const stderrPath = output === 'split' ? join(directory, 'server.stderr.log') : logPath;
  const env = serverEnvironment(options, port, home);
  const files = [openSync(logPath, 'a'), openSync(stderrPath, 'a')];
  const stdio = typeof output === 'function' ? (['ignore', 'pipe', 'pipe'] as const) : (['ignore', ...files] as const);
  const launchNs = epochNs();
  const child = spawn(binary, ['serve'], { cwd: home, env, stdio: [...stdio] });
  for (const file of files) closeSync(file);
  if (typeof output === 'function') {
    child.stdout?.on('data', (chunk: Buffer) => output('stdout', chunk, epochNs()));
    child.stderr?.on('data', (chunk: Buffer) => output('stderr', chunk, epochNs()));
  }
  living.set(child, home);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`could not start ${binary}: remove its folder and install it again`);
  const stop = (): Promise<number | null> => stopChild(child);
  return {
    version: options.version,
    url: `http://127.0.0.1:${port}`,
    port,
    pid,
    logPath,
    stderrPath,
    env,
    launchNs,
    runnerPids: () => runnersOf(pid),
    createModels: () => createModels(binary, env, home),
    stop,
    dispose: async () => {
      await stop();
      living.delete(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
};

const stopChild = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const closed = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const runners = child.pid === undefined ? [] : runnersOf(child.pid);
  child.kill('SIGTERM');
  const overdue = setTimeout(() => endAtOnce(child), STOP_SECONDS * 1_000);
  const code = await closed;
  clearTimeout(overdue);
  for (const pid of runners) signalProcess(pid, 'SIGKILL');
  return code;
};

const createModels = async (binary: string, env: Readonly<Record<string, string>>, home: string): Promise<void> => {
  const folder = mkdtempSync(join(home, 'tiny-'));
  writeTinyModels(folder);
  for (const { name } of TINY_MODELS) {
    await runCommand(binary, ['create', name, '-f', `${name}.Modelfile`], {
      cwd: folder,
      env: { ...env },
      timeoutSeconds: 60,
      whenMissing: 'it was just installed; remove its folder and install it again',
      quiet: true,
    });
  }
  rmSync(folder, { recursive: true });
};
