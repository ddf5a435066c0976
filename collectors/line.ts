// A line and where it came from. Everything the core ever reads is a line of bytes from a source, also API answers:
// that is what makes one recording format and one replay enough.
import type { Instant } from '../otel/time.ts';

/** Which grammar reads a source's lines. */
export type Dialect = 'ollama' | 'dmon' | 'pmon' | 'query-gpu' | 'query-apps' | 'kernel' | 'api';

export type SourceInfo = {
  /** Short name in messages and in the `ollascope.source` attribute: `ollama`, `dmon`, `kernel`. */
  readonly name: string;
  readonly dialect: Dialect;
  /** Stable across restarts and replays, and safe to tell (a hash, never a path). Part of every derived id. */
  readonly identity: string;
  /** Offset of the zone that zoneless stamps of this source are in (seconds east of UTC), when known beforehand. */
  readonly offsetSeconds?: number;
};

export type Line = {
  readonly source: SourceInfo;
  /** Decoded, without its terminator (LF or CR LF) and without a byte order mark. */
  readonly text: string;
  /** Bytes of this source ever read before the line's first byte; never starts again. */
  readonly position: number;
  /** Bytes of the line with its terminator. */
  readonly sizeBytes: number;
  /** When its last byte arrived. Strictly increasing from chunk to chunk over all sources of one agent. */
  readonly arrival: Instant;
  /** False for a backlog: the arrival then says nothing about when the line was written. */
  readonly observed: boolean;
  /** Longer than LINE_BYTES_MAX: the rest was read and dropped, `sizeBytes` still counts it. */
  readonly truncated: boolean;
};

/** Bytes as a source delivers them. */
export type Chunk = {
  readonly type: 'chunk';
  readonly source: SourceInfo;
  readonly bytes: Uint8Array;
  /** Position of the first byte. */
  readonly position: number;
  readonly arrival: Instant;
  readonly observed: boolean;
};

/** What happened to a source, told in the stream, in order with its bytes. */
export type NoticeKind =
  | 'opened'
  | 'rotated'
  | 'truncated'
  | 'deleted'
  | 'gap'
  | 'stalled'
  | 'recovered'
  | 'exited'
  | 'restarted'
  | 'unavailable'
  | 'clock_step'
  | 'ended';

export type Notice = {
  readonly type: 'notice';
  readonly kind: NoticeKind;
  readonly source: SourceInfo;
  readonly at: Instant;
  /** For people: expected, found, what to do. Carries no content and no path. */
  readonly detail: string;
  /** Bytes known to be lost (`gap`), exit code (`exited`), seconds (`stalled`, `clock_step`). */
  readonly amount?: number;
};

/** Time as data. The shell emits one per TICK_NS grid point; a replay synthesises the same ones. */
export type Tick = { readonly type: 'tick'; readonly at: Instant };

/** Ticks fall on multiples of this, so that a live run and its replay see the same ones. A tenth keeps a trace well under a second. */
export const TICK_NS = 100_000_000;
/** Longest line kept whole: Ollama's longest seen is 5.5 kB, TRACE prompts go far beyond and must not fill memory. */
export const LINE_BYTES_MAX = 1_048_576;
