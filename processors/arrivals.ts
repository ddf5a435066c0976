// The order of lines in one stream is a fact, an observed arrival is only an upper bound: a follower on a busy machine reads
// late. A line that stands before a record with a stamp of its own was written no later than that stamp. The rule that
// surprises: a stamp is compared by way of the least delay seen between stamps and arrivals, because the clocks may differ.
import type { SourceInfo } from '../collectors/line.ts';
import type { RecordReading } from '../collectors/reading.ts';
import { type Instant, instant } from '../otel/time.ts';
import { JOIN_TASKS_MAX } from './limits.ts';

/** Stamps after which the least delay is taken anew: a clock that drifts or steps is forgotten after twice as many. */
const DELAY_STAMPS = 256;

/**
 * A writer can be held up between taking its stamp and writing, and another's line gets in between; and a gap of a millisecond
 * between two lines must not be lost to a bound on both. Measured with known requests: from 2 ms on no link is lost, 4 taken.
 */
const SLACK_NS = 4_000_000n;

type Stream<T> = {
  /** What was read since the last stamp; older than JOIN_TASKS_MAX others is settled long since. */
  readonly open: Set<T>;
  /** Nanoseconds from stamp to arrival, the least of this span of stamps and of the one before. */
  least: bigint | undefined;
  leastBefore: bigint | undefined;
  stamps: number;
};

/** Keeps the least delay of a stamp (its clock's difference, its rounding and the way through the pipe) and returns it. */
const leastDelay = <T>(stream: Stream<T>, delay: bigint): bigint => {
  if (stream.stamps === DELAY_STAMPS) {
    stream.leastBefore = stream.least;
    stream.least = undefined;
    stream.stamps = 0;
  }
  stream.stamps += 1;
  if (stream.least === undefined || delay < stream.least) stream.least = delay;
  return stream.leastBefore !== undefined && stream.leastBefore < stream.least ? stream.leastBefore : stream.least;
};

/**
 * `clamp` moves the times of an item back to `latest` where they are later: no line of it was written after that. `stamp` is the
 * same bound in the log's own time, to compare with other stamps.
 */
export const createArrivals = <T>(clamp: (item: T, latest: Instant, stamp: Instant) => void) => {
  const streams = new Map<SourceInfo, Stream<T>>();

  const streamOf = (source: SourceInfo): Stream<T> => {
    let stream = streams.get(source);
    if (stream === undefined) {
      stream = { open: new Set(), least: undefined, leastBefore: undefined, stamps: 0 };
      streams.set(source, stream);
    }
    return stream;
  };

  return {
    /** An item took a time from this line. Only arrivals are kept: logged times need no bound, estimated ones have none. */
    note: (reading: RecordReading, item: T): void => {
      if (reading.timing !== 'observed') return;
      const { open } = streamOf(reading.line.source);
      open.add(item);
      if (open.size <= JOIN_TASKS_MAX) return;
      const [oldest] = open;
      if (oldest !== undefined) open.delete(oldest);
    },
    /** A record with a stamp of its own bounds all that stands before it in its stream. */
    pass: ({ timing, at, line }: RecordReading): void => {
      if (timing !== 'logged' || !line.observed) return;
      const stream = streamOf(line.source);
      const delay = leastDelay(stream, line.arrival - at);
      if (stream.open.size === 0) return;
      const latest = instant(at + delay + SLACK_NS);
      for (const item of stream.open) clamp(item, latest, at);
      stream.open.clear();
    },
  };
};
export type Arrivals<T> = ReturnType<typeof createArrivals<T>>;
