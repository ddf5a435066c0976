// Server start and GPU discovery. `inference compute` and the default-context line are the most stable lines there are:
// the desktop app itself reads them.
import { readConfig } from '../config.ts';
import { classifyError } from '../errors.ts';
import type { OllamaFields } from '../kinds.ts';
import type { AnyRaw, AnySlog } from '../pattern.ts';
import { fieldOf, type SlogRecord } from '../slog.ts';
import { defined, numberOf, pciBus, portOf, sizeBytes } from '../values.ts';

const SLOG = 'time=2026-03-04T05:06:07.890Z level=';
const UUID = 'GPU-0a0b0c0d-1111-2222-3333-444455556666';

/** `""` and absent are the same to us: Vulkan devices have an empty `pci_id`. */
const text = (record: SlogRecord, key: string): string | undefined => fieldOf(record, key) || undefined;
const size = (record: SlogRecord, key: string): number | undefined => sizeBytes(fieldOf(record, key) ?? '');

/** Before 0.12.4 `name` is the product's name; since then it is the device (`CUDA0`) and `description` the product. */
const readCompute = (record: SlogRecord): OllamaFields['gpu.discovered'] | undefined => {
  const library = text(record, 'library');
  if (library === undefined) return undefined;
  // `id=""` and `id=0` with `library=cpu`: the host itself, where no GPU was found.
  const id = text(record, 'id') ?? library;
  const description = text(record, 'description');
  const name = text(record, 'name');
  return defined<OllamaFields['gpu.discovered']>({
    id,
    library: library.toLowerCase(),
    device: description === undefined ? undefined : name,
    description: description ?? name,
    pciBus: pciBus(fieldOf(record, 'pci_id') ?? ''),
    computeCapability: text(record, 'compute'),
    driver: text(record, 'driver'),
    totalBytes: size(record, 'total'),
    availableBytes: size(record, 'available'),
  });
};

const readListening = (_record: SlogRecord, m: RegExpExecArray | undefined): OllamaFields['server.listening'] =>
  defined<OllamaFields['server.listening']>({ version: m?.[2] ?? '', port: portOf(m?.[1] ?? '') });

const saySettings = ({ settings }: OllamaFields['server.config']): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const DEVICE = /^[\w :.-]{1,64}$/;
const skipped =
  (reason: OllamaFields['gpu.skipped']['reason'], ...keys: readonly string[]) =>
  (record: SlogRecord) => {
    const device = keys.map((key) => text(record, key)).find((value) => value !== undefined && DEVICE.test(value));
    return defined<OllamaFields['gpu.skipped']>({ reason, device });
  };

