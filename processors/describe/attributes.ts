// How models and joins are named in everything told, and the one way in which absent values stay absent.
import type { AttributeKey, ValueOf } from '../../otel/catalogue/attributes.ts';
import type { Attributes, AttributeValue } from '../../otel/signal.ts';
import type { GpuRef, Join, ModelRef } from '../fact.ts';
import { gpuKey } from '../gpus/identity.ts';

export type Given = { readonly [K in AttributeKey]?: ValueOf<K> | undefined };

const isTold = (value: AttributeValue | undefined): value is AttributeValue =>
  value !== undefined && (typeof value !== 'number' || Number.isFinite(value));

/** Catalogue keys with values of their type; what is undefined or no number is left out. */
export const attributesOf = (given: Given): Attributes => {
  const told: { [key: string]: AttributeValue } = {};
  for (const key in given) {
    // The named seam: `for in` gives the keys of a Given as strings.
    const value = given[key as AttributeKey];
    if (isTold(value)) told[key] = value;
  }
  return told;
};

/** Digits of a blob's digest in a model's stand-in name: as many as `ollama list` shows of an id. */
const BLOB_DIGITS = 12;

/** The model's name; where no line named it, its file's digest (`sha256:74701a8c35f6`); absent where neither is known. */
export const modelLabel = (model: ModelRef): string | undefined =>
  model.name ?? (model.blob === undefined ? undefined : `sha256:${model.blob.slice(0, BLOB_DIGITS)}`);

/** `{ 'gen_ai.request.model': … }`, or nothing: to be spread into a point's attributes. */
export const modelAttribute = (model: ModelRef): { readonly 'gen_ai.request.model'?: string } => {
  const label = modelLabel(model);
  return label === undefined ? {} : { 'gen_ai.request.model': label };
};

/** A series read from a row: the row's index is on every point of it, so it never splits the series. */
export const gpuSeries = (gpu: GpuRef): { readonly 'hw.id': string; readonly 'nvidia.gpu.index'?: number } => ({
  'hw.id': gpuKey(gpu),
  ...(gpu.index === undefined ? {} : { 'nvidia.gpu.index': gpu.index }),
});

export const joinAttributes = (join: Join): Given => ({
  'ollascope.join.method': join.method,
  'ollascope.join.confidence': join.confidence,
});
