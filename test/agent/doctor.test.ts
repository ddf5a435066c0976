import { expect, test } from 'vitest';
import { discover } from '../../agent/discovery.ts';
import { type CheckOptions, doctorJson, renderDoctor, runChecks } from '../../agent/doctor.ts';
import { createHost } from '../../agent/host.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createFakeHost, type Machine } from './fake-host.ts';

const doctor = async (machine: Machine, options: CheckOptions = {}) => {
  const host = createFakeHost(machine);
  const discovery = await discover(host);
  const checks = await runChecks(host, options);
  return { text: renderDoctor(discovery, checks), json: doctorJson(discovery, checks), checks };
};

test('every problem is followed by what to do', async () => {
  const { text } = await doctor(
    { kernelRingError: 'EPERM', openPorts: [9464] },
    { scrape: { host: '127.0.0.1', port: 9464 }, otlpEndpoint: 'not a url' },
  );
  const lines = text.split('\n');
  const problems = lines.filter((line) => line.startsWith('PROBLEM'));
  expect(problems).toHaveLength(4);
  for (const problem of problems) expect(lines[lines.indexOf(problem) + 1]).toMatch(/^ {10}do: \S/);
  expect(text).toContain('PROBLEM  port of /metrics: 127.0.0.1:9464 – another program listens there');
  expect(text).toContain("Ollama's log was not found");
});

test('says in one sentence what would be followed', async () => {
  const { text } = await doctor({
    files: { '/home/alice/.ollama/logs/server.log': 'x', '/usr/bin/nvidia-smi': '' },
    programs: { '/usr/bin/nvidia-smi': '0, NVIDIA T4, 550.1\n' },
    openPorts: [11_434],
  });
  expect(text).toContain("Would follow: Ollama's log file, nvidia-smi, the kernel's log.\n");
  expect(text).toContain('ok       log of the Ollama app: ~/.ollama/logs/server.log');
});

test('JSON carries the same', async () => {
  const { json } = await doctor({}, { otlpEndpoint: 'http://collector:4317' });
  const parsed = JSON.parse(json) as { findings: unknown[]; checks: { what: string }[]; conclusion: string };
  expect(parsed.checks.map((check) => check.what)).toEqual(['Node', 'OTLP endpoint', 'time zone', 'clock']);
  expect(parsed.findings.length).toBeGreaterThan(4);
});

test('credentials of an endpoint are not told', async () => {
  const { text } = await doctor({}, { otlpEndpoint: 'https://me:secret@collector:4318/v1?key=hidden' });
  expect(text).toContain('https://collector:4318');
  expect(text).not.toMatch(/secret|hidden/);
});

test('the real machine answers every question without throwing', async () => {
  const host = createHost(createManualClock(), { PATH: '' });
  const port = await host.listenError('127.0.0.1', 0);
  expect(port).toBeUndefined();
  expect(await host.connectError('127.0.0.1', 1)).toBe('ECONNREFUSED');
  expect(await host.find('nvidia-smi')).toBeUndefined();
  expect(await host.read('/nowhere/at/all')).toBeUndefined();
  expect(await host.facts(import.meta.filename)).toMatchObject({ isFile: true });
  expect(await host.run('/nowhere/at/all', [], 1_000)).toBeUndefined();
  expect((await host.run(process.execPath, ['-e', 'console.log(7)'], 60_000))?.stdout).toBe('7\n');
});
