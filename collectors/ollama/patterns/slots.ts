// Slots and tasks of llama-server (0.30 on), found by the text after `| task N |`: function names are cut to twelve
// characters and change between llama.cpp builds, the text much less. Ids are per child process.
import type { AnyRaw, AnySlot } from '../pattern.ts';

const n = (text: string | undefined): number => Number(text);

/** `4.51 ms /    96 tokens`, with or without the rates in parentheses. */
const timing = (m: RegExpExecArray, slot: number, task: number) => ({
  slot,
  task,
  durationMs: n(m[1]),
  tokens: n(m[2]),
});

export const slotPatterns: readonly AnySlot[] = [
  {
    kind: 'task.slot_selected',
    word: 'selected',
    test: /^selected slot by (LRU|LCP similarity|LCS similarity|id)\b[-\w ,.=>()<]*$/,
    read: (m, slot, task) => ({ slot, task, by: (m[1] ?? '').toLowerCase().replace(' ', '_') }),
    samples: [
      {
        line: 'slot get_availabl: id  1 | task -1 | selected slot by LRU, t_last = -1',
        is: { slot: 1, task: -1, by: 'lru' },
      },
      {
        line: 'slot get_availabl: id  0 | task -1 | selected slot by LCP similarity, sim_best = 0.812 (> 0.100 thold), f_keep = 0.500',
        is: { slot: 0, task: -1, by: 'lcp_similarity' },
      },
    ],
  },
  {
    kind: 'task.launched',
    word: 'processing',
    test: /^processing task(?:, is_child = [01])?$/,
    read: (_m, slot, task) => ({ slot, task }),
    samples: [{ line: 'slot launch_slot_: id  0 | task 7 | processing task, is_child = 0', is: { slot: 0, task: 7 } }],
  },
  {
    kind: 'task.prompt',
    word: 'new',
    test: /^new prompt, n_ctx_slot = (\d+), n_keep = -?\d+, (?:task\.n_tokens|n_prompt_tokens) = (\d+)$/,
    read: (m, slot, task) => ({ slot, task, contextSize: n(m[1]), promptTokens: n(m[2]) }),
    samples: [
      {
        line: 'slot   operator(): id  0 | task 7 | new prompt, n_ctx_slot = 4096, n_keep = 4, task.n_tokens = 88',
        is: { slot: 0, task: 7, contextSize: 4096, promptTokens: 88 },
      },
    ],
  },
  {
    kind: 'task.cached',
    word: 'cached',
    test: /^cached n_tokens = (\d+), memory_seq_rm \[\d+, end\)$/,
    read: (m, slot, task) => ({ slot, task, cachedTokens: n(m[1]) }),
    samples: [
      {
        line: 'slot update_slots: id  2 | task 31 | cached n_tokens = 19, memory_seq_rm [19, end)',
        is: { slot: 2, task: 31, cachedTokens: 19 },
      },
    ],
  },
  {
    kind: 'task.progress',
    word: 'prompt',
    test: /^prompt processing(?: progress)?,(?: n_past = +\d+,)? n_tokens = +\d+,(?: batch\.n_tokens = +\d+,)? progress = +(\d+\.\d+)\b[-\w ,.=/:]*$/,
    read: (m, slot, task) => ({ slot, task, promptProgress: n(m[1]) }),
    samples: [
      {
        line: 'slot print_timing: id  0 | task 0 | prompt processing, n_tokens =    512, progress = 0.25, t =   3.10 s / 165.16 tokens per second',
        is: { slot: 0, task: 0, promptProgress: 0.25 },
      },
      {
        line: 'slot update_slots: id  0 | task 4 | prompt processing progress, n_tokens = 2048, batch.n_tokens = 2048, progress = 0.494803',
        is: { slot: 0, task: 4, promptProgress: 0.494803 },
      },
    ],
  },
  {
    kind: 'task.progress',
    word: 'n_decoded',
    test: /^n_decoded = +(\d+), tg = +[\d.]+ t\/s[-\w ,.=/]*$/,
    read: (m, slot, task) => ({ slot, task, outputTokens: n(m[1]) }),
    samples: [
      {
        line: 'slot print_timing: id  1 | task 40 | n_decoded =    100, tg =  52.10 t/s, tg_3s =  51.90 t/s',
        is: { slot: 1, task: 40, outputTokens: 100 },
      },
    ],
  },
  {
    kind: 'task.progress',
    word: 'n_gen',
    test: /^n_gen = +(\d+), tg = +[\d.]+ t\/s[-\w ,.=/]*$/,
    read: (m, slot, task) => ({ slot, task, outputTokens: n(m[1]) }),
    samples: [
      {
        line: 'slot print_timing: id  1 | task 40 | n_gen =    200, tg =  50.00 t/s',
        is: { slot: 1, task: 40, outputTokens: 200 },
      },
    ],
  },
  {
    kind: 'task.prefill_timing',
    word: 'prompt',
    test: /^prompt eval time = +([\d.]+) ms \/ +(\d+) tokens(?: \([-\w ,.]*\))?$/,
    read: timing,
    samples: [
      {
        line: 'slot print_timing: id  0 | task 7 | prompt eval time =      31.50 ms /    70 tokens (    0.45 ms per token,  2222.22 tokens per second)',
        is: { slot: 0, task: 7, durationMs: 31.5, tokens: 70 },
      },
    ],
  },
  {
    kind: 'task.decode_timing',
    word: 'eval',
    test: /^eval time = +([\d.]+) ms \/ +(\d+) tokens(?: \([-\w ,.]*\))?$/,
    read: timing,
    samples: [
      {
        line: 'slot print_timing: id  0 | task 7 |        eval time =     900.00 ms /    45 tokens (   20.00 ms per token,    50.00 tokens per second)',
        is: { slot: 0, task: 7, durationMs: 900, tokens: 45 },
      },
    ],
  },
  {
    kind: 'task.total_timing',
    word: 'total',
    test: /^total time = +([\d.]+) ms \/ +(\d+) tokens$/,
    read: timing,
    samples: [
      {
        line: 'slot print_timing: id  0 | task 7 |       total time =     931.50 ms /   115 tokens',
        is: { slot: 0, task: 7, durationMs: 931.5, tokens: 115 },
      },
    ],
  },
  {
    kind: 'task.draft',
    word: 'draft',
    test: /^draft acceptance(?: rate)? = +([\d.]+) \( *(\d+) accepted \/ +(\d+) generated\)[-\w ,.=]*$/,
    read: (m, slot, task) => ({ slot, task, acceptance: n(m[1]), accepted: n(m[2]), generated: n(m[3]) }),
    samples: [
      {
        line: 'slot print_timing: id  0 | task 7 | draft acceptance = 0.60000 (   60 accepted /   100 generated)',
        is: { slot: 0, task: 7, acceptance: 0.6, accepted: 60, generated: 100 },
      },
    ],
  },
  {
    kind: 'task.released',
    word: 'stop',
    test: /^stop processing: (?:n_tokens|n_past) = (\d+), truncated = ([01])$/,
    read: (m, slot, task) => ({ slot, task, tokens: n(m[1]), truncated: m[2] === '1' }),
    samples: [
      {
        line: 'slot      release: id  0 | task 7 | stop processing: n_tokens = 114, truncated = 0',
        is: { slot: 0, task: 7, tokens: 114, truncated: false },
      },
    ],
  },
  {
    kind: 'request.context_shift',
    word: 'slot',
    test: /^slot context shift, n_keep = -?\d+, n_left = -?\d+, n_discard = (-?\d+)$/,
    read: (m, slot, task) => ({ slot, task, discard: n(m[1]) }),
    samples: [
      {
        line: 'slot   operator(): id  1 | task 12 | slot context shift, n_keep = 4, n_left = 1019, n_discard = 509',
        is: { slot: 1, task: 12, discard: 509 },
      },
    ],
  },
];

