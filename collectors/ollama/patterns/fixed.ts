// Texts without a function name: what shells, gin, debuggers and older llama.cpp servers print, by how the line begins.
// Looked at last, because few lines get this far.
import { BLANK, type Found, sharedFound } from '../found.ts';

type Fixed = readonly [test: RegExp, cls: 'noise' | 'continuation', name: string];

const fixed: readonly Fixed[] = [
  [/^\.{2,}$/, 'noise', 'load_dots'],
  [/^\.$/, 'noise', 'load_dots'],
  // Sampler parameters, four tab-indented lines after `sampler params:`.
  [
    /^\t(?:repeat_last_n|dry_multiplier|top_k|mirostat|xtc_probability|temp|adaptive)\b[-\w ,.=]*$/,
    'continuation',
    'sampler_params',
  ],
  [/^\[GIN-debug\]/, 'noise', 'gin_debug'],
  [/^ - using (?:env|code):\t/, 'noise', 'gin_debug'],
  [/^Couldn't find '.{1,300}'\. Generating new private key\.$/, 'noise', 'key'],
  [/^Your new public key is: ?$/, 'noise', 'key'],
  [/^ssh-ed25519 \S+$/, 'noise', 'key'],
  [/^nohup: /, 'noise', 'shell'],
  [/^-- (?:Logs begin|Journal begins|Boot|No entries|cursor:)/, 'noise', 'journal'],
  // 0.1.18–0.1.3x: `{"function":"print_timings","level":"INFO","line":264,"msg":"…","tid":"…","timestamp":1712584285}`
  [/^\{"(?:function|build|timestamp)":.{1,4000}"(?:msg|message)":/, 'noise', 'legacy_json'],
  // 0.1.3x–0.3.12: `INFO [main] model loaded | tid="…" timestamp=1733000000`
  [/^(?:INFO|WARN|ERR|ERROR|DEBUG|VERB|FATL) \[ *[\w:~]{1,60}\] /, 'noise', 'legacy_server'],
  [/^(?:MLX|mlx): /, 'noise', 'mlx'],
  [/^Device \d+: [^,]{1,96}, compute capability/, 'noise', 'ggml'],
  [/^The following devices will have suboptimal performance/, 'noise', 'ggml'],
  [/^Consider compiling with CMAKE_CUDA_ARCHITECTURES/, 'noise', 'ggml'],
  [
    /^ {0,4}- (?:CPU|CUDA\d+|ROCm\d+|Vulkan\d+|Metal|SYCL\d+)(?: {1,12})?: .{1,120} MiB free\)$/,
    'noise',
    'child_start',
  ],
  // ggml's abort after `CUDA error: …`
  [/^ {2}current device: -?\d+, in function \w+ at /, 'continuation', 'device_error'],
  [/^\S.{0,300}\.(?:cu|cuh|cpp|c|m|h|hip|mm):\d+: (?:CUDA|ROCm|MUSA|fatal) error$/, 'continuation', 'device_error'],
  // What the C code of GPU discovery prints at DEBUG (to 0.12.3).
  [
    /^(?:dlsym: |dlerr: |calling cu\w+$|calling nvml\w+$|raw version 0x|CUDA driver version: |device count \d)/,
    'noise',
    'gpu_discovery',
  ],
  [
    /^(?:\[(?:GPU-[\w-]{1,64}|\d+)\] |wiring |initializing \/|library .{1,300} load err|cuda driver library |nvml\w+ |cu[A-Z]\w+ err: )/,
    'noise',
    'gpu_discovery',
  ],
  [/^(?:Free|Total) memory .{0,100}bytes|^Released? |^free memory: /, 'noise', 'gpu_discovery'],
  // Image and audio models (mtmd): `--- vision hparams ---`, `image slice encoded in 120 ms`
  [/^--- (?:vision|audio) hparams ---$/, 'noise', 'vision'],
  [/^(?:encoding|decoding|processing) (?:image|audio|mtmd) [\w /.,=()-]{0,120}$/, 'noise', 'vision'],
  [/^(?:image|audio)(?: slice|\/slice)? (?:encoded|decoded|processed) [\w /.,=()-]{0,120}$/, 'noise', 'vision'],
  [/^~llama_context: /, 'noise', 'context'],
  // The debugger that ggml calls on an abort, and what it says where it is not allowed to.
  [
    /^\[New LWP \d+\]|^\[Thread debugging using|^Using host libthread_db|^0x[0-9a-f]+ in |^#\d+ +(?:0x|\S+ \()/,
    'noise',
    'debugger',
  ],
  [/^\[Inferior \d+ \(process \d+\) detached\]/, 'noise', 'debugger'],
  [/^Could not attach to process\.|^process, check the setting of|^again as the root user\./, 'noise', 'debugger'],
  [
    /^ptrace: |^No stack\.$|^The program is not being run\.$|^warning: |^\(lldb\) |^error: attach failed/,
    'noise',
    'debugger',
  ],
  [
    /^This GDB supports auto-downloading|^Enable debuginfod|^Debuginfod has been disabled|^To make this setting permanent/,
    'noise',
    'debugger',
  ],
  // PowerShell shows what a program writes to stderr as an error, with where it was called.
  [/^(?:In|At|Bei|En|Em|À|В|在) .{1,300}:\d+ \S{1,12}:\d+$/, 'continuation', 'powershell'],
  [/^\+ |^ {4}\+ (?:CategoryInfo|FullyQualifiedErrorId) /, 'continuation', 'powershell'],
  [/^ollama(?:\.exe)? : $/, 'noise', 'powershell'],
];

/** What a text without a function name is, or undefined. */
export const readFixed = (text: string): Found | undefined => {
  if (text.trim() === '') return BLANK;
  for (const [test, cls, name] of fixed) if (test.test(text)) return sharedFound(cls, name);
  return undefined;
};
