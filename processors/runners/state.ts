// What the runners fold remembers besides the runners: names, GPUs, and the few things said shortly before the line that
// gives them a meaning (a GPU selected before its load starts, an eviction before its victim is known).
import type { Emit, OllamaReading } from '../../collectors/reading.ts';
import type { Instant } from '../../otel/time.ts';
import type { Fact, GpuRef } from '../fact.ts';
import { createGpus, type Gpus, isHostDevice } from './gpus.ts';
import { createNames, type Names } from './names.ts';
import { createRunners, type EndReason, modelOf, type Runner, type Runners, refOf } from './table.ts';

export type RunnersState = {
  readonly runners: Runners;
  readonly names: Names;
  readonly gpus: Gpus;
  /** GPUs named since the last load began: they belong to the next one. */
  placement: { readonly at: Instant; readonly gpus: readonly GpuRef[] } | undefined;
  eviction: { readonly at: Instant; readonly reason: string } | undefined;
  /** A runner of this blob is told to be reloaded with other options. */
  reloading: { readonly at: Instant } | undefined;
  /** Last crash line, which every version prints twice. */
  gone: { readonly at: Instant; readonly errorType: string } | undefined;
  /** Class of the last error text of a dying child. */
  deviceError: { readonly at: Instant; readonly errorType: string } | undefined;
  settings: { readonly [name: string]: string };
  /** Tasks launched and not released, over all runners: a runner killed while there are none was told to go. */
  openTasks: number;
  /** Loaded, and not told yet. */
  readonly untold: Runner[];
  /** When the API last listed the resident models. */
  apiAt: Instant | undefined;
};

export type OllamaOf<K extends OllamaReading['kind']> = Extract<OllamaReading, { readonly kind: K }>;

export const createState = (): RunnersState => ({
  runners: createRunners(),
  names: createNames(),
  gpus: createGpus(),
  placement: undefined,
  eviction: undefined,
  reloading: undefined,
  gone: undefined,
  deviceError: undefined,
  settings: {},
  openTasks: 0,
  untold: [],
  apiAt: undefined,
});

/** Ends a runner and tells it: an unload if it ever was loaded, nothing for a load that never ended. */
export const endRunner = (
  state: RunnersState,
  runner: Runner,
  at: Instant,
  reason: EndReason,
  emit: Emit<Fact>,
): void => {
  const wasLoaded = runner.state === 'alive';
  state.runners.end(runner, at, reason);
  if (state.runners.alive().length === 0) state.openTasks = 0;
  if (!wasLoaded || reason === 'load_failed') return;
  emit({ type: 'model.unloaded', at, runner: refOf(runner), model: modelOf(runner), reason });
  tellResident(state, at, emit);
};

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
        name: runner.name ?? runner.blob ?? 'unknown',
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
