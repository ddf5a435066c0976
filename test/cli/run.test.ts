// The main job from outside: a log that grows becomes a trace on standard output, the page for Prometheus, and OTLP for all three
// signals; what is recorded meanwhile replays to the same bytes; no secret and no open port beside it.
import { afterAll, describe, expect, test } from 'vitest';
import { metricOfPrometheusName } from '../../otel/names.ts';
import { canSeeListening, listeningOf } from '../support/listening.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { chat, SECRET, secretLines, started } from './composed.ts';
import { follow, followStarted, ONLY_THE_LOG } from './following.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const PROMETHEUS_NAMES: ReadonlyMap<string, string> = new Map(
  [...metricOfPrometheusName].map(([scraped, name]) => [name, scraped]),
);
/** Families of an exposition text. */
const familiesIn = (page: string): ReadonlySet<string> =>
  new Set([...page.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name));

describe.concurrent.each(['grpc', 'http/protobuf'] as const)('a followed log, OTLP by %s', (protocol) => {
  test('becomes a trace, metrics and logs, under the same names everywhere', async () => {
    const receiver = await startOtlpReceiver();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: `x-tenant=blue,authorization=Bearer%20${SECRET}`,
      OTEL_SERVICE_NAME: 'kitchen-ollama',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,team=a%20b',
      OTEL_METRIC_EXPORT_INTERVAL: '250',
    };
    const following = await followStarted(scratch, `run-${protocol.slice(0, 4)}.log`, ['run'], { env });
    const { program } = following;
    following.append([...secretLines(), ...chat(0, 16, 0.05)]);
    await following.traces(1);
    await receiver.waitFor(
      ({ received }) =>
        received.spans.some(({ kind }) => kind === 2) &&
        received.logs.some(({ traceId }) => traceId !== '') &&
        received.metrics.some(({ name }) => name === 'gen_ai.server.request.duration'),
    );
    const page = await following.metrics();
    const listening = canSeeListening ? listeningOf(program.pid) : undefined;
    program.kill('SIGTERM');
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(0);

    const { spans, logs, metrics } = receiver.received;
    const [server] = spans.filter(({ kind }) => kind === 2);
    expect(server).toMatchObject({ name: 'chat sha256:c4c4c4c4c4c4', parentSpanId: '' });
    expect(server?.attributes).toMatchObject({
      'gen_ai.usage.output_tokens': 64,
      'ollascope.join.method': 'only_candidate',
    });
    expect(stdout).toContain(`trace ${server?.traceId}`);
    expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['prefill', 'decode']));
    expect(logs.filter(({ traceId }) => traceId === server?.traceId).length).toBeGreaterThan(5);

    for (const { resource } of [...spans, ...logs, ...metrics]) {
      expect(resource).toMatchObject({
        'service.name': 'kitchen-ollama',
        'deployment.environment.name': 'test',
        team: 'a b',
      });
    }
    for (const { headers } of receiver.requests)
      expect(headers).toMatchObject({ 'x-tenant': 'blue', authorization: `Bearer ${SECRET}` });

    const families = familiesIn(page);
    const sent = new Set(metrics.map(({ name }) => name));
    expect(sent.size).toBeGreaterThan(10);
    for (const name of sent) expect(families, name).toContain(PROMETHEUS_NAMES.get(name));
    expect(page).toMatch(/^gen_ai_server_request_duration_seconds_count\{[^}]*gen_ai_operation_name="chat"[^}]*\} 1$/m);
    expect(page).toMatch(/^ollama_tokens_total\{[^}]*ollama_token_type="output"[^}]*\} 64$/m);
    expect(page).toMatch(/^ollama_models_loaded(\{[^}]*\})? 1$/m);

    const everything = [stdout, stderr, page, JSON.stringify([...spans, ...logs, ...metrics], jsonSafe)].join('\n');
    expect(everything).not.toContain(SECRET);
    expect(logs.filter(({ attributes }) => attributes['ollascope.line.class'] === 'unmatched').length).toBeGreaterThan(
      0,
    );

    await receiver.close();
    if (listening !== undefined) {
      expect(listening).toEqual([{ port: Number(new URL(following.metricsUrl()).port), isLoopback: true }]);
    }
  });
});

/** Times are bigint, which JSON has not. */
const jsonSafe = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

test.concurrent('what is recorded replays to the bytes that were told live', async () => {
  const dir = scratch.path('recording');
  const flags = ['--output', 'otlp-json', '--otlp', 'off', '--metric-interval', '0.25'];
  scratch.write('recorded.log', '');
  const following = follow(scratch, 'recorded.log', ['record', dir], { flags });
  following.append(started());
  await following.program.until(({ stdout }) => stdout().includes('"ollama.model.loaded"'));
  following.append([...secretLines(), ...chat(0, 16, 0.05)]);
  await following.program.until(({ stdout }) => stdout().includes('"name":"decode"'));
  following.append(chat(2, 18, 0.06));
  following.program.kill('SIGTERM');
  const live = await following.program.ended;
  expect(live.code).toBe(0);
  const replayed = await runProgram(['replay', dir, '--output', 'otlp-json', '--metric-interval', '0.25']);
  expect(replayed).toMatchObject({ code: 0, stderr: '' });
  expect(replayed.stdout === live.stdout, 'identical bytes').toBe(true);
  expect(replayed.stdout).not.toContain(SECRET);
});

test.concurrent('with nothing to follow the bundled recording is shown, called one, and never sent', async () => {
  const receiver = await startOtlpReceiver();
  const idle = ['--ollama-log', 'none', ...ONLY_THE_LOG, '--metrics-listen', '127.0.0.1:0'];
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
  const program = startProgram(['run', '--demo-when-idle', ...idle], { env });
  await program.until(({ stdout }) => /^trace [0-9a-f]{32} /m.test(stdout()));
  expect(program.stderr()).toMatch(/BUNDLED RECORDING of a real Ollama, not your machine; nothing of it is sent/);
  const url = /metrics: (http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(program.stderr())?.[1] ?? '';
  expect(familiesIn(await (await fetch(url)).text())).toContain('gen_ai_server_request_duration_seconds');
  program.kill('SIGINT');
  expect(await program.ended).toMatchObject({ code: 0, signal: null });
  expect(receiver.requests).toEqual([]);
  await receiver.close();
});
