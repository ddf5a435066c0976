// Lines of a start of the server, of loads that fail, of unloads at DEBUG and of a dying runner.

import type { Load, Timed } from './load-lines.ts';
import { GPUS } from './machine.ts';
import { gib, MODELS_DIR, pathOf, slog } from './ollama-forms.ts';

export const serverStartLines = (at: number, debug: boolean, queueMax: number, loadedMax: number): readonly Timed[] => {
  const level = debug ? 'DEBUG' : 'INFO';
  const env = `map[CUDA_VISIBLE_DEVICES:0,1 HTTPS_PROXY: HTTP_PROXY: NO_PROXY: OLLAMA_CONTEXT_LENGTH:0 OLLAMA_DEBUG:${level} OLLAMA_DEBUG_LOG_REQUESTS:false OLLAMA_FLASH_ATTENTION:false OLLAMA_GPU_OVERHEAD:0 OLLAMA_HOST:http://127.0.0.1:11434 OLLAMA_KEEP_ALIVE:5m0s OLLAMA_KV_CACHE_TYPE: OLLAMA_LOAD_TIMEOUT:5m0s OLLAMA_MAX_LOADED_MODELS:${loadedMax} OLLAMA_MAX_QUEUE:${queueMax} OLLAMA_MODELS:${MODELS_DIR} OLLAMA_NO_CLOUD:true OLLAMA_NUM_PARALLEL:2 OLLAMA_ORIGINS:[http://localhost https://localhost] OLLAMA_SCHED_SPREAD:false http_proxy: https_proxy: no_proxy:]`;
  const found = GPUS.filter(({ mig }) => !mig);
  const devices = found.map(({ index, bus, name, totalMib, reservedMib }) => ({
    at: at + 0.42,
    line: slog(
      at + 0.42,
      'INFO',
      'types.go:50',
      `msg="inference compute" id=${index} filter_id=${index} library=CUDA compute=8.9 name=CUDA${index} description="${name}" libdirs=ollama,cuda_v13 driver=13.0 pci_id=${bus}.0 type=discrete total="${gib(totalMib)}" available="${gib(totalMib - reservedMib)}"`,
    ),
  }));
  const total = found.reduce((sum, { totalMib }) => sum + totalMib, 0);
  const first = (ms: number, source: string, rest: string): Timed => ({
    at: at + ms / 1e3,
    line: slog(at + ms / 1e3, 'INFO', source, rest),
  });
  return [
    first(0, 'routes.go:2005', `msg="server config" env="${env}"`),
    first(0, 'routes.go:2007', 'msg="Ollama cloud disabled: true"'),
    first(1, 'images.go:922', 'msg="total blobs: 21"'),
    first(1, 'images.go:930', 'msg="total unused blobs removed: 0"'),
    first(2, 'routes.go:2065', 'msg="Listening on 127.0.0.1:11434 (version 0.34.4)"'),
    first(3, 'runner.go:60', 'msg="discovering available GPUs..."'),
    {
      at: at + 0.419,
      line: slog(
        at + 0.419,
        'INFO',
        'runner.go:320',
        'msg="dropping integrated GPU; to enable, set OLLAMA_IGPU_ENABLE=1" id=0 library=Vulkan name=Vulkan0 description="Integrated graphics" pci_id=""',
      ),
    },
    ...devices,
    first(421, 'routes.go:2115', `msg="vram-based default context" total_vram="${gib(total)}" default_num_ctx=32768`),
  ];
};

/** Where memory was not enough for the context; tried again once after the others were put out. */
export const failedLoadLines = (at: number, { model, offloaded, gpu }: Load, isRetried: boolean): readonly string[] => {
  const bytes = 12_884_901_888;
  const text = `cudaMalloc failed: out of memory\\nalloc_tensor_range: failed to allocate CUDA0 buffer of size ${bytes}`;
  const error = `error="llama-server process has terminated: exit status 1: ${text}"`;
  return [
    ...(gpu === undefined ? [] : [`load_tensors: offloaded ${offloaded}/${model.layers} layers to GPU`]),
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 12288.00 MiB on device 0: cudaMalloc failed: out of memory',
    `alloc_tensor_range: failed to allocate CUDA0 buffer of size ${bytes}`,
    'llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache',
    slog(
      at,
      'ERROR',
      'llama_server.go:1029',
      'msg="llama-server terminated" error="exit status 1" exit="exit status 1"',
    ),
    slog(at, 'INFO', 'sched.go:646', `msg="Load failed" model=${pathOf(model)} ${error}`),
    ...(isRetried
      ? [
          slog(
            at,
            'WARN',
            'sched.go:652',
            `msg="llama-server load failed; evicting all other models and retrying once" model=${pathOf(model)} ${error}`,
          ),
          slog(
            at,
            'INFO',
            'sched.go:660',
            `msg="evicting all other loaded models for OOM retry" model=${pathOf(model)}`,
          ),
        ]
      : []),
  ];
};

export const debugUnload = (at: number, pid: number, group: string, isExpired: boolean): readonly string[] => {
  const told = (source: string, rest: string): string => slog(at, 'DEBUG', source, rest);
  return [
    ...(isExpired ? [told('sched.go:401', `msg="timer expired, expiring to unload" ${group}`)] : []),
    told('sched.go:420', `msg="runner expired event received" ${group}`),
    told('llama_server.go:2687', `msg="stopping llama-server" pid=${pid}`),
    told('llama_server.go:2695', `msg="llama-server stopped" pid=${pid}`),
    told('sched.go:470', `msg="sending an unloaded event" ${group}`),
  ];
};
export const debugDone = (at: number, group: string, stillOpen: number): readonly string[] => [
  slog(at, 'DEBUG', 'sched.go:581', `msg="context for request finished" ${group}`),
  slog(at, 'DEBUG', 'sched.go:327', `msg="after processing request finished event" ${group} refCount=${stillOpen}`),
];

/** ggml's last words and what the server makes of them. */
export const crashLines = (at: number, cuda: string): readonly string[] => [
  `CUDA error: ${cuda}`,
  '  current device: 0, in function ggml_backend_cuda_synchronize at /go/src/github.com/ollama/ollama/llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:2981',
  '  cudaStreamSynchronize(cuda_ctx->stream())',
  '/go/src/github.com/ollama/ollama/llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:98: CUDA error',
  slog(
    at,
    'ERROR',
    'llama_server.go:1029',
    `msg="llama-server terminated" error="signal: aborted (core dumped)" exit=unknown`,
  ),
];
