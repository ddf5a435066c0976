// Facts that mean something by themselves as log events with stable names: one sentence for people, attributes for
// machines. Alerts and searches use the names; the sentences may change.
import type { LogEventName } from '../../otel/catalogue/logs.ts';
import { logEventRow } from '../../otel/catalogue/logs.ts';
import type { SpanRef } from '../../otel/ids.ts';
import type { ScopeName, Severity } from '../../otel/signal.ts';
import type { Instant } from '../../otel/time.ts';
import type { FactOf, ModelRef, RunnerRef } from '../fact.ts';
import { gpuKey } from '../gpus/identity.ts';
import { attributesOf, type Given, modelLabel } from './attributes.ts';
import type { EmitSignal } from './points.ts';

type Event = {
  readonly at: Instant;
  readonly body: string;
  readonly attributes: Given;
  /** Where the event's own severity differs from the row's. */
  readonly severity?: Severity;
  readonly ref?: SpanRef | undefined;
};

const scopeOf = (name: LogEventName): ScopeName =>
  name.startsWith('ollama.') ? 'ollascope/ollama' : name.startsWith('nvidia.') ? 'ollascope/nvidia' : 'ollascope/self';

export const emitEvent = (name: LogEventName, { at, body, attributes, severity, ref }: Event, emit: EmitSignal): void =>
  emit({
    signal: 'log',
    scope: scopeOf(name),
    at,
    observedAt: at,
    severity: severity ?? logEventRow(name).severity,
    eventName: name,
    body,
    attributes: attributesOf(attributes),
    ...(ref === undefined ? {} : { spanRef: ref }),
  });

const said = (model: ModelRef): string => modelLabel(model) ?? 'a model of unknown name';

const identity = (model: ModelRef, runner?: RunnerRef): Given => ({
  'gen_ai.request.model': modelLabel(model),
  'ollama.model.blob': model.blob,
  'ollama.runner.key': runner?.key,
});

const BYTES_PER_GIB = 1_073_741_824;
const BYTES_PER_MIB = 1_048_576;
const size = (bytes: number): string =>
  bytes < BYTES_PER_GIB ? `${(bytes / BYTES_PER_MIB).toFixed(0)} MiB` : `${(bytes / BYTES_PER_GIB).toFixed(1)} GiB`;

export const tellAbandoned = (fact: FactOf<'request.abandoned'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.request.abandoned',
    {
      at: fact.at,
      body: `request to ${said(fact.model)} began and its end was never told (${fact.reason})`,
      attributes: { ...identity(fact.model, fact.runner), 'ollascope.reason': fact.reason },
      ref: fact.ref,
    },
    emit,
  );

export const tellServerStarted = ({ at, version, settings }: FactOf<'server.started'>, emit: EmitSignal): void => {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const attributes = {
    'ollama.version': version === '' ? undefined : version,
    'ollama.settings': pairs.length === 0 ? undefined : pairs,
  };
  emitEvent('ollama.server.started', { at, body: `Ollama ${version} started`.replace('  ', ' '), attributes }, emit);
};

export const tellLoadStarted = ({ at, model, runner, engine }: FactOf<'model.load_started'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.model.load_started',
    {
      at,
      body: `loading ${said(model)} (${engine})`,
      attributes: { ...identity(model, runner), 'ollama.runner.engine': engine },
    },
    emit,
  );

export const tellLoaded = (fact: FactOf<'model.loaded'>, emit: EmitSignal): void => {
  const { layersOffloaded, layersTotal, gpuBytes, cpuBytes } = fact;
  const parts = [
    `${said(fact.model)} loaded in ${fact.durationSeconds.toFixed(2)} s`,
    layersOffloaded === undefined || layersTotal === undefined
      ? undefined
      : `${layersOffloaded}/${layersTotal} layers on the GPU`,
    gpuBytes === undefined || gpuBytes === 0 ? undefined : `${size(gpuBytes)} GPU`,
    cpuBytes === undefined || cpuBytes === 0 ? undefined : `${size(cpuBytes)} CPU`,
  ];
  emitEvent(
    'ollama.model.loaded',
    {
      at: fact.at,
      body: parts.filter((part) => part !== undefined).join(', '),
      attributes: {
        ...identity(fact.model, fact.runner),
        'ollama.load.duration': fact.durationSeconds,
        'ollama.model.gpus': fact.gpus.length === 0 ? undefined : fact.gpus.map(gpuKey),
        'ollama.model.layers.offloaded': layersOffloaded,
        'ollama.model.layers.total': layersTotal,
        'ollama.context.size': fact.contextSize,
        'ollama.runner.parallel': fact.parallel,
        'ollama.runner.pid': fact.runner.pid,
      },
    },
    emit,
  );
};

export const tellCpuFallback = (
  { at, model, runner, layersOffloaded, layersTotal }: FactOf<'model.cpu_fallback'>,
  emit: EmitSignal,
): void =>
  emitEvent(
    'ollama.cpu_fallback',
    {
      at,
      body: `${said(model)}: ${layersOffloaded} of ${layersTotal} layers on the GPU, the rest on the CPU`,
      attributes: {
        ...identity(model, runner),
        'ollama.model.layers.offloaded': layersOffloaded,
        'ollama.model.layers.total': layersTotal,
      },
    },
    emit,
  );

export const tellLoadFailed = ({ at, model, runner, errorType }: FactOf<'model.load_failed'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.model.load_failed',
    {
      at,
      body: `${said(model)} could not be loaded: ${errorType}`,
      attributes: { ...identity(model, runner), 'error.type': errorType },
    },
    emit,
  );

export const tellUnloaded = ({ at, model, runner, reason }: FactOf<'model.unloaded'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.model.unloaded',
    {
      at,
      body: `${said(model)} unloaded (${reason})`,
      attributes: { ...identity(model, runner), 'ollascope.reason': reason },
    },
    emit,
  );

export const tellEvicted = ({ at, model, runner, by, reason }: FactOf<'model.evicted'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.model.evicted',
    {
      at,
      body: `${said(model)} evicted to make room for ${modelLabel(by) ?? 'another model'} (${reason})`,
      attributes: { ...identity(model, runner), 'ollama.model.evicted_by': modelLabel(by), 'ollascope.reason': reason },
    },
    emit,
  );

export const tellCrashed = ({ at, model, runner, errorType }: FactOf<'runner.crashed'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.runner.crashed',
    {
      at,
      body: `runner of ${said(model)} died: ${errorType}`,
      attributes: { ...identity(model, runner), 'error.type': errorType },
    },
    emit,
  );

export const tellTruncated = (
  { at, model, promptTokens, keptTokens, ref }: FactOf<'prompt.truncated'>,
  emit: EmitSignal,
): void =>
  emitEvent(
    'ollama.prompt.truncated',
    {
      at,
      body: `prompt of ${promptTokens} tokens cut to ${keptTokens} (${said(model)})`,
      attributes: { ...identity(model), 'ollama.prompt.tokens': promptTokens, 'ollama.prompt.kept_tokens': keptTokens },
      ref,
    },
    emit,
  );

export const tellShifted = ({ at, model, ref }: FactOf<'context.shifted'>, emit: EmitSignal): void =>
  emitEvent(
    'ollama.context.shifted',
    { at, body: `context full, older half discarded (${said(model)})`, attributes: identity(model), ref },
    emit,
  );
