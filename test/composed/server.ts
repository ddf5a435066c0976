// The Ollama server of the story: takes requests, loads models where they fit, puts others out, keeps a queue, and prints
// what the real one prints. Requests of a loaded model wait for a slot without a line, those that need a load in the queue.
import type { ModelKey } from './machine.ts';
import { gin, slog } from './ollama-forms.ts';
import { crashLines, serverStartLines } from './server-lines.ts';
import { LOADED_MAX, pump } from './server-loads.ts';
import { handOver } from './server-requests.ts';
import {
  type Ask,
  answer,
  createServerState,
  endResident,
  type Life,
  type Open,
  type Resident,
  type Seen,
  type ServerSpec,
  type Trouble,
} from './server-state.ts';

const QUEUE_MAX = 4;
/** Whoever polls for the agent comes from here; all others have an address of their own. */
export const AGENT_CLIENT = '127.0.0.1';

export const createServer = (spec: ServerSpec) => {
  const state = createServerState(spec);
  state.pump = () => pump(state);
  const { line, now, later, residents } = state;

  const ask = (asked: Ask): void => {
    const open: Open = { ...asked, client: state.nextClient(), from: now(), left: false, wasRetried: false };
    const resident = residents.get(asked.model);
    const fits = resident !== undefined && (asked.contextSize ?? resident.contextSize) === resident.contextSize;
    if (fits && state.loading?.open.model !== asked.model) later(0.001_2, () => handOver(state, resident, open));
    else if (state.queue.length >= QUEUE_MAX) later(0.000_4, () => answer(state, open, 503, 'error'));
    else {
      state.queue.push(open);
      later(0.003, state.pump);
    }
  };
  /** Anything that is no inference, or is refused before it. */
  const plain = (status: number, seconds: number, method: string, path: string, client = state.nextClient()): void => {
    line(gin(now(), status, seconds, client, method, path));
    if (client === AGENT_CLIENT) return;
    const outcome = status < 400 ? 'ok' : 'error';
    state.seen.push({ client_addr: client, kind: path, model: null, status, outcome });
  };
  /** The runner of a model dies of a device error: its requests fail, its next request finds it gone. */
  const crash = (key: ModelKey, cuda: string): void => {
    const resident = residents.get(key);
    if (resident === undefined) return;
    crashLines(now(), cuda).forEach(line);
    endResident(state, resident);
    state.gone.add(key);
    const error = `error="Post \\"http://127.0.0.1:${resident.port}/completion\\": EOF"`;
    for (const open of [...resident.open, ...resident.waiting]) {
      line(slog(now(), 'ERROR', 'llama_server.go:1671', `msg="llama-server completion error" ${error}`));
      answer(state, open, open.streaming === false ? 500 : 200, 'error');
    }
    later(0.05, state.pump);
  };
  /** The service manager ends it: what was under way is never answered. */
  const down = (): void => {
    for (const resident of [...residents.values()]) {
      for (const { client, route } of resident.open)
        state.seen.push({
          client_addr: client,
          kind: route,
          model: resident.model.name,
          status: null,
          outcome: 'error',
        });
      endResident(state, resident);
    }
    // Also one that was still loading.
    for (const life of state.lives) life.to = Math.min(life.to, now());
    state.queue = [];
    state.loading = undefined;
    state.isUp = false;
    state.generation += 1;
  };
  const up = (withDebug: boolean): void => {
    state.debug = withDebug;
    state.isUp = true;
    for (const { at, line: text } of serverStartLines(now(), withDebug, QUEUE_MAX, LOADED_MAX))
      later(at - now(), () => line(text));
  };
  return {
    lives: state.lives as readonly Life[],
    seen: state.seen as readonly Seen[],
    ask,
    plain,
    crash,
    up,
    down,
    say: line,
    stamped: (level: 'INFO' | 'WARN', source: string, rest: string): void => line(slog(now(), level, source, rest)),
    /** The next load fails. */
    plan: (trouble: Trouble): void => {
      state.trouble = trouble;
    },
    lose: (gpu: number): void => {
      state.lostGpus.add(gpu);
    },
    regain: (gpu: number): void => {
      state.lostGpus.delete(gpu);
    },
    pidOn: (key: ModelKey): number => residents.get(key)?.pid ?? 0,
    resident: (): readonly Resident[] => [...residents.values()].toSorted((a, b) => b.expiresAt - a.expiresAt),
    isUp: (): boolean => state.isUp,
  };
};
export type OllamaServer = ReturnType<typeof createServer>;
