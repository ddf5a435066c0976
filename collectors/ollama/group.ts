// Go's printed structures inside slog values: the dotted `runner.*` group of DEBUG lines, and the load request's layers.
import type { GpuLayers, RunnerGroup } from './kinds.ts';
import type { SlogRecord } from './slog.ts';
import { blobOf, defined, numberOf, shortModel, sizeBytes } from './values.ts';

const GPU_ID = /\bID:([A-Za-z0-9-]{1,64})/g;

const idsOf = (text: string): readonly string[] => Array.from(text.matchAll(GPU_ID), (m) => m[1] ?? '');

/** The `runner.*` keys of a record, read by key because their order differs; undefined where there is none. */
export const runnerGroup = (record: SlogRecord): RunnerGroup | undefined => {
  const found: { -readonly [K in keyof RunnerGroup]: RunnerGroup[K] | undefined } = {};
  for (const [key, value] of record.pairs) {
    if (key === 'runner.name') found.model = shortModel(value);
    else if (key === 'runner.pid') found.pid = numberOf(value);
    else if (key === 'runner.model') found.blob = blobOf(value);
    else if (key === 'runner.num_ctx') found.contextSize = numberOf(value);
    else if (key === 'runner.parallel') found.parallel = numberOf(value);
    else if (key === 'runner.size') found.sizeBytes = sizeBytes(value);
    else if (key === 'runner.vram') found.vramBytes = sizeBytes(value);
    else if (key === 'runner.inference') found.gpus = idsOf(value);
  }
  const group = defined<RunnerGroup>(found as { [K in keyof RunnerGroup]: RunnerGroup[K] | undefined });
  return Object.keys(group).length === 0 ? undefined : group;
};

/** The group as an optional member: a bare line has none. */
export const withRunner = (record: SlogRecord): { readonly runner?: RunnerGroup } => {
  const runner = runnerGroup(record);
  return runner === undefined ? {} : { runner };
};

const LAYERS = /\bID:([A-Za-z0-9-]{1,64}) Layers:(\d{1,5})/g;

/** `GPULayers:37[ID:GPU-… Layers:20(0..19) ID:GPU-… Layers:17(20..36)]`. */
export const gpuLayers = (request: string): readonly GpuLayers[] =>
  Array.from(request.matchAll(LAYERS), (m) => ({ gpu: m[1] ?? '', layers: Number(m[2]) }));

/** One `Name:value` of a printed Go struct, value without spaces. */
export const member = (request: string, name: string): string | undefined => {
  const at = request.indexOf(`${name}:`);
  if (at < 0) return undefined;
  const from = at + name.length + 1;
  let to = from;
  while (to < request.length && !' }['.includes(request.charAt(to))) to++;
  return to > from ? request.slice(from, to) : undefined;
};
