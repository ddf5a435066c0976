// What a run told, as the three texts that people read in review: what Prometheus would scrape, what Loki would show, what
// Jaeger would draw. Traces stand in the order in which their first span began, logs in the order of their times.
import { renderWaterfall } from '../../jaeger/waterfall.ts';
import { formatLogs } from '../../loki/format.ts';
import type { LogSignal, Resource, Signal, SpanSignal } from '../../otel/signal.ts';
import { earlier } from '../../otel/time.ts';

export type ThreeTexts = { readonly metrics: string; readonly logs: string; readonly traces: string };

/** Wide enough for the whole trace id and bars, narrow enough to be read side by side in a diff. */
const GOLDEN_WIDTH = 110;

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const drawTraces = (spans: readonly SpanSignal[]): string => {
  const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()].map((trace) => ({
    trace,
    start: trace.map(({ start }) => start).reduce(earlier),
  }));
  traces.sort((a, b) => ascending(a.start, b.start));
  return traces.map(({ trace }) => `${renderWaterfall(trace, { width: GOLDEN_WIDTH, colour: false })}\n`).join('\n');
};

/** `snapshotText` is the exposition text of the last snapshot. The sort is stable: equal times keep the order of telling. */
export const renderGoldens = (
  signals: readonly Signal[],
  snapshotText: string,
  resource: Resource = { attributes: { 'service.name': 'ollama' } },
): ThreeTexts => {
  const logs: readonly LogSignal[] = signals.filter((signal) => signal.signal === 'log');
  const spans: readonly SpanSignal[] = signals.filter((signal) => signal.signal === 'span');
  return {
    metrics: snapshotText,
    logs: formatLogs(
      [...logs].sort((a, b) => ascending(a.at, b.at)),
      resource,
    ),
    traces: drawTraces(spans),
  };
};
