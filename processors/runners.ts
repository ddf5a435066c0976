// Models and runners: what is loaded, where, since when, and how it went. Tells loads, unloads, evictions, crashes and CPU
// fallback, and shows the requests fold a read-only table of the runners alive. Knows nothing of single requests.
import type { ApiReading, Emit, OllamaReading } from '../collectors/reading.ts';
import type { Fact } from './fact.ts';
import type { Fold } from './fold.ts';
import { onCrash, onRequestFailed, onTerminated, tellUnnamedCrash } from './runners/crashes.ts';
import { findNamed, learnGroup, onCount, onExpiring, onLoadFailed, onResident, onUnloaded } from './runners/ending.ts';
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
} from './runners/loading.ts';
import { createState, type OllamaOf, type RunnersState } from './runners/state.ts';
import type { RunnerTable } from './runners/table.ts';
import { endRunner, tellLoaded, tellOverdue } from './runners/telling.ts';

export type { RunnerTable, RunnerView } from './runners/table.ts';

const onServerStart = (state: RunnersState, { at, fields }: OllamaOf<'server.listening'>, emit: Emit<Fact>): void => {
  tellUnnamedCrash(state, undefined, emit);
  for (const runner of [...state.runners.alive()]) endRunner(state, runner, at, 'server_stopped', emit);
  state.runners.serverStarted();
  state.gpus.forget();
  emit({ type: 'server.started', at, version: fields.version, settings: state.settings });
};

/** Lines of a load in progress. */
const stepLoading = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  switch (reading.kind) {
    case 'runner.starting':
      onStarting(state, reading, emit);
      return;
    case 'load.request':
      onLoadRequest(state, reading);
      return;
    case 'load.gpu_selected':
      onPlacement(state, reading.at, [reading.fields.id]);
      return;
    case 'load.fits':
      onPlacement(state, reading.at, reading.fields.gpus);
      return;
    case 'load.layers':
      onLayers(state, reading);
      return;
    case 'load.memory':
      onMemory(state, reading);
      return;
    case 'load.device':
      onDevice(state, reading);
      return;
    case 'runner.listening':
      onListening(state, reading);
      return;
    case 'runner.started':
      onStarted(state, reading);
      return;
    case 'runner.ready':
      onReady(state, reading, emit);
      return;
    case 'runner.count':
      onCount(state, reading, emit);
      return;
    case 'model.named':
      onNamed(state, reading.fields.model, emit);
      return;
    case 'load.failed':
      onLoadFailed(
        state,
        reading.at,
        reading.fields.blob,
        reading.fields.clientLeft ? 'client_closed' : reading.fields.errorType,
        emit,
      );
      return;
    default:
      return;
  }
};

const onReady = (state: RunnersState, { fields }: OllamaOf<'runner.ready'>, emit: Emit<Fact>): void => {
  const runner = findNamed(state, fields.runner) ?? state.untold.at(-1);
  if (runner !== undefined) learnGroup(state, runner, fields.runner);
  tellLoaded(state, emit, (other) => other === runner);
};

/** Lines of a runner that goes, and of requests that name one. */
const stepEnding = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  switch (reading.kind) {
    case 'request.finished_context':
    case 'request.finished_event': {
      const runner = findNamed(state, reading.fields.runner);
      if (runner === undefined || reading.fields.runner === undefined) return;
      runner.usedAt = reading.at;
      learnGroup(state, runner, reading.fields.runner);
      return;
    }
    case 'unload.idle':
      // «adding timer» comes with a keep-alive; without one the runner goes at once.
      if ((reading.fields.keepAliveSeconds ?? 0) <= 0) onExpiring(state, reading.fields.runner, reading.at);
      return;
    case 'unload.expired':
      onExpiring(state, reading.fields.runner, reading.at);
      return;
    case 'unload.stopping':
    case 'unload.stopped':
      onUnloaded(state, reading.at, undefined, reading.fields.pid, emit);
      return;
    case 'unload.finished':
      onUnloaded(state, reading.at, reading.fields.runner, undefined, emit);
      return;
    case 'load.evicting':
      state.eviction = { at: reading.at, reason: reading.fields.reason };
      return;
    case 'load.reloading':
      state.reloading = { at: reading.at };
      return;
    case 'runner.device_error':
      state.deviceError = { at: reading.at, errorType: reading.fields.errorType };
      return;
    case 'request.failed':
      onRequestFailed(state, reading, emit);
      return;
    case 'runner.gone':
      onCrash(state, reading.at, 'runner.gone', emit);
      return;
    case 'runner.terminated':
      onTerminated(state, reading.at, reading.fields.errorType, emit);
      return;
    case 'runner.crash_dump':
      onCrash(state, reading.at, `signal.${reading.fields.signal.toLowerCase()}`, emit);
      return;
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
      onServerStart(state, reading, emit);
      return;
    case 'gpu.discovered':
      state.gpus.discovered(reading.fields);
      return;
    default:
      return;
  }
};

/** The first word of a kind says who looks at it: most lines of a busy server are nobody's here. */
const stepOllama = (state: RunnersState, reading: OllamaReading, emit: Emit<Fact>): void => {
  state.arrivals.pass(reading);
  const { kind } = reading;
  if (kind === 'task.launched') state.openTasks += 1;
  else if (kind === 'task.released') state.openTasks = Math.max(0, state.openTasks - 1);
  if (kind.startsWith('task.') || kind === 'http.access') return;
  if (kind.startsWith('server.') || kind.startsWith('gpu.')) stepServer(state, reading, emit);
  else if (kind.startsWith('load.') || kind.startsWith('runner.') || kind === 'model.named') {
    stepLoading(state, reading, emit);
    stepEnding(state, reading, emit);
  } else if (kind.startsWith('unload.') || kind.startsWith('request.')) stepEnding(state, reading, emit);
};

const stepApi = (state: RunnersState, reading: ApiReading, emit: Emit<Fact>): void => {
  if (reading.kind === 'api.models') state.names.list(reading.fields.models);
  if (reading.kind === 'api.unreachable') {
    state.apiAt = undefined;
    state.runners.resident(undefined);
  }
  if (reading.kind !== 'api.resident') return;
  tellLoaded(state, emit, () => true);
  onResident(state, reading, emit);
};

export const createRunnersFold = (): Fold & { readonly table: RunnerTable } => {
  const state = createState();
  return {
    name: 'runners',
    table: state.runners.table,
    step: (input, emit) => {
      if (input.type === 'ollama') stepOllama(state, input, emit);
      else if (input.type === 'tick') {
        tellOverdue(state, input.at, emit);
        tellUnnamedCrash(state, input.at, emit);
      } else if (input.type === 'api') stepApi(state, input, emit);
      else return false;
      return false;
    },
    end: (emit) => {
      tellUnnamedCrash(state, undefined, emit);
      tellLoaded(state, emit, () => true);
    },
  };
};
