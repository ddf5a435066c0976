// The contract with Loki, on a real one with the project's own file: which labels a stream has, what is taken, what is kept, and the page
// that names the request.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamLabels } from '../../loki/fields.ts';
import { createOtlpJson } from '../../otel/export/otlp-json.ts';
import type { LogSignal, Resource } from '../../otel/signal.ts';
import { addSeconds, fromMillis, type Instant } from '../../otel/time.ts';
import { getText, type LokiLine, lokiQuery, lokiSeries, until } from '../real/backends/ask.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';
import { tell } from './telling.ts';

type Page = { readonly alerts: readonly { readonly labels: Labels; readonly annotations: Labels }[] };
type Labels = { readonly [name: string]: string };

const DAY = 86_400;
const pages: Page[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    pages.push(JSON.parse(body));
    response.end();
  });
});
let stack: Stack;

/** A cluster's resource: more than may become a label. */
const resource: Resource = {
  attributes: {
    'service.name': 'contract',
    'service.namespace': 'inference',
    'service.instance.id': '4f0c2b6a9d1e7788',
    'deployment.environment.name': 'test',
    'host.name': 'gpu-box',
    'host.id': '7d3a90b1c2e4f506',
    'k8s.cluster.name': 'lab',
    'k8s.node.name': 'node-3',
    'k8s.namespace.name': 'llm',
    'k8s.pod.name': 'ollama-0',
    'k8s.pod.uid': '0c6f6e1e',
    'k8s.container.name': 'ollama',
    'telemetry.sdk.language': 'nodejs',
  },
};

const log = (at: Instant, body: string, more: Partial<LogSignal> = {}): LogSignal => ({
  signal: 'log',
  scope: 'ollascope/ollama',
  at,
  observedAt: at,
  severity: 'INFO',
  body,
  attributes: {},
  ...more,
});

/** The status with which Loki answers. */
const push = async (logs: readonly LogSignal[], who = resource): Promise<number> => {
  const answer = await fetch(`${stack.lokiUrl}/otlp/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: createOtlpJson(who, '0.1.0').logs(logs),
  });
  await answer.arrayBuffer();
  return answer.status;
};

const now = (): Instant => fromMillis(Date.now());
const linesOf = (logql: string, sinceSeconds = 7_200): Promise<LokiLine[]> =>
  lokiQuery(stack.lokiUrl, logql, {
    from: Date.now() / 1_000 - sinceSeconds,
    to: Date.now() / 1_000 + 1_800,
    limit: 10_000,
  });
const first = async (logql: string, sinceSeconds?: number): Promise<LokiLine> => {
  const [line] = await until(`a line of ${logql}`, () => linesOf(logql, sinceSeconds));
  if (line === undefined) throw new Error('expected a line');
  return line;
};
/** The sum of a metric of Loki's own over all its labels; 0 where it has none yet. */
const ownMetric = async (name: string): Promise<number> => {
  const text = await getText(`${stack.lokiUrl}/metrics`);
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  stack = await startStack({
    only: ['loki', 'jaeger', 'prometheus', 'alertmanager'],
    webhookUrl: `http://127.0.0.1:${port}/`,
    env: { OLLASCOPE_LOKI_RULES_INTERVAL: '1s' },
  });
});

afterAll(async () => {
  await stack?.stop();
  receiver.closeAllConnections();
  receiver.close();
});

describe('labels', () => {
  it('are those of the catalogue; the rest of resource and record stands beside the line, and who packed it nowhere', async () => {
    expect(await push([log(now(), 'labels', { attributes: { 'hw.id': 'GPU-1' }, eventName: 'nvidia.xid' })])).toBe(204);
    const line = await first('{service_name="contract"} |= "labels"');
    const [series] = await lokiSeries(stack.lokiUrl, '{service_name="contract"}');
    expect(Object.keys(series ?? {}).sort()).toEqual([...streamLabels].sort());
    expect(Object.keys(line.labels).sort()).toEqual([...streamLabels].sort());
    expect(line.metadata).toMatchObject({
      service_instance_id: '4f0c2b6a9d1e7788',
      k8s_pod_name: 'ollama-0',
      host_id: '7d3a90b1c2e4f506',
      hw_id: 'GPU-1',
      event_name: 'nvidia.xid',
      severity_text: 'INFO',
    });
    expect(Object.keys(line.metadata).filter((name) => name.startsWith('telemetry'))).toEqual([]);
  });

  it('do not change with a restart of the agent: no new stream', async () => {
    const again = { attributes: { ...resource.attributes, 'service.instance.id': 'b2', 'k8s.pod.name': 'ollama-1' } };
    expect(await push([log(now(), 'after the restart')], again)).toBe(204);
    await first('{service_name="contract"} |= "after the restart"');
    expect(await lokiSeries(stack.lokiUrl, '{service_name="contract"}')).toHaveLength(1);
  });
});

