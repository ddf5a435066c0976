// The compose file, for real: a Docker daemon of the test's own, the agent's image built from its Dockerfile, the real servers
// in containers under the pinned names, and `ollascope stack` as a person runs it. Grafana is a stand-in (images.ts).
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageVersion } from '../../agent/version.ts';
import { prometheusName } from '../../otel/names.ts';
import { jaegerTrace, lokiQuery, promQuery, promTargets, until } from '../real/backends/ask.ts';
import { COMPOSE_FILE, pinnedImages } from './compose-file.ts';
import { chat, chatsCounted, chatTraces, createModel } from './contained-ollama.ts';
import { type Daemon, daemonMissing, startDaemon } from './daemon.ts';
import { makeImages } from './images.ts';
import { type StackUnderTest, stackUnderTest, writeSettings } from './run-stack.ts';

const missing = daemonMissing();
if (missing !== undefined) process.stderr.write(`compose: skipped, ${missing}\n`);

const PROJECT = 'ollascope-test';
const BASE_IMAGE = 'node:24-bookworm-slim';
/** A few requests fill it. Much smaller, and two renames could fall between two looks of a follower on a busy machine. */
const LOG_BYTES = 40_000;

let daemon: Daemon;
let stack: StackUnderTest;

const container = (service: string): string => `${PROJECT}-${service}-1`;
const inspect = (name: string, format: string): string => daemon.docker(['inspect', '--format', format, name]);
const url = {
  prometheus: () => stack.url('OLLASCOPE_PORT_PROMETHEUS'),
  loki: () => stack.url('OLLASCOPE_PORT_LOKI'),
  jaeger: () => stack.url('OLLASCOPE_PORT_JAEGER'),
};

