// slog lines of a request's life. Prompts, bodies and error texts stand in several of them; only the fields read here and
// the keys of safe-keys.ts travel.
import { classifyError } from '../errors.ts';
import { withRunner } from '../group.ts';
import type { OllamaFields } from '../kinds.ts';
import { optionName } from '../options.ts';
import type { AnySlog } from '../pattern.ts';
import { fieldOf } from '../slog.ts';
import { blobOf, defined, numberOf } from '../values.ts';

const SLOG = 'time=2026-03-04T05:06:07.890Z level=';
const BLOB = 'aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44';
const PATH = `/var/lib/ollama/models/blobs/sha256-${BLOB}`;
const RUNNER = `runner.name=registry.ollama.ai/library/wren:1b runner.inference="[{ID:GPU-0a0b0c0d-1111-2222-3333-444455556666 Library:CUDA}]" runner.size="2.0 GiB" runner.vram="1.5 GiB" runner.parallel=2 runner.pid=900 runner.model=${PATH} runner.num_ctx=8192`;
const RUNNER_IS = {
  model: 'wren:1b',
  gpus: ['GPU-0a0b0c0d-1111-2222-3333-444455556666'],
  sizeBytes: 2147483648,
  vramBytes: 1610612736,
  parallel: 2,
  pid: 900,
  blob: BLOB,
  contextSize: 8192,
};

/** `Post "http://127.0.0.1:40123/completion": EOF`: the port is the only thing in the log that names the runner. */
const withPort = (error: string | undefined): OllamaFields['request.failed'] => {
  const port = /http:\/\/[\w.:[\]-]+:(\d{1,5})\//.exec(error ?? '')?.[1];
  return { ...classifyError(error), ...(port === undefined ? {} : { runnerPort: Number(port) }) };
};

