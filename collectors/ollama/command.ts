// The command line of a runner, `cmd="/usr/lib/ollama/llama-server --model …/sha256-… --port 41765 -c 8192 -np 2"`: the
// only line that ties a blob to a port. Only the flags below are read; paths and templates never travel.
import type { OllamaFields, RunnerEngine } from './kinds.ts';
import { blobOf, defined } from './values.ts';

/** The word after a flag, or undefined. Flags are matched as whole words. */
const after = (words: readonly string[], ...flags: readonly string[]): string | undefined => {
  for (const flag of flags) {
    const at = words.indexOf(flag);
    if (at >= 0) return words[at + 1];
  }
  return undefined;
};

const COUNT = /^\d{1,9}$/;
const countOf = (word: string | undefined): number | undefined =>
  word !== undefined && COUNT.test(word) ? Number(word) : undefined;

const TYPE = /^[a-z0-9_]{1,12}$/;
const typeOf = (word: string | undefined): string | undefined =>
  word !== undefined && TYPE.test(word) ? word : undefined;

const engineOf = (words: readonly string[], llamaServer: boolean): RunnerEngine => {
  if (words.includes('--mlx-engine') || words.includes('--imagegen-engine')) return 'mlx';
  if (words.includes('--ollama-engine')) return 'ollama-engine';
  if (llamaServer) return 'llama-server';
  return words.includes('runner') ? 'llamarunner' : 'legacy';
};

/**
 * Fields of a runner's start. `contextSize` is per request: the flag holds context × parallel. `discovery` runs have no
 * `--model`. `llamaServer`: the message named llama-server, whatever its binary is called.
 */
export const readCommand = (command: string, llamaServer: boolean): OllamaFields['runner.starting'] => {
  const words = command.split(' ');
  const engine = engineOf(words, llamaServer);
  const parallel = countOf(after(words, '-np', '--parallel'));
  const context = countOf(after(words, '-c', '--ctx-size'));
  const flash = words.includes('--flash-attn') ? (typeOf(after(words, '--flash-attn')) ?? 'on') : undefined;
  const model = words.includes('--model') || words.includes('-m');
  return defined<OllamaFields['runner.starting']>({
    engine,
    discovery: !model,
    blob: model ? blobOf(command) : undefined,
    port: countOf(after(words, '--port')),
    contextSize: context === undefined ? undefined : Math.floor(context / Math.max(parallel ?? 1, 1)),
    parallel,
    gpuLayers: countOf(after(words, '-ngl', '--n-gpu-layers')),
    // Runners before llama-server all had `--embedding`, whatever the model.
    embedding: engine === 'llama-server' ? words.includes('--embedding') || words.includes('--embeddings') : undefined,
    flashAttention: flash,
    kvCacheType: typeOf(after(words, '--cache-type-k', '--kv-cache-type')),
  });
};
