// The main job against a real Ollama: `run` follows it live, the terminal shows each request's trace, an OTLP receiver gets
// the same trace with its logs and metrics, and a recording of the run replays to the same bytes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type Program, runProgram, startProgram } from '../support/program.ts';
import { copyModels } from './ollama/models.ts';
import { inference, PLANTED_SECRET } from './ollama/requests.ts';
import { type OllamaServer, startOllama } from './ollama/server.ts';
import { createDriver, type Driver, type RequestTruth } from './ollama/truth.ts';
import { OLLAMA_VERSIONS } from './versions.ts';

const ask = (words: string) => ({ prompt: `${words} ${PLANTED_SECRET}`, stream: true, options: { num_predict: 24 } });

describe.each(OLLAMA_VERSIONS)('Ollama %s, followed live', (version) => {
  const dir = mkdtempSync(join(tmpdir(), 'ollascope-live-'));
  let server: OllamaServer;
  let driver: Driver;
  beforeAll(async () => {
    server = await startOllama({ version, modelsDir: await copyModels(version) });
    driver = createDriver(server);
  });
  afterAll(async () => {
    await server.dispose();
    rmSync(dir, { recursive: true, force: true });
  });
  const follow = (args: readonly string[], env: { readonly [name: string]: string } = {}): Program =>
    startProgram(
      [
        ...args,
        '--ollama-log',
        server.logPath,
        '--ollama-url',
        server.url,
        '--nvidia-smi',
        'none',
        '--kernel-log',
        'none',
      ],
      { env },
    );

  test('a chat becomes a trace in the terminal, and the same trace, logs and metrics by OTLP', async () => {
    const receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, OLLASCOPE_METRIC_INTERVAL: '0.5' };
    const program = follow(['run', '--metrics-listen', '127.0.0.1:0'], env);
    try {
      await program.until(({ stderr }) => stderr().includes('metrics: http'));
      const truth: RequestTruth = await driver.send(inference('chat', 'tiny', ask('hello')));
      const SHOWN = /trace ([0-9a-f]{32}) {2}chat/;
      await program.until(({ stdout }) => SHOWN.test(stdout()));
      const traceId = SHOWN.exec(program.stdout())?.[1] ?? '';
      const { spans, logs, metrics } = receiver.received;
      await receiver.waitFor(
        ({ received }) =>
          received.spans.some((span) => span.traceId === traceId && span.parentSpanId === '') &&
          received.logs.some((log) => log.traceId === traceId) &&
          received.metrics.some((metric) => metric.name === 'gen_ai.server.request.duration'),
      );
      const request = spans.find((span) => span.traceId === traceId && span.parentSpanId === '');
      expect(request?.attributes).toMatchObject({
        'http.response.status_code': 200,
        'gen_ai.operation.name': 'chat',
        'client.address': truth.client_addr,
      });
      if (version !== '0.24.0') {
        expect(request?.name).toBe('chat tiny:latest');
        expect(request?.attributes['gen_ai.usage.output_tokens']).toBe(truth.eval_count);
        expect(request?.attributes['gen_ai.usage.input_tokens']).toBe(truth.prompt_eval_count);
        const children = spans.filter((span) => span.traceId === traceId && span.parentSpanId === request?.spanId);
        expect(children.map((span) => span.name).sort()).toEqual(
          expect.arrayContaining(['decode', 'load model', 'prefill']),
        );
      }
      const told = JSON.stringify([spans, logs, metrics], (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      expect(`${told}${program.stdout()}${program.stderr()}`).not.toContain(PLANTED_SECRET);
    } finally {
      program.kill('SIGTERM');
      expect((await program.ended).code).toBe(0);
      await receiver.close();
    }
  });

  test('a recording of several requests at once replays to the same bytes, secret-free', async () => {
    const recording = join(dir, 'recording');
    const program = follow(['record', recording, '--metrics-listen', 'none', '--otlp', 'off', '--output', 'otlp-json']);
    await program.until(({ stderr }) => stderr().includes('recording into'));
    const sent = ['tiny', 'tiny2', 'tiny', 'tiny2', 'tiny', 'tiny2'].map((model) =>
      driver.send(inference('chat', model, ask('together'))),
    );
    const truths = await Promise.all(sent);
    expect(truths.every(({ status }) => status === 200)).toBe(true);
    const isTold = (stdout: string): boolean =>
      truths.every(({ client_addr }) =>
        stdout.split('\n').some((line) => line.startsWith('{"resourceSpans"') && line.includes(`"${client_addr}"`)),
      );
    await program.until(({ stdout }) => isTold(stdout()));
    program.kill('SIGTERM');
    const live = await program.ended;
    expect(live.code).toBe(0);
    const replay = await runProgram(['replay', recording, '--output', 'otlp-json']);
    expect(replay.code).toBe(0);
    expect(replay.stdout).toBe(live.stdout);
    for (const name of ['ollama.raw', 'ollama-api.raw'])
      expect(readFileSync(join(recording, name), 'utf8')).not.toContain(PLANTED_SECRET);
  });
});
