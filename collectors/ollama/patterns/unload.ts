// slog lines of loads that fail or push others out, of unloads (DEBUG only in every version) and of runners that die.
import { classifyError, exitOf } from '../errors.ts';
import { withRunner } from '../group.ts';
import type { OllamaFields } from '../kinds.ts';
import type { AnySlog } from '../pattern.ts';
import { fieldOf, type SlogRecord } from '../slog.ts';
import { blobOf, defined, durationSeconds, numberOf, sizeBytes, sizesBytes } from '../values.ts';

const SLOG = 'time=2026-03-04T05:06:07.890Z level=';
const BLOB = 'aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44';
const PATH = `/var/lib/ollama/models/blobs/sha256-${BLOB}`;

const readFailed = (r: SlogRecord): OllamaFields['load.failed'] => {
  const blob = blobOf(fieldOf(r, 'model') ?? '');
  return { ...classifyError(fieldOf(r, 'error')), ...(blob === undefined ? {} : { blob }) };
};

const OOM = 'llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory\\nmore';

const failed = (message: string, level: string): AnySlog => ({
  kind: 'load.failed',
  message,
  read: readFailed,
  samples: [
    {
      line: `${SLOG}${level} source=sched.go:523 msg="${message}" model=${PATH} error="${OOM}"`,
      is: { errorType: 'cuda.out_of_memory', clientLeft: false, blob: BLOB },
    },
    {
      line: `${SLOG}${level} source=sched.go:523 msg="${message}" error="timed out waiting for llama runner to start: context canceled"`,
      is: { errorType: 'canceled', clientLeft: true },
    },
  ],
});

const tooLarge = (message: string): AnySlog => ({
  kind: 'load.too_large',
  message,
  read: (r) =>
    defined<OllamaFields['load.too_large']>({
      requiredBytes: sizeBytes(fieldOf(r, 'requested') ?? fieldOf(r, 'requireFull') ?? ''),
      availableBytes: sizesBytes(fieldOf(r, 'available') ?? fieldOf(r, 'system') ?? ''),
    }),
  samples: [
    {
      line: `${SLOG}WARN source=server.go:150 msg="${message}" requested="13.0 GiB" available="9.0 GiB" total="16.0 GiB"`,
      is: { requiredBytes: 13958643712, availableBytes: 9663676416 },
    },
  ],
});

const evicting = (message: string, reason: OllamaFields['load.evicting']['reason']): AnySlog => ({
  kind: 'load.evicting',
  message,
  read: () => ({ reason }),
  samples: [{ line: `${SLOG}INFO source=server.go:495 msg="${message}" estimate.library=""`, is: { reason } }],
});

const retrying = (message: string, reason: string): AnySlog => ({
  kind: 'load.retrying',
  message,
  read: () => ({ reason }),
  samples: [{ line: `${SLOG}WARN source=sched.go:652 msg="${message}" model=${PATH} error="${OOM}"`, is: { reason } }],
});

const clientLeft = (message: string): AnySlog => ({
  kind: 'load.client_left',
  message,
  read: () => ({}),
  samples: [{ line: `${SLOG}WARN source=server.go:600 msg="${message}"`, is: {} }],
});

const feature = (message: string, name: OllamaFields['load.feature']['feature'], enabled: boolean): AnySlog => ({
  kind: 'load.feature',
  message,
  read: () => ({ feature: name, enabled }),
  samples: [{ line: `${SLOG}INFO source=server.go:208 msg="${message}" reason=cpu`, is: { feature: name, enabled } }],
});

const reloading = (message: string): AnySlog => ({
  kind: 'load.reloading',
  message,
  read: () => ({}),
  samples: [{ line: `${SLOG}DEBUG source=sched.go:181 msg="${message}" runner.name=x`, is: {} }],
});

const withPid = (kind: 'unload.stopping' | 'unload.stopped', message: string): AnySlog => ({
  kind,
  message,
  read: (r) => defined<{ pid?: number }>({ pid: numberOf(fieldOf(r, 'pid')) }),
  samples: [{ line: `${SLOG}DEBUG source=server.go:1803 msg="${message}" pid=4242`, is: { pid: 4242 } }],
});

const withGroup = (kind: 'unload.expired' | 'unload.finished', message: string): AnySlog => ({
  kind,
  message,
  read: withRunner,
  samples: [
    {
      line: `${SLOG}DEBUG source=sched.go:311 msg="${message}" runner.name=registry.ollama.ai/library/wren:1b runner.pid=900`,
      is: { runner: { model: 'wren:1b', pid: 900 } },
    },
  ],
});

const terminated = (message: string): AnySlog => ({
  kind: 'runner.terminated',
  message,
  read: (r) => {
    const error = fieldOf(r, 'error');
    // From 0.30 `exit=` may be a bare number: `exit=1`.
    const exit = exitOf(fieldOf(r, 'exit')) ?? exitOf(error);
    return { errorType: classifyError(error).errorType, ...(exit === undefined ? {} : { exit }) };
  },
  samples: [
    {
      line: `${SLOG}ERROR source=server.go:302 msg="${message}" error="exit status 2"`,
      is: { errorType: 'exited', exit: 'exit status 2' },
    },
  ],
});

const SIGNAL = /^(?:signal: )?([a-z][a-z /]{1,30})$/;

const gone = (message: string): AnySlog => ({
  kind: 'runner.gone',
  message,
  read: (r) => defined<{ signal?: string }>({ signal: SIGNAL.exec(fieldOf(r, 'string') ?? '')?.[1] }),
  samples: [
    {
      line: `${SLOG}WARN source=server.go:1269 msg="${message}" sys=9 string="signal: killed"`,
      is: { signal: 'killed' },
    },
  ],
});

