// slog lines of a model's load: the runner's start, where it is placed, what it takes, and when it is ready.
import { readCommand } from '../command.ts';
import { gpuLayers, member, withRunner } from '../group.ts';
import type { OllamaFields } from '../kinds.ts';
import type { AnySlog } from '../pattern.ts';
import { fieldOf, type SlogRecord } from '../slog.ts';
import { blobOf, defined, numberOf, shortModel, sizeBytes, sizesBytes } from '../values.ts';

const SLOG = 'time=2026-03-04T05:06:07.890Z level=';
const UUID = 'GPU-0a0b0c0d-1111-2222-3333-444455556666';
const BLOB = 'aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44';
const PATH = `/var/lib/ollama/models/blobs/sha256-${BLOB}`;

const size = (r: SlogRecord, key: string): number | undefined => sizeBytes(fieldOf(r, key) ?? '');
const count = (r: SlogRecord, key: string): number | undefined => numberOf(fieldOf(r, key));
const model = (r: SlogRecord): string | undefined => blobOf(fieldOf(r, 'model') ?? '');

const readFits = (r: SlogRecord): OllamaFields['load.fits'] => {
  const gpu = fieldOf(r, 'gpu') ?? fieldOf(r, 'id');
  return defined<OllamaFields['load.fits']>({
    blob: model(r),
    gpus: gpu === undefined || gpu === '' ? [] : [gpu],
    parallel: count(r, 'parallel'),
    requiredBytes: size(r, 'required') ?? size(r, 'predicted'),
    availableBytes: sizesBytes(fieldOf(r, 'available') ?? ''),
  });
};

const readOffload = (r: SlogRecord): OllamaFields['load.offload'] =>
  defined<OllamaFields['load.offload']>({
    library: fieldOf(r, 'library') || /^offload to (?!gpu)(\w+)$/.exec(r.message)?.[1],
    layersRequested: count(r, 'layers.requested'),
    layersModel: count(r, 'layers.model') ?? count(r, 'layers.real') ?? count(r, 'reallayers'),
    layersOffload: count(r, 'layers.offload') ?? count(r, 'layers.estimate') ?? count(r, 'layers'),
    requiredFullBytes: size(r, 'memory.required.full') ?? size(r, 'required'),
    requiredPartialBytes: size(r, 'memory.required.partial'),
  });

const readMemory = (part: OllamaFields['load.memory']['part']) => (r: SlogRecord) => {
  const bytes = size(r, 'size');
  return bytes === undefined
    ? undefined
    : defined<OllamaFields['load.memory']>({ part, device: fieldOf(r, 'device'), sizeBytes: bytes });
};

const startedSeconds = (_r: SlogRecord, m: RegExpExecArray | undefined): OllamaFields['runner.started'] => ({
  durationSeconds: Number(m?.[1]),
});

/** `name=value …` of plain fields, which hold nothing but numbers, digests and words of ours. */
const sayFields = (fields: { readonly [name: string]: string | number | boolean | undefined }): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const starting = (message: string, cmd: string, is: OllamaFields['runner.starting']): AnySlog => ({
  kind: 'runner.starting',
  message,
  read: (r) => {
    const command = fieldOf(r, 'cmd');
    return command === undefined ? undefined : readCommand(command, message === 'starting llama-server');
  },
  say: sayFields,
  samples: [{ line: `${SLOG}INFO source=server.go:429 msg="${message}" cmd="${cmd}"`, is }],
});

