// Lines that ggml and llama.cpp print without time, level or process, in every era: where a model lies, on what device, and
// what a dying child says. Device names come from drivers; model-supplied strings are never read here.
import { deviceErrorType } from '../errors.ts';
import type { OllamaFields } from '../kinds.ts';
import type { AnyRaw } from '../pattern.ts';
import { defined, pciBus } from '../values.ts';

const MIB = 1_048_576;
const mib = (text: string | undefined): number => Math.round(Number(text) * MIB);

/** `load_tensors:        CUDA0 model buffer size =  3457.31 MiB`, under each name the function has had. */
const memory = (on: string, what: string, part: OllamaFields['load.memory']['part']): AnyRaw => ({
  kind: 'load.memory',
  on,
  test: new RegExp(`^${on}: +([\\w.]{1,32}) ${what} *= +([\\d.]+) MiB$`),
  read: (m) => ({ part, device: m[1] ?? '', sizeBytes: mib(m[2]) }),
  samples: [
    {
      line: `${on}:        CUDA0 ${what} =  1024.50 MiB`,
      is: { part, device: 'CUDA0', sizeBytes: 1074266112 },
    },
  ],
});

const contextNames = ['llama_context', 'sched_reserve', 'llama_new_context_with_model', 'llama_init_from_model'];
const cacheNames = ['llama_kv_cache', 'llama_kv_cache_init', 'llama_kv_cache_unified', 'llama_kv_cache_iswa'];
const tensorNames = ['load_tensors', 'llm_load_tensors'];

const sayError = ({ errorType }: OllamaFields['runner.device_error']): string => `device error: ${errorType}`;

const layers = (on: string): AnyRaw => ({
  kind: 'load.layers',
  on,
  test: new RegExp(`^${on}: offloaded (\\d{1,5})/(\\d{1,5}) layers to GPU$`),
  read: (m) => ({ offloaded: Number(m[1]), total: Number(m[2]) }),
  samples: [{ line: `${on}: offloaded 26/29 layers to GPU`, is: { offloaded: 26, total: 29 } }],
});

/** `using device CUDA0 (NVIDIA H9) (0000:09:00.0) - 92550 MiB free`; the bus is missing or `unknown id` in places. */
const device = (on: string): AnyRaw => ({
  kind: 'load.device',
  on,
  test: new RegExp(`^${on}: using device (\\w{1,32}) \\((.{1,96}?)\\)(?: \\(([\\w:. ]{1,32})\\))? - (\\d+) MiB free$`),
  read: (m) =>
    defined<OllamaFields['load.device']>({
      device: m[1] ?? '',
      description: m[2] ?? '',
      pciBus: pciBus(m[3] ?? ''),
      freeBytes: mib(m[4]),
    }),
  samples: [
    {
      line: `${on}: using device CUDA1 (NVIDIA H9) (0000:0A:00.0) - 1000 MiB free`,
      is: { device: 'CUDA1', description: 'NVIDIA H9', pciBus: '0000:0a:00', freeBytes: 1048576000 },
    },
    {
      line: `${on}: using device Metal (Apple M9) (unknown id) - 10 MiB free`,
      is: { device: 'Metal', description: 'Apple M9', freeBytes: 10485760 },
    },
    {
      line: `${on}: using device CUDA0 (NVIDIA H9) - 10 MiB free`,
      is: { device: 'CUDA0', description: 'NVIDIA H9', freeBytes: 10485760 },
    },
  ],
});

type Platform = 'cuda' | 'rocm' | 'metal' | 'vulkan' | 'ggml';

/** `CUDA error: <text>`, the first line of ggml's block; the text is told by class only. */
const deviceError = (on: string, platform: Platform): AnyRaw => ({
  kind: 'runner.device_error',
  on,
  test: new RegExp(`^${on} error: (.{1,200})$`),
  severity: 'ERROR',
  open: true,
  read: (m) => ({ errorType: deviceErrorType(platform, m[1] ?? '') }),
  say: sayError,
  samples: [
    {
      line: `${on} error: an illegal memory access was encountered`,
      is: { errorType: `${platform}.illegal_memory_access` },
    },
    { line: `${on} error: something new`, is: { errorType: `${platform}.other` } },
  ],
});