export const serverPatterns: readonly AnySlog[] = [
  {
    kind: 'server.listening',
    message: 'Listening on ',
    test: /^Listening on (\S+) \(version ([\w.+-]{1,64})\)$/,
    read: readListening,
    samples: [
      {
        line: `${SLOG}INFO source=routes.go:1864 msg="Listening on [::]:11500 (version 0.33.1)"`,
        is: { version: '0.33.1', port: 11500 },
      },
    ],
  },
  {
    kind: 'server.config',
    message: 'server config',
    read: (r) => ({ settings: readConfig(fieldOf(r, 'env') ?? '') }),
    say: saySettings,
    samples: [
      {
        line: `${SLOG}INFO source=routes.go:1802 msg="server config" env="map[HTTP_PROXY:http://ann:pw@proxy:3128 OLLAMA_KEEP_ALIVE:5m0s OLLAMA_KV_CACHE_TYPE: OLLAMA_NUM_PARALLEL:2 OLLAMA_ORIGINS:[http://localhost https://127.0.0.1]]"`,
        is: { settings: { OLLAMA_KEEP_ALIVE: '5m0s', OLLAMA_NUM_PARALLEL: '2' } },
      },
    ],
  },
  {
    kind: 'server.context_default',
    message: 'vram-based default context',
    read: (r) => {
      const contextSize = numberOf(fieldOf(r, 'default_num_ctx'));
      if (contextSize === undefined) return undefined;
      return defined<OllamaFields['server.context_default']>({ contextSize, totalVramBytes: size(r, 'total_vram') });
    },
    samples: [
      {
        line: `${SLOG}INFO source=routes.go:1763 msg="vram-based default context" total_vram="16.0 GiB" default_num_ctx=4096`,
        is: { contextSize: 4096, totalVramBytes: 17179869184 },
      },
    ],
  },
  {
    kind: 'server.low_vram',
    message: 'entering low vram mode',
    read: (r) => defined<OllamaFields['server.low_vram']>({ totalBytes: size(r, 'total vram') }),
    samples: [
      {
        line: `${SLOG}INFO source=routes.go:1618 msg="entering low vram mode" "total vram"="8.0 GiB" threshold="20.0 GiB"`,
        is: { totalBytes: 8589934592 },
      },
    ],
  },
  {
    kind: 'gpu.discovered',
    message: 'inference compute',
    read: readCompute,
    samples: [
      {
        line: `${SLOG}INFO source=types.go:71 msg="inference compute" id=${UUID} library=cuda variant=v12 compute=8.6 driver=12.4 name="NVIDIA RTX A1" total="24.0 GiB" available="23.0 GiB"`,
        is: {
          id: UUID,
          library: 'cuda',
          description: 'NVIDIA RTX A1',
          computeCapability: '8.6',
          driver: '12.4',
          totalBytes: 25769803776,
          availableBytes: 24696061952,
        },
      },
      {
        line: `${SLOG}INFO source=types.go:130 msg="inference compute" id="" library=cpu variant="" compute="" driver=0.0 name="" total="8.0 GiB" available="4.0 GiB"`,
        is: { id: 'cpu', library: 'cpu', driver: '0.0', totalBytes: 8589934592, availableBytes: 4294967296 },
      },
      {
        line: `${SLOG}INFO source=types.go:32 msg="inference compute" id=0 filter_id=0 library=CUDA compute=9.0 name=CUDA0 description="NVIDIA H9" libdirs=ollama,cuda_v13 driver=13.0 pci_id=0000:0A:00.0 type=discrete total="80.0 GiB" available="79.0 GiB"`,
        is: {
          id: '0',
          library: 'cuda',
          device: 'CUDA0',
          description: 'NVIDIA H9',
          pciBus: '0000:0a:00',
          computeCapability: '9.0',
          driver: '13.0',
          totalBytes: 85899345920,
          availableBytes: 84825604096,
        },
      },
    ],
  },
  {
    kind: 'gpu.none',
    message: 'no compatible GPUs were discovered',
    read: () => ({}),
    samples: [{ line: `${SLOG}INFO source=gpu.go:379 msg="no compatible GPUs were discovered"`, is: {} }],
  },
  {
    kind: 'gpu.skipped',
    message: '[',
    test: /^\[(\d+)\] CUDA GPU is too old\. Compute Capability detected: [\d.]+$/,
    read: (_r, m) => ({ reason: 'too_old', device: m?.[1] ?? '' }),
    samples: [
      {
        line: `${SLOG}INFO source=gpu.go:283 msg="[1] CUDA GPU is too old. Compute Capability detected: 3.5"`,
        is: { reason: 'too_old', device: '1' },
      },
    ],
  },
  {
    kind: 'gpu.skipped',
    message: 'CUDA GPU is too old',
    test: /^CUDA GPU is too old[\w .,:%-]*$/,
    read: skipped('too_old', 'device', 'name'),
    samples: [
      {
        line: `${SLOG}INFO source=gpu.go:290 msg="CUDA GPU is too old. Falling back to CPU mode."`,
        is: { reason: 'too_old' },
      },
    ],
  },
  {
    kind: 'gpu.skipped',
    message: 'skipping CUDA device',
    test: /^skipping CUDA device . compute capability not in compiled architectures$/,
    read: skipped('not_compiled', 'device', 'name'),
    samples: [
      {
        line: `${SLOG}INFO source=runner.go:300 msg="skipping CUDA device — compute capability not in compiled architectures" device=CUDA1 cc=3.7`,
        is: { reason: 'not_compiled', device: 'CUDA1' },
      },
    ],
  },
  {
    kind: 'gpu.skipped',
    message: 'NVIDIA driver too old',
    read: skipped('driver_too_old', 'device', 'name'),
    samples: [
      {
        line: `${SLOG}WARN source=runner.go:310 msg="NVIDIA driver too old" device=CUDA0 compute=7.5 driver=11.4 required_driver=12.0`,
        is: { reason: 'driver_too_old', device: 'CUDA0' },
      },
    ],
  },
  {
    kind: 'gpu.skipped',
    message: 'dropping integrated GPU; to enable, set OLLAMA_IGPU_ENABLE=1',
    read: skipped('integrated', 'name', 'id'),
    samples: [
      {
        line: `${SLOG}INFO source=runner.go:320 msg="dropping integrated GPU; to enable, set OLLAMA_IGPU_ENABLE=1" id=0 library=Vulkan name=Vulkan0 description="A GPU" pci_id=""`,
        is: { reason: 'integrated', device: 'Vulkan0' },
      },
    ],
  },
  ...['failure during GPU discovery', 'failure during llama-server GPU discovery'].map(
    (message): AnySlog => ({
      kind: 'gpu.discovery_failed',
      message,
      read: (r) => ({
        reason: (fieldOf(r, 'error') ?? '').includes('timeout')
          ? 'timeout'
          : classifyError(fieldOf(r, 'error')).errorType,
      }),
      samples: [
        {
          line: `${SLOG}INFO source=runner.go:449 msg="${message}" OLLAMA_LIBRARY_PATH=[/usr/lib/ollama] extra_envs=map[] error="failed to finish discovery before timeout"`,
          is: { reason: 'timeout' },
        },
      ],
    }),
  ),
  {
    kind: 'gpu.discovery_failed',
    message: 'llama-server GPU discovery watchdog timed out',
    read: () => ({ reason: 'watchdog' }),
    samples: [
      {
        line: `${SLOG}WARN source=llama_server.go:90 msg="llama-server GPU discovery watchdog timed out"`,
        is: { reason: 'watchdog' },
      },
    ],
  },
  {
    kind: 'gpu.discovery_failed',
    message: 'unable to refresh free memory, using old values',
    read: () => ({ reason: 'refresh' }),
    samples: [
      {
        line: `${SLOG}WARN source=runner.go:356 msg="unable to refresh free memory, using old values"`,
        is: { reason: 'refresh' },
      },
    ],
  },
  {
    kind: 'gpu.discovery_failed',
    message: 'error looking up nvidia GPU memory',
    read: () => ({ reason: 'memory_lookup' }),
    samples: [
      {
        line: `${SLOG}WARN source=gpu.go:403 msg="error looking up nvidia GPU memory"`,
        is: { reason: 'memory_lookup' },
      },
    ],
  },
  {
    kind: 'pull.started',
    message: 'downloading ',
    test: /^downloading ([0-9a-f]{6,64}) in \d+ [\d.]+ [KMGT]?B part\(s\)$/,
    read: (_r, m) => ({ blob: m?.[1] ?? '' }),
    samples: [
      {
        line: `${SLOG}INFO source=download.go:177 msg="downloading 0123456789ab in 20 100 MB part(s)"`,
        is: { blob: '0123456789ab' },
      },
    ],
  },
  {
    kind: 'pull.retrying',
    message: '',
    test: /^([0-9a-f]{6,64}) part \d+ (?:stalled; retrying|attempt \d+ failed: )/,
    open: true,
    read: (_r, m) => ({ blob: m?.[1] ?? '' }),
    samples: [
      {
        line: `${SLOG}INFO source=download.go:370 msg="0123456789ab part 12 stalled; retrying. If this persists, press ctrl-c to exit, then 'ollama pull' to find a faster connection."`,
        is: { blob: '0123456789ab' },
      },
      {
        line: `${SLOG}INFO source=download.go:295 msg="0123456789ab part 3 attempt 1 failed: unexpected EOF, retrying in 1s"`,
        is: { blob: '0123456789ab' },
      },
    ],
  },
  {
    kind: 'cloud.model',
    message: 'remote model',
    read: () => ({}),
    samples: [
      {
        line: `${SLOG}INFO source=routes.go:220 msg="remote model" remotes=[ollama.com] remoteURL=https://ollama.com hostname=ollama.com`,
        is: {},
      },
    ],
  },
];

