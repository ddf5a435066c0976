// A replay that is sent: only when asked, moved to now with ids of its own, whole, and again as often as told.
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Received } from '../support/otlp-received.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { ROOT, runProgram, startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { toldBy } from '../support/told.ts';
import { dmonLog, kernelLog, ollamaLog } from './composed.ts';

const DEMO = join(ROOT, 'recordings', 'demo');
const scratch = createScratch();
afterAll(scratch.remove);
const bare = [
  scratch.write('server.log', ollamaLog()),
  scratch.write('dmon.log', dmonLog()),
  scratch.write('kernel.log', kernelLog()),
] as const;

const sent = async (paths: readonly string[], more: readonly string[] = []): Promise<OtlpReceiver> => {
  const receiver = await startOtlpReceiver();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
  const { code, stderr } = await runProgram(['replay', ...paths, '--otlp', 'on', '--output', 'none', ...more], { env });
  // A composed recording says so; nothing else is worth a word.
  expect({ code, stderr: stderr.replace(/^composed: .*\n/, '') }).toEqual({ code: 0, stderr: '' });
  await receiver.close();
  return receiver;
};

const only = <T>(values: Iterable<T>): T => {
  const [first, ...others] = new Set(values);
  expect(others).toEqual([]);
  if (first === undefined) throw new Error('expected one value, found none');
  return first;
};

describe.concurrent('a replay', () => {
  test('is not sent unless --otlp is on, whatever endpoint is set', async () => {
    const receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
    expect((await runProgram(['replay', DEMO], { env })).code).toBe(0);
    expect(receiver.requests).toEqual([]);
    await receiver.close();
  });

  test('sends exactly what it prints, as it was recorded', async () => {
    const [{ received }, told] = await Promise.all([sent([DEMO]), toldBy([DEMO])]);
    expect(received.spans.map(({ spanId, start }) => [spanId, start])).toEqual(
      told.spans.map(({ spanId, start }) => [spanId, start]),
    );
    expect(received.logs.map(({ at, body }) => [at, body])).toEqual(told.logs.map(({ at, body }) => [at, body]));
    expect(received.metrics.length).toBe(told.metrics.length);
  });

  test('that makes more snapshots in a second than the queue holds loses none of them', async () => {
    const long = join(ROOT, 'recordings', 'composed-two-gpus');
    const [{ received }, told] = await Promise.all([sent([long]), toldBy([long])]);
    const snapshots = (all: Received): number =>
      all.metrics.filter(({ name }) => name === 'ollama.requests.active').length;
    expect(snapshots(told)).toBeGreaterThan(60);
    expect(snapshots(received)).toBe(snapshots(told));
  });

  test('moved to now, keeps every distance, and has ids of its own that still belong together', async () => {
    const [{ received }, told] = await Promise.all([sent([DEMO], ['--times', 'end-now']), toldBy([DEMO])]);
    const distance = only(received.spans.map(({ start }, index) => start - (told.spans[index]?.start ?? 0n)));
    expect(distance).toBeGreaterThan(0n);
    expect(only(received.logs.map(({ at }, index) => at - (told.logs[index]?.at ?? 0n)))).toBe(distance);
    const times = (all: Received): bigint[] => all.metrics.flatMap(({ points }) => points.map(({ at }) => at));
    expect(only(times(received).map((at, index) => at - (times(told)[index] ?? 0n)))).toBe(distance);
    const known = new Set(told.spans.flatMap(({ traceId, spanId }) => [traceId, spanId]));
    for (const { traceId, spanId, parentSpanId } of received.spans) {
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(known.has(traceId) || known.has(spanId)).toBe(false);
      if (parentSpanId === '') continue;
      const parent = received.spans.find((span) => span.spanId === parentSpanId);
      expect(parent?.traceId).toBe(traceId);
    }
    const traces = new Set(received.spans.map(({ traceId }) => traceId));
    const linked = received.logs.filter(({ traceId }) => traceId !== '');
    expect(linked.length).toBeGreaterThan(10);
    expect(linked.filter(({ traceId }) => !traces.has(traceId))).toEqual([]);
  });

  test('bare files are moved too; the ids inside a settled fault are those of the moved traces', async () => {
    const { received } = await sent(bare, ['--times', 'start-now']);
    const settled = received.logs.find(({ eventName }) => eventName === 'nvidia.gpu.fault.settled');
    const hit = received.spans.find(({ attributes }) => attributes['nvidia.fault.hit'] === true);
    expect(hit).toBeDefined();
    expect(settled?.attributes['nvidia.fault.trace_ids']).toEqual([hit?.traceId]);
    expect(settled?.attributes['nvidia.fault.incident']).toBe(hit?.attributes['nvidia.fault.incident']);
    expect(hit?.events[0]?.attributes['nvidia.fault.incident']).toBe(hit?.attributes['nvidia.fault.incident']);
  });

  // Found from outside: a replay of which the receiver took nothing ended with 0.
  test('of which not everything was taken says so and ends with 1', async () => {
    const receiver = await startOtlpReceiver();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.httpUrl}/no/such/path`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    };
    const { code, stderr } = await runProgram(['replay', DEMO, '--otlp', 'on', '--output', 'none'], { env });
    await receiver.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/replay: expected the receiver to take everything, found \d{4,} items that it did not\./);
  });

  test('--times end-now with bare files says what to do', async () => {
    const { code, stderr } = await runProgram(['replay', ...bare, '--times', 'end-now']);
    expect(code).toBe(2);
    expect(stderr).toContain('--times end-now: expected a recording, which knows when it ended, found bare files');
  });

  test('--loop begins again with other ids until it is stopped', async () => {
    const receiver = await startOtlpReceiver();
    const program = startProgram(
      ['replay', DEMO, '--otlp', 'on', '--output', 'none', '--times', 'start-now', '--loop'],
      {
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
      },
    );
    const roots = () => receiver.received.spans.filter(({ parentSpanId }) => parentSpanId === '');
    const firsts = () => roots().filter(({ start, name }) => name === roots()[0]?.name && start >= 0n);
    await receiver.waitFor(() => new Set(firsts().map(({ traceId }) => traceId)).size > 40, 20_000);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    expect(new Set(roots().map(({ traceId }) => traceId)).size).toBe(roots().length);
    await receiver.close();
  });
});