export const serverLinePatterns: readonly AnyRaw[] = [
  {
    kind: 'task.received',
    tag: 'srv',
    on: 'conv_id',
    test: /^conv_id= \(empty=1\)$/,
    read: () => ({}),
    samples: [{ line: 'srv  server_strea: conv_id= (empty=1)', is: {} }],
  },
  {
    kind: 'task.received',
    tag: 'srv',
    on: 'conv_id',
    test: /^conv_id=[^ ]/,
    open: true,
    read: () => ({}),
    samples: [{ line: 'srv  stream_sessi: conv_id=abc123 (empty=0)', is: {} }],
  },
  {
    kind: 'task.cancelled',
    tag: 'srv',
    on: 'cancel',
    test: /^cancel task, id_task = (\d+)$/,
    read: (m) => ({ task: n(m[1]) }),
    samples: [{ line: 'srv          stop: cancel task, id_task = 512', is: { task: 512 } }],
  },
  {
    kind: 'slots.idle',
    tag: 'srv',
    on: 'all',
    test: /^all slots are idle$/,
    read: () => ({}),
    samples: [{ line: 'srv  update_slots: all slots are idle', is: {} }],
  },
  {
    kind: 'runner.listening',
    tag: 'srv',
    on: 'server',
    test: /^server is listening on http:\/\/[\w.:[\]-]+:(\d{1,5})(?: - starting the main loop)?$/,
    read: (m) => ({ port: n(m[1]) }),
    samples: [{ line: 'srv  llama_server: server is listening on http://127.0.0.1:40404', is: { port: 40404 } }],
  },
  {
    kind: 'runner.listening',
    tag: 'srv',
    on: 'listening',
    test: /^listening on http:\/\/[\w.:[\]-]+:(\d{1,5})$/,
    read: (m) => ({ port: n(m[1]) }),
    samples: [{ line: 'srv  llama_server: listening on http://127.0.0.1:40405', is: { port: 40405 } }],
  },
  {
    kind: 'runner.listening',
    tag: 'srv',
    on: 'main',
    test: /^main: server is listening on http:\/\/[\w.:[\]-]+:(\d{1,5})[- \w]*$/,
    read: (m) => ({ port: n(m[1]) }),
    samples: [{ line: 'srv          main: main: server is listening on http://127.0.0.1:40406', is: { port: 40406 } }],
  },
];
