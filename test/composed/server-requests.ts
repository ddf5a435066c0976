// Requests of a loaded model: a slot or a wait without a line, the runner's work, the access line, a client that leaves.
import { pathOf, slog } from './ollama-forms.ts';
import { debugDone } from './server-lines.ts';
import { answer, groupOf, type Open, type Resident, type ServerState, unload } from './server-state.ts';

/** From the runner's last line to the access line. */
const ANSWER_SECONDS = 0.000_7;
const ANSWER_SPREAD_SECONDS = 0.001;

const goIdle = (state: ServerState, resident: Resident): void => {
  const { keepAliveSeconds } = resident;
  const expiresAt = state.now() + keepAliveSeconds;
  resident.expiresAt = expiresAt;
  if (state.debug) {
    const message = 'msg="runner with non-zero duration has gone idle, adding timer"';
    state.line(
      slog(state.now(), 'DEBUG', 'sched.go:309', `${message} ${groupOf(resident)} duration=${keepAliveSeconds}s`),
    );
  }
  state.later(keepAliveSeconds, () => {
    const isIdle = state.residents.get(resident.key) === resident && resident.open.size === 0;
    if (!isIdle || resident.expiresAt !== expiresAt) return;
    unload(state, resident, true);
    state.pump();
  });
};

const close = (state: ServerState, resident: Resident, open: Open): void => {
  resident.open.delete(open);
  if (state.debug) debugDone(state.now(), groupOf(resident), resident.open.size).forEach(state.line);
  const next = resident.waiting.shift();
  if (next !== undefined) run(state, resident, next);
  else if (resident.open.size === 0) {
    goIdle(state, resident);
    state.pump();
  }
};

const abort = (state: ServerState, resident: Resident, open: Open, takeBack: () => void): void => {
  if (!resident.open.has(open)) return;
  open.left = true;
  takeBack();
  if (open.streaming === false) {
    const message = 'msg="aborting completion request due to client closing the connection"';
    state.line(slog(state.now(), 'INFO', 'llama_server.go:1633', message));
    answer(state, open, 500, 'aborted');
  } else answer(state, open, 200, 'aborted');
  close(state, resident, open);
};

const tellSubmitted = (state: ServerState, { model }: Resident, { promptTokens, cutFrom }: Open): void => {
  if (state.debug) {
    const what = model.embedding
      ? 'msg="llama-server embedding request"'
      : `msg="llama-server completion request" media=0 prompt_len=${promptTokens * 4}`;
    state.line(slog(state.now(), 'DEBUG', 'llama_server.go:1624', what));
  }
  if (cutFrom === undefined) return;
  if (state.debug) {
    const message = 'msg="truncating input messages which exceed context length" truncated=2';
    state.line(slog(state.now(), 'DEBUG', 'prompt.go:66', message));
  }
  const cut = `msg="truncating input prompt" limit=${promptTokens} prompt=${cutFrom} keep=4 new=${promptTokens}`;
  state.line(slog(state.now(), 'WARN', 'llama_server.go:320', cut));
};

const run = (state: ServerState, resident: Resident, open: Open): void => {
  resident.open.add(open);
  if (open.keepAliveSeconds !== undefined) resident.keepAliveSeconds = open.keepAliveSeconds;
  tellSubmitted(state, resident, open);
  const { promptTokens, cachedTokens = 0, outputTokens = 0, leavesAfter } = open;
  const finish = (): void => {
    if (open.left || !resident.open.has(open)) return;
    const counts = resident.model.embedding ? {} : { eval_count: outputTokens };
    answer(state, open, 200, 'ok', { prompt_eval_count: promptTokens, ...counts });
    close(state, resident, open);
  };
  const takeBack = resident.process.post({
    promptTokens,
    cachedTokens,
    outputTokens,
    done: () => state.later(ANSWER_SECONDS + ANSWER_SPREAD_SECONDS * state.random(), finish),
  });
  if (leavesAfter !== undefined) {
    state.later(open.from + leavesAfter - state.now(), () => abort(state, resident, open, takeBack));
  }
};

/** Gives a request to a loaded model: to a slot, or to those that wait for one. */
export const handOver = (state: ServerState, resident: Resident, open: Open): void => {
  if (state.debug)
    state.line(
      slog(state.now(), 'DEBUG', 'sched.go:1391', `msg="evaluating already loaded" model=${pathOf(resident.model)}`),
    );
  if (resident.open.size < resident.model.parallel) run(state, resident, open);
  else resident.waiting.push(open);
};
