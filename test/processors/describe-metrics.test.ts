// Numbers of models, GPUs and of reading itself: units, series, what ends them, and that absent is absent.
import { describe, expect, test } from 'vitest';
import type { MetricName, MetricPoint } from '../../otel/catalogue/metrics.ts';
import type { Signal, StaleSignal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import type { Fact } from '../../processors/fact.ts';
import { at, GPU, ollama } from './describe-facts.ts';
import { sampleFacts } from './describe-samples.ts';

const told = (...facts: readonly Fact[]): readonly Signal[] => {
  const signals: Signal[] = [];
  for (const fact of facts) tell(fact, (signal) => signals.push(signal));
  return signals;
};
const pointsOf = (signals: readonly Signal[], name?: MetricName): readonly MetricPoint[] =>
  signals.filter((signal) => signal.signal === 'metric').filter((point) => name === undefined || point.name === name);
const valuesOf = (signals: readonly Signal[], name: MetricName): readonly (readonly [number, object])[] =>
  pointsOf(signals, name).map(({ value, attributes }) => [value, attributes]);
const stalesOf = (signals: readonly Signal[]): readonly StaleSignal[] =>
  signals.filter((signal) => signal.signal === 'stale');
const model = { 'gen_ai.request.model': 'llama3.2:3b' };

describe('numbers of models', () => {
  test('a load tells memory and layers by placement', () => {
    const signals = told(...sampleFacts['model.loaded']);
    expect(valuesOf(signals, 'ollama.model.memory.usage')).toEqual([
      [3_006_477_107, { 'ollama.memory.placement': 'gpu', ...model }],
      [308_281_344, { 'ollama.memory.placement': 'cpu', ...model }],
    ]);
    expect(valuesOf(signals, 'ollama.model.layers')).toEqual([
      [29, { 'ollama.memory.placement': 'gpu', ...model }],
      [0, { 'ollama.memory.placement': 'cpu', ...model }],
    ]);
    expect(valuesOf(signals, 'ollama.model.load.duration')).toEqual([[1.1, model]]);
  });

  test('an unload ends the gauges of that model and no counter', () => {
    const [stale, ...others] = stalesOf(told(...sampleFacts['model.unloaded']));
    expect(others).toEqual([]);
    expect(stale?.attributes).toEqual(model);
    expect(stale?.metrics).toEqual([
      'ollama.model.memory.usage',
      'ollama.model.layers',
      'ollama.model.context.size',
      'ollama.model.parallel',
      'ollama.model.expires_in',
    ]);
  });

  test('a model of unknown name and file is counted, but has no gauges that nobody could end', () => {
    const [loaded] = sampleFacts['model.loaded'];
    const [unloaded] = sampleFacts['model.unloaded'];
    if (loaded === undefined || unloaded === undefined) throw new Error('the samples have gone');
    const signals = told({ ...loaded, model: {} }, { ...unloaded, model: {} });
    expect(pointsOf(signals).map(({ name }) => name)).toEqual([
      'ollama.model.loads',
      'ollama.model.load.duration',
      'ollama.model.unloads',
    ]);
    expect(stalesOf(signals)).toEqual([]);
  });

  test('resident models tell what the API said; one that never expires has no expiry', () => {
    const signals = told(...sampleFacts['models.resident']);
    expect(valuesOf(signals, 'ollama.models.loaded')).toEqual([[2, {}]]);
    expect(valuesOf(signals, 'ollama.model.expires_in')).toEqual([[299, model]]);
    expect(valuesOf(signals, 'ollama.model.memory.usage')[1]).toEqual([
      308_281_344,
      { 'ollama.memory.placement': 'cpu', ...model },
    ]);
    expect(stalesOf(signals)).toMatchObject([
      { metrics: ['ollama.model.expires_in'], attributes: { 'gen_ai.request.model': 'all-minilm:l6' } },
    ]);
  });
});

describe('numbers of GPUs', () => {
  const series = { 'hw.id': GPU.uuid, 'nvidia.gpu.index': 0 };

  test('a dmon row in the units of the catalogue', () => {
    const signals = told(...sampleFacts['gpu.sampled'].slice(0, 1));
    expect(valuesOf(signals, 'hw.gpu.utilization')).toEqual([[0.97, { ...series, 'hw.gpu.task': 'general' }]]);
    expect(valuesOf(signals, 'hw.gpu.memory.usage')).toEqual([[3_141 * 1_048_576, series]]);
    expect(valuesOf(signals, 'hw.power')).toEqual([[187, { ...series, 'hw.type': 'gpu' }]]);
    expect(valuesOf(signals, 'hw.temperature')).toEqual([[61, { ...series, 'hw.sensor_location': 'gpu' }]]);
    expect(valuesOf(signals, 'hw.energy')).toEqual([[4_211.5, { ...series, 'hw.type': 'gpu' }]]);
    expect(valuesOf(signals, 'nvidia.gpu.clock.frequency')).toEqual([
      [2_610_000_000, { ...series, 'nvidia.gpu.clock': 'sm' }],
      [10_251_000_000, { ...series, 'nvidia.gpu.clock': 'memory' }],
    ]);
  });

  test('running totals of the driver are marked as such', () => {
    const [replays] = pointsOf(told(...sampleFacts['gpu.sampled']), 'hw.errors');
    expect(replays).toMatchObject({
      value: 0,
      cumulative: true,
      attributes: { ...series, 'error.type': 'pcie_replay' },
    });
  });

  test('columns that were not printed have no point, columns that no metric takes are counted by name', () => {
    const signals = told(...sampleFacts['gpu.sampled'].slice(0, 1));
    expect(pointsOf(signals, 'nvidia.gpu.pcie.throughput')).toHaveLength(1);
    expect(valuesOf(signals, 'ollascope.smi.unknown_columns')).toEqual([[1, { 'nvidia.smi.column': 'gract' }]]);
    expect(
      pointsOf(told(...sampleFacts['gpu.sampled'].slice(1))).map(({ name, attributes }) => [name, attributes]),
    ).toEqual([['hw.power', { 'hw.id': 'index:3', 'nvidia.gpu.index': 3, 'hw.type': 'gpu' }]]);
  });

  test('a query row: limits, ratios, words and states', () => {
    const signals = told(...sampleFacts['gpu.described'].slice(0, 1));
    expect(valuesOf(signals, 'hw.gpu.memory.limit')).toEqual([[12_282 * 1_048_576, series]]);
    expect(pointsOf(signals, 'hw.gpu.memory.utilization')[0]?.value).toBeCloseTo(3_141 / 12_282, 12);
    expect(pointsOf(signals, 'hw.temperature.limit')[0]?.value).toBe(83);
    expect(pointsOf(signals, 'nvidia.gpu.performance_state')[0]?.value).toBe(2);
    expect(pointsOf(signals, 'nvidia.gpu.remap.pending')[0]?.value).toBe(0);
    const actions = pointsOf(signals, 'nvidia.gpu.recovery_action');
    expect(actions.filter(({ value }) => value === 1).map(({ attributes }) => attributes)).toEqual([
      { 'hw.id': GPU.uuid, 'nvidia.gpu.recovery_action': 'none' },
    ]);
    expect(actions.length).toBeGreaterThan(3);
  });

  test('cells of another form than expected give no point', () => {
    const cells = {
      pstate: 'unknown',
      'remapped_rows.pending': 'maybe',
      'memory.used': 10,
      'memory.total': 0,
      'fan.speed': 'fast',
    };
    const names = pointsOf(told({ type: 'gpu.described', at: at(0), gpu: GPU, cells })).map(({ name }) => name);
    expect(names).toEqual(['nvidia.gpu.info', 'hw.gpu.memory.limit']);
  });

  test('a lost GPU: its gauges end, its state stays', () => {
    const [stale] = stalesOf(told(...sampleFacts['gpu.stale']));
    expect(stale?.attributes).toEqual({ 'hw.id': GPU.uuid });
    expect(stale?.metrics).toContain('hw.gpu.utilization');
    expect(stale?.metrics).toContain('nvidia.gpu.process.memory.usage');
    expect(stale?.metrics).not.toContain('hw.status');
    expect(stale?.metrics).not.toContain('hw.errors');
  });

  test('a process that went away ends its own series only', () => {
    const [stale] = stalesOf(told(...sampleFacts['gpu.process_sampled']));
    expect(stale).toMatchObject({ attributes: { 'hw.id': GPU.uuid, 'process.pid': 5150 } });
    expect(stale?.metrics).toEqual([
      'nvidia.gpu.process.memory.usage',
      'nvidia.gpu.process.protected_memory.usage',
      'nvidia.gpu.process.utilization',
    ]);
  });

  test('the status is a state set: one of four is 1', () => {
    const failed = pointsOf(told(...sampleFacts['gpu.state_changed'].slice(0, 1)), 'hw.status');
    expect(failed.map(({ value, attributes }) => [value, (attributes as { 'hw.state'?: string })['hw.state']])).toEqual(
      [
        [0, 'ok'],
        [0, 'degraded'],
        [1, 'failed'],
        [0, 'predicted_failure'],
      ],
    );
  });

  test('an Xid 154 tells the recovery action in the same series as a query row; a prediction of ours does not', () => {
    const currentAfter = (state: 'degraded' | 'failed' | 'predicted_failure', action: string) =>
      pointsOf(
        told({ type: 'gpu.state_changed', at: at(1), gpu: GPU, state, action }),
        'nvidia.gpu.recovery_action',
      ).filter(({ value }) => value === 1);
    expect(currentAfter('degraded', 'Drain and Reset').map(({ attributes }) => attributes)).toEqual([
      { 'hw.id': GPU.uuid, 'nvidia.gpu.recovery_action': 'drain_and_reset' },
    ]);
    expect(currentAfter('failed', 'GPU Reset Required').map(({ attributes }) => attributes)).toEqual([
      { 'hw.id': GPU.uuid, 'nvidia.gpu.recovery_action': 'reset' },
    ]);
    expect(currentAfter('failed', 'something new')).toEqual([]);
    expect(currentAfter('predicted_failure', 'Reset')).toEqual([]);
  });

  test('faults and Xid lines are counted apart', () => {
    const signals = told(...sampleFacts['gpu.xid'], ...sampleFacts['gpu.fault_raised']);
    expect(valuesOf(signals, 'nvidia.gpu.xid.events')).toEqual([[1, { 'hw.id': GPU.uuid, 'nvidia.xid.code': 31 }]]);
    expect(valuesOf(signals, 'hw.errors')).toEqual([
      [1, { 'hw.id': GPU.uuid, 'hw.type': 'gpu', 'error.type': 'xid.31' }],
    ]);
  });
});

describe('numbers of reading itself', () => {
  test('lines by class, with a name where the class has one', () => {
    expect(valuesOf(told(...sampleFacts['lines.counted']), 'ollascope.lines')).toEqual([
      [120, { 'ollascope.source': 'ollama', 'ollascope.line.class': 'matched' }],
      [2, { 'ollascope.source': 'ollama', 'ollascope.line.class': 'unmatched', 'ollascope.line.name': 'slog' }],
    ]);
  });

  test.each([
    ['opened', 1],
    ['recovered', 1],
    ['stalled', 0],
    ['exited', 0],
    ['ended', 0],
  ] as const)('after %s a source is up: %d', (kind, up) => {
    const notice = { type: 'notice', kind, source: ollama, at: at(0), detail: '' } as const;
    expect(valuesOf(told({ type: 'source.changed', at: at(0), notice }), 'ollascope.source.up')).toEqual([
      [up, { 'ollascope.source': 'ollama' }],
    ]);
  });

  test('a gap of unknown size is an event, not a loss of 0 bytes', () => {
    const notice = { type: 'notice', kind: 'gap', source: ollama, at: at(0), detail: '' } as const;
    expect(pointsOf(told({ type: 'source.changed', at: at(0), notice })).map(({ name }) => name)).toEqual([
      'ollascope.source.events',
    ]);
  });
});
