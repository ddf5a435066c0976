// The alerts in a real Prometheus that received the composed machine's story from a real Collector: exactly these come, for
// these GPUs and models, and every rule evaluates. The story is thirteen minutes long, so alerts that want longer than that
// can only be seen pending.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getJson, promAlerts, until, urlOf } from '../real/backends/ask.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';
import { lastSnapshot, sendReplay } from '../real/contract/machine.ts';

/** Fell off the bus (Xid 79) with two requests on it, and came back. */
const LOST = 'GPU-6b0e4f52-31a7-4c85-9d1e-2f4a8c77d310';
/** The other one that Ollama uses. */
const FULL = 'GPU-a91d27c4-7b52-4e09-8a36-5c0e91fb6d27';
/** In MIG mode, used by others. */
const MIG = 'GPU-d4083e6f-90c1-4b7a-b2d5-18e76fa0c943';

const EXPECTED = [
  `GpuDegraded ${MIG}`,
  `GpuFaultApplication ${FULL} xid.31`,
  `GpuFaultApplication ${MIG} xid.94`,
  `GpuFaultFatal ${LOST} xid.79`,
  `GpuFaultHitRequests ${LOST} xid.79 llama3.2:3b`,
  `GpuMemoryPressure ${FULL}`,
  `GpuNeedsReset ${MIG}`,
  `GpuRowRemapPending ${FULL}`,
  `GpuRowRemapPending ${MIG}`,
  `GpuUncorrectedEcc ${MIG} uncorrected`,
  'HostClockStep',
  'OllamaContextShifted llama3.2:3b',
  'OllamaFirstTokenBudgetBurnFast mistral-small3.2:24b',
  'OllamaModelLoadsFailing llama.context_failed qwen3:32b',
  'OllamaModelOnCpu qwen3:32b',
  'OllamaPromptsTruncated llama3.2:3b',
  'OllamaRequestsLost llama3.2:3b',
  'OllamaRequestsRejected',
  'OllascopeSourceLostBytes',
];
/** They have a `for`. */
const PENDING = ['GpuDegraded', 'OllamaFirstTokenBudgetBurnFast'];
/** Averages over hours, of which a story of thirteen minutes shows whatever its last evaluations saw. */
const TOO_LONG = ['GpuUtilizationLow'];

type Rules = {
  readonly data: {
    readonly groups: readonly {
      readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
    }[];
  };
};

describe('alerts on the composed machine', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ only: ['prometheus', 'collector'], promInterval: '1s' });
    await lastSnapshot(stack, await sendReplay(stack));
    // An evaluation in the midst of the delivery saw the story's middle and remembers it: what holds at its end is wanted.
    const prometheus = stack.server('prometheus');
    await prometheus.stop();
    await prometheus.start();
  });
  afterAll(() => stack?.stop());

  const told = async () =>
    (await promAlerts(stack.prometheusUrl)).filter(
      ({ labels }) => labels['component'] !== 'stack' && !TOO_LONG.includes(labels['alertname'] ?? ''),
    );
  const named = (alerts: Awaited<ReturnType<typeof told>>): readonly string[] =>
    alerts
      .map(({ labels }) =>
        ['alertname', 'hw_id', 'error_type', 'gen_ai_request_model'].flatMap((key) => labels[key] ?? []).join(' '),
      )
      .sort();

  it('come for what happened, and for nothing else', async () => {
    const missing = async (): Promise<readonly string[]> => {
      const found = named(await told());
      return EXPECTED.filter((each) => !found.includes(each));
    };
    await until('no alert of the story missing', missing, { holds: ({ length }) => length === 0, seconds: 60 });
    const alerts = await told();
    expect(named(alerts)).toEqual([...EXPECTED].sort());
    const pending = alerts.filter(({ state }) => state === 'pending').map(({ labels }) => labels['alertname'] ?? '');
    expect(pending.filter((name) => !PENDING.includes(name))).toEqual([]);
  });

  it('say whom the fault hit, and lead to the dashboard at that time', async () => {
    const fatal = (await told()).find(({ labels }) => labels['alertname'] === 'GpuFaultFatal');
    expect(fatal?.labels).toMatchObject({ severity: 'critical', priority: 'P1', host_name: 'composed-host' });
    expect(fatal?.annotations['description']).toContain('Requests hit: 2 of llama3.2:3b.');
    expect(fatal?.annotations['dashboard_url']).toMatch(
      new RegExp(
        `^${stack.grafanaUrl}/d/ollascope-correlation\\?from=\\d{13}&to=\\d{13}&var-host=composed-host&var-gpu=`,
      ),
    );
  });

  it('are filled in without an error of their templates', async () => {
    for (const { labels, annotations } of await told())
      for (const [name, text] of Object.entries(annotations))
        expect(text, `${labels['alertname']} ${name}`).not.toMatch(/error expanding|<no value>|%!|NaN/i);
  });

  it('and rules evaluate, every one', async () => {
    const isRules = (answer: unknown): answer is Rules =>
      typeof answer === 'object' && answer !== null && 'data' in answer;
    const answer = await getJson(urlOf(stack.prometheusUrl, '/api/v1/rules'));
    if (!isRules(answer)) throw new Error('expected rules');
    const rules = answer.data.groups.flatMap((group) => group.rules);
    expect(
      rules.filter(({ health }) => health === 'err').map(({ name, lastError }) => `${name}: ${lastError}`),
    ).toEqual([]);
    expect(rules.length).toBeGreaterThan(90);
  });
});
