// Energy of a GPU from its power samples: a bounded history, a running total, an idle floor. A surprising rule: a gap of more
// than GAP_INTERVALS sampling intervals holds no energy at all; it is missing, and `covered` says so.
import { type Instant, secondsBetween } from '../../otel/time.ts';
import type { GpuRef } from '../fact.ts';
import { GAP_INTERVALS, IDLE_WINDOW_SECONDS, INTERVALS_KEPT, POWER_HISTORY_MAX } from '../limits.ts';

export type EnergyBetween = {
  /** Integrated power, idle draw included. */
  readonly joules: number;
  /** Idle floor times the covered seconds; undefined until the GPU was once seen without work. */
  readonly idleJoules: number | undefined;
  /** Share of the span between two samples, or at most one interval after the last one. */
  readonly covered: number;
  /** Sampling interval: the edges of the span are known no better. */
  readonly intervalSeconds: number;
};

/** What requests may ask; undefined where no power was ever read (no sensor, no nvidia-smi, WSL2 without the column). */
export type PowerView = {
  readonly energyBetween: (gpu: GpuRef, from: Instant, to: Instant) => EnergyBetween | undefined;
};

/** The middle of a handful of numbers; sorted in place by insertion, which for so few is several times the speed of a general sort. */
const middleOf = (values: readonly number[]): number | undefined => {
  const sorted = values.slice();
  for (let i = 1; i < sorted.length; i += 1) {
    const value = sorted[i] ?? 0;
    let at = i;
    for (; at > 0 && (sorted[at - 1] ?? 0) > value; at -= 1) sorted[at] = sorted[at - 1] ?? 0;
    sorted[at] = value;
  }
  return sorted[sorted.length >> 1];
};

/** The middle of the last few distances: one late row does not change it. */
export const createInterval = (firstSeconds: number) => {
  let kept: number[] = [];
  let middle = firstSeconds;
  let lastAt: Instant | undefined;
  return {
    add: (at: Instant): void => {
      if (lastAt !== undefined && at > lastAt) {
        kept = kept.slice(1 - INTERVALS_KEPT);
        kept.push(secondsBetween(lastAt, at));
        middle = middleOf(kept) ?? firstSeconds;
      }
      lastAt = at;
    },
    /** Asked on every tick for every GPU, so it is worked out once a sample. */
    seconds: (): number => middle,
  };
};

/** One sample: power in watts at `t` seconds after the base, and what was integrated and covered up to it. */
type Point = { readonly t: number; readonly watts: number; readonly joules: number; readonly covered: number };

/** `unknown`: no utilisation was printed (WSL2, MIG), so a single sample is no evidence of idling; ten quiet seconds may be. */
export type Activity = 'working' | 'idle' | 'unknown';

export type PowerSeries = {
  /** Returns the seconds that hold no energy because the stream had a gap, else undefined. */
  readonly add: (at: Instant, watts: number, intervalSeconds: number, activity: Activity) => number | undefined;
  /** Since the first sample; never falls. */
  readonly totalJoules: () => number | undefined;
  readonly idleWatts: () => number | undefined;
  readonly between: (from: Instant, to: Instant) => EnergyBetween | undefined;
};

type Sum = { readonly joules: number; readonly covered: number };

/** Energy up to `t`: linear power inside a joined piece, the last value held for at most one interval after the end. */
const sumAt = (points: readonly Point[], t: number, intervalSeconds: number): Sum => {
  const first = points[0];
  if (first === undefined || t <= first.t) return { joules: first?.joules ?? 0, covered: first?.covered ?? 0 };
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((points[middle]?.t ?? Number.POSITIVE_INFINITY) <= t) low = middle;
    else high = middle - 1;
  }
  const left = points[low] ?? first;
  const right = points[low + 1];
  if (right === undefined) {
    const held = Math.min(t - left.t, intervalSeconds);
    return { joules: left.joules + left.watts * held, covered: left.covered + held };
  }
  if (right.covered === left.covered) return left;
  const passed = t - left.t;
  const slope = (right.watts - left.watts) / (right.t - left.t);
  return { joules: left.joules + left.watts * passed + (slope * passed * passed) / 2, covered: left.covered + passed };
};

/** The lowest IDLE_WINDOW_SECONDS mean without work; until there was one, the lowest single sample without work. */
const createIdleFloor = () => {
  let workedAt: number | undefined;
  let lowestMean: number | undefined;
  let lowestSample: number | undefined;
  return {
    add: (points: readonly Point[], last: Point, activity: Activity): void => {
      if (activity === 'working') workedAt = last.t;
      if (activity === 'idle') lowestSample = Math.min(lowestSample ?? last.watts, last.watts);
      const since = last.t - IDLE_WINDOW_SECONDS;
      if (workedAt !== undefined && workedAt >= since) return;
      const before = sumAt(points, since, 0);
      if (last.covered - before.covered < IDLE_WINDOW_SECONDS * 0.999) return;
      const mean = (last.joules - before.joules) / IDLE_WINDOW_SECONDS;
      lowestMean = Math.min(lowestMean ?? mean, mean);
    },
    watts: (): number | undefined => lowestMean ?? lowestSample,
  };
};

export const createPowerSeries = (): PowerSeries => {
  const idle = createIdleFloor();
  let points: Point[] = [];
  let base: Instant | undefined;
  let intervalNow = 1;

  const add = (at: Instant, watts: number, intervalSeconds: number, activity: Activity): number | undefined => {
    base ??= at;
    intervalNow = intervalSeconds;
    const t = secondsBetween(base, at);
    const last = points.at(-1);
    const passed = last === undefined ? 0 : t - last.t;
    // A clock set back: the history of those seconds cannot be told apart any more, the total goes on.
    if (passed < 0) points = [];
    const joinedOn = last !== undefined && passed >= 0 && passed <= GAP_INTERVALS * intervalSeconds;
    const point: Point = {
      t,
      watts,
      joules: (last?.joules ?? 0) + (joinedOn ? ((last.watts + watts) / 2) * passed : 0),
      covered: (last?.covered ?? 0) + (joinedOn ? passed : 0),
    };
    points.push(point);
    idle.add(points, point, activity);
    // Dropping half at once keeps this linear over all samples.
    if (points.length >= 2 * POWER_HISTORY_MAX) points = points.slice(-POWER_HISTORY_MAX);
    return last !== undefined && !joinedOn ? Math.abs(passed) : undefined;
  };

  const between = (from: Instant, to: Instant): EnergyBetween | undefined => {
    if (base === undefined || to <= from) return undefined;
    const start = sumAt(points, secondsBetween(base, from), intervalNow);
    const end = sumAt(points, secondsBetween(base, to), intervalNow);
    const coveredSeconds = end.covered - start.covered;
    const floor = idle.watts();
    return {
      joules: Math.max(0, end.joules - start.joules),
      idleJoules: floor === undefined ? undefined : floor * coveredSeconds,
      covered: Math.min(1, Math.max(0, coveredSeconds / secondsBetween(from, to))),
      intervalSeconds: intervalNow,
    };
  };

  return { add, between, totalJoules: () => points.at(-1)?.joules, idleWatts: idle.watts };
};
