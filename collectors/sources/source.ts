// What every source is: something pulled. A consumer that is slow makes the source stop reading, so nothing is dropped
// between the two. A source ends by finishing its iteration, never by throwing.
import type { Clock } from '../../otel/clock.ts';
import type { Instant } from '../../otel/time.ts';
import type { Chunk, Notice, SourceInfo } from '../line.ts';

export type SourceEvent = Chunk | Notice;

export type Source = {
  /** One object for the life of the source: stations of the pipeline are kept by it. */
  readonly info: SourceInfo;
  /** To be iterated once. Ends soon after `signal` aborts, leaving no child, handle or timer behind. */
  events(signal: AbortSignal): AsyncIterable<SourceEvent>;
};

/** Arrival times over all sources of one agent. */
export type Arrivals = {
  /** Strictly increasing whatever the clock does. */
  next(): Instant;
  /** Seconds that the clock was set back since last asked, else 0: whoever asks tells it as a `clock_step`. */
  takeStepSeconds(): number;
};

export type SourceContext = { readonly clock: Clock; readonly arrivals: Arrivals };
