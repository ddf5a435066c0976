// Numbers of GPUs. Samples and query rows go through the catalogue's column mapping; faults and states are counted here.
// When a GPU is not heard of any more its gauges end, except its status: that it failed is what must stay visible.
import { type MetricName, metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import { confidenceClass, type FactOf } from '../fact.ts';
import { gpuKey } from '../gpus/identity.ts';
import { gpuSeries } from './attributes.ts';
import { describeDmonColumns, describePmonColumns, describeQueryCells } from './gpu-columns.ts';
import { type EmitSignal, tellTo } from './points.ts';

/** Current values that outlive the GPU's samples: what state it is in and what the driver asks for. */
const LASTING: readonly MetricName[] = ['hw.status', 'nvidia.gpu.recovery_action'];

const isGauge = (name: MetricName): boolean => ['gauge', 'updowncounter'].includes(metricRow(name).instrument);

export const processGauges: readonly MetricName[] = metricNames.filter(
  (name) => isGauge(name) && metricRow(name).attributes.includes('process.pid'),
);
export const gpuGauges: readonly MetricName[] = metricNames.filter(
  (name) => isGauge(name) && metricRow(name).attributes.includes('hw.id') && !LASTING.includes(name),
);

export const describeSampleMetrics = (
  { at, gpu, columns, energyJoules }: FactOf<'gpu.sampled'>,
  emit: EmitSignal,
): void => {
  const series = gpuSeries(gpu);
  describeDmonColumns(columns, series, at, emit);
  tellTo(emit)('hw.energy', energyJoules, at, { 'hw.type': 'gpu', ...series });
};

/** The info series is told anew each time: a name or driver learnt later must not leave a second one behind. */
const describeInfo = ({ at, gpu }: FactOf<'gpu.described'>, emit: EmitSignal): void => {
  emit({ signal: 'stale', at, metrics: ['nvidia.gpu.info'], attributes: { 'hw.id': gpuKey(gpu) } });
  tellTo(emit)('nvidia.gpu.info', 1, at, {
    ...gpuSeries(gpu),
    'hw.vendor': 'NVIDIA',
    ...(gpu.name === undefined ? {} : { 'hw.name': gpu.name }),
    ...(gpu.driver === undefined ? {} : { 'hw.driver_version': gpu.driver }),
    ...(gpu.bus === undefined ? {} : { 'nvidia.gpu.bus': gpu.bus }),
  });
};

export const describeQueryMetrics = (fact: FactOf<'gpu.described'>, emit: EmitSignal): void => {
  describeInfo(fact, emit);
  describeQueryCells(fact.cells, gpuSeries(fact.gpu), fact.at, emit);
};

export const describeProcessMetrics = (fact: FactOf<'gpu.process_sampled'>, emit: EmitSignal): void => {
  const { at, gpu, pid, command, columns, gone } = fact;
  const identity = { 'hw.id': gpuKey(gpu), 'process.pid': pid };
  if (gone) {
    emit({ signal: 'stale', at, metrics: processGauges, attributes: identity });
    return;
  }
  const series = { ...gpuSeries(gpu), ...identity, ...(command === '' ? {} : { 'process.executable.name': command }) };
  describePmonColumns(columns, series, at, emit);
};

export const describeStaleGpu = ({ at, gpu }: FactOf<'gpu.stale'>, emit: EmitSignal): void =>
  emit({ signal: 'stale', at, metrics: gpuGauges, attributes: { 'hw.id': gpuKey(gpu) } });

export const describeThrottleMetrics = (
  { at, gpu, reason, seconds }: FactOf<'gpu.throttled'>,
  emit: EmitSignal,
): void =>
  tellTo(emit)('nvidia.gpu.throttle.time', seconds, at, { 'hw.id': gpuKey(gpu), 'nvidia.gpu.throttle.reason': reason });

export const describeXidMetrics = ({ at, gpu, code }: FactOf<'gpu.xid'>, emit: EmitSignal): void =>
  tellTo(emit)('nvidia.gpu.xid.events', 1, at, { 'hw.id': gpuKey(gpu), 'nvidia.xid.code': code });

export const describeFaultMetrics = ({ at, gpu, errorType }: FactOf<'gpu.fault_raised'>, emit: EmitSignal): void =>
  tellTo(emit)('hw.errors', 1, at, { 'hw.id': gpuKey(gpu), 'hw.type': 'gpu', 'error.type': errorType });

export const describeSettledMetrics = ({ at, hit }: FactOf<'gpu.fault_settled'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  for (const { join } of hit) {
    tell('ollascope.joins', 1, at, {
      'ollascope.join.kind': 'fault',
      'ollascope.join.class': confidenceClass(join.confidence),
      'ollascope.join.method': join.method,
    });
  }
};

const STATES: readonly FactOf<'gpu.state_changed'>['state'][] = ['ok', 'degraded', 'failed', 'predicted_failure'];

/** The field of the query whose words an Xid 154 repeats. */
const RECOVERY_ACTION = 'gpu_recovery_action';

/** A state set: 1 for the current state, 0 for the others, so that a query can ask for any of them. */
export const describeStateMetrics = (
  { at, gpu, state, action }: FactOf<'gpu.state_changed'>,
  emit: EmitSignal,
): void => {
  const tell = tellTo(emit);
  const series = { 'hw.id': gpuKey(gpu), 'hw.type': 'gpu' };
  for (const one of STATES) tell('hw.status', one === state ? 1 : 0, at, { ...series, 'hw.state': one });
  // A failure that is only predicted is our conclusion: the driver asked for nothing.
  if (state !== 'predicted_failure') describeQueryCells({ [RECOVERY_ACTION]: action }, series, at, emit);
};