describe('what is taken', () => {
  it('lines of six days ago, behind newer ones of their stream', async () => {
    expect(await push([log(now(), 'newest')])).toBe(204);
    const own = { attributes: { 'service.name': 'late' } };
    expect(await push([log(addSeconds(now(), -6 * DAY), 'very late, a stream of its own')], own)).toBe(204);
    // An agent that was down for a night, in a stream that another source of the host kept going.
    expect(await push([log(addSeconds(now(), -20 * 3_600), 'a night late')])).toBe(204);
    await first('{service_name="late"} |= "very late"', 7 * DAY);
    await first('{service_name="contract"} |= "a night late"', 2 * DAY);
  });

  it('lines from the clock of a host that is half an hour ahead', async () => {
    expect(await push([log(addSeconds(now(), 1_500), 'ahead')])).toBe(204);
    await first('{service_name="contract"} |= "ahead"');
  });

  it('a line of a megabyte, cut', async () => {
    expect(await push([log(now(), `huge ${'x'.repeat(1_048_576)}`)])).toBe(204);
    const line = await first('{service_name="contract"} |= "huge"');
    expect(line.line.length).toBeLessThanOrEqual(262_144);
    expect(line.line.length).toBeGreaterThan(200_000);
  });

  it('a fault that lists two thousand traces', async () => {
    const traces = Array.from({ length: 2_000 }, (_, n) => n.toString(16).padStart(32, '0'));
    const record = log(now(), 'settled', { attributes: { 'nvidia.fault.trace_ids': traces } });
    expect(await push([record])).toBe(204);
    expect((await first('{service_name="contract"} |= "settled"')).metadata['nvidia_fault_trace_ids']).toContain(
      traces[1_999],
    );
  });

  it('ten thousand lines at once: a host that catches up', async () => {
    const at = now();
    const many = Array.from({ length: 10_000 }, (_, n) =>
      log(addSeconds(at, -n / 1_000), `catching up ${n} ${'x'.repeat(300)}`),
    );
    expect(await push(many)).toBe(204);
    await until('all of them', () => linesOf('{service_name="contract"} |= "catching up"'), {
      holds: (lines) => lines.length === many.length,
    });
  });

  it('a debug log of a real Ollama, not one line refused', async () => {
    await tell(stack, { paths: ['recordings/ollama-0.24.0-concurrent-debug'], times: 'end-now' });
    await until('its last lines', () => linesOf('{host_name="recorded-host"}'), {
      holds: (lines) => lines.length > 500,
    });
    expect(await ownMetric('loki_distributor_lines_received_total')).toBeGreaterThan(10_000);
    expect(await ownMetric('loki_discarded_samples_total')).toBe(0);
  });
});

it('a request that a fault hits pages within seconds, with its model and its trace', async () => {
  await tell(stack, { paths: ['recordings/composed-two-gpus'], times: 'end-now' });
  // The recording's faults may be older than the rule looks back: one of now, as the agent tells it.
  const trace = '0af7651916cd43dd8448eb211c80319c';
  await push([
    log(now(), 'chat llama3.2:3b was hit by xid.79 on GPU-1', {
      severity: 'FATAL',
      eventName: 'ollama.request.fault_hit',
      spanRef: { traceId: trace, spanId: '00f067aa0ba902b7' },
      attributes: {
        'gen_ai.request.model': 'llama3.2:3b',
        'hw.id': 'GPU-1',
        'error.type': 'xid.79',
        'nvidia.fault.severity': 'FATAL',
        'nvidia.fault.action': 'RESTART_BM',
        'nvidia.fault.incident': 'a11c5e0d9b7f4321',
      },
    }),
  ]);
  const alert = await until(
    'a page that names the trace',
    () => pages.flatMap((page) => page.alerts).find((one) => one.labels['trace_id'] === trace),
    { seconds: 60 },
  );
  expect(alert.labels).toMatchObject({
    alertname: 'OllamaRequestHitByGpuFault',
    severity: 'critical',
    priority: 'P1',
    component: 'inference',
    gen_ai_request_model: 'llama3.2:3b',
    hw_id: 'GPU-1',
    error_type: 'xid.79',
    notify: 'webhook',
  });
  expect(alert.annotations['summary']).toBe('xid.79 on GPU-1 hit a request of llama3.2:3b');
  expect(alert.annotations['description']).toContain(trace);
  expect(alert.annotations['runbook_url']).toMatch(/\/OllamaRequestHitByGpuFault\.md$/);
  expect(alert.annotations['dashboard_url']).toMatch(
    new RegExp(
      `/d/ollascope-correlation\\?time=\\d{13}&time\\.window=3600000&var-trace=${trace}&var-incident=a11c5e0d9b7f4321$`,
    ),
  );
});
