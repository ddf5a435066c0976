// Lines of a load, from the start command to «started in». Most of them name nothing, so they go to the load that lacks them:
// Ollama starts loads one after the other, and only their waits overlap.
import type { Emit } from '../../collectors/reading.ts';
import { type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact } from '../fact.ts';
import { PLACEMENT_SECONDS, STARTED_TWICE_SECONDS } from '../limits.ts';
import { nameCrash } from './crashes.ts';
import { withGpu } from './gpus.ts';
import type { OllamaOf, RunnersState } from './state.ts';
import { modelOf, placeOf, type Runner, refOf } from './table.ts';
import { endRunner, tellLoaded } from './telling.ts';

const loading = (state: RunnersState): Runner | undefined =>
  state.runners.alive().findLast((runner) => runner.state === 'loading');

/** A load of a blob that has a runner: that one went silently, was told to go, or never came up. */
const endPredecessor = (state: RunnersState, starting: OllamaOf<'runner.starting'>, emit: Emit<Fact>): void => {
  const { blob, contextSize, parallel } = starting.fields;
  const before = state.runners.alive().find((runner) => runner.blob === blob);
  if (before === undefined) return;
  if (before.state === 'loading') {
    endRunner(state, before, starting.at, 'load_failed', emit);
    return;
  }
  const crashed = state.gone !== undefined && secondsBetween(state.gone.at, starting.at) < STARTED_TWICE_SECONDS;
  const changed = before.contextSize !== contextSize || before.parallel !== parallel;
  const reason = crashed
    ? 'crashed'
    : state.reloading !== undefined || changed
      ? 'reloaded'
      : (before.expiring ?? 'unknown');
  endRunner(state, before, starting.at, reason, emit);
};

export const onStarting = (state: RunnersState, reading: OllamaOf<'runner.starting'>, emit: Emit<Fact>): void => {
  const { blob, port, contextSize, parallel, engine, embedding } = reading.fields;
  if (reading.fields.discovery) return;
  nameCrash(state, blob, emit);
  if (blob !== undefined) endPredecessor(state, reading, emit);
  state.reloading = undefined;
  const fresh = state.placement !== undefined && secondsBetween(state.placement.at, reading.at) < PLACEMENT_SECONDS;
  const name = state.names.nameOf(blob);
  const runner: Runner = {
    key: state.runners.nextKey(),
    engine,
    state: 'loading',
    startedAt: reading.at,
    startLine: placeOf(reading),
    usedAt: reading.at,
    embedding: embedding === true,
    memory: new Map(),
    gpus: fresh ? (state.placement?.gpus ?? []) : [],
    ...(blob === undefined ? {} : { blob }),
    ...(name === undefined ? {} : { name }),
    ...(port === undefined ? {} : { port }),
    ...(contextSize === undefined ? {} : { contextSize }),
    ...(parallel === undefined ? {} : { parallel }),
  };
  state.placement = undefined;
  const gone = state.runners.add(runner);
  if (gone !== undefined) endRunner(state, gone, reading.at, 'unknown', emit);
  emit({ type: 'model.load_started', at: reading.at, runner: refOf(runner), model: modelOf(runner), engine, reading });
};

/** `Operation:commit` of 0.11.5–0.24 places the layers for good; fit and alloc are trials. */
export const onLoadRequest = (state: RunnersState, { at, fields }: OllamaOf<'load.request'>): void => {
  const runner = loading(state);
  if (runner === undefined || fields.operation !== 'commit') return;
  runner.placedAt = at;
  runner.parallel = fields.parallel ?? runner.parallel ?? 1;
  if (fields.contextSize !== undefined) runner.contextSize = Math.floor(fields.contextSize / runner.parallel);
  if (fields.gpus.length > 0) runner.gpus = fields.gpus.map(({ gpu }) => state.gpus.byId(gpu));
};

export const onPlacement = (state: RunnersState, at: Instant, ids: readonly string[]): void => {
  const fresh = state.placement !== undefined && secondsBetween(state.placement.at, at) < PLACEMENT_SECONDS;
  const known = fresh ? (state.placement?.gpus ?? []) : [];
  state.placement = { at, gpus: ids.reduce((gpus, id) => withGpu(gpus, state.gpus.byId(id)), known) };
};

export const onLayers = (state: RunnersState, reading: OllamaOf<'load.layers'>): void => {
  const { at, fields } = reading;
  const runner = loading(state);
  if (runner === undefined) return;
  runner.layersOffloaded = fields.offloaded;
  runner.layersTotal = fields.total;
  if (runner.placedAt !== undefined) return;
  runner.placedAt = at;
  state.arrivals.note(reading, runner);
};

export const onMemory = (state: RunnersState, { fields }: OllamaOf<'load.memory'>): void => {
  const { part, device, sizeBytes } = fields;
  if (part === 'total' || device === undefined) return;
  loading(state)?.memory.set(`${part} ${device}`, { device, sizeBytes });
};

export const onDevice = (state: RunnersState, { fields }: OllamaOf<'load.device'>): void => {
  const runner = loading(state);
  if (runner === undefined || fields.pciBus === undefined) return;
  // What the child itself says replaces what the scheduler meant to do.
  const said = runner.gpus.filter((gpu) => gpu.bus !== undefined);
  runner.gpus = withGpu(said, state.gpus.byBus(fields.pciBus));
};

export const onListening = (state: RunnersState, { fields }: OllamaOf<'runner.listening'>): void => {
  const runner = loading(state);
  if (runner !== undefined && runner.port === undefined) runner.port = fields.port;
};

/** «started in» comes twice per load on most versions, sometimes with another number: the first one counts. */
export const onStarted = (state: RunnersState, { at, fields }: OllamaOf<'runner.started'>): void => {
  const runner = state.runners.loadingSince(at, fields.durationSeconds);
  const off =
    runner === undefined
      ? Number.POSITIVE_INFINITY
      : Math.abs(secondsBetween(runner.startedAt, at) - fields.durationSeconds);
  const repeated = state.runners.table
    .recent()
    .some(
      (known) =>
        known.readyAt !== undefined &&
        secondsBetween(known.readyAt, at) < STARTED_TWICE_SECONDS &&
        Math.abs(secondsBetween(known.startedAt, at) - fields.durationSeconds) < off,
    );
  if (runner === undefined || repeated) return;
  runner.state = 'alive';
  runner.readyAt = at;
  runner.usedAt = at;
  runner.loadSeconds = fields.durationSeconds;
  state.untold.push(runner);
};

/** `template selection` follows «started in» and is the only INFO line with a name: it names the newest runner without one. */
export const onNamed = (state: RunnersState, model: string, emit: Emit<Fact>): void => {
  const runner =
    state.untold.at(-1) ?? state.runners.alive().findLast((known) => known.state === 'alive') ?? loading(state);
  if (runner === undefined) return;
  state.names.bind(runner, model);
  tellLoaded(state, emit, (other) => other === runner);
};
