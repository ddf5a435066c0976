// The five servers themselves, with the project's own configuration: they come up from nothing, listen on loopback only,
// keep what they are told to keep, come back after a stop, and leave nothing behind.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { getText, promConfig, promTargets, until } from './ask.ts';
import { SERVER_NAMES } from './servers.ts';
import { isLoopback, socketsOf } from './sockets.ts';
import { type Stack, startStack } from './stack.ts';

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}/exe`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

const isListenedOn = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });

const urlsOf = (stack: Stack): string[] => [
  stack.prometheusUrl,
  stack.alertmanagerUrl,
  stack.lokiUrl,
  stack.jaegerUrl,
  stack.otlpGrpcUrl,
  stack.otlpHttpUrl,
  stack.collectorHealthUrl,
  stack.collectorMetricsUrl,
];

describe('five real backends', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ promInterval: '1s' });
  });
  afterAll(() => stack.stop());

  it('run from the project’s own files, none of them this test’s', () => {
    expect(stack.external).toBe(false);
    for (const name of SERVER_NAMES) expect(isAlive(stack.server(name).pid)).toBe(true);
  });

  it('are all scraped by Prometheus, and all up', async () => {
    const targets = await until('all targets were scraped', () => promTargets(stack.prometheusUrl), {
      holds: (all) => all.length >= SERVER_NAMES.length && all.every(({ health }) => health !== 'unknown'),
    });
    expect(targets.map(({ labels, health }) => `${labels['job']} ${health}`).sort()).toEqual([
      'alertmanager up',
      'collector up',
      'jaeger up',
      'loki up',
      'prometheus up',
    ]);
  });

  it('listen on loopback only, on the ports that they were given and no other, and talk to nobody else', () => {
    const told = new Set(Object.values(stack.env).flatMap((value) => /(?:^|:)(\d{5})$/.exec(value)?.[1] ?? []));
    for (const name of SERVER_NAMES) {
      const sockets = socketsOf(stack.server(name).pid);
      const listening = sockets.filter(({ isListening }) => isListening);
      expect(listening.length, name).toBeGreaterThan(0);
      expect(
        listening.filter(({ address }) => !isLoopback(address)),
        name,
      ).toEqual([]);
      expect(
        listening.filter(({ port }) => !told.has(String(port))),
        name,
      ).toEqual([]);
      expect(
        sockets.filter(({ isListening, peer }) => !isListening && !isLoopback(peer)),
        name,
      ).toEqual([]);
    }
  });

  it('keep seven days, or a hundred thousand traces', async () => {
    const prometheus = parse(await promConfig(stack.prometheusUrl));
    expect(prometheus.storage.tsdb.retention.time).toBe('1w');
    const loki = parse(await getText(`${stack.lokiUrl}/config`));
    expect(loki.limits_config.retention_period).toBe('1w');
    expect(loki.compactor.retention_enabled).toBe(true);
    // Jaeger prints its limit nowhere; it refuses keys that it does not know, so what runs is what the file says.
    const jaeger = parse(readFileSync(join(stack.directory, 'jaeger', 'jaeger.yaml'), 'utf8'));
    expect(jaeger.extensions.jaeger_storage.backends.memory.memory.max_traces).toBe(100_000);
  });

  it('come back on the same port after SIGTERM and after SIGKILL', async () => {
    for (const [name, signal] of [
      ['loki', 'SIGTERM'],
      ['prometheus', 'SIGKILL'],
      ['collector', 'SIGKILL'],
    ] as const) {
      const server = stack.server(name);
      const before = server.pid;
      await server.stop(signal);
      expect(isAlive(before)).toBe(false);
      expect(server.pid).toBe(0);
      await server.start();
      expect(isAlive(server.pid)).toBe(true);
      expect(server.pid).not.toBe(before);
    }
    for (const url of urlsOf(stack)) expect(await isListenedOn(url), url).toBe(true);
  });

  it('leave no process, no port and no folder when they are stopped', async () => {
    const own = await startStack({ promInterval: '1s' });
    const pids = SERVER_NAMES.map((name) => own.server(name).pid);
    await own.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    for (const url of urlsOf(own)) expect(await isListenedOn(url), url).toBe(false);
    expect(existsSync(own.directory)).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('end with the process that started them: %s', async (signal) => {
    const up = spawn(process.execPath, [join(import.meta.dirname, 'up.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    up.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      told += chunk;
    });
    await until('the stack is up', () => told.includes('ready; Ctrl-C'));
    const pids = [...told.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
    expect(pids.filter(isAlive)).toHaveLength(SERVER_NAMES.length);
    up.kill(signal);
    expect(await until('all of them ended', () => pids.filter(isAlive).length === 0)).toBe(true);
    const folder = /^logs, data\s+(\S+)$/m.exec(told)?.[1] ?? '';
    // A process killed outright removes nothing; its servers end all the same.
    if (signal === 'SIGKILL') rmSync(folder, { recursive: true });
    else expect(await until('the folder is gone', () => !existsSync(folder))).toBe(true);
  });
});

describe('one that cannot start', () => {
  it('is told by its own words, and the others are stopped', async () => {
    const pattern = /collector ended \(1\).*no_such_component/s;
    const collectorConfig = join(import.meta.dirname, 'broken-collector.yaml');
    await expect(startStack({ only: ['alertmanager', 'collector'], collectorConfig })).rejects.toThrow(pattern);
  });
});
