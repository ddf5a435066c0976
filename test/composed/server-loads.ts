// Loads: where a model goes, who must go for it, what the load prints, and how it fails.
import { type Load, runnerLines, schedulingLines, startedLines } from './load-lines.ts';
import { type Gpu, gpuAt, gpuMibOf, type ModelKey, modelOf } from './machine.ts';
import { gib, pathOf, slog } from './ollama-forms.ts';
import { createRunner, type RunnerProcess } from './runner.ts';
import { failedLoadLines } from './server-lines.ts';
import { handOver } from './server-requests.ts';
import {
  answer,
  endResident,
  freeMib,
  groupOf,
  type Open,
  type Resident,
  type ServerState,
  unload,
} from './server-state.ts';

export const LOADED_MAX = 3;
const KEEP_ALIVE_SECONDS = 300;
const SPARE_MIB = 457;
const FIRST_PORT = 40_117;
const FIRST_PID = 21_840;
/** A model that lies on the CPU alone is this much slower. */
const CPU_SLOWNESS = 9;
/** Share of a load after which memory turns out to be short. */
const FAILS_AFTER = 0.45;

const wishedGpu = ({ lostGpus }: ServerState, key: ModelKey): Gpu =>
  gpuAt((key === 'llama' || key === 'embed') && !lostGpus.has(0) ? 0 : 1);

/** Puts out the resident that was idle longest, where something must go; false while all are at work. */
const makeRoom = (state: ServerState, key: ModelKey): boolean => {
  const model = modelOf(key);
  const wished = wishedGpu(state, key);
  const tooMany = state.residents.size >= LOADED_MAX;
  const free = freeMib(state, wished);
  const tooFull = free < gpuMibOf(model) + SPARE_MIB;
  if (!tooMany && !tooFull) return true;
  const candidates = [...state.residents.values()].filter((resident) => tooMany || resident.gpu === wished);
  if (candidates.length === 0) return true;
  const [victim] = candidates.filter(({ open }) => open.size === 0).toSorted((a, b) => a.expiresAt - b.expiresAt);
  if (victim === undefined) return false;
  if (tooFull) {
    const sizes = `predicted="${gib(gpuMibOf(model))}" available="${gib(free)}"`;
    const message = `msg="llama-server model predicted to exceed available memory, evicting" model=${pathOf(model)} ${sizes}`;
    state.line(slog(state.now(), 'INFO', 'sched.go:835', message));
  }
  unload(state, victim);
  return makeRoom(state, key);
};

const ready = (state: ServerState, load: Load, key: ModelKey, process: RunnerProcess, pid: number): void => {
  const { model, gpu, contextSize, port } = load;
  const resident: Resident = {
    key,
    model,
    gpu,
    contextSize,
    pid,
    port,
    process,
    waiting: [],
    open: new Set(),
    keepAliveSeconds: KEEP_ALIVE_SECONDS,
    expiresAt: state.now() + KEEP_ALIVE_SECONDS,
  };
  state.residents.set(key, resident);
  startedLines(state.now(), load, state.residents.size, groupOf(resident)).forEach(state.line);
  const mine = state.queue.filter((open) => open.model === key);
  state.queue = state.queue.filter((open) => open.model !== key);
  state.loading = undefined;
  for (const open of mine) state.later(0.002, () => handOver(state, resident, open));
  state.later(0.004, state.pump);
};

const giveUp = (state: ServerState, open: Open): void => {
  state.queue = state.queue.filter((other) => other !== open);
  state.loading = undefined;
};
const fail = (state: ServerState, load: Load, pid: number, open: Open): void => {
  const isRetried = !open.wasRetried;
  open.wasRetried = true;
  failedLoadLines(state.now(), load, isRetried).forEach(state.line);
  state.endLife(pid);
  if (isRetried) {
    state.loading = undefined;
    for (const resident of [...state.residents.values()]) if (resident.open.size === 0) endResident(state, resident);
  } else {
    giveUp(state, open);
    answer(state, open, 500, 'error');
  }
  state.pump();
};
const leaveLoad = (state: ServerState, open: Open, pid: number): void => {
  const told = (level: 'INFO' | 'WARN', source: string, rest: string): void =>
    state.line(slog(state.now(), level, source, rest));
  told(
    'WARN',
    'llama_server.go:1313',
    'msg="client connection closed before llama-server finished loading, aborting load"',
  );
  const error = 'error="timed out waiting for llama-server to start: context canceled"';
  told('INFO', 'sched.go:646', `msg="Load failed" model=${pathOf(modelOf(open.model))} ${error}`);
  state.endLife(pid);
  giveUp(state, open);
  answer(state, open, 499, 'aborted');
  state.pump();
};