export const loadPatterns: readonly AnySlog[] = [
  starting(
    'starting llama-server',
    `/usr/lib/ollama/llama-server --model ${PATH} --port 41765 --host 127.0.0.1 -c 8192 -np 2 --flash-attn auto -b 512`,
    {
      engine: 'llama-server',
      discovery: false,
      blob: BLOB,
      port: 41765,
      contextSize: 4096,
      parallel: 2,
      embedding: false,
      flashAttention: 'auto',
    },
  ),
  starting('starting runner', '/usr/bin/ollama runner --ollama-engine --port 37699', {
    engine: 'ollama-engine',
    discovery: true,
    port: 37699,
  }),
  starting(
    'starting llama server',
    `/usr/bin/ollama runner --model ${PATH} --ctx-size 4096 --n-gpu-layers 33 --flash-attn --kv-cache-type q8_0 --parallel 1 --port 40100`,
    {
      engine: 'llamarunner',
      discovery: false,
      blob: BLOB,
      port: 40100,
      contextSize: 4096,
      parallel: 1,
      gpuLayers: 33,
      flashAttention: 'on',
      kvCacheType: 'q8_0',
    },
  ),
  {
    // The Go runner's own line (0.4–0.24).
    kind: 'runner.listening',
    message: 'Server listening on ',
    test: /^Server listening on \S+:(\d{1,5})$/,
    read: (_r, m) => ({ port: Number(m?.[1]) }),
    samples: [
      { line: `${SLOG}INFO source=runner.go:1001 msg="Server listening on 127.0.0.1:40123"`, is: { port: 40123 } },
    ],
  },
  {
    kind: 'runner.started',
    message: 'llama runner started in ',
    test: /^llama runner started in (\d{1,9}\.\d{1,9}) seconds$/,
    read: startedSeconds,
    samples: [
      {
        line: `${SLOG}INFO source=server.go:1376 msg="llama runner started in 4.21 seconds"`,
        is: { durationSeconds: 4.21 },
      },
    ],
  },
  {
    kind: 'runner.started',
    message: 'llama-server started in ',
    test: /^llama-server started in (\d{1,9}\.\d{1,9}) seconds$/,
    read: startedSeconds,
    samples: [
      {
        line: `${SLOG}INFO source=llama_server.go:1198 msg="llama-server started in 0.25 seconds"`,
        is: { durationSeconds: 0.25 },
      },
    ],
  },
  {
    kind: 'runner.ready',
    message: 'finished setting up',
    test: /^finished setting up(?: runner)?$/,
    read: (r) => {
      const { runner } = withRunner(r);
      return { runner: runner ?? {} };
    },
    samples: [
      {
        line: `${SLOG}DEBUG source=sched.go:573 msg="finished setting up" runner.name=registry.ollama.ai/library/wren:1b runner.pid=900 runner.num_ctx=1024`,
        is: { runner: { model: 'wren:1b', pid: 900, contextSize: 1024 } },
      },
    ],
  },
  {
    kind: 'runner.count',
    message: 'loaded runners',
    read: (r) => {
      const runners = count(r, 'count');
      return runners === undefined ? undefined : { count: runners };
    },
    samples: [{ line: `${SLOG}INFO source=sched.go:561 msg="loaded runners" count=2`, is: { count: 2 } }],
  },
  {
    kind: 'model.named',
    message: 'template selection',
    read: (r) => {
      const name = fieldOf(r, 'model');
      return name === undefined || name === '' ? undefined : { model: shortModel(name) };
    },
    samples: [
      {
        line: `${SLOG}INFO source=images.go:354 msg="template selection" model=registry.ollama.ai/library/wren:1b selected=go_template renderer="" parser="" harmony=null`,
        is: { model: 'wren:1b' },
      },
    ],
  },
  {
    kind: 'load.fits',
    message: 'new model will fit in available VRAM in single GPU, loading',
    read: readFits,
    samples: [
      {
        line: `${SLOG}INFO source=sched.go:714 msg="new model will fit in available VRAM in single GPU, loading" model=${PATH} gpu=${UUID} parallel=4 available=10737418240 required="2.0 GiB"`,
        is: { blob: BLOB, gpus: [UUID], parallel: 4, requiredBytes: 2147483648, availableBytes: 10737418240 },
      },
    ],
  },
  {
    kind: 'load.fits',
    message: 'new model will fit in available VRAM across minimum required GPUs, loading',
    read: readFits,
    samples: [
      {
        line: `${SLOG}INFO source=memory.go:36 msg="new model will fit in available VRAM across minimum required GPUs, loading" model=${PATH} library=cuda parallel=1 required="40.0 GiB" gpus=2`,
        is: { blob: BLOB, gpus: [], parallel: 1, requiredBytes: 42949672960 },
      },
    ],
  },
  {
    kind: 'load.fits',
    message: 'llama-server model fits alongside existing models',
    read: readFits,
    samples: [
      {
        line: `${SLOG}INFO source=sched.go:800 msg="llama-server model fits alongside existing models" model=${PATH} predicted="3.0 GiB" available="9.0 GiB"`,
        is: { blob: BLOB, gpus: [], requiredBytes: 3221225472, availableBytes: 9663676416 },
      },
    ],
  },
  ...['offload', 'offload to cuda', 'offload to gpu', 'offload to rocm', 'offload to metal', 'offload to cpu'].map(
    (message): AnySlog => ({
      kind: 'load.offload',
      message,
      read: readOffload,
      samples: [
        {
          line: `${SLOG}INFO source=memory.go:309 msg="${message}" library=cuda layers.requested=-1 layers.model=29 layers.offload=27 layers.split="" memory.available="[5.0 GiB]" memory.required.full="5.5 GiB" memory.required.partial="4.5 GiB"`,
          is: {
            library: 'cuda',
            layersRequested: -1,
            layersModel: 29,
            layersOffload: 27,
            requiredFullBytes: 5905580032,
            requiredPartialBytes: 4831838208,
          },
        },
      ],
    }),
  ),
  {
    kind: 'load.request',
    message: 'load',
    read: (r) => {
      const request = fieldOf(r, 'request');
      const operation = request === undefined ? undefined : member(request, 'Operation');
      if (request === undefined || operation === undefined) return undefined;
      return defined<OllamaFields['load.request']>({
        operation,
        parallel: numberOf(member(request, 'Parallel')),
        contextSize: numberOf(member(request, 'KvSize')),
        gpus: gpuLayers(request),
      });
    },
    say: ({ gpus, ...rest }) => [sayFields(rest), ...gpus.map(({ gpu, layers }) => `${gpu}=${layers}`)].join(' '),
    samples: [
      {
        line: `${SLOG}INFO source=runner.go:895 msg=load request="{Operation:commit LoraPath:[] Parallel:2 BatchSize:512 FlashAttention:Auto KvSize:8192 KvCacheType: NumThreads:8 GPULayers:25[ID:${UUID} Layers:25(0..24)] MultiUserCache:false ProjectorPath: MainGPU:0 UseMmap:false}"`,
        is: { operation: 'commit', parallel: 2, contextSize: 8192, gpus: [{ gpu: UUID, layers: 25 }] },
      },
    ],
  },
  ...[
    'selecting single GPU for llama-server model',
    'selecting requested single GPU for llama-server model',
    'selecting GPU backend for llama-server model',
  ].map(
    (message): AnySlog => ({
      kind: 'load.gpu_selected',
      message,
      read: (r) => {
        const id = fieldOf(r, 'id') ?? fieldOf(r, 'main_gpu');
        if (id === undefined) return undefined;
        const predictedBytes = size(r, 'predicted');
        return defined<OllamaFields['load.gpu_selected']>({
          id,
          device: fieldOf(r, 'name') || undefined,
          predictedBytes,
          availableBytes: size(r, 'available'),
        });
      },
      samples: [
        {
          line: `${SLOG}INFO source=sched.go:900 msg="${message}" main_gpu=0 id=0 name=CUDA0 predicted="2.0 GiB" available="9.0 GiB"`,
          is: { id: '0', device: 'CUDA0', predictedBytes: 2147483648, availableBytes: 9663676416 },
        },
      ],
    }),
  ),
  {
    kind: 'load.gpu_memory',
    message: 'gpu memory',
    read: (r) => {
      const id = fieldOf(r, 'id');
      if (id === undefined) return undefined;
      const library = fieldOf(r, 'library')?.toLowerCase();
      return defined<OllamaFields['load.gpu_memory']>({
        id,
        library,
        availableBytes: size(r, 'available'),
        freeBytes: size(r, 'free'),
      });
    },
    samples: [
      {
        line: `${SLOG}INFO source=sched.go:450 msg="gpu memory" id=${UUID} library=CUDA available="9.0 GiB" free="9.5 GiB" minimum="457.0 MiB" overhead="0 B"`,
        is: { id: UUID, library: 'cuda', availableBytes: 9663676416, freeBytes: 10200547328 },
      },
    ],
  },
  {
    kind: 'load.system_memory',
    message: 'system memory',
    read: (r) =>
      defined<OllamaFields['load.system_memory']>({ totalBytes: size(r, 'total'), freeBytes: size(r, 'free') }),
    samples: [
      {
        line: `${SLOG}INFO source=sched.go:443 msg="system memory" total="64.0 GiB" free="32.0 GiB" free_swap="0 B"`,
        is: { totalBytes: 68719476736, freeBytes: 34359738368 },
      },
    ],
  },
  ...(
    [
      ['model weights', 'weights'],
      ['kv cache', 'kv_cache'],
      ['compute graph', 'compute_graph'],
      ['total memory', 'total'],
    ] as const
  ).map(
    ([message, part]): AnySlog => ({
      kind: 'load.memory',
      message,
      read: readMemory(part),
      samples: [
        {
          line: `${SLOG}INFO source=device.go:245 msg="${message}" device=CUDA0 size="2.0 GiB"`,
          is: { part, device: 'CUDA0', sizeBytes: 2147483648 },
        },
      ],
    }),
  ),
  {
    kind: 'load.layers',
    message: 'offloaded ',
    test: /^offloaded (\d{1,5})\/(\d{1,5}) layers to GPU$/,
    read: (_r, m) => ({ offloaded: Number(m?.[1]), total: Number(m?.[2]) }),
    samples: [
      { line: `${SLOG}INFO source=ggml.go:494 msg="offloaded 25/27 layers to GPU"`, is: { offloaded: 25, total: 27 } },
    ],
  },
  ...['waiting for server to become available', 'waiting for llama-server to become available'].map(
    (message): AnySlog => ({
      kind: 'load.waiting',
      message,
      read: (r) => defined<OllamaFields['load.waiting']>({ status: fieldOf(r, 'status') }),
      samples: [
        {
          line: `${SLOG}INFO source=server.go:1372 msg="${message}" status="llm server loading model"`,
          is: { status: 'llm server loading model' },
        },
      ],
    }),
  ),
];
