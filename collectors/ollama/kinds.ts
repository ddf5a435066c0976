// The contract between the Ollama grammar and the folds: every kind of line that means something, with its fields.
// The pattern table (patterns*.ts) is checked against it; facts and versions: reference notes of each pattern.

/** How the runner process of a load is made. */
export type RunnerEngine = 'llama-server' | 'llamarunner' | 'ollama-engine' | 'mlx' | 'legacy';

export type GpuLayers = { readonly gpu: string; readonly layers: number };

/** Fields by kind. Sizes in bytes, durations in nanoseconds or as named; `blob` is the hex digest of `sha256-<digest>`. */
export type OllamaFields = {
  // --- requests ---------------------------------------------------------------------------------------------------
  /** `[GIN] 2026/06/09 - 10:54:22 | 200 | 831.748µs | 127.0.0.1 | POST "/api/chat"`: printed when the handler returns. */
  'http.access': {
    readonly status: number;
    /** Go duration; `latencyStepNs` is its resolution (1e9 from one minute on, else 1 or the last printed digit). */
    readonly latencyNs: number;
    readonly latencyStepNs: number;
    /** As printed, settable by any client: never an identity. */
    readonly client: string;
    readonly method: string;
    /** A known route (`/api/chat`), or `other`. Never the raw path. */
    readonly route: string;
    /** End of the request in whole local seconds: civil seconds read as UTC, zone unknown. */
    readonly endCivilSeconds: number;
  };
  'request.evaluating': { readonly blob: string };
  /** DEBUG `completion request` and its llama-server forms. `promptBytes` where the line has it. */
  'request.submitted': { readonly api: 'completion' | 'chat' | 'embedding'; readonly promptBytes?: number };
  /** DEBUG `context for request finished`; bare (no runner) for the request that caused the load. */
  'request.finished_context': { readonly runner?: RunnerGroup };
  /** DEBUG `after processing request finished event`. */
  'request.finished_event': { readonly refCount: number; readonly blob?: string; readonly runner?: RunnerGroup };
  'request.aborted': { readonly operation: 'completion' | 'embedding' | 'chat' };
  /** `post predict`, `llama-server completion error`…: `errorType` is a low-cardinality class, the text never travels. */
  'request.failed': { readonly errorType: string; readonly clientLeft: boolean; readonly runnerPort?: number };
  'request.truncated': { readonly limit: number; readonly prompt: number; readonly keep: number; readonly new: number };
  'request.messages_truncated': { readonly truncated: number };
  'request.context_shift': { readonly slot?: number; readonly task?: number; readonly discard?: number };
  'request.option_invalid': { readonly option: string };
  'request.panic': Record<string, never>;
  // --- slots and tasks of llama-server (0.30 on) ------------------------------------------------------------------
  /** `srv  server_strea: conv_id= (empty=1)` or an older request start marker: one task begins. */
  'task.received': Record<string, never>;
  'task.slot_selected': { readonly slot: number; readonly task: number; readonly by: string };
  'task.launched': { readonly slot: number; readonly task: number };
  /** `new prompt, n_ctx_slot = 1024, n_keep = 4, task.n_tokens = 121`. */
  'task.prompt': {
    readonly slot: number;
    readonly task: number;
    readonly contextSize: number;
    readonly promptTokens: number;
  };
  'task.cached': { readonly slot: number; readonly task: number; readonly cachedTokens: number };
  'task.progress': {
    readonly slot: number;
    readonly task: number;
    readonly outputTokens?: number;
    readonly promptProgress?: number;
  };
  /** `prompt eval time = 4.51 ms / 96 tokens`: excludes cached tokens. */
  'task.prefill_timing': {
    readonly slot: number;
    readonly task: number;
    readonly durationMs: number;
    readonly tokens: number;
  };
  'task.decode_timing': {
    readonly slot: number;
    readonly task: number;
    readonly durationMs: number;
    readonly tokens: number;
  };
  'task.total_timing': {
    readonly slot: number;
    readonly task: number;
    readonly durationMs: number;
    readonly tokens: number;
  };
  'task.draft': {
    readonly slot: number;
    readonly task: number;
    readonly acceptance: number;
    readonly accepted: number;
    readonly generated: number;
  };
  'task.released': {
    readonly slot: number;
    readonly task: number;
    readonly tokens: number;
    readonly truncated: boolean;
  };
  'task.cancelled': { readonly task: number };
  /** `srv update_slots: all slots are idle`. */
  'slots.idle': Record<string, never>;
  /** DEBUG `loading cache slot` (0.3.13–0.24). */
  'cache.slot': { readonly slot: number; readonly promptTokens: number; readonly cachedTokens: number };
  // --- server -----------------------------------------------------------------------------------------------------
  'server.listening': { readonly version: string; readonly port?: number };
  /** Only the allow-listed OLLAMA_* names of the Go map; proxies and origins never pass. */
  'server.config': { readonly settings: { readonly [name: string]: string } };
  'server.context_default': { readonly contextSize: number; readonly totalVramBytes?: number };
  'server.low_vram': { readonly totalBytes?: number };
  /** `inference compute`: `id` is a GPU uuid up to 0.24, an index from 0.30 on; `pciBus` normalised `dddd:bb:dd`. */
  'gpu.discovered': {
    readonly id: string;
    readonly library: string;
    readonly device?: string;
    readonly description?: string;
    readonly pciBus?: string;
    readonly computeCapability?: string;
    readonly driver?: string;
    readonly totalBytes?: number;
    readonly availableBytes?: number;
  };
  'gpu.none': Record<string, never>;
  'gpu.skipped': {
    readonly reason: 'too_old' | 'integrated' | 'driver_too_old' | 'not_compiled';
    readonly device?: string;
  };
  'gpu.discovery_failed': { readonly reason: string };
  // --- loads ------------------------------------------------------------------------------------------------------
  /**
   * `starting runner|llama server|llama-server cmd=…`; `discovery` when there is no `--model`. `contextSize` is per request
   * (the command has context × parallel).
   */
  'runner.starting': {
    readonly engine: RunnerEngine;
    readonly discovery: boolean;
    readonly blob?: string;
    readonly port?: number;
    readonly contextSize?: number;
    readonly parallel?: number;
    readonly gpuLayers?: number;
    readonly embedding?: boolean;
    readonly flashAttention?: string;
    readonly kvCacheType?: string;
  };
  /** `server is listening on http://127.0.0.1:41765`: the one raw line that names the child. */
  'runner.listening': { readonly port: number };
  /** `… started in 0.25 seconds`; printed twice per load on most versions. */
  'runner.started': { readonly durationSeconds: number };
  'runner.ready': { readonly runner: RunnerGroup };
  'runner.count': { readonly count: number };
  /** `template selection model=registry/library/x:y`: the only INFO line with a name; here the short form `x:y`. */
  'model.named': { readonly model: string };
  'load.fits': {
    readonly blob?: string;
    readonly gpus: readonly string[];
    readonly parallel?: number;
    readonly requiredBytes?: number;
    readonly availableBytes?: number;
  };
  'load.offload': {
    readonly library?: string;
    readonly layersRequested?: number;
    readonly layersModel?: number;
    readonly layersOffload?: number;
    readonly requiredFullBytes?: number;
    readonly requiredPartialBytes?: number;
  };
  /** `msg=load request="{Operation:commit … GPULayers:37[ID:GPU-… Layers:37(0..36)] …}"`. */
  'load.request': {
    readonly operation: string;
    readonly parallel?: number;
    readonly contextSize?: number;
    readonly gpus: readonly GpuLayers[];
  };
  'load.gpu_selected': {
    readonly id: string;
    readonly device?: string;
    readonly predictedBytes?: number;
    readonly availableBytes?: number;
  };
  'load.gpu_memory': {
    readonly id: string;
    readonly library?: string;
    readonly availableBytes?: number;
    readonly freeBytes?: number;
  };
  'load.system_memory': { readonly totalBytes?: number; readonly freeBytes?: number };
  /** `model weights|kv cache|compute graph|total memory` with device and size; also the raw `… buffer size =` lines. */
  'load.memory': {
    readonly part: 'weights' | 'kv_cache' | 'compute_graph' | 'output' | 'total';
    readonly device?: string;
    readonly sizeBytes: number;
  };
  'load.layers': { readonly offloaded: number; readonly total: number };
  /** Raw `using device CUDA0 (NVIDIA H100L-94C) (0000:09:00.0) - 92550 MiB free`. */
  'load.device': {
    readonly device: string;
    readonly description: string;
    readonly pciBus?: string;
    readonly freeBytes?: number;
  };
  'load.device_listed': { readonly index: number; readonly description: string; readonly uuid?: string };
  'load.waiting': { readonly status?: string };
  'load.failed': { readonly errorType: string; readonly clientLeft: boolean; readonly blob?: string };
  'load.too_large': { readonly requiredBytes?: number; readonly availableBytes?: number };
  /** A model is evicted to make room (0.11.5 on). */
  'load.evicting': { readonly reason: 'gpu_memory' | 'system_memory' | 'predicted' | 'oom_retry' };
  'load.retrying': { readonly reason: string };
  'load.client_left': Record<string, never>;
  'load.context_too_large': { readonly contextSize?: number; readonly trainedContextSize?: number };
  'load.feature': { readonly feature: 'flash_attention' | 'kv_cache_type' | 'mmap'; readonly enabled: boolean };
  /** DEBUG: another model's options differ, the runner is reloaded. */
  'load.reloading': Record<string, never>;
  // --- unload and crash -------------------------------------------------------------------------------------------
  'unload.idle': { readonly runner?: RunnerGroup; readonly keepAliveSeconds?: number };
  'unload.expired': { readonly runner?: RunnerGroup };
  'unload.stopping': { readonly pid?: number };
  'unload.stopped': { readonly pid?: number };
  'unload.finished': { readonly runner?: RunnerGroup };
  'unload.vram_not_recovered': { readonly seconds?: number };
  'runner.terminated': { readonly errorType: string; readonly exit?: string };
  'runner.gone': { readonly signal?: string };
  'runner.oom_expiring': Record<string, never>;
  /** CUDA, ROCm or ggml text of a dying child; `errorType` like `cuda.out_of_memory`. */
  'runner.device_error': { readonly errorType: string; readonly device?: number };
  /** A whole dump folded into one record, told when it ends. */
  'runner.crash_dump': { readonly signal: string; readonly lines: number; readonly goroutines: number };
  // --- other ------------------------------------------------------------------------------------------------------
  'pull.started': { readonly blob: string };
  'pull.retrying': { readonly blob?: string };
  'cloud.model': Record<string, never>;
  'server.bind_failed': Record<string, never>;
};

/** The dotted `runner.*` keys of DEBUG lines; `model` is the short name, parsed by key because the order differs. */
export type RunnerGroup = {
  readonly model?: string;
  readonly pid?: number;
  readonly blob?: string;
  readonly contextSize?: number;
  readonly parallel?: number;
  readonly sizeBytes?: number;
  readonly vramBytes?: number;
  readonly gpus?: readonly string[];
};

export type OllamaKind = keyof OllamaFields;
