// When metrics are told: at the interval, and at once where somebody may be paged because of a point.
import { expect, test } from 'vitest';
import { createTelling } from '../../agent/telling.ts';
import { createAggregate } from '../../otel/aggregate.ts';
import type { MetricPoint } from '../../otel/catalogue/metrics.ts';
import { addNs, addSeconds, instant } from '../../otel/time.ts';

const START = instant(1_800_000_000_000_000_000n);
const TICK_NS = 100_000_000;

/** Seconds after the start at which a snapshot was told, with a tick each tenth of a second. */
const toldAt = (points: ReadonlyMap<number, MetricPoint>, seconds: number): number[] => {
  const told: number[] = [];
  const telling = createTelling({
    aggregate: createAggregate({ startAt: START, seriesMax: 10 }),
    outputs: [
      {
        write: ({ at, snapshot }) => {
          if (snapshot !== undefined) told.push(Number(at - START) / 1e9);
        },
        pressure: () => undefined,
        close: async () => undefined,
      },
    ],
    metricIntervalSeconds: 10,
  });
  for (let tick = 1; tick <= seconds * 10; tick += 1) {
    const point = points.get(tick);
    if (point !== undefined) telling.signal(point);
    telling.tick(addNs(START, tick * TICK_NS));
  }
  return told;
};

const xid = (tick: number): MetricPoint => ({
  signal: 'metric',
  name: 'nvidia.gpu.xid.events',
  at: addSeconds(START, tick / 10),
  value: 1,
  attributes: { 'hw.id': 'GPU-1', 'nvidia.xid.code': 79 },
});
const start = (tick: number): MetricPoint => ({
  signal: 'metric',
  name: 'ollama.server.starts',
  at: addSeconds(START, tick / 10),
  value: 1,
  attributes: {},
});
const points = (...ticks: readonly number[]) => new Map(ticks.map((tick) => [tick, xid(tick)]));

test('an Xid is told at the next tick, other points at the interval', () => {
  expect(toldAt(points(23), 25)).toEqual([2.3, 10, 20]);
  expect(toldAt(new Map([[23, start(23)]]), 25)).toEqual([10, 20]);
});

test('a storm of Xids is told once a second, the last of it too', () => {
  const storm = points(...Array.from({ length: 25 }, (_, index) => 20 + index));
  expect(toldAt(storm, 9)).toEqual([2, 3, 4, 5]);
});