/** A C function's line that says by its text that something failed. */
const failure = (on: string, rest: string, errorType: string, sample: string): AnyRaw => ({
  kind: 'runner.device_error',
  on,
  test: new RegExp(`^${on}: ${rest}`),
  severity: 'ERROR',
  open: true,
  read: () => ({ errorType }),
  say: sayError,
  samples: [{ line: `${on}: ${sample}`, is: { errorType } }],
});

export const rawPatterns: readonly AnyRaw[] = [
  ...tensorNames.map((on) => memory(on, 'model buffer size', 'weights')),
  memory('llm_load_tensors', 'buffer size', 'weights'),
  ...cacheNames.map((on) => memory(on, 'KV buffer size', 'kv_cache')),
  ...contextNames.map((on) => memory(on, 'compute buffer size', 'compute_graph')),
  ...contextNames.map((on) => memory(on, 'output buffer size', 'output')),
  ...tensorNames.map(layers),
  ...['llama_prepare_model_devices', 'llama_model_load_from_file_impl', 'llama_load_model_from_file'].map(device),
  {
    // ggml_cuda_init's list: `  Device 0: NVIDIA L4, compute capability 8.9, VMM: yes, ID: GPU-…`.
    kind: 'load.device_listed',
    on: 'Device',
    test: /^ {2}Device (\d{1,3}): ([^,]{1,96})(?:, compute capability [\d.]+)?(?:, VMM: \w+)?(?:, ID: ([\w-]{1,64}))?$/,
    read: (m) =>
      defined<OllamaFields['load.device_listed']>({ index: Number(m[1]), description: m[2] ?? '', uuid: m[3] }),
    samples: [
      {
        line: '  Device 1: NVIDIA RTX A1, compute capability 8.6, VMM: yes, ID: GPU-0a0b0c0d-1111-2222-3333-444455556666',
        is: { index: 1, description: 'NVIDIA RTX A1', uuid: 'GPU-0a0b0c0d-1111-2222-3333-444455556666' },
      },
      { line: '  Device 0: NVIDIA RTX A1, compute capability 8.6', is: { index: 0, description: 'NVIDIA RTX A1' } },
    ],
  },
  deviceError('CUDA', 'cuda'),
  deviceError('ROCm', 'rocm'),
  {
    kind: 'runner.device_error',
    on: 'ggml_backend_cuda_buffer_type_alloc_buffer',
    test: /^ggml_backend_cuda_buffer_type_alloc_buffer: allocating [\d.]+ MiB on device (\d{1,3}): (?:cuda|hip)Malloc failed: (.{1,200})$/,
    severity: 'ERROR',
    open: true,
    read: (m) => ({ errorType: deviceErrorType('cuda', m[2] ?? ''), device: Number(m[1]) }),
    say: sayError,
    samples: [
      {
        line: 'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 9216.00 MiB on device 1: cudaMalloc failed: out of memory',
        is: { errorType: 'cuda.out_of_memory', device: 1 },
      },
    ],
  },
  {
    kind: 'runner.device_error',
    on: 'error',
    test: /^error: (?:Insufficient Memory|.{0,80}kIOGPUCommandBufferCallbackError)/,
    severity: 'ERROR',
    open: true,
    read: (m) => ({ errorType: m.input.includes('Memory') ? 'metal.out_of_memory' : 'metal.other' }),
    say: sayError,
    samples: [
      {
        line: 'error: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)',
        is: { errorType: 'metal.out_of_memory' },
      },
    ],
  },
  {
    kind: 'runner.device_error',
    on: 'GGML_ASSERT',
    test: /^GGML_ASSERT\(/,
    severity: 'FATAL',
    open: true,
    read: () => ({ errorType: 'ggml.assertion' }),
    say: sayError,
    samples: [{ line: 'GGML_ASSERT(n > 0) failed', is: { errorType: 'ggml.assertion' } }],
  },
  failure(
    'ggml_metal_synchronize',
    'error: command buffer',
    'metal.command_buffer',
    'error: command buffer 0 failed with status 5',
  ),
  failure(
    'ggml_vulkan',
    '.{0,200}(?:OutOf(?:Device|Host)Memory|out of memory)',
    'vulkan.out_of_memory',
    'Device memory allocation of size 1 failed: ErrorOutOfDeviceMemory',
  ),
  failure(
    'alloc_tensor_range',
    'failed to allocate',
    'ggml.alloc_failed',
    'failed to allocate CUDA0 buffer of size 1024',
  ),
  failure(
    'ggml_gallocr_reserve_n',
    'failed to allocate',
    'ggml.alloc_failed',
    'failed to allocate CUDA0 buffer of size 1024',
  ),
  failure(
    'ggml_gallocr_reserve_n_impl',
    'failed to allocate',
    'ggml.alloc_failed',
    'failed to allocate CUDA0 buffer of size 1024',
  ),
  failure(
    'ggml_backend_cpu_buffer_type_alloc_buffer',
    'failed to allocate',
    'ggml.alloc_failed',
    'failed to allocate buffer of size 1024',
  ),
  failure(
    'llama_model_load',
    'error loading model',
    'llama.model_load_failed',
    'error loading model: unable to allocate CUDA0 buffer',
  ),
  failure('llama_model_load_from_file_impl', 'failed to load model', 'llama.model_load_failed', 'failed to load model'),
  failure('llama_load_model_from_file', 'failed to load model', 'llama.model_load_failed', 'failed to load model'),
  failure(
    'llama_init_from_model',
    'failed to initialize',
    'llama.context_failed',
    'failed to initialize the context: failed to allocate buffer for kv cache',
  ),
  {
    kind: 'runner.listening',
    on: 'llama',
    test: /^llama server listening at http:\/\/[\w.:[\]-]+:(\d{1,5})$/,
    read: (m) => ({ port: Number(m[1]) }),
    samples: [{ line: 'llama server listening at http://127.0.0.1:50111', is: { port: 50111 } }],
  },
  {
    // `INFO [main] HTTP server listening | hostname="127.0.0.1" n_threads_http="7" port="41183" tid="…"` (0.1.3x–0.3.12)
    kind: 'runner.listening',
    on: 'INFO',
    test: /^INFO \[main\] HTTP server listening \| (?:[\w]+="[^"]*" )*port="(\d{1,5})"/,
    open: true,
    read: (m) => ({ port: Number(m[1]) }),
    samples: [
      {
        line: 'INFO [main] HTTP server listening | hostname="127.0.0.1" n_threads_http="7" port="41183" tid="1234" timestamp=1720000000',
        is: { port: 41183 },
      },
    ],
  },
  {
    // `2023/12/01 08:00:00 llama.go:488: llama runner started in 3.200544 seconds`: log.Printf, before 0.1.21.
    kind: 'runner.started',
    on: 'llama.go',
    test: /^llama\.go:\d+: llama runner started in (\d{1,9}\.\d{1,9}) seconds$/,
    read: (m) => ({ durationSeconds: Number(m[1]) }),
    samples: [
      {
        line: '2023/12/01 08:00:00 llama.go:488: llama runner started in 3.250000 seconds',
        is: { durationSeconds: 3.25 },
      },
    ],
  },
  {
    kind: 'runner.starting',
    on: 'llama.go',
    test: /^llama\.go:\d+: starting llama runner$/,
    read: () => ({ engine: 'legacy', discovery: false }),
    samples: [
      { line: '2023/12/01 08:00:00 llama.go:416: starting llama runner', is: { engine: 'legacy', discovery: false } },
    ],
  },
  {
    // gin's recovery block; what follows is the request's dump and a stack, all of it kept at home.
    kind: 'request.panic',
    on: 'Recovery',
    test: /^\[Recovery\] \d{4}\/\d\d\/\d\d - \d\d:\d\d:\d\d panic recovered:$/,
    severity: 'ERROR',
    read: () => ({}),
    samples: [{ line: '2026/01/10 13:00:05 [Recovery] 2026/01/10 - 13:00:05 panic recovered:', is: {} }],
  },
];
