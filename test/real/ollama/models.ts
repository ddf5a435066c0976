// A store that already holds the tiny models, made once per version, so that a scenario's log starts with the scenario.
// Every server gets a copy: Ollama prunes what it thinks unused at start, and two servers must not share that.

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from '../install/cache.ts';
import type { OllamaVersion } from '../versions.ts';
import { withOllama } from './server.ts';

/** What decides the bytes of the store. */
const RECIPE = ['tiny-gguf.ts', 'tiny-models.ts', 'random.ts'];

/** Answers a fresh folder under `parent` for `StartOptions.modelsDir` (13 MB; removing it is the caller's part). */
export const copyModels = async (version: OllamaVersion, parent: string = tmpdir()): Promise<string> => {
  const hash = createHash('sha256');
  for (const name of RECIPE) hash.update(readFileSync(join(import.meta.dirname, name)));
  const store = await cached(`models-${version}`, hash.digest('hex'), async (target) => {
    const modelsDir = join(target, 'making');
    mkdirSync(modelsDir);
    await withOllama({ version, modelsDir }, (server) => server.createModels());
    renameSync(modelsDir, join(target, 'models'));
  });
  mkdirSync(parent, { recursive: true });
  const copy = mkdtempSync(join(parent, 'ollascope-models-'));
  cpSync(join(store, 'models'), copy, { recursive: true });
  return copy;
};
