// The walk while things go down: an agent killed in the middle of a request, a Collector killed and away meanwhile. Real
// Ollama, real servers; what comes twice is recognised by its ids.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Program } from '../support/program.ts';
import { type JaegerSpan, type LokiLine, lokiQuery, promQuery, until } from './backends/ask.ts';
import { type Stack, startStack } from './backends/stack.ts';
import { createFoundTable } from './walk/found.ts';
import { ALL_LINES, LIVE_HOST, type LiveHost, MODEL, QUICK, startLiveHost, tracesOf } from './walk/live-host.ts';

let host: LiveHost;
let stack: Stack;
let agent: Program;
beforeAll(async () => {
  host = await startLiveHost();
  stack = await startStack({ promInterval: '1s', only: ['collector', 'prometheus', 'loki', 'jaeger'] });
  agent = await host.follow(stack, QUICK);
});
afterAll(async () => {
  agent?.kill('SIGTERM');
  await agent?.ended;
  await stack?.stop();
  await host?.stop();
});

const idsOf = (spans: readonly JaegerSpan[]): Set<string> => new Set(spans.map(({ spanId }) => spanId));

test('an agent that is killed and a Collector that is away: nothing is missing, what comes twice has the same ids', async () => {
  // Follows from the beginning: what a killed agent had not told is told by the next one.
  const restart = async (): Promise<void> => {
    agent.kill('SIGKILL');
    await agent.ended;
    agent = await host.follow(stack, [...QUICK, '--start-at', 'beginning']);
  };
  await restart();
  const first = await host.chat(40);
  const before = await until('the first trace', () => tracesOf(stack, first.client_addr));
  const during = host.chat(600);
  await until('the second request under way', () =>
    promQuery(stack.prometheusUrl, `ollama_requests_active{host_name="${LIVE_HOST}"} > 0`),
  );
  agent.kill('SIGKILL');
  const second = await during;
  await stack.server('collector').stop('SIGKILL');
  await restart();
  const third = await host.chat(40);
  await stack.server('collector').start();

  const table = createFoundTable();
  // The last one first: when it is there, what stands before it in the log has been told again.
  for (const { client_addr: client } of [third, second, first]) {
    // Several exports carry one trace: it is looked at when its phases are there.
    const traces = await until(`the request of ${client}`, () => tracesOf(stack, client), {
      seconds: 40,
      holds: ([spans = []]) => ['prefill', 'decode'].every((phase) => spans.some(({ name }) => name === phase)),
    });
    expect(traces.map((spans) => new Set(spans.map(({ traceId }) => traceId)).size)).toEqual([1]);
    const [spans = []] = traces;
    const told = (): Promise<LokiLine[]> => lokiQuery(stack.lokiUrl, `${ALL_LINES} | trace_id="${spans[0]?.traceId}"`);
    const isWhole = (lines: readonly LokiLine[]): boolean =>
      lines.some(({ metadata }) => metadata['event_name'] === 'ollama.request.access');
    const lines = await until(`the log of ${client}`, told, { holds: isWhole });
    const uids = new Set(lines.map(({ metadata }) => metadata['log_record_uid']));
    const ids = idsOf(spans);
    expect(spans.map(({ name }) => name)).toContain(`chat ${MODEL}`);
    // A span that came twice is one span: no two ids share a name and a parent.
    expect(new Set(spans.map(({ name, parentSpanId }) => `${parentSpanId} ${name}`)).size).toBe(ids.size);
    table.add(`request of ${client}`, spans[0]?.traceId ?? '', 'Jaeger', `${spans.length} spans, ${ids.size} ids`);
    table.add('', '', 'Loki', `${lines.length} lines, ${uids.size} ids`);
  }
  // Both agents told the first request. Jaeger shows copies that are equal in every field once, Loki shows both.
  const access = `${ALL_LINES} | event_name="ollama.request.access" | client_address="${first.client_addr}"`;
  const twice = await until('the first request told twice', () => lokiQuery(stack.lokiUrl, access), {
    holds: (lines) => lines.length === 2,
  });
  expect(new Set(twice.map(({ metadata }) => metadata['log_record_uid'])).size).toBe(1);
  expect(new Set(twice.map(({ metadata }) => `${metadata['trace_id']} ${metadata['span_id']}`)).size).toBe(1);
  const [again = []] = await tracesOf(stack, first.client_addr);
  expect([...idsOf(again)]).toEqual(expect.arrayContaining([...idsOf(before[0] ?? [])]));
  table.print('agent killed in mid-request, Collector killed and away:');
});
