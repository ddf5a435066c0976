// The agent's own health: memory, processor time, delivery. Kept apart from what was read, because it is no function of the
// input: a replay tells the same of Ollama and the GPUs, never the same of itself.
import { createAggregate, type Snapshot } from '../otel/aggregate.ts';
import type { MetricPoint } from '../otel/catalogue/metrics.ts';
import { type Instant, secondsBetween } from '../otel/time.ts';

/** Few series: signals times results. */
const SELF_SERIES_MAX = 100;
const MICROSECONDS = 1_000_000;

/** Metrics that the aggregate tells of itself; those of what was read are the ones that matter. */
const OF_AGGREGATE = 'ollascope.series';

export type Self = {
  /** The snapshot with the agent's own metrics added. */
  readonly with: (snapshot: Snapshot) => Snapshot;
};

export const createSelf = (startAt: Instant, takePoints: (at: Instant) => readonly MetricPoint[]): Self => {
  const aggregate = createAggregate({ startAt, seriesMax: SELF_SERIES_MAX });
  const sample = (at: Instant): void => {
    const { user, system } = process.cpuUsage();
    const points: readonly MetricPoint[] = [
      {
        signal: 'metric',
        name: 'process.cpu.time',
        value: user / MICROSECONDS,
        at,
        attributes: { 'cpu.mode': 'user' },
      },
      {
        signal: 'metric',
        name: 'process.cpu.time',
        value: system / MICROSECONDS,
        at,
        attributes: { 'cpu.mode': 'system' },
      },
      { signal: 'metric', name: 'process.memory.usage', value: process.memoryUsage.rss(), at, attributes: {} },
      { signal: 'metric', name: 'process.uptime', value: secondsBetween(startAt, at), at, attributes: {} },
      ...takePoints(at),
    ];
    for (const point of points) aggregate.add(point);
  };
  return {
    with: (snapshot) => {
      sample(snapshot.at);
      const own = aggregate.snapshot(snapshot.at).metrics.filter(({ name }) => !name.startsWith(OF_AGGREGATE));
      return { ...snapshot, metrics: [...snapshot.metrics, ...own] };
    },
  };
};