const idle = (message: string): AnySlog => ({
  kind: 'unload.idle',
  message,
  read: (r) => {
    const keepAliveSeconds = durationSeconds(fieldOf(r, 'duration') ?? '');
    return { ...withRunner(r), ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }) };
  },
  samples: [
    {
      line: `${SLOG}DEBUG source=sched.go:290 msg="${message}" runner.name=registry.ollama.ai/library/wren:1b duration=5m0s`,
      is: { runner: { model: 'wren:1b' }, keepAliveSeconds: 300 },
    },
    {
      line: `${SLOG}DEBUG source=sched.go:290 msg="${message}" modelPath=${PATH} duration=30s`,
      is: { keepAliveSeconds: 30 },
    },
  ],
});

export const unloadPatterns: readonly AnySlog[] = [
  failed('error loading llama server', 'ERROR'),
  failed('NewLlamaServer failed', 'INFO'),
  failed('Load failed', 'INFO'),
  failed('failed to create server', 'INFO'),
  tooLarge('model request too large for system'),
  tooLarge('model is too large for system memory'),
  evicting('model requires more gpu memory than is currently available, evicting a model to make space', 'gpu_memory'),
  evicting('model requires more memory than is currently available, evicting a model to make space', 'gpu_memory'),
  evicting(
    'model requires more system memory than is currently available, evicting a model to make space',
    'system_memory',
  ),
  evicting('llama-server model predicted to exceed available memory, evicting', 'predicted'),
  evicting('evicting all other loaded models for OOM retry', 'oom_retry'),
  retrying('llama-server load failed; reducing automatic context and retrying once', 'reduced_context'),
  retrying('llama-server load failed; evicting all other models and retrying once', 'evicted_others'),
  retrying(
    'llama-server startup failed with projector GPU offload; retrying with projector CPU offload',
    'projector_on_cpu',
  ),
  clientLeft('client connection closed before server finished loading, aborting load'),
  clientLeft('client connection closed before llama-server finished loading, aborting load'),
  {
    kind: 'load.context_too_large',
    message: 'requested context size too large for model',
    read: (r) =>
      defined<OllamaFields['load.context_too_large']>({
        contextSize: numberOf(fieldOf(r, 'num_ctx')),
        trainedContextSize: numberOf(fieldOf(r, 'n_ctx_train')),
      }),
    samples: [
      {
        line: `${SLOG}WARN source=server.go:168 msg="requested context size too large for model" num_ctx=262144 n_ctx_train=131072`,
        is: { contextSize: 262144, trainedContextSize: 131072 },
      },
    ],
  },
  feature('enabling flash attention', 'flash_attention', true),
  feature('enabled flash attention', 'flash_attention', true),
  feature('flash attention enabled but not supported by gpu', 'flash_attention', false),
  feature('flash attention enabled but not supported by model', 'flash_attention', false),
  feature('kv cache type not supported by model', 'kv_cache_type', false),
  feature('quantized kv cache requested but flash attention disabled', 'kv_cache_type', false),
  feature('OLLAMA_FLASH_ATTENTION must be enabled to use a quantized OLLAMA_KV_CACHE_TYPE', 'kv_cache_type', false),
  feature('unsupported OLLAMA_KV_CACHE_TYPE', 'kv_cache_type', false),
  feature('disabling mmap for llama-server load by default', 'mmap', false),
  feature('disabling mmap for llama-server load due to host memory pressure', 'mmap', false),
  reloading('reloading'),
  reloading('needs reload'),
  idle('runner with non-zero duration has gone idle, adding timer'),
  idle('runner with non-zero duration has gone idle, resetting timer'),
  {
    kind: 'unload.idle',
    message: 'runner with zero duration has gone idle, expiring to unload',
    read: (r) => ({ ...withRunner(r), keepAliveSeconds: 0 }),
    samples: [
      {
        line: `${SLOG}DEBUG source=sched.go:300 msg="runner with zero duration has gone idle, expiring to unload" runner.name=registry.ollama.ai/library/wren:1b`,
        is: { runner: { model: 'wren:1b' }, keepAliveSeconds: 0 },
      },
    ],
  },
  withGroup('unload.expired', 'runner expired event received'),
  withGroup('unload.finished', 'sending an unloaded event'),
  withPid('unload.stopping', 'stopping llama server'),
  withPid('unload.stopping', 'stopping llama-server'),
  withPid('unload.stopped', 'llama server stopped'),
  withPid('unload.stopped', 'llama-server stopped'),
  {
    kind: 'unload.vram_not_recovered',
    message: "gpu VRAM usage didn't recover within timeout",
    read: (r) => defined<OllamaFields['unload.vram_not_recovered']>({ seconds: numberOf(fieldOf(r, 'seconds')) }),
    samples: [
      {
        line: `${SLOG}WARN source=sched.go:642 msg="gpu VRAM usage didn't recover within timeout" seconds=5.12 model=${PATH}`,
        is: { seconds: 5.12 },
      },
    ],
  },
  terminated('llama runner terminated'),
  terminated('llama-server terminated'),
  gone('llama runner process no longer running'),
  gone('llama-server process no longer running'),
  {
    kind: 'runner.oom_expiring',
    message: 'runtime OOM detected; expiring loaded models to clear memory before next request',
    read: () => ({}),
    samples: [
      {
        line: `${SLOG}WARN source=sched.go:990 msg="runtime OOM detected; expiring loaded models to clear memory before next request" model=${PATH} error="x"`,
        is: {},
      },
    ],
  },
];
