// A host with one GPU that does not exist: a stand-in for nvidia-smi that prints at 1 Hz what the test says it sees, a
// kernel log that the test writes, and an Ollama whose engine says that it runs on that GPU. The engine and its work are real.
import { appendFileSync, chmodSync, cpSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Second } from '../../composed/gpu-state.ts';
import { gpuAt } from '../../composed/machine.ts';
import {
  appsHeader,
  dmonHeader,
  dmonRowOf,
  pmonHeader,
  pmonRow,
  queryHeader,
  queryRow,
} from '../../composed/smi-rows.ts';
import { installOllama } from '../ollama/install.ts';

export const GPU = gpuAt(0);
export const BUSY_WATTS = 118;
const IDLE_WATTS = 14;

export type GpuHost = {
  readonly nvidiaSmi: string;
  readonly kernelLog: string;
  /** Path of an Ollama whose runner says that it has this GPU. */
  readonly ollama: string;
  /** What the next rows show. */
  readonly setBusy: (busy: boolean) => void;
  /** Writes one line into the kernel log, as journalctl shows it. */
  readonly kernel: (message: string) => void;
};

const secondOf = (busy: boolean): Second => ({
  at: 1,
  watts: busy ? BUSY_WATTS : IDLE_WATTS,
  celsius: busy ? 66 : 39,
  memoryCelsius: undefined,
  sm: busy ? 94 : 0,
  memory: busy ? 61 : 0,
  encoder: 0,
  decoder: 0,
  smMhz: busy ? 2_100 : 210,
  memoryMhz: busy ? GPU.memoryMhz : 405,
  powerViolation: 0,
  thermalViolation: 0,
  usedMib: busy ? 3_073 : 3,
  correctable: 0,
  uncorrectable: 0,
  replays: 0,
  rxMb: 2,
  txMb: 1,
  powerCapUs: 0,
  thermalUs: 0,
});

const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const print = (...lines: readonly string[]): string => `printf '%s\\n' ${lines.map(shell).join(' ')}`;

/** One script for all four modes; what it prints is chosen by a file, once per second. */
const smiScript = (busyFile: string): string => {
  const fields = queryHeader()
    .split(', ')
    .map((field) => field.replace(/ \[\w+\]$/, ''));
  const health = { remapped: 0, pending: false, action: 'None' };
  const forever = 'while :; do /bin/sleep 3600; done';
  return [
    '#!/bin/sh',
    'case "$1" in',
    `dmon) ${print(...dmonHeader())}`,
    `while :; do if [ -e ${shell(busyFile)} ]; then ${print(dmonRowOf(GPU, secondOf(true)))}; else ${print(dmonRowOf(GPU, secondOf(false)))}; fi; /bin/sleep 1; done;;`,
    `pmon) ${print(...pmonHeader())}`,
    `while :; do ${print(pmonRow(GPU, undefined))}; /bin/sleep 1; done;;`,
    `--help-query-gpu) ${print(...fields.map((field) => `"${field}"`))};;`,
    `--help-query-compute-apps) ${print('"timestamp"', '"gpu_uuid"', '"gpu_bus_id"', '"pid"', '"process_name"', '"used_gpu_memory"')};;`,
    `--query-gpu=*) ${print(queryHeader(), queryRow(GPU, secondOf(false), health))}; ${forever};;`,
    `--query-compute-apps=*) ${print(appsHeader)}; ${forever};;`,
    '*) exit 2;;',
    'esac',
    '',
  ].join('\n');
};

/** The real engine behind a wrapper that adds the lines of a CUDA build: which device, how many layers on it. */
const ollamaOnGpu = async (directory: string): Promise<string> => {
  const { binary } = await installOllama('0.34.4');
  const dist = join(dirname(binary), '..');
  const target = join(directory, 'dist');
  cpSync(join(dist, 'lib'), join(target, 'lib'), { recursive: true });
  mkdirSync(join(target, 'bin'), { recursive: true });
  const copy = join(target, 'bin', 'ollama');
  // Ollama looks for its engine beside its own path, so a link that keeps its path will do; another disk needs a copy.
  try {
    linkSync(binary, copy);
  } catch {
    cpSync(binary, copy);
  }
  const wrapper = join(target, 'lib', 'ollama', 'llama-server');
  const [first = '', ...rest] = readFileSync(wrapper, 'utf8').split('\n');
  const said = [
    `llama_prepare_model_devices: using device CUDA0 (${GPU.name}) (${GPU.bus}.0) - 19600 MiB free`,
    'load_tensors: offloaded 29/29 layers to GPU',
  ];
  const adds = `case " $* " in *" --model "*) ${print(...said)} >&2;; esac`;
  writeFileSync(wrapper, [first, adds, ...rest].join('\n'));
  chmodSync(wrapper, 0o755);
  return copy;
};

export const createGpuHost = async (directory: string): Promise<GpuHost> => {
  const busyFile = join(directory, 'busy');
  const nvidiaSmi = join(directory, 'nvidia-smi');
  const kernelLog = join(directory, 'kernel.log');
  writeFileSync(nvidiaSmi, smiScript(busyFile));
  chmodSync(nvidiaSmi, 0o755);
  writeFileSync(kernelLog, '');
  return {
    nvidiaSmi,
    kernelLog,
    ollama: await ollamaOnGpu(directory),
    setBusy: (busy) => (busy ? writeFileSync(busyFile, '') : rmSync(busyFile, { force: true })),
    kernel: (message) => {
      const stamp = new Date().toISOString().replace('Z', '000+00:00');
      appendFileSync(kernelLog, `${stamp} rig kernel: ${message}\n`);
    },
  };
};