const loadOf = (state: ServerState, open: Open): Load => {
  const model = modelOf(open.model);
  const wished = wishedGpu(state, open.model);
  const free = freeMib(state, wished);
  const gpu = free >= gpuMibOf(model) + SPARE_MIB ? wished : undefined;
  return {
    model,
    gpu,
    port: FIRST_PORT + 1_013 * (state.started % 17) + state.started,
    contextSize: open.contextSize ?? model.contextSize,
    offloaded: gpu === undefined ? 0 : model.offloaded,
    freeMib: free,
    seconds: model.loadSeconds * (0.97 + 0.06 * state.random()) * (gpu === undefined ? 1.4 : 1),
    debug: state.debug,
  };
};

const start = (state: ServerState, open: Open): void => {
  const key = open.model;
  const load = loadOf(state, open);
  const { model, gpu, seconds, contextSize } = load;
  const pid = FIRST_PID + 61 * state.started;
  state.started += 1;
  const process = createRunner({
    model,
    contextSize,
    clockwork: state.clockwork,
    random: state.random,
    say: state.line,
    slowness: () => state.slowness(gpu, state.now()) * (gpu === undefined ? CPU_SLOWNESS : 1),
  });
  const began = state.now();
  const gpuMib = gpu === undefined ? 0 : gpuMibOf(model);
  state.lives.push({ pid, gpu: gpu?.index, gpuMib, from: began, to: Number.POSITIVE_INFINITY, busy: process.busy });
  const mine = { open };
  state.loading = mine;
  const whileMine = (at: number, act: () => void): void =>
    state.later(at - began, () => {
      if (state.loading === mine) act();
    });
  if (state.gone.delete(key)) {
    const message = 'msg="llama-server process no longer running" sys=6 string="signal: aborted"';
    for (let twice = 0; twice < 2; twice += 1) state.line(slog(began, 'WARN', 'llama_server.go:1208', message));
  }
  const isTroubled = state.trouble !== undefined;
  const until = isTroubled ? began + FAILS_AFTER * seconds : Number.POSITIVE_INFINITY;
  for (const { at, line } of [...schedulingLines(began, load), ...runnerLines(began, load)])
    if (at < until) whileMine(at, () => state.line(line));
  if (isTroubled) {
    state.trouble = state.trouble === 'out_of_memory_twice' ? 'out_of_memory_once' : undefined;
    whileMine(until, () => fail(state, load, pid, open));
    return;
  }
  whileMine(began + seconds, () => ready(state, load, key, process, pid));
  if (open.leavesAfter !== undefined && open.from + open.leavesAfter < began + seconds)
    whileMine(open.from + open.leavesAfter, () => leaveLoad(state, open, pid));
};

/** Takes the first request of the queue: hands it over where its model is loaded, else loads it. */
export const pump = (state: ServerState): void => {
  const [first] = state.queue;
  if (state.loading !== undefined || !state.isUp || first === undefined) return;
  const resident = state.residents.get(first.model);
  if (resident !== undefined && (first.contextSize ?? resident.contextSize) === resident.contextSize) {
    state.queue.shift();
    handOver(state, resident, first);
    pump(state);
    return;
  }
  if (resident !== undefined) {
    if (resident.open.size > 0) return;
    if (state.debug) state.line(slog(state.now(), 'DEBUG', 'sched.go:181', `msg=reloading ${groupOf(resident)}`));
    unload(state, resident);
  }
  if (makeRoom(state, first.model)) start(state, first);
};
