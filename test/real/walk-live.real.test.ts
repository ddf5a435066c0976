// The walk through everything, live: one chat of a real Ollama is followed from its metric to its exemplar, trace, log lines and
// GPU second and back.
// Real servers with the project's own files; only the GPU is said.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Program } from '../support/program.ts';
import { jaegerTrace, lokiQuery, promExemplars, promQuery, promRange, until } from './backends/ask.ts';
import { type Stack, startStack } from './backends/stack.ts';
import type { RequestTruth } from './ollama/truth.ts';
import { createFoundTable } from './walk/found.ts';
import { BUSY_WATTS, GPU } from './walk/gpu-host.ts';
import {
  ALL_LINES,
  gpuIsSeen,
  isRoot,
  LIVE_HOST,
  type LiveHost,
  MODEL,
  QUICK,
  startLiveHost,
} from './walk/live-host.ts';

/** Pace of rules, scrapes and span metrics here; the shipped files say 15 s. */
const PACE = '250ms';

let host: LiveHost;
let stack: Stack;
let agent: Program;
beforeAll(async () => {
  host = await startLiveHost();
  stack = await startStack({ promInterval: PACE });
});
afterAll(async () => {
  await stack?.stop();
  await host?.stop();
});
beforeEach(async () => {
  agent = await host.follow(stack, QUICK);
});
afterEach(async () => {
  agent.kill('SIGTERM');
  await agent.ended;
  host.gpu.setBusy(false);
});

const chat = (tokens: number): Promise<RequestTruth> => host.chat(tokens);
const seconds = (ns: bigint): number => Number(ns) / 1e9;

describe('from one chat', () => {
  test('metric → exemplar → trace → log → GPU series, and back', async () => {
    await gpuIsSeen(stack, agent);
    host.gpu.setBusy(true);
    const from = Date.now() / 1_000;
    const truth = await chat(3_000);
    const table = createFoundTable();

    const chats = `span_name="chat ${MODEL}",gen_ai_request_model="${MODEL}",host_name="${LIVE_HOST}"`;
    const count = `traces_span_metrics_calls_total{${chats}}`;
    const [metric] = await until('the request in the span metrics', () =>
      promQuery(stack.prometheusUrl, `${count} > 0`),
    );
    table.add('metric', count, 'Prometheus', `${metric?.value}`);

    const buckets = `traces_span_metrics_duration_seconds_bucket{${chats}}`;
    const exemplars = await until('an exemplar', () =>
      promExemplars(stack.prometheusUrl, buckets, from - 60, Date.now() / 1_000 + 60),
    );
    const traceId = exemplars[0]?.exemplars.at(-1)?.labels['trace_id'] ?? '';
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    table.add('exemplar', buckets, 'Prometheus', `trace_id=${traceId}`);

    const trace = await until('the trace', () => jaegerTrace(stack.jaegerUrl, traceId));
    const root = trace.find(isRoot);
    expect(root?.attributes).toMatchObject({
      'client.address': truth.client_addr,
      'gen_ai.request.model': MODEL,
      'gen_ai.usage.output_tokens': truth.eval_count,
      'ollama.model.gpus': JSON.stringify([GPU.uuid]),
    });
    expect(trace.map(({ name }) => name)).toEqual(expect.arrayContaining(['load model', 'prefill', 'decode']));
    table.add('trace', `${root?.name}, ${trace.length} spans`, 'Jaeger', `client.address=${truth.client_addr}`);

    const lines = await until('the log lines of the trace', () =>
      lokiQuery(stack.lokiUrl, `${ALL_LINES} | trace_id="${traceId}"`),
    );
    const access = lines.find(({ metadata }) => metadata['event_name'] === 'ollama.request.access');
    expect(access?.metadata['span_id']).toBe(root?.spanId);
    expect(access?.metadata['client_address']).toBe(truth.client_addr);
    table.add('log', `${lines.length} lines, ${access?.metadata['event_name']}`, 'Loki', `span_id=${root?.spanId}`);

    const [hwId = ''] = JSON.parse(String(root?.attributes['ollama.model.gpus'])) as string[];
    const span = { from: seconds(root?.startNs ?? 0n), to: seconds(root?.endNs ?? 0n) };
    const power = `hw_power_watts{hw_id="${hwId}"}`;
    const [watts] = await until('the GPU while it answered', () =>
      promRange(stack.prometheusUrl, power, { from: span.from + 1, to: span.to, step: 0.25 }),
    );
    expect(Math.max(...(watts?.values ?? []).map(([, value]) => value))).toBe(BUSY_WATTS);
    table.add(
      'GPU series',
      power,
      'Prometheus',
      `${BUSY_WATTS} W from ${span.from.toFixed(1)} to ${span.to.toFixed(1)}`,
    );

    // Back: from the GPU's second to the line, its trace and the metric that counted it.
    const then = await lokiQuery(
      stack.lokiUrl,
      `${ALL_LINES} | event_name="ollama.request.access" | http_route="/api/chat"`,
      {
        from: span.to - 1,
        to: span.to + 1,
      },
    );
    expect(then.map(({ metadata }) => metadata['trace_id'])).toEqual([traceId]);
    table.add('log, back', 'the second of the GPU series', 'Loki', `trace_id=${then[0]?.metadata['trace_id']}`);
    const again = await jaegerTrace(stack.jaegerUrl, then[0]?.metadata['trace_id'] ?? '');
    const model = String(again?.find(isRoot)?.attributes['gen_ai.request.model']);
    const own = `gen_ai_server_request_duration_seconds_count{gen_ai_request_model="${model}",host_name="${LIVE_HOST}"}`;
    const [counted] = await until('the metric that counted it', () => promQuery(stack.prometheusUrl, own));
    expect(counted?.value).toBeGreaterThanOrEqual(1);
    table.add('metric, back', own, 'Prometheus', `${counted?.value}`);
    table.print(`one chat, ${truth.eval_count} tokens, found everywhere:`);
  });
});
