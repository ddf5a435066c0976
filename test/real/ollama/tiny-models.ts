// The four tiny models of the real tests, about 13 MB in all, and their Modelfiles.
// Always with num_predict: an answer that never meets its end token would run for ten contexts.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyGguf } from './tiny-gguf.ts';

export type TinyModel = {
  /** The name under which Ollama gets it, and the file name's stem. */
  readonly name: 'tiny' | 'tiny2' | 'slow' | 'tinyembed';
  readonly layers: number;
  readonly width: number;
  readonly feedForwardWidth: number;
  readonly heads: number;
  /** Logit bias of `</s>`: 2 is as likely as a word (answers of 2–60 tokens); at -4 an answer ends by num_predict only. */
  readonly endBias: number;
  readonly embedding: boolean;
  readonly contextTokens: number;
  /** A Modelfile TEMPLATE, or null to let Ollama pick a built-in one. */
  readonly template: string | null;
  readonly seed: number;
};

const PLAIN_TEMPLATE = '{{ if .System }}{{ .System }} {{ end }}{{ .Prompt }} ';

export const TINY_MODELS: readonly TinyModel[] = [
  {
    name: 'tiny',
    layers: 2,
    width: 64,
    feedForwardWidth: 128,
    heads: 2,
    endBias: 2.05,
    embedding: false,
    contextTokens: 1024,
    template: PLAIN_TEMPLATE,
    seed: 11,
  },
  {
    name: 'tiny2',
    layers: 3,
    width: 64,
    feedForwardWidth: 128,
    heads: 2,
    endBias: 2,
    embedding: false,
    contextTokens: 1024,
    template: null,
    seed: 22,
  },
  {
    name: 'slow',
    layers: 6,
    width: 192,
    feedForwardWidth: 512,
    heads: 6,
    endBias: -4,
    embedding: false,
    contextTokens: 2048,
    template: PLAIN_TEMPLATE,
    seed: 33,
  },
  {
    name: 'tinyembed',
    layers: 2,
    width: 64,
    feedForwardWidth: 128,
    heads: 2,
    endBias: 2,
    embedding: true,
    contextTokens: 2048,
    template: null,
    seed: 44,
  },
];

/** Writes `<name>.gguf` and `<name>.Modelfile` for every model into `directory`. */
export const writeTinyModels = (directory: string): void => {
  for (const model of TINY_MODELS) {
    writeFileSync(join(directory, `${model.name}.gguf`), tinyGguf(model));
    writeFileSync(join(directory, `${model.name}.Modelfile`), modelfile(model));
  }
};

/** One thread: with two on a shared machine the engines spin at barriers and are a hundred times slower. */
const modelfile = (model: TinyModel): string =>
  [
    `FROM ./${model.name}.gguf`,
    ...(model.template === null ? [] : [`TEMPLATE """${model.template}"""`]),
    `PARAMETER num_ctx ${model.contextTokens}`,
    'PARAMETER num_predict 120',
    'PARAMETER num_thread 1',
    '',
  ].join('\n');
