// Numbers of models and runners. Gauges of a model are told under a label only, because an unload must be able to end
// exactly that model's series; a model of which neither name nor file is known is counted, not gauged.
import { type MetricName, metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import type { FactOf } from '../fact.ts';
import { modelAttribute, modelLabel } from './attributes.ts';
import { type EmitSignal, tellTo } from './points.ts';

/** What ends with a model: every current value whose row knows a model, the GPU processes' own ones excepted. */
export const modelGauges: readonly MetricName[] = metricNames.filter((name) => {
  const { instrument, optional = [] } = metricRow(name);
  return (
    name.startsWith('ollama.') &&
    (instrument === 'gauge' || instrument === 'updowncounter') &&
    optional.includes('gen_ai.request.model')
  );
});

export const describeServerMetrics = ({ at, version }: FactOf<'server.started'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  tell('ollama.server.starts', 1, at, {});
  if (version === '') return;
  emit({ signal: 'stale', at, metrics: ['ollama.server.info'], attributes: {} });
  tell('ollama.server.info', 1, at, { 'ollama.version': version });
};

export const describeLoadedMetrics = (fact: FactOf<'model.loaded'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  const { at, layersOffloaded, layersTotal } = fact;
  const model = modelAttribute(fact.model);
  tell('ollama.model.loads', 1, at, model);
  tell('ollama.model.load.duration', fact.durationSeconds, at, model);
  if (modelLabel(fact.model) === undefined) return;
  const onGpu = { 'ollama.memory.placement': 'gpu', ...model };
  const onCpu = { 'ollama.memory.placement': 'cpu', ...model };
  tell('ollama.model.memory.usage', fact.gpuBytes, at, onGpu);
  tell('ollama.model.memory.usage', fact.cpuBytes, at, onCpu);
  tell('ollama.model.layers', layersOffloaded, at, onGpu);
  if (layersOffloaded !== undefined && layersTotal !== undefined) {
    tell('ollama.model.layers', Math.max(0, layersTotal - layersOffloaded), at, onCpu);
  }
  tell('ollama.model.context.size', fact.contextSize, at, model);
  tell('ollama.model.parallel', fact.parallel, at, model);
};

export const describeFallbackMetrics = ({ at, model }: FactOf<'model.cpu_fallback'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.model.cpu_fallbacks', 1, at, modelAttribute(model));

export const describeLoadFailedMetrics = (fact: FactOf<'model.load_failed'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.model.load_failures', 1, fact.at, {
    'error.type': fact.errorType,
    ...modelAttribute(fact.model),
  });

export const describeUnloadedMetrics = ({ at, model, reason }: FactOf<'model.unloaded'>, emit: EmitSignal): void => {
  tellTo(emit)('ollama.model.unloads', 1, at, { 'ollascope.reason': reason, ...modelAttribute(model) });
  if (modelLabel(model) !== undefined)
    emit({ signal: 'stale', at, metrics: modelGauges, attributes: { ...modelAttribute(model) } });
};

export const describeEvictedMetrics = ({ at, model, reason }: FactOf<'model.evicted'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.model.evictions', 1, at, { 'ollascope.reason': reason, ...modelAttribute(model) });

export const describeCrashMetrics = ({ at, model, errorType }: FactOf<'runner.crashed'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.runner.crashes', 1, at, { 'error.type': errorType, ...modelAttribute(model) });

/** A model without an expiry has none: the series of an earlier one ends. */
export const describeResidentMetrics = ({ at, models }: FactOf<'models.resident'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  tell('ollama.models.loaded', models.length, at, {});
  for (const { name, sizeBytes, vramBytes, expiresInSeconds, contextSize } of models) {
    const model = { 'gen_ai.request.model': name };
    tell('ollama.model.memory.usage', vramBytes, at, { 'ollama.memory.placement': 'gpu', ...model });
    tell('ollama.model.memory.usage', Math.max(0, sizeBytes - vramBytes), at, {
      'ollama.memory.placement': 'cpu',
      ...model,
    });
    tell('ollama.model.context.size', contextSize, at, model);
    tell(
      'ollama.model.expires_in',
      expiresInSeconds === undefined ? undefined : Math.max(0, expiresInSeconds),
      at,
      model,
    );
    if (expiresInSeconds === undefined)
      emit({ signal: 'stale', at, metrics: ['ollama.model.expires_in'], attributes: model });
  }
};
