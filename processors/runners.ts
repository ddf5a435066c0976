// Models and runners: what is loaded, where, since when, and how it went. Tells loads, unloads, evictions, crashes and CPU
// fallback, and shows the requests fold a read-only table of the runners alive. Knows nothing of single requests.
import type { ApiReading, Emit, OllamaReading } from '../collectors/reading.ts';
import type { Instant } from '../otel/time.ts';
import type { Fact } from './fact.ts';
import type { Fold, Input } from './fold.ts';
import {
  findNamed,
  learnGroup,
  onCount,
  onCrash,
  onExpiring,
  onLoadFailed,
  onResident,
  onUnloaded,
} from './runners/ending.ts';
import {
  onDevice,
  onLayers,
  onListening,
  onLoadRequest,
  onMemory,
  onNamed,
  onPlacement,
  onStarted,
  onStarting,
  tellLoaded,
} from './runners/loading.ts';
import { createState, endRunner, type OllamaOf, type RunnersState } from './runners/state.ts';
import type { RunnerTable } from './runners/table.ts';

export type { RunnerTable, RunnerView } from './runners/table.ts';

const onServerStart = (state: RunnersState, { at, fields }: OllamaOf<'server.listening'>, emit: Emit<Fact>): void => {
  for (const runner of [...state.runners.alive()]) endRunner(state, runner, at, 'server_stopped', emit);
  state.runners.serverStarted();
  state.gpus.forget();
  emit({ type: 'server.started', at, version: fields.version, settings: state.settings });
};

/** Lines of a load in progress. */
const stepLoading = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  switch (reading.kind) {
    case 'runner.starting':
      return onStarting(state, reading, emit);
    case 'load.request':
      return onLoadRequest(state, reading);
    case 'load.gpu_selected':
      return onPlacement(state, reading.at, [reading.fields.id]);
    case 'load.fits':
      return onPlacement(state, reading.at, reading.fields.gpus);
    case 'load.layers':
      return onLayers(state, reading);
    case 'load.memory':
      return onMemory(state, reading);
    case 'load.device':
      return onDevice(state, reading);
    case 'runner.listening':
      return onListening(state, reading);
    case 'runner.started':
      return onStarted(state, reading);
    case 'runner.ready':
      return onReady(state, reading, emit);
    case 'runner.count':
      return onCount(state, reading, emit);
    case 'model.named':
      return onNamed(state, reading.fields.model, emit);
    case 'load.failed':
      return onLoadFailed(
        state,
        reading.at,
        reading.fields.blob,
        reading.fields.clientLeft ? 'client_closed' : reading.fields.errorType,
        emit,
      );
    default:
      return;
  }
};

const onReady = (state: RunnersState, { fields }: OllamaOf<'runner.ready'>, emit: Emit<Fact>): void => {
  const runner = findNamed(state, fields.runner) ?? state.untold.at(-1);
  if (runner !== undefined) learnGroup(state, runner, fields.runner);
  tellLoaded(state, emit, runner);
};

/** Lines of a runner that goes, and of requests that name one. */
const stepEnding = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  switch (reading.kind) {
    case 'request.finished_context':
    case 'request.finished_event': {
      const runner = findNamed(state, reading.fields.runner);
      if (runner === undefined || reading.fields.runner === undefined) return;
      runner.usedAt = reading.at;
      return learnGroup(state, runner, reading.fields.runner);
    }
    case 'unload.idle':
      return reading.fields.keepAliveSeconds === undefined || reading.fields.keepAliveSeconds <= 0
        ? onExpiring(state, reading.fields.runner, reading.at)
        : undefined;
    case 'unload.expired':
      return onExpiring(state, reading.fields.runner, reading.at);
    case 'unload.stopping':
    case 'unload.stopped':
      return onUnloaded(state, reading.at, undefined, reading.fields.pid, emit);
    case 'unload.finished':
      return onUnloaded(state, reading.at, reading.fields.runner, undefined, emit);
    case 'load.evicting':
      state.eviction = { at: reading.at, reason: reading.fields.reason };
      return;
    case 'load.reloading':
      state.reloading = { at: reading.at };
      return;
    case 'runner.device_error':
      state.deviceError = { at: reading.at, errorType: reading.fields.errorType };
      return;
    case 'runner.gone':
      return onCrash(state, reading.at, 'runner.gone', emit);
    case 'runner.terminated':
      return onCrash(state, reading.at, reading.fields.errorType, emit);
    case 'runner.crash_dump':
      return onCrash(state, reading.at, `signal.${reading.fields.signal.toLowerCase()}`, emit);
    default:
      return;
  }
};

const stepServer = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  switch (reading.kind) {
    case 'server.config':
      state.settings = reading.fields.settings;
      return;
    case 'server.listening':
      return onServerStart(state, reading, emit);
    case 'gpu.discovered':
      return state.gpus.discovered(reading.fields);
    default:
      return;
  }
};

/** The first word of a kind says who looks at it: most lines of a busy server are nobody's here. */
const stepOllama = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  const { kind } = reading;
  if (kind.startsWith('task.') || kind === 'http.access') return;
  if (kind.startsWith('server.') || kind.startsWith('gpu.')) stepServer(state, reading, emit);
  else if (kind.startsWith('load.') || kind.startsWith('runner.') || kind === 'model.named') {
    stepLoading(state, reading, emit);
    stepEnding(state, reading, emit);
  } else if (kind.startsWith('unload.') || kind.startsWith('request.')) stepEnding(state, reading, emit);
};

const stepApi = (state: RunnersState, reading: ApiReading, emit: Emit<Fact>): void => {
  if (reading.kind === 'api.models') state.names.list(reading.fields.models);
  if (reading.kind === 'api.unreachable') state.apiAt = undefined;
  if (reading.kind !== 'api.resident') return;
  tellLoaded(state, emit);
  onResident(state, reading, emit);
};

const atOf = (input: Input): Instant | undefined => ('at' in input ? input.at : undefined);

export const createRunnersFold = (): Fold & { readonly table: RunnerTable } => {
  const state = createState();
  let lastAt: Instant | undefined;
  return {
    name: 'runners',
    table: state.runners.table,
    step: (input, emit) => {
      if (input.type === 'ollama') stepOllama(state, input, emit);
      else if (input.type === 'tick') tellLoaded(state, emit);
      else if (input.type === 'api') stepApi(state, input, emit);
      else return false;
      lastAt = atOf(input);
      return false;
    },
    end: (emit) => {
      if (lastAt !== undefined) tellLoaded(state, emit);
    },
  };
};
