// A Docker daemon of the test's own: started in a temporary folder, with its own socket, ended by its process id. A daemon that
// somebody uses is never touched: images are made here under the names of published ones.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { binaryOf } from '../real/backends/install.ts';
import { say } from '../real/install/command.ts';

export type Daemon = {
  readonly folder: string;
  /** What `docker` and `ollascope stack` need to reach it. */
  readonly env: { readonly DOCKER_HOST: string; readonly DOCKER_CONFIG: string; readonly PATH: string };
  /** Runs the docker client; answers what it printed, without blanks at the ends. */
  readonly docker: (args: readonly string[]) => string;
  readonly stop: () => Promise<void>;
};

const INSTALL_SECONDS = 300;
const READY_SECONDS = 60;
const STOP_SECONDS = 30;
const POLL_MS = 100;
const OUTPUT_BYTES_MAX = 16 * 1_024 * 1_024;

/** A daemon makes it at its start and leaves it behind. */
const BRIDGE = '/sys/class/net/docker0';

const isProgram = (name: string): boolean => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Why no daemon can be started here; undefined where one can, and under CI, where starting then fails instead of skipping. */
export const daemonMissing = (): string | undefined => {
  if (process.env['CI'] !== undefined) return undefined;
  if (process.platform !== 'linux') return `a Docker daemon of its own needs Linux, found ${process.platform}`;
  if (process.getuid?.() !== 0) return 'a Docker daemon of its own needs root';
  if (isProgram('dockerd')) return undefined;
  return 'dockerd is not installed (`apt-get install --no-install-recommends docker.io`); CI=1 has it installed';
};

const installDocker = (): void => {
  if (isProgram('dockerd') && isProgram('iptables')) return;
  say('installing docker.io from this machine’s own package mirror');
  const apt = (...args: readonly string[]): void => {
    execFileSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: INSTALL_SECONDS * 1_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
  };
  apt('update');
  apt('install', '--yes', '--no-install-recommends', 'docker.io', 'iptables');
};

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

export const startDaemon = async (): Promise<Daemon> => {
  installDocker();
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-docker-'));
  const socket = join(folder, 'docker.sock');
  const config = join(folder, 'config');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  copyFileSync(await binaryOf('docker-compose'), join(config, 'cli-plugins', 'docker-compose'));
  const logPath = join(folder, 'dockerd.log');
  const hadBridge = existsSync(BRIDGE);
  const log = openSync(logPath, 'a');
  const child = spawn(
    'dockerd',
    [
      '--data-root',
      join(folder, 'data'),
      '--exec-root',
      join(folder, 'exec'),
      '--pidfile',
      join(folder, 'pid'),
      '--host',
      `unix://${socket}`,
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config, PATH: process.env['PATH'] ?? '' };
  const docker = (args: readonly string[]): string =>
    execFileSync('docker', args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: OUTPUT_BYTES_MAX,
    }).trim();
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    for (let waited = 0; waited < STOP_SECONDS * 1_000 && !ended(child); waited += POLL_MS) await delay(POLL_MS);
    if (!ended(child)) child.kill('SIGKILL');
    if (!hadBridge && existsSync(BRIDGE)) execFileSync('ip', ['link', 'delete', 'docker0']);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; ; waited += POLL_MS) {
    if (existsSync(socket) && answers(docker)) return { folder, env, docker, stop };
    if (ended(child) || waited > READY_SECONDS * 1_000) {
      const told = readFileSync(logPath, 'utf8').slice(-2_000);
      await stop();
      throw new Error(`dockerd did not answer within ${READY_SECONDS} s; it said:\n${told}`);
    }
    await delay(POLL_MS);
  }
};

const answers = (docker: Daemon['docker']): boolean => {
  try {
    docker(['info', '--format', '{{.ID}}']);
    return true;
  } catch {
    return false; // not yet: it listens before it answers
  }
};
