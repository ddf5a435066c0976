// Pumps live sources into the core until they end or somebody stops it. Each source is pulled by itself; a slow output makes
// all of them wait. The recorder sees events exactly as the core was fed them.
import { TICK_NS } from '../collectors/line.ts';
import type { Recorder, SourceVersions } from '../collectors/sources/recorder.ts';
import type { Source } from '../collectors/sources/source.ts';
import type { Clock } from '../otel/clock.ts';
import { type Instant, NS_PER_MS } from '../otel/time.ts';
import { flowsOrStops } from './flow.ts';
import type { Pipeline } from './pipeline.ts';

export type LiveOptions = {
  readonly sources: readonly Source[];
  readonly core: Pipeline;
  readonly recorder?: Recorder;
  /** Versions that what was read has told, asked for at the end. */
  readonly learnt?: () => SourceVersions;
  readonly pressure: () => Promise<void> | undefined;
  readonly clock: Clock;
  /** Time for ticks: the arrivals', which go on when the clock is set back, so that windows close. */
  readonly now: () => Instant;
  readonly signal: AbortSignal;
};

/** Resolves when every source has ended (they end when the signal aborts) and the core has been ended. */
export const runLive = async (options: LiveOptions): Promise<void> => {
  const { sources, core, recorder, pressure, clock, now, signal } = options;
  const pump = async (source: Source): Promise<void> => {
    for await (const event of source.events(signal)) {
      const fed = core.feed(event);
      recorder?.record(fed);
      await flowsOrStops(pressure(), signal);
    }
  };
  const stopTicks = clock.every(TICK_NS / NS_PER_MS, () => core.advance(now()));
  try {
    await Promise.all(sources.map(pump));
  } finally {
    stopTicks();
    core.advance(now());
    recorder?.close(core.now(), options.learnt?.());
    core.end();
  }
};
