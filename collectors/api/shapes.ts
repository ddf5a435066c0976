// From what the Ollama API answers to what is told of it: an allow-list of fields, checked by hand because an answer may be
// anything. Shapes are those of ApiFields, with times as RFC 3339.

export type ResidentLine = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly vramBytes: number;
  readonly contextSize?: number;
  readonly expiresAt?: string;
};
export type TaggedModel = {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes?: number;
  readonly isRemote: boolean;
};

/** More models than anybody keeps: a bound against an answer that is not Ollama's. */
export const MODELS_MAX = 1_000;
/** The longest name a registry takes is far shorter. */
const NAME_LENGTH_MAX = 256;
/** A keep-alive of −1 is told as an end about 292 years ahead: a year later than any sensible keep-alive means never. */
const EXPIRES_WITHIN_YEARS = 50;

type Fields = { readonly [key: string]: unknown };
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const sizeIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
export const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 && value.length <= NAME_LENGTH_MAX && !/[\x00-\x1f\x7f]/.test(value)
    ? value
    : undefined;

/** The elements of a list field that are objects, at most MODELS_MAX. */
export const listIn = (value: unknown, key: string): readonly Fields[] => {
  const list: unknown = isFields(value) ? value[key] : undefined;
  return Array.isArray(list) ? list.slice(0, MODELS_MAX).filter(isFields) : [];
};

/** `{"version":"0.34.4"}` */
export const versionIn = (json: unknown): string | undefined => {
  const version = isFields(json) ? nameIn(json['version']) : undefined;
  return version !== undefined && /^[\w.+-]{1,64}$/.test(version) ? version : undefined;
};

/** `2318-03-02T…` of a model that never expires is left out. `nowYear` is the year of asking. */
const expiryIn = (value: unknown, nowYear: number): string | undefined => {
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const year = Number(/^(\d{4})-\d\d-\d\dT/.exec(value)?.[1] ?? Number.NaN);
  return year >= 1970 && year <= nowYear + EXPIRES_WITHIN_YEARS ? value : undefined;
};

/** `/api/ps`: models[] of name, size, size_vram, context_length (0.10 on), expires_at. */
export const residentIn = (json: unknown, nowYear: number): readonly ResidentLine[] =>
  listIn(json, 'models').flatMap((model) => {
    const name = nameIn(model['name']) ?? nameIn(model['model']);
    const sizeBytes = sizeIn(model['size']);
    if (name === undefined || sizeBytes === undefined) return [];
    const contextSize = sizeIn(model['context_length']);
    const expiresAt = expiryIn(model['expires_at'], nowYear);
    return [
      {
        name,
        sizeBytes,
        vramBytes: sizeIn(model['size_vram']) ?? 0,
        ...(contextSize === undefined ? {} : { contextSize }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
    ];
  });

/** `/api/tags`: its digest is the manifest's, not the blob's; `remote_host` marks a model that runs elsewhere. */
export const taggedIn = (json: unknown): readonly TaggedModel[] =>
  listIn(json, 'models').flatMap((model) => {
    const name = nameIn(model['name']) ?? nameIn(model['model']);
    if (name === undefined) return [];
    const sizeBytes = sizeIn(model['size']);
    const digest = nameIn(model['digest']) ?? '';
    const isRemote = model['remote_host'] !== undefined;
    return [{ name, digest, isRemote, ...(sizeBytes === undefined ? {} : { sizeBytes }) }];
  });

/** `/api/show`: the Modelfile's `FROM /…/blobs/sha256-<digest>` names the weights; the digest alone is taken. */
export const blobIn = (json: unknown): string | undefined => {
  const modelfile: unknown = isFields(json) ? json['modelfile'] : undefined;
  return typeof modelfile === 'string' ? /^FROM\s+\S*sha256[-:]([0-9a-f]{64})\s*$/m.exec(modelfile)?.[1] : undefined;
};
