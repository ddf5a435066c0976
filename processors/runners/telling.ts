// What the runners fold says: loads once their name is known, ends with their reason, and the list of resident models.
import type { Emit } from '../../collectors/reading.ts';
import { addSeconds, type Instant, secondsBetween } from '../../otel/time.ts';
import type { Bound, Fact } from '../fact.ts';
import { NAME_SECONDS } from '../limits.ts';
import { isHostDevice } from './gpus.ts';
import type { RunnersState } from './state.ts';
import { type EndReason, modelOf, type Runner, refOf } from './table.ts';

const startBound = (runner: Runner, at: Instant, durationSeconds: number): Bound => {
  const derived = addSeconds(at, -durationSeconds);
  const logged = runner.startedAt <= at && Math.abs(secondsBetween(derived, runner.startedAt)) < 1;
  return logged
    ? { at: runner.startedAt, from: 'logged', uncertaintySeconds: 0.001 }
    : { at: derived, from: 'derived', uncertaintySeconds: 0.01 };
};

const tellFallback = (state: RunnersState, runner: Runner, at: Instant, emit: Emit<Fact>): void => {
  const { layersOffloaded, layersTotal } = runner;
  if (!state.gpus.any() || layersOffloaded === undefined || layersTotal === undefined || layersOffloaded >= layersTotal)
    return;
  emit({ type: 'model.cpu_fallback', at, runner: refOf(runner), model: modelOf(runner), layersOffloaded, layersTotal });
};

/** A load is told when its name is known, at its end, or when the name should have come: it follows «started in» closely. */
export const tellLoaded = (state: RunnersState, emit: Emit<Fact>, due: (runner: Runner) => boolean): void => {
  for (const runner of state.untold.splice(0)) {
    if (due(runner)) tellOneLoaded(state, runner, emit);
    else state.untold.push(runner);
  }
};

/** Tells the loads whose name should have come by now. */
export const tellOverdue = (state: RunnersState, at: Instant, emit: Emit<Fact>): void =>
  tellLoaded(state, emit, ({ readyAt }) => readyAt === undefined || secondsBetween(readyAt, at) > NAME_SECONDS);

/** Layers on a GPU, no line that says which, and a host with one: it is that one. */
const placeOnOnlyGpu = (state: RunnersState, runner: Runner): void => {
  const only = state.gpus.only();
  const used = (runner.layersOffloaded ?? 0) > 0 || (memoryOf(runner).gpuBytes ?? 0) > 0;
  if (only !== undefined && used && runner.gpus.length === 0) runner.gpus = [only];
};

const tellOneLoaded = (state: RunnersState, runner: Runner, emit: Emit<Fact>): void => {
  const { layersOffloaded, layersTotal, parallel, contextSize, loadSeconds = 0, readyAt: at } = runner;
  if (at === undefined) return;
  placeOnOnlyGpu(state, runner);
  emit({
    type: 'model.loaded',
    at,
    start: startBound(runner, at, loadSeconds),
    runner: refOf(runner),
    model: modelOf(runner),
    durationSeconds: loadSeconds,
    gpus: runner.gpus,
    ...(layersOffloaded === undefined ? {} : { layersOffloaded }),
    ...(layersTotal === undefined ? {} : { layersTotal }),
    ...memoryOf(runner),
    ...(contextSize === undefined ? {} : { contextSize }),
    ...(parallel === undefined ? {} : { parallel }),
  });
  tellFallback(state, runner, at, emit);
  tellResident(state, at, emit);
};

/** Ends a runner and tells it: an unload if it ever was loaded, nothing for a load that never ended. */
export const endRunner = (
  state: RunnersState,
  runner: Runner,
  at: Instant,
  reason: EndReason,
  emit: Emit<Fact>,
): void => {
  const wasLoaded = runner.state === 'alive';
  tellLoaded(state, emit, (other) => other === runner);
  state.runners.end(runner, at, reason);
  if (state.runners.alive().length === 0) state.openTasks = 0;
  if (!wasLoaded || reason === 'load_failed') return;
  emit({ type: 'model.unloaded', at, runner: refOf(runner), model: modelOf(runner), reason });
  tellResident(state, at, emit);
};

/** A model without a known name goes by its file. */
const fileName = (blob: string | undefined): string => (blob === undefined ? 'unknown' : `sha256:${blob.slice(0, 12)}`);

/** The resident models as the log knows them; the API's own list is better and silences this one. */
export const tellResident = (state: RunnersState, at: Instant, emit: Emit<Fact>): void => {
  if (state.apiAt !== undefined) return;
  const models = state.runners
    .alive()
    .filter((runner) => runner.state === 'alive')
    .map((runner) => {
      const { gpuBytes = 0, cpuBytes = 0 } = memoryOf(runner);
      const contextSize = runner.contextSize === undefined ? {} : { contextSize: runner.contextSize };
      return {
        name: runner.name ?? fileName(runner.blob),
        sizeBytes: gpuBytes + cpuBytes,
        vramBytes: gpuBytes,
        ...contextSize,
      };
    });
  emit({ type: 'models.resident', at, models, from: 'log' });
};

/** Bytes by placement, from the parts that were logged; a part that never was is absent. */
export const memoryOf = (runner: Runner): { readonly gpuBytes?: number; readonly cpuBytes?: number } => {
  let gpuBytes: number | undefined;
  let cpuBytes: number | undefined;
  for (const { device, sizeBytes } of runner.memory.values()) {
    if (isHostDevice(device)) cpuBytes = (cpuBytes ?? 0) + sizeBytes;
    else gpuBytes = (gpuBytes ?? 0) + sizeBytes;
  }
  return { ...(gpuBytes === undefined ? {} : { gpuBytes }), ...(cpuBytes === undefined ? {} : { cpuBytes }) };
};
