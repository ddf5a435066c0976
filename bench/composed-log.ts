// A server that composes what Ollama 0.34 prints, at the present moment: its start with one loaded model, then requests of
// twenty lines each. Composed after the format; no line of a real log.
const BLOB = 'b7'.repeat(32);
const LINES_PER_REQUEST = 20;

/** `2026-01-15T09:00:00.123Z` */
const iso = (): string => new Date().toISOString();
const slog = (rest: string): string => `time=${iso()} level=INFO ${rest}`;
/** `[GIN] 2026/01/15 - 09:00:00 | 200 |   14.123456ms |       127.0.0.1 | POST     "/api/chat"` */
const access = (latencyMs: number): string =>
  `[GIN] ${iso().slice(0, 19).replaceAll('-', '/').replace('T', ' - ')} | 200 | ${`${latencyMs.toFixed(5)}1ms`.padStart(13)} |       127.0.0.1 | POST     "/api/chat"`;

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

export const serverStart = (): string =>
  textOf([
    slog(
      'source=routes.go:1817 msg="server config" env="map[OLLAMA_DEBUG:INFO OLLAMA_HOST:http://127.0.0.1:11434 OLLAMA_NUM_PARALLEL:1]"',
    ),
    slog('source=routes.go:1864 msg="Listening on 127.0.0.1:11434 (version 0.34.4)"'),
    slog(
      `source=llama_server.go:436 msg="starting llama-server" cmd="/usr/lib/ollama/llama-server --model /var/lib/ollama/blobs/sha256-${BLOB} --port 40417 --host 127.0.0.1 --no-webui --offline -c 4096 -np 1"`,
    ),
    'load_tensors: offloaded 29/29 layers to GPU',
    slog('source=llama_server.go:1198 msg="llama-server started in 1.00 seconds"'),
  ]);

const slot = (task: number, function_: string, rest: string): string =>
  `slot ${function_.padStart(12)}: id  0 | task ${task} | ${rest}`;

export type ComposedRequest = {
  /** Printed when the request begins. */
  readonly begin: () => string;
  /** Printed when it ends: timings, release, access line. */
  readonly finish: () => string;
};

/** Request number `task`; `latencyMs` from its begin to its end, as the access line says. */
export const composedRequest = (task: number, latencyMs: number): ComposedRequest => {
  const taskMs = latencyMs - 4;
  const begin = [
    slot(-1, 'get_availabl', 'selected slot by LRU, n_tokens = 56, t_last = 1995021761'),
    'srv  get_availabl: updating prompt cache',
    'srv          load:  - looking for better prompt, base f_keep = 0.036, f_sim = 0.024',
    'srv        update:  - cache state: 1 prompts, 0.174 MiB (limits: 8192.000 MiB, 4096 tokens, 10993944 est)',
    'srv  get_availabl: prompt cache update took 0.04 ms',
    slot(-1, 'launch_slot_', 'sampler params: '),
    '\trepeat_last_n = 64, repeat_penalty = 1.000, frequency_penalty = 0.000, presence_penalty = 0.000',
    slot(task, 'launch_slot_', 'processing task, is_child = 0'),
    slot(task, 'operator()', 'new prompt, n_ctx_slot = 4096, n_keep = 4, task.n_tokens = 41'),
    slot(task, 'operator()', 'cached n_tokens = 0, memory_seq_rm [0, end)'),
    slot(task, 'init_sampler', 'init sampler, took 0.01 ms, tokens: text = 41, total = 41'),
  ];
  const finish = [
    slot(
      task,
      'print_timing',
      'prompt eval time =       6.00 ms /    41 tokens (    0.15 ms per token,  6833.33 tokens per second)',
    ),
    slot(
      task,
      'print_timing',
      `       eval time = ${(taskMs - 6).toFixed(2).padStart(10)} ms /    64 tokens (    0.32 ms per token,  3100.00 tokens per second)`,
    ),
    slot(task, 'print_timing', `      total time = ${taskMs.toFixed(2).padStart(10)} ms /   105 tokens`),
    slot(task, 'print_timing', '   graphs reused =         40'),
    slot(task, 'release', 'stop processing: n_tokens = 104, truncated = 0'),
    'srv  update_slots: all slots are idle',
  ];
  const last = 'srv  server_strea: conv_id= (empty=1)';
  const filling = LINES_PER_REQUEST - begin.length - finish.length - 2;
  const more = Array.from({ length: filling }, () => 'srv          load:    - prompt with length      56, lcp = 2');
  return {
    begin: () => textOf([...more, ...begin]),
    finish: () => textOf([...finish, access(latencyMs), last]),
  };
};
