// What a llama-server prints of one task, from the choice of a slot to its release.
const id = (slot: number, task: number): string => `id ${String(slot).padStart(2)} | task ${task}`;
const ms = (seconds: number): string => (seconds * 1e3).toFixed(2).padStart(10);
const rate = (seconds: number, tokens: number): string =>
  `(${((seconds * 1e3) / tokens).toFixed(2).padStart(8)} ms per token, ${(tokens / seconds).toFixed(2).padStart(8)} tokens per second)`;

export type Prompt = {
  readonly slot: number;
  readonly task: number;
  readonly contextSize: number;
  readonly keep: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly embedding: boolean;
};

export const launchLines = (prompt: Prompt): readonly string[] => {
  const { slot, task, contextSize, keep, promptTokens, cachedTokens, embedding } = prompt;
  const at = id(slot, task);
  const chosen =
    cachedTokens > 0
      ? `selected slot by LCP similarity, sim_best = ${(cachedTokens / promptTokens).toFixed(3)} (> 0.100 thold), f_keep = 1.000`
      : 'selected slot by LRU, n_tokens = 0, t_last = -1';
  return [
    ...(embedding ? [] : ['srv  server_strea: conv_id= (empty=1)']),
    `slot get_availabl: id ${String(slot).padStart(2)} | task -1 | ${chosen}`,
    ...(embedding
      ? []
      : ['srv  get_availabl: updating prompt cache', 'srv  get_availabl: prompt cache update took 0.01 ms']),
    `slot launch_slot_: ${at} | processing task, is_child = 0`,
    `slot   operator(): ${at} | new prompt, n_ctx_slot = ${contextSize}, n_keep = ${keep}, task.n_tokens = ${promptTokens}`,
    `slot   operator(): ${at} | cached n_tokens = ${cachedTokens}, memory_seq_rm [${cachedTokens}, end)`,
    ...(embedding
      ? []
      : [
          `slot init_sampler: ${at} | init sampler, took 0.02 ms, tokens: text = ${promptTokens}, total = ${promptTokens}`,
        ]),
  ];
};

export const prefillProgress = (slot: number, task: number, done: number, share: number, seconds: number): string =>
  `slot print_timing: ${id(slot, task)} | prompt processing, n_tokens = ${String(done).padStart(6)}, progress = ${share.toFixed(2)}, t = ${seconds.toFixed(2).padStart(6)} s / ${(done / seconds).toFixed(2)} tokens per second`;

export const decodeProgress = (slot: number, task: number, tokens: number, perSecond: number): string =>
  `slot print_timing: ${id(slot, task)} | n_gen = ${String(tokens).padStart(6)}, tg = ${perSecond.toFixed(2)} t/s, tg_3s = ${perSecond.toFixed(2)} t/s`;

export const shiftLine = (slot: number, task: number, contextSize: number, discarded: number): string =>
  `slot   operator(): ${id(slot, task)} | slot context shift, n_keep = 5, n_left = ${contextSize - 6}, n_discard = ${discarded}`;

export type Timing = {
  readonly slot: number;
  readonly task: number;
  readonly prefillTokens: number;
  readonly prefillSeconds: number;
  readonly outputTokens: number;
  readonly decodeSeconds: number;
  readonly draft?: { readonly accepted: number; readonly generated: number };
};
export const timingLines = (timing: Timing): readonly string[] => {
  const { slot, task, prefillTokens, prefillSeconds, outputTokens, decodeSeconds, draft } = timing;
  const head = `slot print_timing: ${id(slot, task)} |`;
  const tokens = (count: number): string => `${String(count).padStart(5)} tokens`;
  return [
    `${head} prompt eval time = ${ms(prefillSeconds)} ms / ${tokens(prefillTokens)} ${rate(prefillSeconds, prefillTokens)}`,
    `${head}        eval time = ${ms(decodeSeconds)} ms / ${tokens(outputTokens)} ${rate(decodeSeconds, outputTokens)}`,
    `${head}       total time = ${ms(prefillSeconds + decodeSeconds)} ms / ${tokens(prefillTokens + outputTokens)}`,
    `${head}    graphs reused = ${String(Math.max(0, outputTokens - 2)).padStart(10)}`,
    ...(draft === undefined
      ? []
      : [
          `${head} draft acceptance = ${(draft.accepted / draft.generated).toFixed(5)} (${String(draft.accepted).padStart(5)} accepted / ${String(draft.generated).padStart(5)} generated)`,
        ]),
  ];
};

export const releaseLine = (slot: number, task: number, tokens: number, truncated: boolean): string =>
  `slot      release: ${id(slot, task)} | stop processing: n_tokens = ${tokens}, truncated = ${truncated ? 1 : 0}`;
export const cancelLine = (task: number): string => `srv          stop: cancel task, id_task = ${task}`;
export const IDLE_LINE = 'srv  update_slots: all slots are idle';
