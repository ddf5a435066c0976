// From source events to signals: framing, parsing, folds, description, in one synchronous, deterministic walk.
// The shell feeds it; a replay is this file minus the shell. Ticks are made here, from the times of what is fed.
import assert from 'node:assert/strict';
import { createFramer, type Framer } from '../collectors/frame.ts';
import type { Chunk, Line, Notice, SourceInfo } from '../collectors/line.ts';
import type { Parser, Reading, RecordReading } from '../collectors/reading.ts';
import type { Signal } from '../otel/signal.ts';
import { addNs, type Instant } from '../otel/time.ts';
import type { Fact } from '../processors/fact.ts';
import type { Fold, Input } from '../processors/fold.ts';
import { createRetime, type Retime } from './retime.ts';
import { ticksBetween } from './ticks.ts';

export type PipelineOptions = {
  readonly folds: readonly Fold[];
  readonly parserOf: (source: SourceInfo) => Parser;
  readonly describe: (fact: Fact, emit: (signal: Signal) => void) => void;
  readonly onSignal: (signal: Signal) => void;
  /** Told after all that a grid point brought is described: where outputs flush. */
  readonly onTick: (at: Instant) => void;
  /** Where time starts: no tick falls at or before it. */
  readonly startAt: Instant;
};

export type Pipeline = {
  /** Feeds one event; its time is clamped to be later than everything fed before, and returned as it was fed. */
  readonly feed: (event: Chunk | Notice) => Chunk | Notice;
  /** Feeds a reading made elsewhere (bare files, ordered by their own times). */
  readonly read: (reading: RecordReading) => void;
  /** Walks the grid up to `at`. */
  readonly advance: (at: Instant) => void;
  /** Ends every source, then the folds. Nothing may be fed afterwards. */
  readonly end: () => void;
  readonly now: () => Instant;
};

type Station = { readonly framer: Framer; readonly parser: Parser; readonly retime: Retime };

/** Hands an input to every fold in order; facts of a fold go to the folds after it, then to `describe`. */
const createFoldChain = ({ folds, describe, onSignal }: PipelineOptions) => {
  // One emitter per fold, made once: a closure per line would be the most frequent allocation of the agent.
  const emitters = folds.map(
    (_, index) =>
      (fact: Fact): void =>
        passFact(fact, index + 1),
  );
  const ignore = (): void => assert(false, 'a fold without an emitter');
  const step = (input: Input, index: number): boolean => folds[index]?.step(input, emitters[index] ?? ignore) ?? false;
  const passFact = (fact: Fact, from: number): void => {
    for (let index = from; index < folds.length; index += 1) if (step(fact, index)) return;
    describe(fact, onSignal);
  };
  return {
    reading: (reading: Reading): void => {
      for (let index = 0; index < folds.length; index += 1) if (step(reading, index)) return;
    },
    end: (): void => {
      for (const [index, fold] of folds.entries()) fold.end(emitters[index] ?? ignore);
    },
  };
};

export const createPipeline = (options: PipelineOptions): Pipeline => {
  const chain = createFoldChain(options);
  const stations = new Map<SourceInfo, Station>();
  let now = options.startAt;
  let ticked = options.startAt;

  const onReading = (reading: RecordReading): void => chain.reading(reading);
  const stationOf = (source: SourceInfo): Station => {
    const known = stations.get(source);
    if (known !== undefined) return known;
    const made = { framer: createFramer(source), parser: options.parserOf(source), retime: createRetime(onReading) };
    stations.set(source, made);
    return made;
  };
  const advance = (at: Instant): void => {
    if (at <= ticked) return;
    ticksBetween(ticked, at, (tickAt) => {
      for (const { parser, retime } of stations.values()) {
        parser.tick(tickAt, retime.reading);
        retime.tick();
      }
      chain.reading({ type: 'tick', at: tickAt });
      options.onTick(tickAt);
      ticked = tickAt;
    });
    if (at > now) now = at;
  };
  const clamp = (at: Instant): Instant => {
    const clamped = at > now ? at : addNs(now, 1);
    advance(clamped);
    now = clamped;
    return clamped;
  };
  /** The next piece of a chunk that was cut arrived with the piece before it: chunking must not be seen in any time. */
  let last: { readonly chunk: Chunk; readonly fedAt: Instant } | undefined;
  const isNextPiece = ({ source, arrival, position }: Chunk): boolean =>
    last !== undefined &&
    last.fedAt === now &&
    last.chunk.source === source &&
    last.chunk.arrival === arrival &&
    last.chunk.position + last.chunk.bytes.length === position;
  const feedChunk = (chunk: Chunk): Chunk => {
    const arrival = isNextPiece(chunk) ? now : clamp(chunk.arrival);
    last = { chunk, fedAt: arrival };
    const fed = arrival === chunk.arrival ? chunk : { ...chunk, arrival };
    const { framer, parser, retime } = stationOf(chunk.source);
    framer.push(fed, (line: Line) => parser.parse(line, retime.reading));
    return fed;
  };
  const feedNotice = (notice: Notice): Notice => {
    const at = clamp(notice.at);
    const fed = at === notice.at ? notice : { ...notice, at };
    const { framer, parser, retime } = stationOf(notice.source);
    framer.notice(fed, (line: Line) => parser.parse(line, retime.reading));
    parser.notice(fed, retime.reading);
    retime.flush();
    chain.reading(fed);
    return fed;
  };

  return {
    feed: (event) => (event.type === 'chunk' ? feedChunk(event) : feedNotice(event)),
    read: (reading) => {
      advance(reading.at);
      onReading(reading);
    },
    advance,
    end: () => {
      for (const { framer, parser, retime } of stations.values()) {
        framer.end((line: Line) => parser.parse(line, retime.reading));
        parser.end(retime.reading);
        retime.flush();
      }
      chain.end();
      options.onTick(now);
    },
    now: () => now,
  };
};
