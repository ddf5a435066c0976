// One real server as a child of ours: its output in a file, ready when its own health address says so, ended by its id.
// Leaving our process ends every server that still lives.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export type ServerName = 'collector' | 'prometheus' | 'alertmanager' | 'loki' | 'jaeger';

export type Launch = {
  readonly name: ServerName;
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logPath: string;
  /** Answers 200 once the server does its work. */
  readonly readyUrl: string;
};

export type RunningServer = {
  readonly name: ServerName;
  /** Of the latest start; 0 while it is stopped. */
  readonly pid: number;
  /** All that it ever printed, over all starts. */
  readonly logPath: string;
  /** Ends it (SIGTERM unless told) and waits; SIGKILL after ten seconds. Nothing happens when it is stopped already. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** Starts it again, with the same arguments, ports and data, and waits until it is ready. */
  readonly start: () => Promise<void>;
};

/** On an unloaded machine all are ready within a second; Loki on a busy one needed eleven. */
const READY_SECONDS = 60;
const READY_POLL_MS = 25;
const STOP_SECONDS = 10;
const TOLD_CHARS = 3_000;

const living = new Set<ChildProcess>();
const folders = new Set<string>();
let endsWithUs = false;

/** A signal's default action would skip `exit`; asked for at the first launch only, so that importing changes nothing. */
const endWithUs = (): void => {
  if (endsWithUs) return;
  endsWithUs = true;
  process.on('exit', () => {
    for (const child of living) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
};

/** The folder goes with our process, however that ends. */
export const removedAtExit = (folder: string): void => {
  endWithUs();
  folders.add(folder);
};

const isReady = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // Not listening yet, or not answering yet: the caller asks again, and tells the server's own words when time is up.
    return false;
  }
};

const isOver = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const becomeReady = async (launch: Launch, child: ChildProcess): Promise<void> => {
  const polls = (READY_SECONDS * 1_000) / READY_POLL_MS;
  for (let poll = 0; poll < polls && !isOver(child); poll += 1) {
    if (await isReady(launch.readyUrl)) return;
    await delay(READY_POLL_MS);
  }
  const how = isOver(child)
    ? `ended (${child.exitCode ?? child.signalCode})`
    : `was not ready after ${READY_SECONDS} s`;
  await endChild(child, 'SIGKILL');
  const told = readFileSync(launch.logPath, 'utf8').slice(-TOLD_CHARS);
  throw new Error(`${launch.name} ${how} (${launch.readyUrl}); it said:\n${told}`);
};

const endChild = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (!isOver(child)) {
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill(signal);
    const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1_000);
    await closed;
    clearTimeout(overdue);
  }
  living.delete(child);
};

/**
 * Linux ends a child started so when its parent dies, were it by SIGKILL, which no handler of ours sees. The program takes
 * over the process, so its id stays.
 */
const LIFELINE = '/usr/bin/setpriv';
const withLifeline = (binary: string, args: readonly string[]): readonly [string, readonly string[]] =>
  process.platform === 'linux' && existsSync(LIFELINE)
    ? [LIFELINE, ['--pdeathsig', 'KILL', '--', binary, ...args]]
    : [binary, args];

const spawnServer = async (launch: Launch): Promise<ChildProcess> => {
  const log = openSync(launch.logPath, 'a');
  const [program, args] = withLifeline(launch.binary, launch.args);
  const child = spawn(program, args, { cwd: launch.cwd, env: launch.env, stdio: ['ignore', log, log] });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`could not start ${launch.binary}: ${error.message}`)));
  });
  living.add(child);
  return child;
};

export const startServer = async (launch: Launch): Promise<RunningServer> => {
  endWithUs();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    if (child !== undefined) throw new Error(`${launch.name} runs already, as process ${child.pid}`);
    const started = await spawnServer(launch);
    await becomeReady(launch, started);
    child = started;
  };
  await start();
  return {
    name: launch.name,
    get pid() {
      return child?.pid ?? 0;
    },
    logPath: launch.logPath,
    start,
    stop: async (signal = 'SIGTERM') => {
      const ending = child;
      child = undefined;
      if (ending !== undefined) await endChild(ending, signal);
    },
  };
};
