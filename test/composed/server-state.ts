// What the composed server knows, and the small steps that all its parts take: say a line, do something later, end a runner.
import type { Clockwork } from './clockwork.ts';
import { type Gpu, gpuMibOf, type Model, type ModelKey, modelOf } from './machine.ts';
import { gin, runnerGroup } from './ollama-forms.ts';
import type { Busy, RunnerProcess } from './runner.ts';
import { debugUnload } from './server-lines.ts';

/** One inference request of the story. */
export type Ask = {
  readonly model: ModelKey;
  readonly route: string;
  readonly promptTokens: number;
  /** Part of the prompt that a former turn left in the cache. */
  readonly cachedTokens?: number;
  readonly outputTokens?: number;
  /** Length before Ollama cut it to `promptTokens`. */
  readonly cutFrom?: number;
  /** Seconds after which the client leaves. */
  readonly leavesAfter?: number;
  readonly streaming?: boolean;
  readonly contextSize?: number;
  readonly keepAliveSeconds?: number;
};
/** What the client saw. */
export type Seen = {
  readonly client_addr: string;
  readonly kind: string;
  readonly model: string | null;
  readonly status: number | null;
  readonly outcome: 'ok' | 'aborted' | 'error';
  readonly eval_count?: number;
  readonly prompt_eval_count?: number;
};
export type Open = Ask & { readonly client: string; readonly from: number; left: boolean; wasRetried: boolean };
/** A loaded model and where it is. */
export type Resident = {
  readonly key: ModelKey;
  readonly model: Model;
  readonly gpu: Gpu | undefined;
  readonly contextSize: number;
  readonly pid: number;
  readonly port: number;
  readonly process: RunnerProcess;
  readonly waiting: Open[];
  readonly open: Set<Open>;
  keepAliveSeconds: number;
  expiresAt: number;
};
/** What a runner did over its life, for the GPU's side of the story. */
export type Life = {
  readonly pid: number;
  readonly gpu: number | undefined;
  readonly gpuMib: number;
  readonly from: number;
  to: number;
  readonly busy: readonly Busy[];
};
/** `once`: the second try succeeds. */
export type Trouble = 'out_of_memory_once' | 'out_of_memory_twice';

export type ServerSpec = {
  readonly clockwork: Clockwork;
  readonly random: () => number;
  readonly say: (at: number, line: string) => void;
  readonly slowness: (gpu: Gpu | undefined, at: number) => number;
};

export const createServerState = (spec: ServerSpec) => {
  const { clockwork, say } = spec;
  const lives: Life[] = [];
  const state = {
    ...spec,
    residents: new Map<ModelKey, Resident>(),
    lives,
    seen: [] as Seen[],
    /** Models whose runner died and that nobody asked for since. */
    gone: new Set<ModelKey>(),
    lostGpus: new Set<number>(),
    queue: [] as Open[],
    loading: undefined as { readonly open: Open } | undefined,
    trouble: undefined as Trouble | undefined,
    debug: false,
    isUp: false,
    started: 0,
    clients: 0,
    /** Grows when the server ends: what the older one still had planned is forgotten. */
    generation: 0,
    /** Takes the next request of the queue, if it can. */
    pump: (): void => undefined,
    now: clockwork.now,
    line: (text: string): void => say(clockwork.now(), text),
    later: (seconds: number, act: () => void): void => {
      const mine = state.generation;
      clockwork.at(clockwork.now() + seconds, () => {
        if (mine === state.generation) act();
      });
    },
    nextClient: (): string => {
      state.clients += 1;
      return `127.1.${Math.floor(state.clients / 250)}.${(state.clients % 250) + 1}`;
    },
    endLife: (pid: number): void => {
      const life = lives.find((known) => known.pid === pid);
      if (life !== undefined) life.to = clockwork.now();
    },
  };
  return state;
};
export type ServerState = ReturnType<typeof createServerState>;

export const freeMib = ({ residents }: ServerState, gpu: Gpu): number =>
  [...residents.values()]
    .filter((resident) => resident.gpu === gpu)
    .reduce((free, { model }) => free - gpuMibOf(model), gpu.totalMib - gpu.reservedMib);

export const groupOf = ({ model, gpu, pid, contextSize }: Resident): string => {
  const gpuMib = gpu === undefined ? 0 : gpuMibOf(model);
  return runnerGroup(model, {
    gpu: gpu?.index,
    pid,
    contextSize,
    gpuMib,
    allMib: gpuMibOf(model) + model.cpuWeightsMib,
  });
};

/** The access line of an inference request, and what its client made of the answer. */
export const answer = (
  state: ServerState,
  open: Open,
  status: number,
  outcome: Seen['outcome'],
  counts: Partial<Seen> = {},
): void => {
  const { client, route, model, from } = open;
  state.line(gin(state.now(), status, state.now() - from, client, 'POST', route));
  state.seen.push({ client_addr: client, kind: route, model: modelOf(model).name, status, outcome, ...counts });
};

export const endResident = (state: ServerState, resident: Resident): void => {
  resident.process.kill();
  state.residents.delete(resident.key);
  state.endLife(resident.pid);
};
/** An unload that is meant: told at DEBUG only. */
export const unload = (state: ServerState, resident: Resident, isExpired = false): void => {
  if (state.debug) debugUnload(state.now(), resident.pid, groupOf(resident), isExpired).forEach(state.line);
  endResident(state, resident);
};