/** log.Printf lines (to 0.1.20), the old form of `server config`, and text without any stamp. */
export const serverRawPatterns: readonly AnyRaw[] = [
  {
    kind: 'server.listening',
    on: 'routes.go',
    test: /^routes\.go:\d+: (?:INFO )?Listening on (\S+) \(version ([\w.+-]{1,64})\)$/,
    read: (m) => defined<OllamaFields['server.listening']>({ version: m[2] ?? '', port: portOf(m[1] ?? '') }),
    samples: [
      {
        line: '2023/12/01 08:00:00 routes.go:930: Listening on 127.0.0.1:11434 (version 0.1.18)',
        is: { version: '0.1.18', port: 11434 },
      },
    ],
  },
  {
    kind: 'server.config',
    on: 'routes.go',
    test: /^routes\.go:\d+: INFO server config env="(map\[.*)"$/,
    open: true,
    read: (m) => ({ settings: readConfig(m[1] ?? '') }),
    say: (fields) => `server config ${saySettings(fields)}`,
    samples: [
      {
        line: '2024/05/01 12:00:00 routes.go:1034: INFO server config env="map[OLLAMA_DEBUG:false OLLAMA_MAX_QUEUE:512 OLLAMA_ORIGINS:[http://localhost]]"',
        is: { settings: { OLLAMA_DEBUG: 'false', OLLAMA_MAX_QUEUE: '512' } },
      },
    ],
  },
  {
    kind: 'server.bind_failed',
    on: 'Error',
    test: /^Error: listen tcp \S+ (?:bind: .{1,200})$/,
    severity: 'ERROR',
    open: true,
    read: () => ({}),
    samples: [{ line: 'Error: listen tcp 127.0.0.1:11434: bind: address already in use', is: {} }],
  },
];
