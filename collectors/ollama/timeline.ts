// When a line was written, and how that is known. Best first: a slog record's own stamp, the envelope's stamp, the arrival
// at a live follower (better than the access line's printed second by two orders of magnitude), and for a backlog an
// estimate: gin's second in the zone that slog lines taught, or the last time known, never running backwards.
import { addSeconds, fromCivil, type Instant, later, secondsBetween } from '../../otel/time.ts';
import type { Inner } from '../envelope.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { Timing } from '../reading.ts';
import type { SlogRecord } from './slog.ts';

/** An estimate this far behind the last known time is a clock set back, not disorder between two streams. */
const STEP_BACK_SECONDS = 7_200;

export type Timeline = {
  /** The answer of the last question; read at once. */
  readonly at: Instant;
  readonly timing: Timing;
  /** Seconds east of UTC, when slog lines or the source have said. */
  readonly offsetSeconds: number | undefined;
  readonly ofRecord: (record: SlogRecord) => void;
  readonly ofRaw: (line: Line, inner: Inner) => void;
  /** `civilSeconds` is gin's or log.Printf's local second, read as UTC. */
  readonly ofCivil: (line: Line, inner: Inner, civilSeconds: number) => void;
};

class SourceTimeline implements Timeline {
  at: Instant;
  timing: Timing = 'estimated';
  offsetSeconds: number | undefined;
  #last: Instant | undefined;

  constructor(source: SourceInfo, zero: Instant) {
    this.at = zero;
    this.offsetSeconds = source.offsetSeconds;
  }

  #set(at: Instant, timing: Timing): void {
    this.at = at;
    this.#last = at;
    this.timing = timing;
  }

  ofRecord(record: SlogRecord): void {
    this.offsetSeconds = record.offsetSeconds;
    this.#set(record.at, 'logged');
  }

  ofRaw(line: Line, inner: Inner): void {
    if (inner.at !== undefined && inner.coarse !== true) this.#set(inner.at, 'logged');
    else if (line.observed) this.#set(line.arrival, 'observed');
    else if (inner.at !== undefined) this.#estimate(inner.at);
    else {
      this.timing = 'estimated';
      // Before the first stamp nothing is known but that the line had arrived; that must not bind what follows.
      this.at = this.#last ?? line.arrival;
    }
  }

  ofCivil(line: Line, inner: Inner, civilSeconds: number): void {
    if (inner.at !== undefined || line.observed) this.ofRaw(line, inner);
    else this.#estimate(fromCivil(civilSeconds, this.offsetSeconds ?? 0));
  }

  /** A whole second: the moment lies in it, so the last known time stands when it does too. */
  #estimate(second: Instant): void {
    const last = this.#last;
    const stepped = last !== undefined && secondsBetween(second, last) > STEP_BACK_SECONDS;
    this.#set(last === undefined || stepped ? second : later(second, last), 'estimated');
  }
}

export const createTimeline = (source: SourceInfo): Timeline =>
  new SourceTimeline(source, addSeconds(fromCivil(0, 0), 0));
