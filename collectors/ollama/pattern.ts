// The shape of the pattern table: what a line looks like (`on` is the cheap key it is found by), what it says, and sample
// lines that a test checks. Adding one: copy a neighbour, about a dozen lines with its sample. Samples are composed.
import type { OllamaFields, OllamaKind } from './kinds.ts';
import type { SlogRecord } from './slog.ts';

export type Sample<K extends OllamaKind> = { readonly line: string; readonly is: OllamaFields[K] };

/**
 * A slog record, found by its message. With `test`, `message` is only the beginning and the whole message must match;
 * `open` then says that what follows the beginning may be anything and never travels.
 */
export type SlogPattern<K extends OllamaKind> = {
  readonly kind: K;
  readonly message: string;
  readonly test?: RegExp;
  readonly open?: true;
  /** Undefined: the record is not of this form (another pattern may take it, else it is malformed). */
  readonly read: (record: SlogRecord, m: RegExpExecArray | undefined) => OllamaFields[K] | undefined;
  /** What travels after the message where the record's own keys may not: text made of the fields alone. */
  readonly say?: (fields: OllamaFields[K]) => string;
  readonly samples: readonly Sample<K>[];
};

/** A line of a llama-server slot, `slot print_timing: id  0 | task 3 | <text>`, found by the first word of its text. */
export type SlotPattern<K extends OllamaKind> = {
  readonly kind: K;
  readonly word: string;
  /** Over the text, anchored at both ends unless the rest is free: then `open` keeps the body at home. */
  readonly test: RegExp;
  readonly open?: true;
  readonly read: (m: RegExpExecArray, slot: number, task: number) => OllamaFields[K] | undefined;
  readonly samples: readonly Sample<K>[];
};

/**
 * A raw line, found by the first word (letters, digits, `_`, `.`) after its indent: `load_tensors`, `CUDA`, `SIGABRT`. With
 * `tag: 'srv'` it is `srv  <function>: <text>` and `on` and `test` see the text; a log.Printf stamp is taken off before.
 */
export type RawPattern<K extends OllamaKind> = {
  readonly kind: K;
  readonly tag?: 'srv';
  readonly on: string;
  readonly test: RegExp;
  readonly open?: true;
  readonly severity?: 'WARN' | 'ERROR' | 'FATAL';
  readonly read: (m: RegExpExecArray) => OllamaFields[K] | undefined;
  /** The body of an `open` pattern, made of its fields alone. */
  readonly say?: (fields: OllamaFields[K]) => string;
  readonly samples: readonly Sample<K>[];
};

export type AnySlog = { [K in OllamaKind]: SlogPattern<K> }[OllamaKind];
export type AnySlot = { [K in OllamaKind]: SlotPattern<K> }[OllamaKind];
export type AnyRaw = { [K in OllamaKind]: RawPattern<K> }[OllamaKind];

/** Records that are known and mean nothing: by whole message, or by how the message begins. */
export type SlogNoise = {
  readonly name: string;
  readonly messages: readonly string[];
  readonly beginnings?: readonly string[];
};

/** Raw lines that are known and mean nothing, by the first word; `told` when their text is numbers and hardware only. */
export type RawNoise = { readonly name: string; readonly told?: true; readonly words: readonly string[] };
