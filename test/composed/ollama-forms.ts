// How Ollama 0.34 prints: slog records, gin's access line, Go's durations and sizes.
import { type Model, wallIso } from './machine.ts';

export const MODELS_DIR = '/var/lib/ollama/models';
export const pathOf = ({ blob }: Model): string => `${MODELS_DIR}/blobs/sha256-${blob}`;
export const registryName = ({ name }: Model): string => `registry.ollama.ai/library/${name}`;

type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
/** `rest` is everything behind the source: message and fields. */
export const slog = (at: number, level: Level, source: string, rest: string): string =>
  `time=${wallIso(at)} level=${level} source=${source} ${rest}`;

const trimmed = (value: number, digits: number): string => value.toFixed(digits).replace(/\.?0+$/, '');
/** Go's time.Duration as gin prints it: whole seconds from a minute on. */
const goDuration = (seconds: number): string => {
  const whole = Math.trunc(seconds);
  if (whole >= 3_600) return `${Math.trunc(whole / 3_600)}h${Math.trunc((whole % 3_600) / 60)}m${whole % 60}s`;
  if (whole >= 60) return `${Math.trunc(whole / 60)}m${whole % 60}s`;
  if (seconds >= 1) return `${trimmed(seconds, 9)}s`;
  if (seconds >= 1e-3) return `${trimmed(seconds * 1e3, 6)}ms`;
  return `${trimmed(seconds * 1e6, 3)}µs`;
};

export const gin = (
  at: number,
  status: number,
  seconds: number,
  client: string,
  method: string,
  path: string,
): string => {
  const civil = wallIso(at).slice(0, 19).replaceAll('-', '/').replace('T', ' - ');
  return `[GIN] ${civil} | ${status} | ${goDuration(seconds).padStart(13)} | ${client.padStart(15)} | ${method.padEnd(7)}  "${path}"`;
};

export const gib = (mib: number): string =>
  mib >= 1_024 ? `${(mib / 1_024).toFixed(1)} GiB` : `${mib.toFixed(1)} MiB`;

/** The `runner.*` group of a DEBUG record. */
export const runnerGroup = (model: Model, { gpu, pid, contextSize, gpuMib, allMib }: RunnerFacts): string => {
  const inference = gpu === undefined ? '' : ` runner.inference="[{ID:${gpu} Library:CUDA}]"`;
  return `runner.name=${registryName(model)}${inference} runner.size="${gib(allMib)}" runner.vram="${gib(gpuMib)}" runner.parallel=${model.parallel} runner.pid=${pid} runner.model=${pathOf(model)} runner.num_ctx=${contextSize}`;
};
export type RunnerFacts = {
  readonly gpu: number | undefined;
  readonly pid: number;
  readonly contextSize: number;
  readonly gpuMib: number;
  readonly allMib: number;
};
