// Which alert holds which back, in a real Alertmanager: for each pair the follower on the same thing, and the same follower
// elsewhere, which must go out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertmanagerAlerts, until } from '../real/backends/ask.ts';
import { type Alert, type RunningAlertmanager, startAlertmanager } from './running.ts';
import { GPU_0, GPU_1, sampleAlert } from './samples.ts';

type Labels = Readonly<Record<string, string>>;

const gpu: Labels = { hw_id: GPU_0 };
const otherGpu: Labels = { hw_id: GPU_1 };
const otherHost: Labels = { hw_id: GPU_0, host_name: 'other-box' };
const model: Labels = { service_name: 'ollama', gen_ai_request_model: 'tiny:latest' };
const otherModel: Labels = { service_name: 'ollama', gen_ai_request_model: 'big:70b' };
const nowhere: Labels = { host_name: '', hw_id: '' };

/** Holds back, is held back, with which labels both, and with which labels it must go out. */
const PAIRS: readonly (readonly [source: string, target: string, same: Labels, elsewhere: Labels])[] = [
  ['GpuFailed', 'GpuTemperatureHigh', gpu, otherGpu],
  ['GpuVanished', 'GpuUtilizationLow', gpu, otherHost],
  ['GpuFaultFatal', 'GpuThrottledWhileDecoding', gpu, otherGpu],
  ['GpuFaultFatal', 'GpuFailed', gpu, otherHost],
  ['GpuFaultFatal', 'GpuNeedsReset', gpu, otherGpu],
  ['GpuFailed', 'GpuVanished', gpu, otherGpu],
  ['GpuFailed', 'GpuSamplesMissing', { ...gpu, ollascope_source: 'dmon' }, { ...otherHost, ollascope_source: 'dmon' }],
  ['GpuFailed', 'OllascopeSourceStalled', { ...gpu, ollascope_source: 'pmon' }, { ...gpu, ollascope_source: 'ollama' }],
  [
    'OllamaRequestHitByGpuFault',
    'GpuFaultHitRequests',
    { ...gpu, ...model, error_type: 'xid.79' },
    { ...gpu, ...otherModel, error_type: 'xid.79' },
  ],
  ['GpuTemperatureCritical', 'GpuTemperatureHigh', gpu, otherGpu],
  ['GpuRowRemapFailed', 'GpuRowRemapPending', gpu, otherGpu],
  ['OllamaErrorBudgetBurnFast', 'OllamaErrorBudgetBurnSlow', model, otherModel],
  ['OllamaFirstTokenBudgetBurnFast', 'OllamaFirstTokenBudgetBurnSlow', model, otherModel],
  ['CollectorUnreachable', 'OllascopeAgentAbsent', {}, { k8s_cluster_name: 'another' }],
  ['LokiDown', 'CollectorQueueFilling', { exporter: 'otlp_http/loki' }, { exporter: 'otlp_grpc/jaeger' }],
  ['JaegerDown', 'CollectorQueueFilling', { exporter: 'otlp_grpc/jaeger' }, { exporter: 'otlp_http/prometheus' }],
];

/** A label of its own keeps the pairs of this file apart; the rules do not look at it. */
const alertsOf = (index: number): readonly Alert[] => {
  const [source, target, same, elsewhere] = PAIRS[index] ?? ['', '', {}, {}];
  const cluster = `cluster-${index}`;
  const made = (name: string, role: string, labels: Labels): Alert =>
    sampleAlert({ name, notify: '', labels: { k8s_cluster_name: cluster, ...labels, role, pair: String(index) } });
  return [made(source, 'source', same), made(target, 'same', same), made(target, 'elsewhere', elsewhere)];
};

let running: RunningAlertmanager;
beforeAll(async () => {
  running = await startAlertmanager({
    changes: { 'group_wait: 30s': 'group_wait: 200ms', 'group_wait: 1s': 'group_wait: 200ms' },
  });
});
afterAll(() => running.stop());

/**
 * States by role, asked until the follower is held back: the inhibitor learns of an alert a moment after the API has taken it.
 * From then on the others of the same message have been looked at too.
 */
const statesOf = (pair: string): Promise<Readonly<Record<string, string>>> =>
  until(
    `the follower of pair ${pair} is held back`,
    async () => {
      const alerts = (await alertmanagerAlerts(running.url)).filter(({ labels }) => labels['pair'] === pair);
      return Object.fromEntries(alerts.map(({ labels, status }) => [labels['role'] ?? '', status.state]));
    },
    { holds: (states) => states['same'] === 'suppressed' && !Object.values(states).includes('unprocessed') },
  );

describe('inhibition', () => {
  test.each(PAIRS.map(([source, target], index) => ({ source, target, index })))(
    '$source holds $target back, on the same thing only',
    async ({ index }) => {
      await running.send(...alertsOf(index));
      expect(await statesOf(String(index))).toEqual({ source: 'active', same: 'suppressed', elsewhere: 'active' });
    },
  );

  test('two alerts without any GPU or host are not taken for the same thing', async () => {
    const made = (name: string, role: string, labels: Labels): Alert =>
      sampleAlert({ name, notify: '', labels: { ...labels, role, pair: 'bare' } });
    await running.send(
      made('GpuFailed', 'bare source', nowhere),
      made('GpuTemperatureHigh', 'bare target', nowhere),
      made('GpuFailed', 'source', gpu),
      made('GpuTemperatureHigh', 'same', gpu),
    );
    const active = { 'bare source': 'active', 'bare target': 'active', source: 'active' };
    expect(await statesOf('bare')).toEqual({ ...active, same: 'suppressed' });
  });
});