describe.skipIf(missing !== undefined)('the compose stack', () => {
  beforeAll(async () => {
    daemon = await startDaemon();
    stack = await stackUnderTest(daemon, PROJECT);
    mkdirSync(stack.state, { mode: 0o700 });
    writeSettings(stack, { OLLASCOPE_LOG_BYTES: String(LOG_BYTES), OLLASCOPE_HOST_NAME: 'gpu-box' });
    await makeImages(daemon, [...pinnedImages(), BASE_IMAGE]);
  });
  afterAll(async () => {
    if (daemon === undefined) return;
    stack?.run(['down', '--volumes']);
    await daemon.stop();
  });

  test('a port that another program has is told by the setting that moves it, before anything starts', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(stack.ports.get('OLLASCOPE_PORT_GRAFANA'), '127.0.0.1', resolve);
    });
    const { code, stderr } = stack.run(['up', '--profile', 'demo']);
    await new Promise((resolve) => other.close(resolve));
    expect(code).toBe(1);
    expect(stderr).toContain('OLLASCOPE_PORT_GRAFANA: expected 127.0.0.1:');
    expect(daemon.docker(['ps', '--all', '--quiet'])).toBe('');
    // The password is told by the first start that succeeds: see the next test.
    expect(stderr).not.toContain('password');
  });

  test('up starts the demo, waits until all servers are ready, and makes a password that nobody else can read', () => {
    const { code, stdout, stderr } = stack.run(['up', '--profile', 'demo']);
    expect(stderr.slice(-2_000) + stdout).toContain('The stack is up.');
    expect(code).toBe(0);
    const password = readFileSync(join(stack.state, 'secrets', 'grafana-admin-password'), 'utf8');
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(stdout).toContain(`its password ${password} (shown this once`);
    expect(statSync(stack.state).mode & 0o077).toBe(0);
    expect(statSync(join(stack.state, 'secrets')).mode & 0o077).toBe(0);
    expect(daemon.docker(['logs', container('grafana')])).not.toContain(password);
  });

  test('what the recording tells is in Prometheus, Loki and Jaeger, and the log leads to its trace', async () => {
    await until('a metric of the agent', () => promQuery(url.prometheus(), 'ollascope_lines_total{host_name!=""}'));
    // Without a GPU of this machine's own: the recording has some.
    await until('a metric of a GPU', () => promQuery(url.prometheus(), prometheusName('hw.gpu.utilization')));
    const [line] = await until(
      'a log record with a trace',
      () => lokiQuery(url.loki(), '{service_name="ollama"} | trace_id != ""', { limit: 1 }),
      { seconds: 90 },
    );
    const id = line?.metadata['trace_id'] ?? '';
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const spans = await until('its trace', () => jaegerTrace(url.jaeger(), id), { seconds: 60 });
    expect(spans.length).toBeGreaterThan(1);
  });

  test('Prometheus reaches every server and Alertmanager, and has read its rules', async () => {
    const targets = await until('five targets that are up', () => promTargets(url.prometheus()), {
      seconds: 60,
      holds: (all) => all.length === 5 && all.every(({ health }) => health === 'up'),
    });
    expect(targets.map(({ labels }) => labels['job']).sort()).toEqual([
      'alertmanager',
      'collector',
      'jaeger',
      'loki',
      'prometheus',
    ]);
    const answer = await fetch(`${url.prometheus()}/api/v1/alertmanagers`, { headers: { connection: 'close' } });
    expect(await answer.text()).toContain('http://alertmanager:9093/api/v2/alerts');
  });

  test('nothing is published but on loopback, and no container may do more than it must', () => {
    const names = daemon.docker(['ps', '--format', '{{.Names}}']).split('\n');
    expect(names).toHaveLength(7);
    for (const name of names) {
      const bindings: Readonly<Record<string, readonly { HostIp: string }[] | null>> = JSON.parse(
        inspect(name, '{{json .NetworkSettings.Ports}}'),
      );
      const hosts = Object.values(bindings).flatMap((rows) => (rows ?? []).map(({ HostIp }) => HostIp));
      expect(new Set(hosts), name).toEqual(new Set(hosts.length === 0 ? [] : ['127.0.0.1']));
      expect(inspect(name, '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}}')).toBe(
        'true [ALL] 65532:65532',
      );
    }
  });

  test('status tells it, and --quiet says it by its exit code alone', () => {
    const told = stack.run(['status']);
    expect(told.stdout).toMatch(/^prometheus +running +Up .*\(healthy\)$/m);
    expect(told.stdout).toMatch(/Prometheus {2}metrics: newest \d+ s ago/);
    expect(stack.run(['status', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    daemon.docker(['stop', container('loki')]);
    expect(stack.run(['status', '--quiet'])).toEqual({ code: 1, stdout: '', stderr: '' });
    expect(stack.run(['status']).stdout).toMatch(/^loki +exited/m);
    daemon.docker(['start', container('loki')]);
  });

  test('up with another profile ends the demo and starts Ollama; a chat is found in all three', async () => {
    const { code, stdout, stderr } = stack.run(['up', '--profile', 'cpu']);
    expect(code, stderr.slice(-2_000)).toBe(0);
    expect(stdout).toContain("Ollama's API");
    expect(stdout).not.toContain('shown this once');
    expect(daemon.docker(['ps', '--all', '--format', '{{.Names}}'])).not.toContain('agent-demo');
    await createModel(stack, join(daemon.folder, 'models'));
    expect(await chat(stack)).toBe(200);
    const [trace] = await until('the trace of the chat', () => chatTraces(stack), { seconds: 60 });
    const id = trace?.[0]?.traceId ?? '';
    const lines = await until('its log records', () =>
      lokiQuery(url.loki(), `{service_name="ollama"} | trace_id="${id}"`),
    );
    expect(lines.length).toBeGreaterThan(0);
    await until('its metric, under the name of the host', () => chatsCounted(stack, 'gpu-box'), {
      holds: (count) => count === 1,
    });
  });

  test('a Collector restarted while requests come loses nothing, and neither does a log renamed while it is followed', async () => {
    const before = (await chatTraces(stack)).length;
    const requests = 24;
    for (let request = 0; request < requests; request += 1) {
      if (request === requests / 3) daemon.docker(['restart', '--time', '1', container('collector')]);
      expect(await chat(stack)).toBe(200);
    }
    const traces = async () => (await chatTraces(stack)).length;
    await until('a trace of each request', traces, { seconds: 60, holds: (count) => count === before + requests });
    await until('each request counted', () => chatsCounted(stack), {
      seconds: 60,
      holds: (count) => count === before + requests,
    });
    const files = daemon.docker(['exec', container('ollama'), 'bash', '-c', 'cd /log; stat -c "%s %a %n" *']);
    expect(files.split('\n').map((row) => row.replace(/^\d+ /, ''))).toEqual(['640 ollama.log', '640 ollama.log.1']);
    for (const row of files.split('\n')) expect(Number(row.split(' ')[0])).toBeLessThan(LOG_BYTES + 1_000);
    // Docker's own log has the lines too, so that `stack logs ollama` shows them.
    expect(stack.run(['logs', 'ollama']).stdout).toContain('POST     "/api/chat"');
  });

  test('Ollama ends by the signal that the container gets, with all its lines written', () => {
    daemon.docker(['stop', '--time', '20', container('ollama')]);
    expect(Number(inspect(container('ollama'), '{{.State.ExitCode}}'))).not.toBe(137);
    expect(stack.run(['status', '--quiet']).code).toBe(1);
  });

  test('a profile that this machine cannot run is told by what it lacks', () => {
    const gpu = stack.run(['up', '--profile', 'gpu']);
    expect(gpu.code).toBe(1);
    expect(gpu.stderr).toContain("profile gpu: expected Docker's NVIDIA runtime");
    const wsl = stack.run(['up', '--profile', 'wsl2']);
    expect(wsl.code).toBe(1);
    expect(wsl.stderr).toMatch(
      /OLLASCOPE_OLLAMA_LOG_FOLDER: expected the folder|profile wsl2: expected \/dev\/dxg and/,
    );
  });

  test("the agent's image is small, runs as nobody, holds no shell, and comes out the same when it is built again", () => {
    const image = `ollascope:${packageVersion()}`;
    expect(inspect(image, '{{.Config.User}}')).toBe('65532:65532');
    expect(Number(inspect(image, '{{.Size}}'))).toBeLessThan(170_000_000);
    expect(() => daemon.docker(['run', '--rm', '--entrypoint', '/bin/sh', image, '-c', 'true'])).toThrow(
      /no such file/,
    );
    const layers = (): string => inspect(image, '{{json .RootFS.Layers}}');
    const before = layers();
    const files = ['compose.env', 'settings.env'].flatMap((name) => ['--env-file', join(stack.state, name)]);
    daemon.docker(['compose', ...files, '--file', COMPOSE_FILE, 'build', '--no-cache', 'volumes-owner']);
    expect(layers()).toBe(before);
  });

  test("the agent of profile gpu may read the kernel's log, with the one capability that it has", () => {
    const contained = ['--user', '0:0', '--cap-drop', 'ALL', '--read-only', '--security-opt', 'no-new-privileges:true'];
    const kernel = ['--cap-add', 'SYSLOG', '--device', '/dev/kmsg:/dev/kmsg:r'];
    const image = `ollascope:${packageVersion()}`;
    // `doctor` ends with 1 where it found a problem, and in this container it does: no Ollama, no GPU.
    const doctor = daemon.docker([
      ...['run', '--rm', ...contained, ...kernel, '--entrypoint', '/usr/local/bin/node', image],
      ...[
        '-e',
        "const f=require('fs').openSync('/dev/kmsg',2048);console.log(require('fs').readSync(f,Buffer.alloc(8192))>0)",
      ],
    ]);
    expect(doctor).toBe('true');
  });

  test('down leaves no container and no network; with --volumes no data either', () => {
    expect(stack.run(['down']).code).toBe(0);
    expect(daemon.docker(['ps', '--all', '--quiet', '--filter', `name=${PROJECT}`])).toBe('');
    expect(daemon.docker(['network', 'ls', '--quiet', '--filter', `name=${PROJECT}`])).toBe('');
    expect(daemon.docker(['volume', 'ls', '--quiet', '--filter', `name=${PROJECT}`])).not.toBe('');
    expect(stack.run(['down', '--volumes']).code).toBe(0);
    expect(daemon.docker(['volume', 'ls', '--quiet', '--filter', `name=${PROJECT}`])).toBe('');
    expect(stack.run(['status', '--quiet']).code).toBe(1);
    expect(stack.run(['status']).stdout).toContain('The stack is not running.');
  });
});
