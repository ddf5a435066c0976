// What is printed while a model is loaded, from the scheduler's first line to «started in», each with its share of the time
// that the load takes. The runner's own block is shortened: lines that say nothing to anybody are left out here and there.
import { type Gpu, gpuMibOf, type Model } from './machine.ts';
import { gib, pathOf, registryName, slog } from './ollama-forms.ts';

export type Load = {
  readonly model: Model;
  readonly gpu: Gpu | undefined;
  readonly port: number;
  readonly contextSize: number;
  readonly offloaded: number;
  readonly freeMib: number;
  readonly seconds: number;
  readonly debug: boolean;
};
export type Timed = { readonly at: number; readonly line: string };
type Say = (share: number, ...lines: readonly string[]) => void;

const collect = (from: number, seconds: number): { say: Say; timed: Timed[] } => {
  const timed: Timed[] = [];
  return {
    timed,
    say: (share, ...lines) => timed.push(...lines.map((line) => ({ at: from + share * seconds, line }))),
  };
};

const mib = (value: number): string => value.toFixed(2).padStart(8);

const commandOf = ({ model, port, contextSize, offloaded }: Load): string => {
  const common = `/usr/lib/ollama/llama-server --model ${pathOf(model)} --port ${port} --host 127.0.0.1 --no-webui --offline -c ${contextSize * model.parallel} -np ${model.parallel} --log-verbosity 4 --no-log-prefix --no-log-timestamps --flash-attn auto -b 512 -ub 512`;
  if (model.embedding) return `${common} --embedding`;
  return `${common} -ngl ${offloaded}${model.draftAcceptance === undefined ? '' : ' --draft-max 8'} --context-shift --keep 4`;
};

/** Before the runner process exists. */
export const schedulingLines = (at: number, load: Load): readonly Timed[] => {
  const { model, gpu, freeMib, debug } = load;
  const { timed, say } = collect(at, 1);
  if (debug) {
    say(0, slog(at, 'DEBUG', 'runner.go:272', 'msg="refreshing free memory"'));
    say(0, slog(at, 'DEBUG', 'sched.go:304', `msg="loading first model" model=${pathOf(model)}`));
  }
  if (gpu !== undefined) {
    const available = `available="${gib(freeMib - 457)}"`;
    say(
      0.001,
      slog(
        at,
        'INFO',
        'sched.go:630',
        `msg="gpu memory" id=${gpu.index} library=CUDA ${available} free="${gib(freeMib)}" minimum="457.0 MiB" overhead="0 B"`,
      ),
      slog(
        at,
        'INFO',
        'sched.go:900',
        `msg="selecting single GPU for llama-server model" main_gpu=${gpu.index} id=${gpu.index} name=CUDA${gpu.index} predicted="${gib(gpuMibOf(model))}" ${available}`,
      ),
    );
  }
  if (load.offloaded < model.layers)
    say(
      0.002,
      slog(
        at,
        'INFO',
        'sched.go:1152',
        `msg="disabling mmap for llama-server load by default" model=${pathOf(model)} reason=partial_offload`,
      ),
    );
  say(
    0.002,
    slog(at, 'INFO', 'server.go:100', `msg="using llama-server for model" model=${pathOf(model)}`),
    slog(at, 'INFO', 'llama_server.go:436', `msg="starting llama-server" cmd="${commandOf(load)}"`),
    slog(at, 'INFO', 'sched.go:618', 'msg="system memory" total="125.6 GiB" free="108.3 GiB" free_swap="8.0 GiB"'),
    slog(at, 'INFO', 'llama_server.go:1054', `msg="loading model via llama-server" model=${pathOf(model)}`),
    slog(at, 'INFO', 'llama_server.go:1307', 'msg="waiting for llama-server to start responding"'),
    slog(
      at,
      'INFO',
      'llama_server.go:1362',
      'msg="waiting for llama-server to become available" status="llm server not responding"',
    ),
  );
  return timed;
};

