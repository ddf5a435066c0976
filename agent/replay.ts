// A replay is the program minus the shell: a recording is fed exactly as it was fed live, bare files are merged by their own
// times. The same input gives the same bytes, whatever the chunking.
import { type RecordingManifest, readRecording, timeOfEvent } from '../collectors/sources/recording.ts';
import type { Clock } from '../otel/clock.ts';
import { addNs, addSeconds, type Instant, instant, nsBetween } from '../otel/time.ts';
import { type BareFile, bareFilesOf, firstTimeOf, mergeBareFiles } from './bare-files.ts';
import { flowsOrStops } from './flow.ts';
import type { InputFile } from './input-files.ts';
import type { ParserOf } from './parsers.ts';
import type { Pipeline } from './pipeline.ts';

/** Where bare files without any time of their own are laid when nothing else tells: an arbitrary, recognisable moment. */
export const UNKNOWN_TIME = instant(946_684_800_000_000_000n);
/**
 * After the last event of bare files the folds get this long to settle, as they would have live. Less than it takes to call a
 * GPU silent: the end of a file says nothing about the GPU.
 */
const SETTLE_AFTER_SECONDS = 4;

export type Pace = {
  readonly speed: number | 'max';
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asked before each event: undefined, or a promise to wait for. */
  readonly pressure: () => Promise<void> | undefined;
};

/** Waits as long as the recording did between two events, divided by the speed. */
const createPacer = ({ speed, clock, signal, pressure }: Pace, startAt: Instant) => {
  const begun = clock.now();
  return async (at: Instant): Promise<void> => {
    await flowsOrStops(pressure(), signal);
    if (speed === 'max' || signal.aborted) return;
    const dueMs = nsBetween(startAt, at) / speed / 1e6;
    const elapsedMs = nsBetween(begun, clock.now()) / 1e6;
    if (dueMs > elapsedMs) await clock.wait(dueMs - elapsedMs, signal);
  };
};

export type Replayable = {
  readonly manifest?: RecordingManifest;
  /** Where the pipeline's time starts. */
  readonly startAt: Instant;
  /** Where it ends; undefined for bare files, which tell it only by their last line. */
  readonly endAt?: Instant;
  readonly feed: (pipeline: Pipeline, pace: Pace) => Promise<void>;
};

export const replayableRecording = (dir: string): Replayable => {
  const { manifest, events } = readRecording(dir);
  return {
    manifest,
    startAt: manifest.startedAt,
    endAt: manifest.endedAt,
    feed: async (pipeline, pace) => {
      const paced = createPacer(pace, manifest.startedAt);
      for (const event of events()) {
        await paced(timeOfEvent(event));
        if (pace.signal.aborted) return;
        pipeline.feed(event);
      }
      await paced(manifest.endedAt);
      pipeline.advance(manifest.endedAt);
      pipeline.end();
    },
  };
};

export const replayableFiles = (
  inputs: readonly (InputFile & { kind: 'file' })[],
  start: Instant | undefined,
  parserOf: ParserOf,
): Replayable => {
  const files: readonly BareFile[] = inputs.flatMap((input) => bareFilesOf(input));
  const base = start ?? firstTimeOf(files, UNKNOWN_TIME, parserOf) ?? UNKNOWN_TIME;
  const startAt = addNs(base, -1);
  return {
    startAt,
    feed: async (pipeline, pace) => {
      const paced = createPacer(pace, startAt);
      for (const reading of mergeBareFiles(files, base, parserOf)) {
        await paced(reading.at);
        if (pace.signal.aborted) return;
        pipeline.read(reading);
      }
      pipeline.advance(addSeconds(pipeline.now(), SETTLE_AFTER_SECONDS));
      pipeline.end();
    },
  };
};
