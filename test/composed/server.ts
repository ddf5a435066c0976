// The Ollama server of the story: takes requests, loads models where they fit, puts others out, keeps a queue, and prints
// what the real one prints. Requests of a loaded model wait for a slot without a line, those that need a load in the queue.
import type { Clockwork } from './clockwork.ts';
import { type Load, runnerLines, schedulingLines, startedLines } from './load-lines.ts';
import { type Gpu, gpuAt, gpuMibOf, type Model, type ModelKey, modelOf } from './machine.ts';
import { gib, gin, pathOf, runnerGroup, slog } from './ollama-forms.ts';
import { type Busy, createRunner, type RunnerProcess } from './runner.ts';
import { crashLines, debugDone, debugUnload, failedLoadLines, serverStartLines } from './server-lines.ts';

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
  readonly start_ns?: string;
  readonly eval_count?: number;
  readonly prompt_eval_count?: number;
};
type Open = Ask & { readonly client: string; readonly from: number; left: boolean; giveUp?: () => void };
/** A loaded model and where it is. */
type Resident = {
  readonly key: ModelKey;
  readonly model: Model;
  readonly gpu: Gpu | undefined;
  readonly contextSize: number;
  readonly offloaded: number;
  readonly pid: number;
  readonly port: number;
  readonly loadedAt: number;
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
export type Trouble = 'out_of_memory' | 'out_of_memory_twice';

const QUEUE_MAX = 4;
const LOADED_MAX = 3;
const KEEP_ALIVE_SECONDS = 300;
const FIRST_PORT = 40_117;
const FIRST_PID = 21_840;

export type ServerSpec = {
  readonly clockwork: Clockwork;
  readonly random: () => number;
  readonly say: (at: number, line: string) => void;
  readonly slowness: (gpu: Gpu | undefined, at: number) => number;
};

export const createServer = ({ clockwork, random, say, slowness }: ServerSpec) => {
  const residents = new Map<ModelKey, Resident>();
  const lives: Life[] = [];
  const seen: Seen[] = [];
  const gone = new Set<ModelKey>();
  let queue: Open[] = [];
  let loading: { readonly open: Open; leave?: () => void } | undefined;
  let trouble: Trouble | undefined;
  let debug = false;
  let started = 0;
  let clients = 0;
  /** Grows with every start: what an older server still had planned is forgotten. */
  let generation = 0;
  let isUp = false;
  const lostGpus = new Set<number>();

  const now = clockwork.now;
  const line = (text: string): void => say(now(), text);
  const later = (seconds: number, act: () => void): void => {
    const mine = generation;
    clockwork.at(now() + seconds, () => {
      if (mine === generation) act();
    });
  };
  const freeMib = (gpu: Gpu): number =>
    [...residents.values()]
      .filter((resident) => resident.gpu === gpu)
      .reduce((free, { model }) => free - gpuMibOf(model), gpu.totalMib - gpu.reservedMib);
  const groupOf = (resident: Resident): string => {
    const { model, gpu, pid, contextSize } = resident;
    const gpuMib = gpu === undefined ? 0 : gpuMibOf(model);
    return runnerGroup(model, {
      gpu: gpu?.index,
      pid,
      contextSize,
      gpuMib,
      allMib: gpuMibOf(model) + model.cpuWeightsMib,
    });
  };
  const nextClient = (): string => {
    clients += 1;
    return `127.1.${Math.floor(clients / 250)}.${(clients % 250) + 1}`;
  };
  const tell = (open: Open, status: number, outcome: Seen['outcome'], counts: Partial<Seen> = {}): void => {
    line(gin(now(), status, now() - open.from, open.client, 'POST', open.route));
    const { client, route, model } = open;
    seen.push({ client_addr: client, kind: route, model: modelOf(model).name, status, outcome, ...counts });
  };

  const end = (resident: Resident): void => {
    resident.process.kill();
    residents.delete(resident.key);
    const life = lives.find(({ pid }) => pid === resident.pid);
    if (life !== undefined) life.to = now();
  };
  const unload = (resident: Resident): void => {
    if (debug) debugUnload(now(), resident.pid, groupOf(resident)).forEach(line);
    end(resident);
    pump();
  };
  const idle = (resident: Resident): void => {
    resident.expiresAt = now() + resident.keepAliveSeconds;
    if (debug)
      line(
        slog(
          now(),
          'DEBUG',
          'sched.go:309',
          `msg="runner with non-zero duration has gone idle, adding timer" ${groupOf(resident)} duration=${resident.keepAliveSeconds}s`,
        ),
      );
    later(resident.keepAliveSeconds, () => {
      const isIdle = residents.get(resident.key) === resident && resident.open.size === 0;
      if (isIdle && now() >= resident.expiresAt - 1e-6) unload(resident);
    });
  };

  const close = (resident: Resident, open: Open): void => {
    resident.open.delete(open);
    if (debug) debugDone(now(), groupOf(resident), resident.open.size).forEach(line);
    const next = resident.waiting.shift();
    if (next !== undefined) run(resident, next);
    else if (resident.open.size === 0) {
      idle(resident);
      pump();
    }
  };
  const abort = (resident: Resident, open: Open, takeBack: () => void): void => {
    if (!resident.open.has(open)) return;
    open.left = true;
    takeBack();
    if (open.streaming === false) {
      line(
        slog(
          now(),
          'INFO',
          'llama_server.go:1633',
          'msg="aborting completion request due to client closing the connection"',
        ),
      );
      tell(open, 500, 'aborted');
    } else tell(open, 200, 'aborted');
    close(resident, open);
  };
  const run = (resident: Resident, open: Open): void => {
    resident.open.add(open);
    if (open.keepAliveSeconds !== undefined) resident.keepAliveSeconds = open.keepAliveSeconds;
    const { promptTokens, cachedTokens = 0, outputTokens = 0, cutFrom } = open;
    if (debug)
      line(
        slog(
          now(),
          'DEBUG',
          'llama_server.go:1624',
          `msg="llama-server completion request" media=0 prompt_len=${promptTokens * 4}`,
        ),
      );
    if (cutFrom !== undefined)
      line(
        slog(
          now(),
          'WARN',
          'llama_server.go:320',
          `msg="truncating input prompt" limit=${promptTokens} prompt=${cutFrom} keep=4 new=${promptTokens}`,
        ),
      );
    const takeBack = resident.process.post({
      promptTokens,
      cachedTokens,
      outputTokens,
      done: () =>
        later(0.000_7 + 0.001 * random(), () => {
          if (open.left || !resident.open.has(open)) return;
          const counts = resident.model.embedding ? {} : { eval_count: outputTokens };
          tell(open, 200, 'ok', { prompt_eval_count: promptTokens, ...counts });
          close(resident, open);
        }),
    });
    if (open.leavesAfter !== undefined)
      later(open.from + open.leavesAfter - now(), () => abort(resident, open, takeBack));
  };
  const handOver = (resident: Resident, open: Open): void => {
    if (debug)
      line(slog(now(), 'DEBUG', 'sched.go:1391', `msg="evaluating already loaded" model=${pathOf(resident.model)}`));
    if (resident.open.size < resident.model.parallel) run(resident, open);
    else resident.waiting.push(open);
  };

  const placeOf = (key: ModelKey): Gpu | undefined => {
    const wished = key === 'llama' || key === 'embed' ? 0 : 1;
    const usable = [wished, 1 - wished].filter((index) => !lostGpus.has(index)).map(gpuAt);
    return usable.find((gpu) => freeMib(gpu) >= gpuMibOf(modelOf(key)) + 457) ?? undefined;
  };
  /** Puts out the resident that was idle longest, where something must go; false while all are at work. */
  const makeRoom = (key: ModelKey): boolean => {
    const model = modelOf(key);
    const wished = lostGpus.has(0) || (key !== 'llama' && key !== 'embed') ? gpuAt(1) : gpuAt(0);
    const tooMany = residents.size >= LOADED_MAX;
    const tooFull = freeMib(wished) < gpuMibOf(model) + 457;
    if (!tooMany && !tooFull) return true;
    const candidates = [...residents.values()].filter((resident) => tooMany || resident.gpu === wished);
    const victim = candidates.filter(({ open }) => open.size === 0).toSorted((a, b) => a.expiresAt - b.expiresAt)[0];
    if (candidates.length === 0) return true;
    if (victim === undefined) return false;
    if (tooFull)
      line(
        slog(
          now(),
          'INFO',
          'sched.go:835',
          `msg="llama-server model predicted to exceed available memory, evicting" model=${pathOf(model)} predicted="${gib(gpuMibOf(model))}" available="${gib(freeMib(wished))}"`,
        ),
      );
    if (debug) debugUnload(now(), victim.pid, groupOf(victim)).forEach(line);
    end(victim);
    return makeRoom(key);
  };

  const ready = (load: Load, key: ModelKey, process: RunnerProcess, pid: number): void => {
    const { model, gpu, contextSize, offloaded, port } = load;
    const resident: Resident = {
      key,
      model,
      gpu,
      contextSize,
      offloaded,
      pid,
      port,
      loadedAt: now(),
      process,
      waiting: [],
      open: new Set(),
      keepAliveSeconds: KEEP_ALIVE_SECONDS,
      expiresAt: now() + KEEP_ALIVE_SECONDS,
    };
    residents.set(key, resident);
    startedLines(now(), load, residents.size, groupOf(resident)).forEach(line);
    const mine = queue.filter((open) => open.model === key);
    queue = queue.filter((open) => open.model !== key);
    loading = undefined;
    for (const open of mine) later(0.002, () => handOver(resident, open));
    later(0.004, pump);
  };
  const fail = (load: Load, pid: number, isRetried: boolean): void => {
    failedLoadLines(now(), load, isRetried).forEach(line);
    const life = lives.find((known) => known.pid === pid);
    if (life !== undefined) life.to = now();
    const open = loading?.open;
    loading = undefined;
    if (isRetried) {
      for (const resident of residents.values()) if (resident.open.size === 0) end(resident);
    } else if (open !== undefined) {
      queue = queue.filter((other) => other !== open);
      tell(open, 500, 'error');
    }
    pump();
  };
  const start = (open: Open): void => {
    const key = open.model;
    const model = modelOf(key);
    const gpu = placeOf(key);
    const port = FIRST_PORT + 1_013 * (started % 17) + started;
    const pid = FIRST_PID + 61 * started;
    started += 1;
    const contextSize = open.contextSize ?? model.contextSize;
    const seconds = model.loadSeconds * (0.97 + 0.06 * random()) * (gpu === undefined ? 1.4 : 1);
    const free = gpu === undefined ? 0 : freeMib(gpu);
    const load: Load = {
      model,
      gpu,
      port,
      contextSize,
      offloaded: gpu === undefined ? 0 : model.offloaded,
      freeMib: free,
      seconds,
      debug,
    };
    const process = createRunner({
      model,
      contextSize,
      clockwork,
      random,
      say: (text) => line(text),
      slowness: () => slowness(gpu, now()) * (gpu === undefined ? 9 : 1),
    });
    lives.push({
      pid,
      gpu: gpu?.index,
      gpuMib: gpu === undefined ? 0 : gpuMibOf(model),
      from: now(),
      to: Number.POSITIVE_INFINITY,
      busy: process.busy,
    });
    const mine: { open: Open; leave?: () => void } = { open };
    loading = mine;
    if (gone.delete(key)) {
      const text = slog(
        now(),
        'WARN',
        'llama_server.go:1208',
        'msg="llama-server process no longer running" sys=6 string="signal: aborted"',
      );
      line(text);
      line(text);
    }
    const failure = trouble;
    const failsAt = failure === undefined ? Number.POSITIVE_INFINITY : 0.45 * seconds;
    const began = now();
    for (const { at, line: text } of schedulingLines(began, load))
      later(at - began, () => loading === mine && line(text));
    for (const { at, line: text } of runnerLines(began, load))
      if (at - began < failsAt) later(at - began, () => loading === mine && line(text));
    if (failure !== undefined) {
      trouble = failure === 'out_of_memory_twice' ? 'out_of_memory' : undefined;
      const isRetried =
        failure === 'out_of_memory_twice' ||
        (open.outputTokens !== 0 && failure === 'out_of_memory' && !retried.has(open));
      retried.add(open);
      later(failsAt, () => fail(load, pid, isRetried));
      return;
    }
    later(seconds, () => loading === mine && ready(load, key, process, pid));
    if (open.leavesAfter !== undefined && open.leavesAfter < seconds) {
      later(open.from + open.leavesAfter - began, () => {
        if (loading !== mine) return;
        const life = lives.find((known) => known.pid === pid);
        if (life !== undefined) life.to = now();
        line(
          slog(
            now(),
            'WARN',
            'llama_server.go:1313',
            'msg="client connection closed before llama-server finished loading, aborting load"',
          ),
        );
        line(
          slog(
            now(),
            'INFO',
            'sched.go:646',
            `msg="Load failed" model=${pathOf(model)} error="timed out waiting for llama-server to start: context canceled"`,
          ),
        );
        queue = queue.filter((other) => other !== open);
        loading = undefined;
        tell(open, 499, 'aborted');
        pump();
      });
    }
  };
  const retried = new WeakSet<Open>();
  const pump = (): void => {
    if (loading !== undefined || !isUp) return;
    const [first] = queue;
    if (first === undefined) return;
    const resident = residents.get(first.model);
    if (resident !== undefined && (first.contextSize ?? resident.contextSize) === resident.contextSize) {
      queue.shift();
      handOver(resident, first);
      pump();
      return;
    }
    if (resident !== undefined) {
      if (resident.open.size > 0) return;
      if (debug) line(slog(now(), 'DEBUG', 'sched.go:181', `msg=reloading ${groupOf(resident)}`));
      unloadQuietly(resident);
    }
    if (makeRoom(first.model)) start(first);
  };
  const unloadQuietly = (resident: Resident): void => {
    if (debug) debugUnload(now(), resident.pid, groupOf(resident)).forEach(line);
    end(resident);
  };

  return {
    lives: lives as readonly Life[],
    seen: seen as readonly Seen[],
    ask: (ask: Ask): void => {
      const open: Open = { ...ask, client: nextClient(), from: now(), left: false };
      const resident = residents.get(ask.model);
      const fits = resident !== undefined && (ask.contextSize ?? resident.contextSize) === resident.contextSize;
      if (resident !== undefined && fits && loading?.open.model !== ask.model)
        later(0.001_2, () => handOver(resident, open));
      else if (queue.length >= QUEUE_MAX) later(0.000_4, () => tell(open, 503, 'error'));
      else {
        queue.push(open);
        later(0.003, pump);
      }
    },
    /** Anything that is no inference, or is refused before it. */
    plain: (status: number, seconds: number, method: string, path: string, client = nextClient()): void => {
      line(gin(now(), status, seconds, client, method, path));
      if (client !== '127.0.0.1')
        seen.push({ client_addr: client, kind: path, model: null, status, outcome: status < 400 ? 'ok' : 'error' });
    },
    say: line,
    stamped: (level: 'INFO' | 'WARN', source: string, rest: string): void => line(slog(now(), level, source, rest)),
    plan: (next: Trouble): void => {
      trouble = next;
    },
    lose: (gpu: number): void => {
      lostGpus.add(gpu);
    },
    regain: (gpu: number): void => {
      lostGpus.delete(gpu);
    },
    pidOn: (key: ModelKey): number => residents.get(key)?.pid ?? 0,
    /** The runner of a model dies of a device error: its requests fail, its next request finds it gone. */
    crash: (key: ModelKey, cuda: string): void => {
      const resident = residents.get(key);
      if (resident === undefined) return;
      crashLines(now(), cuda).forEach(line);
      end(resident);
      gone.add(key);
      for (const open of [...resident.open, ...resident.waiting]) {
        line(
          slog(
            now(),
            'ERROR',
            'llama_server.go:1671',
            `msg="llama-server completion error" error="Post \\"http://127.0.0.1:${resident.port}/completion\\": EOF"`,
          ),
        );
        tell(open, open.streaming === false ? 500 : 200, 'error');
      }
      later(0.05, pump);
    },
    resident: (): readonly Resident[] => [...residents.values()].toSorted((a, b) => b.expiresAt - a.expiresAt),
    isUp: (): boolean => isUp,
    up: (withDebug: boolean): void => {
      debug = withDebug;
      isUp = true;
      serverStartLines(now(), debug, QUEUE_MAX, LOADED_MAX).forEach(({ at, line: text }) =>
        later(at - now(), () => line(text)),
      );
    },
    /** The service manager ends it: what was under way is never answered. */
    down: (): void => {
      for (const resident of [...residents.values()]) {
        for (const open of resident.open)
          seen.push({
            client_addr: open.client,
            kind: open.route,
            model: resident.model.name,
            status: null,
            outcome: 'error',
          });
        end(resident);
      }
      queue = [];
      loading = undefined;
      isUp = false;
      generation += 1;
    },
  };
};
export type OllamaServer = ReturnType<typeof createServer>;