const deviceLines = (load: Load, say: Say): void => {
  const { model, gpu, offloaded, freeMib } = load;
  if (gpu !== undefined)
    say(
      0.2,
      `llama_prepare_model_devices: using device CUDA0 (${gpu.name}) (${gpu.bus}.0) - ${Math.round(freeMib)} MiB free`,
    );
  say(
    0.22,
    `llama_model_loader: loaded meta data with 30 key-value pairs and 255 tensors from ${pathOf(model)} (version GGUF V3 (latest))`,
    'llama_model_loader: Dumping metadata keys/values. Note: KV overrides do not apply in this output.',
    `llama_model_loader: - kv   0:                       general.architecture str              = ${model.architecture}`,
    `print_info: arch                  = ${model.architecture}`,
    `print_info: n_ctx_train           = ${model.trainedContextSize}`,
    `print_info: n_layer               = ${model.layers - 1}`,
    `print_info: model params          = ${model.parameters}`,
    'load_tensors: loading model tensors, this can take a while... (load_mode = none)',
  );
  const onCpu = model.cpuWeightsMib + (gpu === undefined ? model.gpuWeightsMib : 0);
  if (gpu !== undefined) {
    const all = offloaded === model.layers;
    say(
      0.3,
      ...(all ? ['load_tensors: offloading output layer to GPU'] : []),
      `load_tensors: offloading ${all ? offloaded - 1 : offloaded} repeating layers to GPU`,
      `load_tensors: offloaded ${offloaded}/${model.layers} layers to GPU`,
      ...(onCpu === 0 ? [] : [`load_tensors:   CPU_Mapped model buffer size = ${mib(onCpu)} MiB`]),
      `load_tensors:        CUDA0 model buffer size = ${mib(model.gpuWeightsMib)} MiB`,
    );
  } else say(0.3, `load_tensors:          CPU model buffer size = ${mib(onCpu)} MiB`);
};

const contextLines = ({ model, gpu, contextSize }: Load, say: Say): void => {
  const device = gpu === undefined ? '  CPU' : 'CUDA0';
  say(
    0.9,
    'llama_context: constructing llama_context',
    `llama_context: n_seq_max             = ${model.parallel}`,
    `llama_context: n_ctx                 = ${contextSize * model.parallel}`,
    `llama_context: n_ctx_seq             = ${contextSize}`,
    'llama_context: flash_attn            = auto',
    `llama_context:  ${gpu === undefined ? '      CPU' : 'CUDA_Host'}  output buffer size =     0.98 MiB`,
    ...(model.kvMib === 0 ? [] : [`llama_kv_cache:      ${device} KV buffer size = ${mib(model.kvMib)} MiB`]),
    'sched_reserve: reserving ...',
    `sched_reserve:      ${device} compute buffer size = ${mib(model.computeMib)} MiB`,
    ...(gpu === undefined ? [] : ['sched_reserve:  CUDA_Host compute buffer size =    28.01 MiB']),
    'cmn  common_init_: warming up the model with an empty run - please wait ... (--no-warmup to disable)',
  );
};

/** What the runner process prints until it listens. */
export const runnerLines = (at: number, load: Load): readonly Timed[] => {
  const { model, port, contextSize, seconds, gpu } = load;
  const { timed, say } = collect(at, seconds);
  say(
    0.03,
    'srv  llama_server: initializing ...',
    ...(gpu === undefined ? [] : ['load_backend: loaded CUDA backend from /usr/lib/ollama/cuda_v13/libggml-cuda.so']),
    'load_backend: loaded CPU backend from /usr/lib/ollama/libggml-cpu-icelake.so',
    'cmn  common_param: common_params_print_info: verbosity = 4 (adjust with the `-lv N` CLI arg)',
    'cmn  common_param: device_info:',
    'srv  init_listene: running without SSL',
    'srv          init: using 15 threads for HTTP server',
    `srv    load_model: loading model '${pathOf(model)}'`,
    'cmn  common_init_: fitting params to device memory ...',
  );
  deviceLines(load, say);
  contextLines(load, say);
  say(
    0.985,
    `srv    load_model: initializing, n_slots = ${model.parallel}, n_ctx_slot = ${contextSize}, kv_unified = 'false'`,
    ...Array.from(
      { length: model.parallel },
      (_, slot) => `slot   load_model: id  ${slot} | task -1 | new slot, n_ctx = ${contextSize}`,
    ),
    'srv    load_model: prompt cache is enabled, size limit: 8192 MiB',
    'srv  llama_server: model loaded',
    `srv  llama_server: listening on http://127.0.0.1:${port}`,
    'srv  update_slots: all slots are idle',
  );
  return timed;
};

/** When the server sees that the runner answers. */
export const startedLines = (at: number, load: Load, loaded: number, group: string): readonly string[] => {
  const { model, seconds, debug } = load;
  const started = `msg="llama-server started in ${seconds.toFixed(2)} seconds"`;
  const template = model.embedding ? 'gguf_chat_template' : 'go_template';
  return [
    slog(at, 'INFO', 'llama_server.go:1374', started),
    slog(
      at,
      'INFO',
      'images.go:383',
      `msg="template selection" model=${registryName(model)} selected=${template} renderer="" parser="" go_template=[completion] chat_template=[completion] harmony=null renderer_parser=null`,
    ),
    slog(at, 'INFO', 'sched.go:733', `msg="loaded runners" count=${loaded}`),
    ...(debug ? [slog(at, 'DEBUG', 'sched.go:745', `msg="finished setting up" ${group}`)] : []),
    slog(at, 'INFO', 'llama_server.go:1307', 'msg="waiting for llama-server to start responding"'),
    slog(at + 0.001, 'INFO', 'llama_server.go:1374', started),
  ];
};
