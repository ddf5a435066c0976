// What can be read at all: the union that parsers emit and folds take. A reading knows its line, its best event time and
// how that time is known; it carries allow-listed fields only.
import type { Severity } from '../otel/signal.ts';
import type { Instant } from '../otel/time.ts';
import type { Line, Notice, Tick } from './line.ts';
import type { NvidiaFields, NvidiaKind } from './nvidia/kinds.ts';
import type { OllamaFields, OllamaKind } from './ollama/kinds.ts';

/**
 * How `at` is known: `logged` (the line's own stamp, or its envelope's: CRI, json-file, journald), `observed` (arrival at a
 * live follower), `estimated` (carried over from a neighbour: a backlog or a bare file; good to about a second).
 */
export type Timing = 'logged' | 'observed' | 'estimated';

type Common = {
  readonly at: Instant;
  readonly timing: Timing;
  readonly severity: Severity;
  readonly line: Line;
  /** Byte offset of this record inside its line: 0 unless records were glued into one line. */
  readonly offset: number;
  /** The text that may travel, or undefined when the grammar cannot vouch that it carries no content. */
  readonly body: string | undefined;
};

export type OllamaReading = {
  [K in OllamaKind]: Common & { readonly type: 'ollama'; readonly kind: K; readonly fields: OllamaFields[K] };
}[OllamaKind];

export type NvidiaReading = {
  [K in NvidiaKind]: Common & { readonly type: 'nvidia'; readonly kind: K; readonly fields: NvidiaFields[K] };
}[NvidiaKind];

/** One snapshot of the Ollama API, told as an allow-listed JSON line by its source. */
export type ApiFields = {
  'api.version': { readonly version: string };
  /** `/api/ps`. `expiresAt` absent where the model never expires. */
  'api.resident': {
    readonly models: readonly {
      readonly name: string;
      readonly sizeBytes: number;
      readonly vramBytes: number;
      readonly contextSize?: number;
      readonly expiresAt?: Instant;
    }[];
  };
  /** `/api/tags` joined with `/api/show`: which blob is which model. */
  'api.models': {
    readonly models: readonly { readonly name: string; readonly blob?: string; readonly sizeBytes?: number }[];
  };
  'api.unreachable': { readonly reason: string };
};
export type ApiKind = keyof ApiFields;
export type ApiReading = {
  [K in ApiKind]: Common & { readonly type: 'api'; readonly kind: K; readonly fields: ApiFields[K] };
}[ApiKind];

/**
 * A line that means nothing by itself. `noise`: known and meaningless, `name` says which class. `continuation`: part of a
 * known multi-line record. `unmatched`: no pattern, told by class and length only. `malformed`: a known record, broken.
 */
export type LineReading = Common & {
  readonly type: 'line';
  readonly class: 'noise' | 'continuation' | 'unmatched' | 'malformed';
  /** The noise class, the record continued, or why malformed; for `unmatched` the nearest family (`slog`, `slot`, `srv`, `raw`). */
  readonly name: string;
};

export type RecordReading = OllamaReading | NvidiaReading | ApiReading | LineReading;
export type Reading = RecordReading | Notice | Tick;

/** Every record reading's class, as `check` and the self metrics count them. */
export type LineClass = 'matched' | LineReading['class'];
export const classOf = (reading: RecordReading): LineClass => (reading.type === 'line' ? reading.class : 'matched');

export type Emit<T> = (item: T) => void;

/**
 * One per source. Total and synchronous: any line gives at least one reading, in order, and never throws.
 * `tick` lets a pending multi-line record end; `end` flushes at the end of the source.
 */
export type Parser = {
  readonly parse: (line: Line, emit: Emit<RecordReading>) => void;
  readonly notice: (notice: Notice, emit: Emit<RecordReading>) => void;
  readonly tick: (at: Instant, emit: Emit<RecordReading>) => void;
  readonly end: (emit: Emit<RecordReading>) => void;
};