export const requestPatterns: readonly AnySlog[] = [
  {
    kind: 'request.evaluating',
    message: 'evaluating already loaded',
    read: (r) => {
      const blob = blobOf(fieldOf(r, 'model') ?? '');
      return blob === undefined ? undefined : { blob };
    },
    samples: [
      { line: `${SLOG}DEBUG source=sched.go:626 msg="evaluating already loaded" model=${PATH}`, is: { blob: BLOB } },
    ],
  },
  {
    // DEBUG has the prompt's length in bytes, TRACE the prompt itself: that one is noise.
    kind: 'request.submitted',
    message: 'completion request',
    read: (r) => {
      const promptBytes = numberOf(fieldOf(r, 'prompt'));
      if (r.severity === 'TRACE') return undefined;
      return defined<{ api: 'completion'; promptBytes?: number }>({ api: 'completion', promptBytes });
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=server.go:1509 msg="completion request" images=0 prompt=61 format=""`,
        is: { api: 'completion', promptBytes: 61 },
      },
    ],
  },
  {
    kind: 'request.submitted',
    message: 'llama-server completion request',
    read: (r) => {
      if (r.severity === 'TRACE') return undefined;
      const promptBytes = numberOf(fieldOf(r, 'prompt_len'));
      return defined<{ api: 'completion'; promptBytes?: number }>({ api: 'completion', promptBytes });
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=llama_server.go:1624 msg="llama-server completion request" media=0 prompt_len=73`,
        is: { api: 'completion', promptBytes: 73 },
      },
    ],
  },
  {
    kind: 'request.submitted',
    message: 'llama-server chat request',
    read: (r) => (r.severity === 'TRACE' ? undefined : { api: 'chat' }),
    samples: [
      {
        line: `${SLOG}DEBUG source=llama_server.go:1700 msg="llama-server chat request" messages=2 tools=0`,
        is: { api: 'chat' },
      },
    ],
  },
  {
    kind: 'request.submitted',
    message: 'llama-server embedding request',
    read: (r) => (r.severity === 'TRACE' ? undefined : { api: 'embedding' }),
    samples: [
      {
        line: `${SLOG}DEBUG source=llama_server.go:1900 msg="llama-server embedding request"`,
        is: { api: 'embedding' },
      },
    ],
  },
  {
    // 0.2.2–0.6.8: `prompt=` is the whole prompt.
    kind: 'request.submitted',
    message: 'chat request',
    read: () => ({ api: 'chat' }),
    samples: [
      {
        line: `${SLOG}DEBUG source=routes.go:1459 msg="chat request" images=0 prompt="sing to me"`,
        is: { api: 'chat' },
      },
    ],
  },
  {
    kind: 'request.submitted',
    message: 'generate request',
    read: () => ({ api: 'completion' }),
    samples: [
      {
        line: `${SLOG}DEBUG source=routes.go:246 msg="generate request" images=0 prompt="sing"`,
        is: { api: 'completion' },
      },
    ],
  },
  {
    kind: 'request.submitted',
    message: 'chat handler',
    read: () => ({ api: 'chat' }),
    samples: [
      { line: `${SLOG}DEBUG source=routes.go:1230 msg="chat handler" prompt="sing" images=0`, is: { api: 'chat' } },
    ],
  },
  {
    kind: 'request.submitted',
    message: 'generate handler',
    read: () => ({ api: 'completion' }),
    samples: [
      { line: `${SLOG}DEBUG source=routes.go:250 msg="generate handler" prompt="sing"`, is: { api: 'completion' } },
    ],
  },
  {
    kind: 'request.finished_context',
    message: 'context for request finished',
    read: withRunner,
    samples: [
      {
        line: `${SLOG}DEBUG source=sched.go:385 msg="context for request finished" ${RUNNER}`,
        is: { runner: RUNNER_IS },
      },
      { line: `${SLOG}DEBUG source=sched.go:581 msg="context for request finished"`, is: {} },
    ],
  },
  {
    // Before 0.6.8 the line has `modelPath=` instead of the group.
    kind: 'request.finished_event',
    message: 'after processing request finished event',
    read: (r) => {
      const refCount = numberOf(fieldOf(r, 'refCount'));
      const blob = blobOf(fieldOf(r, 'modelPath') ?? '');
      return refCount === undefined
        ? undefined
        : { refCount, ...(blob === undefined ? {} : { blob }), ...withRunner(r) };
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=sched.go:308 msg="after processing request finished event" ${RUNNER} refCount=1`,
        is: { refCount: 1, runner: RUNNER_IS },
      },
      {
        line: `${SLOG}DEBUG source=sched.go:284 msg="after processing request finished event" modelPath=${PATH} refCount=0`,
        is: { refCount: 0, blob: BLOB },
      },
    ],
  },
  {
    kind: 'request.aborted',
    message: 'aborting completion request due to client closing the connection',
    read: () => ({ operation: 'completion' }),
    samples: [
      {
        line: `${SLOG}INFO source=server.go:1567 msg="aborting completion request due to client closing the connection"`,
        is: { operation: 'completion' },
      },
    ],
  },
  {
    kind: 'request.aborted',
    message: 'aborting chat request due to client closing the connection',
    read: () => ({ operation: 'chat' }),
    samples: [
      {
        line: `${SLOG}INFO source=llama_server.go:1710 msg="aborting chat request due to client closing the connection"`,
        is: { operation: 'chat' },
      },
    ],
  },
  {
    kind: 'request.aborted',
    message: 'aborting embedding',
    test: /^aborting embeddings? request due to client closing the connection$/,
    read: () => ({ operation: 'embedding' }),
    samples: [
      {
        line: `${SLOG}INFO source=runner.go:700 msg="aborting embeddings request due to client closing the connection"`,
        is: { operation: 'embedding' },
      },
      {
        line: `${SLOG}INFO source=server.go:1712 msg="aborting embedding request due to client closing the connection"`,
        is: { operation: 'embedding' },
      },
    ],
  },
  ...['post predict', 'llama-server completion error', 'llama-server chat error', 'llama-server embedding error'].map(
    (message): AnySlog => ({
      kind: 'request.failed',
      message,
      read: (r) => withPort(fieldOf(r, 'error')),
      samples: [
        {
          line: `${SLOG}ERROR source=server.go:1439 msg="${message}" error="Post \\"http://127.0.0.1:40123/completion\\": EOF"`,
          is: { errorType: 'runner_gone', clientLeft: false, runnerPort: 40123 },
        },
        {
          line: `${SLOG}ERROR source=server.go:1439 msg="${message}" error="Post \\"http://127.0.0.1:40123/completion\\": context canceled"`,
          is: { errorType: 'canceled', clientLeft: true, runnerPort: 40123 },
        },
      ],
    }),
  ),
  {
    // log.Printf after slog.SetDefault: the whole text is the message. An embedding over the context is tried again, cut.
    kind: 'request.failed',
    message: 'llm ',
    test: /^llm (?:predict|embedding|encode|decode|tokenize|detokenize) error: (?!the input length exceeds)/,
    open: true,
    read: (r) => classifyError(r.message),
    samples: [
      {
        line: `${SLOG}INFO source=server.go:1751 msg="llm embedding error: unable to get embeddings: EOF"`,
        is: { errorType: 'runner_gone', clientLeft: false },
      },
    ],
  },
  {
    kind: 'request.truncated',
    message: 'truncating input prompt',
    read: (r) => {
      const [limit, prompt, keep, kept] = ['limit', 'prompt', 'keep', 'new'].map((key) => numberOf(fieldOf(r, key)));
      if (limit === undefined || prompt === undefined || keep === undefined || kept === undefined) return undefined;
      return { limit, prompt, keep, new: kept };
    },
    samples: [
      {
        line: `${SLOG}WARN source=runner.go:129 msg="truncating input prompt" limit=2048 prompt=2365 keep=5 new=2048`,
        is: { limit: 2048, prompt: 2365, keep: 5, new: 2048 },
      },
    ],
  },
  {
    kind: 'request.messages_truncated',
    message: 'truncating input messages which exceed context length',
    read: (r) => {
      const truncated = numberOf(fieldOf(r, 'truncated'));
      return truncated === undefined ? undefined : { truncated };
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=prompt.go:66 msg="truncating input messages which exceed context length" truncated=3`,
        is: { truncated: 3 },
      },
    ],
  },
  {
    kind: 'request.messages_truncated',
    message: 'truncating native chat messages which exceed context length',
    read: (r) => {
      const truncated = numberOf(fieldOf(r, 'truncated'));
      return truncated === undefined ? undefined : { truncated };
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=routes.go:2400 msg="truncating native chat messages which exceed context length" truncated=2`,
        is: { truncated: 2 },
      },
    ],
  },
  {
    kind: 'request.failed',
    message: 'embedding generation failed: ',
    test: /^embedding generation failed: /,
    open: true,
    read: (r) => classifyError(r.message),
    samples: [
      {
        line: `${SLOG}INFO source=routes.go:500 msg="embedding generation failed: EOF"`,
        is: { errorType: 'runner_gone', clientLeft: false },
      },
    ],
  },
  {
    kind: 'request.context_shift',
    message: 'context limit hit - shifting',
    read: (r) => {
      const slot = numberOf(fieldOf(r, 'id'));
      return defined<{ slot?: number; discard?: number }>({ slot, discard: numberOf(fieldOf(r, 'discard')) });
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=cache.go:240 msg="context limit hit - shifting" id=1 limit=2048 input=2048 keep=5 discard=1021`,
        is: { slot: 1, discard: 1021 },
      },
    ],
  },
  {
    kind: 'request.option_invalid',
    message: 'invalid option provided',
    read: (r) => ({ option: optionName(fieldOf(r, 'option') ?? '') }),
    samples: [
      {
        line: `${SLOG}WARN source=types.go:512 msg="invalid option provided" option=mirostat`,
        is: { option: 'mirostat' },
      },
      {
        line: `${SLOG}WARN source=types.go:512 msg="invalid option provided" option="my own words"`,
        is: { option: 'other' },
      },
    ],
  },
  {
    kind: 'cache.slot',
    message: 'loading cache slot',
    read: (r) => {
      const [slot, promptTokens, cachedTokens] = ['id', 'prompt', 'used'].map((key) => numberOf(fieldOf(r, key)));
      if (slot === undefined || promptTokens === undefined || cachedTokens === undefined) return undefined;
      return { slot, promptTokens, cachedTokens };
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=cache.go:104 msg="loading cache slot" id=0 cache=116 prompt=120 used=19 remaining=101`,
        is: { slot: 0, promptTokens: 120, cachedTokens: 19 },
      },
    ],
  },
];
