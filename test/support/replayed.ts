// A recording replayed in this process: every signal it tells, and the last snapshot as Prometheus would scrape it.
import { createCore } from '../../agent/core.ts';
import { newsFromIn, resourceIn } from '../../agent/recording-facts.ts';
import type { Batch } from '../../agent/telling.ts';
import { type Recording, readRecording } from '../../collectors/sources/recording.ts';
import type { SourceEvent } from '../../collectors/sources/source.ts';
import { createPrometheusText } from '../../otel/export/prometheus-text.ts';
import type { Resource, Signal } from '../../otel/signal.ts';

export type Replayed = { readonly signals: readonly Signal[]; readonly scrape: string; readonly resource: Resource };

export const defaultSettings = {
  'join-min-confidence': 0.5,
  'series-max': 2_000,
  'metric-interval': 10,
  'send-unmatched-text': false,
} as const;

const NOBODY: Resource = { attributes: { 'service.name': 'ollama' } };

/** `events` instead of the recording's own: the same bytes in other pieces. */
export const replayed = (dir: string, events?: (recording: Recording) => Iterable<SourceEvent>): Replayed => {
  const recording = readRecording(dir);
  const { manifest } = recording;
  const signals: Signal[] = [];
  const keep = ({ spans, logs }: Batch): void => {
    signals.push(...spans, ...logs);
  };
  const newsFrom = newsFromIn(manifest.host);
  const core = createCore({
    settings: defaultSettings,
    xidOverrides: new Map(),
    outputs: [{ write: keep, pressure: () => undefined, close: async () => undefined }],
    startAt: manifest.startedAt,
    ...(newsFrom === undefined ? {} : { newsFrom }),
  });
  for (const event of events?.(recording) ?? recording.events()) core.feed(event);
  core.advance(manifest.endedAt);
  core.end();
  const resource = resourceIn(manifest.host) ?? NOBODY;
  return { signals, scrape: createPrometheusText(resource)(core.snapshot()), resource };
};
