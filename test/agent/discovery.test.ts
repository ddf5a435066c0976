import { describe, expect, test } from 'vitest';
import { type Discovery, discover } from '../../agent/discovery.ts';
import { ollamaOrigin } from '../../agent/ollama-host.ts';
import { createFakeHost, type Machine } from './fake-host.ts';

const find = (machine: Machine): Promise<Discovery> => discover(createFakeHost(machine));
const stateOf = ({ findings }: Discovery, what: string): string | undefined =>
  findings.find((finding) => finding.what.startsWith(what))?.state;
const CONTAINER = 'c'.repeat(64);

describe('OLLAMA_HOST in all its forms', () => {
  test.each([
    [undefined, 'http://127.0.0.1:11434'],
    ['', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    [':12000', 'http://127.0.0.1:12000'],
    ['192.168.0.7', 'http://192.168.0.7:11434'],
    ['gpu-box:80', 'http://gpu-box:80'],
    ['http://gpu-box', 'http://gpu-box:80'],
    ['https://gpu-box', 'https://gpu-box:443'],
    ['https://gpu-box:8443/some/path', 'https://gpu-box:8443'],
    ['http://me:secret@gpu-box:1', 'http://gpu-box:1'],
    ['::1', 'http://[::1]:11434'],
    ['[::]:12000', 'http://[::1]:12000'],
    ['[fe80::2]', 'http://[fe80::2]:11434'],
    [' "gpu-box:99999" ', 'http://gpu-box:11434'],
    ['gpu-box:word', 'http://gpu-box:11434'],
  ])('%s', (value, origin) => {
    expect(ollamaOrigin(value)).toBe(origin);
    expect(new URL(origin).protocol).toMatch(/^https?:$/);
  });
});

describe('the log of Ollama', () => {
  const serve = (files: Machine['files'], links: Machine['links']): Machine => ({
    files: {
      '/proc/42/cmdline': '/usr/local/bin/ollama\0serve\0',
      '/proc/42/environ': 'A=1\0OLLAMA_HOST=:12000\0',
      ...files,
    },
    links: links ?? {},
    openPorts: [12_000],
  });

  test('the file that a running server writes to, and the address it was told', async () => {
    const found = await find(
      serve({ '/srv/ollama.log': 'x' }, { '/proc/42/fd/1': '/srv/ollama.log', '/proc/42/fd/2': '/srv/ollama.log' }),
    );
    expect(found.ollamaLogs).toEqual([{ kind: 'file', path: '/srv/ollama.log' }]);
    expect(found.ollamaOrigin).toBe('http://127.0.0.1:12000');
    expect(stateOf(found, "Ollama's API")).toBe('found');
  });

  test('two files where the streams are apart', async () => {
    const files = { '/srv/out.log': 'x', '/srv/err.log': 'x' };
    const found = await find(serve(files, { '/proc/42/fd/1': '/srv/out.log', '/proc/42/fd/2': '/srv/err.log' }));
    expect(found.ollamaLogs).toEqual([
      { kind: 'file', path: '/srv/out.log' },
      { kind: 'file', path: '/srv/err.log' },
    ]);
  });

  test('a terminal cannot be followed: what to do is told', async () => {
    const found = await find(serve({}, { '/proc/42/fd/1': '/dev/pts/1', '/proc/42/fd/2': '/dev/pts/1' }));
    expect(found.ollamaLogs).toEqual([]);
    expect(found.findings.find((finding) => finding.what.includes('pid 42'))).toMatchObject({
      state: 'problem',
      whatToDo: expect.stringContaining('ollama serve 2>&1'),
    });
  });

  test('a file that may not be read is a problem, and no path of a person is told', async () => {
    const path = '/home/bob/ollama.log';
    const found = await find(serve({ [path]: null }, { '/proc/42/fd/1': path, '/proc/42/fd/2': path }));
    expect(found.ollamaLogs).toEqual([]);
    const finding = found.findings.find((one) => one.what.includes('pid 42'));
    expect(finding).toMatchObject({ state: 'problem', where: '/home/*/ollama.log' });
  });

  test('a server in a container: how to pipe its log in', async () => {
    const found = await find(serve({ '/proc/42/cgroup': `0::/system.slice/docker-${CONTAINER}.scope\n` }, {}));
    expect(found.findings.find((finding) => finding.what.includes('pid 42'))).toMatchObject({
      whatToDo: expect.stringContaining('docker logs'),
    });
  });

  test('the journal of the unit, before the files of an app', async () => {
    const found = await find({
      files: { '/run/systemd/system/': '', '/home/alice/.ollama/logs/server.log': 'x' },
      programs: { 'systemctl show': 'loaded\n', 'journalctl -u': 'a line\n' },
    });
    expect(found.ollamaLogs).toEqual([{ kind: 'journal', unit: 'ollama.service' }]);
  });

  test('a journal that this user may not see is a problem, and the app is taken', async () => {
    const found = await find({
      files: { '/run/systemd/system/': '', '/home/alice/.ollama/logs/server.log': 'x' },
      programs: { 'systemctl show': 'loaded\n', 'journalctl -u': '' },
    });
    expect(stateOf(found, 'journal')).toBe('problem');
    expect(found.ollamaLogs).toEqual([{ kind: 'file', path: '/home/alice/.ollama/logs/server.log' }]);
  });

  test('under WSL2 the Windows app, by whoever used it last', async () => {
    const found = await find({
      files: {
        '/proc/version': 'Linux version 6.6.87.2-microsoft-standard-WSL2',
        '/mnt/c/Users/Public/x': '',
        '/mnt/c/Users/Ann/AppData/Local/Ollama/server.log': 'x',
        '/mnt/c/Users/Bea/AppData/Local/Ollama/server.log': 'x',
      },
    });
    expect(found.isWsl).toBe(true);
    expect(found.ollamaLogs).toEqual([{ kind: 'file', path: '/mnt/c/Users/Bea/AppData/Local/Ollama/server.log' }]);
    expect(JSON.stringify(found.findings)).not.toMatch(/Ann|Bea/);
    expect(found.kernel).toBe('none');
  });

  test('nothing at all: every finding says so, and nothing throws', async () => {
    const found = await find({ kernelRingError: 'EPERM' });
    expect(found).toMatchObject({ ollamaLogs: [], ollamaOrigin: 'http://127.0.0.1:11434', gpus: [], kernel: 'none' });
    for (const finding of found.findings) if (finding.state === 'problem') expect(finding.whatToDo).toBeTruthy();
  });
});

describe('GPUs and the kernel', () => {
  const query = '/usr/bin/nvidia-smi --query-gpu=index,name,driver_version';

  test('nvidia-smi on the path, its GPUs and driver', async () => {
    const found = await find({
      files: { '/usr/bin/nvidia-smi': '' },
      programs: { [query]: '0, NVIDIA GeForce RTX 3060, 550.120\n1, NVIDIA T4, 550.120\n' },
    });
    expect(found).toMatchObject({
      nvidiaSmi: '/usr/bin/nvidia-smi',
      driver: '550.120',
      gpus: [{ index: '0', name: 'NVIDIA GeForce RTX 3060' }, { index: '1' }],
    });
  });

  test('the stub of WSL2', async () => {
    const place = '/usr/lib/wsl/lib/nvidia-smi';
    const found = await find({
      files: { [place]: '' },
      programs: { [`${place} --query`]: '0, NVIDIA GeForce RTX 4090, 581.10\n' },
    });
    expect(found.nvidiaSmi).toBe(place);
  });

  test.each([
    [
      'fails',
      { code: 9, text: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n" },
      'communicate',
    ],
    ['hangs', 'hangs' as const, 'may hang'],
  ])('nvidia-smi that %s is a problem and is not followed', async (_, answer, why) => {
    const found = await find({ files: { '/usr/bin/nvidia-smi': '' }, programs: { [query]: answer } });
    expect(found.nvidiaSmi).toBeUndefined();
    expect(found.findings.find((finding) => finding.what === 'nvidia-smi')).toMatchObject({
      state: 'problem',
      why: expect.stringContaining(why),
    });
  });

  test('the ring first, then the journal, then what to do', async () => {
    expect((await find({})).kernel).toBe('kmsg');
    expect((await find({ kernelRingError: 'EPERM', programs: { 'journalctl -k': 'a line\n' } })).kernel).toBe(
      'journal',
    );
    expect(stateOf(await find({ kernelRingError: 'EPERM' }), "kernel's log")).toBe('problem');
  });
});

describe('where this process itself runs', () => {
  test.each([
    [{ environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }, 'kubernetes'],
    [{ files: { '/.dockerenv': '' } }, 'docker'],
    [{ files: { '/run/.containerenv': '' } }, 'other'],
    [{}, undefined],
  ])('%j is %s', async (machine: Machine, container) => {
    expect((await find(machine)).container).toBe(container);
  });
});
