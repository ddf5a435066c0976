// The walk through everything, live: one chat of a real Ollama is followed from its metric to its exemplar, trace, log lines and
// GPU second and back; a GPU fault in the middle of an answer moves the alert, marks the trace and pages somebody.
// Real servers with the project's own files; only the GPU is said.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { logqlOf, queryNamed } from '../../loki/queries/index.ts';
import type { Program } from '../support/program.ts';
import {
  type JaegerSpan,
  jaegerTrace,
  type LokiLine,
  lokiQuery,
  promExemplars,
  promQuery,
  promRange,
  until,
} from './backends/ask.ts';
import { type Stack, startStack } from './backends/stack.ts';
import type { RequestTruth } from './ollama/truth.ts';
import { createFoundTable } from './walk/found.ts';
import { BUSY_WATTS, GPU } from './walk/gpu-host.ts';
import { ALL_LINES, LIVE_HOST, type LiveHost, MODEL, startLiveHost, timed, tracesOf } from './walk/live-host.ts';
import { type Pager, startPager } from './walk/pager.ts';

/** Pace of rules, scrapes and span metrics here; the shipped files say 15 s. */
const PACE = '250ms';
/** What the project promises from a line of the kernel's log, and from the end of the request that it hit. */
const PROMISED_SECONDS = 2;
/** Seconds of work on any machine, so that the alert comes before the answer is over. */
const LONG_TOKENS = 5_000;

let host: LiveHost;
let pager: Pager;
let stack: Stack;
let agent: Program;
beforeAll(async () => {
  [host, pager] = await Promise.all([startLiveHost(), startPager()]);
  stack = await startStack({ promInterval: PACE, webhookUrl: pager.url });
});
afterAll(async () => {
  await stack?.stop();
  await host?.stop();
  await pager?.close();
});
beforeEach(async () => {
  agent = await host.follow(stack);
});
afterEach(async () => {
  agent.kill('SIGTERM');
  await agent.ended;
  host.gpu.setBusy(false);
});

const chat = (tokens: number): Promise<RequestTruth> => host.chat(tokens);
const isRoot = ({ parentSpanId }: JaegerSpan): boolean => parentSpanId === '';
const seconds = (ns: bigint): number => Number(ns) / 1e9;
/** This test's own agent follows everything and has its GPU's name: a series of the one before it would not say so. */
const gpuIsSeen = async (): Promise<void> => {
  const power = `hw_power_watts{hw_id="${GPU.uuid}",host_name="${LIVE_HOST}"}`;
  const since = Date.now() / 1_000;
  try {
    await until('the GPU in Prometheus', () => promQuery(stack.prometheusUrl, `timestamp(${power}) > ${since}`));
  } catch (error) {
    throw new Error(`${error}; the agent said:\n${agent.stderr()}`);
  }
};

describe('from one chat', () => {
  test('metric → exemplar → trace → log → GPU series, and back', async () => {
    await gpuIsSeen();
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

describe('a GPU fault in the middle of an answer', () => {
  test('alert, trace, LogQL and page, each within two seconds', async () => {
    await gpuIsSeen();
    host.gpu.setBusy(true);
    const launches = (): number => readFileSync(host.ollama.logPath, 'utf8').split('| processing task').length;
    const before = launches();
    const answer = chat(LONG_TOKENS);
    await until('the request in its slot', launches, { holds: (count) => count > before });
    const waited =
      'Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20801702 0x4).';
    host.gpu.kernel(`NVRM: Xid (PCI:${GPU.bus}): 119, pid=4410, name=nvidia-smi, ${waited}`);
    const struckMs = Date.now();
    const firing = `ALERTS{alertname="GpuFaultFatal",alertstate="firing",hw_id="${GPU.uuid}"}`;
    const alert = await timed('the alert', struckMs, () => promQuery(stack.prometheusUrl, firing));

    const truth = await answer;
    const endedMs = Date.now();
    expect([truth.status, truth.eval_count]).toEqual([200, LONG_TOKENS]);
    const hitRoot = async (): Promise<JaegerSpan | undefined> =>
      (await tracesOf(stack, truth.client_addr))
        .flat()
        .find((span) => isRoot(span) && span.attributes['nvidia.fault.hit'] === true);
    const query = queryNamed('requests-hit');
    const filled = query === undefined ? { problems: ['no query of that name'] } : logqlOf(query, {}, 3_600);
    if ('problems' in filled) throw new Error(filled.problems.join('; '));
    const paged = () =>
      pager.pages.find((page) =>
        page.alerts.some(
          ({ labels }) => labels['alertname'] === 'OllamaRequestHitByGpuFault' && labels['hw_id'] === GPU.uuid,
        ),
      );
    const [trace, line, page] = await Promise.all([
      timed('the fault on the trace', endedMs, hitRoot),
      timed('the request in Loki', endedMs, () => lokiQuery(stack.lokiUrl, filled.text)),
      timed('the page', endedMs, paged),
    ]);

    const { traceId } = trace.answer;
    expect(trace.answer.attributes['error.type']).toBe('xid.119');
    expect((line.answer as LokiLine[]).map(({ metadata }) => metadata['trace_id'])).toEqual([traceId]);
    const told = page.answer.alerts.find(({ labels }) => labels['alertname'] === 'OllamaRequestHitByGpuFault');
    expect(told?.labels).toMatchObject({ gen_ai_request_model: MODEL, trace_id: traceId, error_type: 'xid.119' });
    expect(`${told?.annotations['summary']} ${told?.annotations['description']}`).toContain(traceId);
    expect(told?.annotations['summary']).toContain(MODEL);

    const table = createFoundTable();
    table.add('alert', firing, 'Prometheus', `${alert.seconds.toFixed(2)} s after the Xid line`);
    table.add('fault on the trace', traceId, 'Jaeger', `${trace.seconds.toFixed(2)} s after the request's end`);
    table.add('request hit', filled.text, 'Loki', `${line.seconds.toFixed(2)} s after the request's end`);
    table.add(
      'page',
      told?.annotations['summary'] ?? '',
      'Alertmanager',
      `${page.seconds.toFixed(2)} s after the request's end`,
    );
    table.print(`Xid 119 in the middle of an answer (rules every ${PACE}):`);
    for (const { seconds: took } of [alert, trace, line, page]) expect(took).toBeLessThan(PROMISED_SECONDS);
  });
});
