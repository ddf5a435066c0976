// Seconds that a GPU was held back, by reason. Three kinds of evidence, the best one alone is used: microsecond counters,
// else flags at each query, else dmon's violation columns. GeForce prints 0 there, so nothing told is no proof of nothing.
import type { Cell, Columns } from '../../collectors/nvidia/kinds.ts';
import { type Instant, secondsBetween } from '../../otel/time.ts';
import { FLAG_INTERVAL_SECONDS_MAX } from '../limits.ts';

export type Throttled = { readonly reason: string; readonly seconds: number };

/** `clocks_throttle_reasons` before driver 535. */
const COUNTER = /^clocks_(?:event|throttle)_reasons_counters\.(\w+)$/;
const FLAG = /^clocks_(?:event|throttle)_reasons\.(\w+)$/;
/** Flags that mean held back; `gpu_idle` and `applications_clocks_setting` are wishes. `hw_slowdown` is the sum of the hw_ ones. */
const HELD_BACK: ReadonlySet<string> = new Set([
  'sw_power_cap',
  'sync_boost',
  'sw_thermal_slowdown',
  'hw_thermal_slowdown',
  'hw_power_brake_slowdown',
]);
const US_PER_SECOND = 1_000_000;

type Cells = { readonly [field: string]: Cell };

const countersOf = (cells: Cells): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const [field, cell] of Object.entries(cells)) {
    const reason = COUNTER.exec(field)?.[1];
    if (reason !== undefined && 'value' in cell && typeof cell.value === 'number') found.set(reason, cell.value);
  }
  return found;
};

/** Reason → active, of the fields that printed `Active` or `Not Active`. */
const flagsOf = (cells: Cells): ReadonlyMap<string, boolean> => {
  const found = new Map<string, boolean>();
  for (const [field, cell] of Object.entries(cells)) {
    const reason = FLAG.exec(field)?.[1];
    if (reason === undefined || !HELD_BACK.has(reason) || !('value' in cell)) continue;
    if (cell.value === 'Active' || cell.value === 'Not Active') found.set(reason, cell.value === 'Active');
  }
  return found;
};

export const createThrottle = () => {
  let best: 'counters' | 'flags' | 'violations' = 'violations';
  let counters: ReadonlyMap<string, number> = new Map();
  let flags: ReadonlyMap<string, boolean> = new Map();
  let queriedAt: Instant | undefined;

  /** A counter that fell was reset by a driver load: it counts from there. */
  const byCounters = (now: ReadonlyMap<string, number>): Throttled[] => {
    const told: Throttled[] = [];
    for (const [reason, value] of now) {
      const before = counters.get(reason);
      if (before !== undefined && value > before) told.push({ reason, seconds: (value - before) / US_PER_SECOND });
    }
    counters = now;
    return told;
  };
  /** Half of the interval for each of its two ends at which the flag stood. */
  const byFlags = (now: ReadonlyMap<string, boolean>, passedSeconds: number): Throttled[] => {
    const told: Throttled[] = [];
    for (const [reason, active] of now) {
      const ends = (active ? 1 : 0) + (flags.get(reason) === true ? 1 : 0);
      if (ends > 0 && passedSeconds > 0) told.push({ reason, seconds: (passedSeconds * ends) / 2 });
    }
    flags = now;
    return told;
  };

  return {
    query: (at: Instant, cells: Cells): readonly Throttled[] => {
      const passed = queriedAt === undefined || at <= queriedAt ? 0 : secondsBetween(queriedAt, at);
      queriedAt = at;
      const counted = countersOf(cells);
      if (counted.size > 0) best = 'counters';
      if (best === 'counters') return byCounters(counted);
      const flagged = flagsOf(cells);
      if (flagged.size > 0) best = 'flags';
      return byFlags(flagged, Math.min(passed, FLAG_INTERVAL_SECONDS_MAX));
    },
    /** `pviol` is a percentage of the interval, `tviol` a boolean for it. */
    sample: (columns: Columns, intervalSeconds: number): readonly Throttled[] => {
      if (best !== 'violations') return [];
      const { pviol = 0, tviol = 0 } = columns;
      const told: Throttled[] = [];
      if (pviol > 0) told.push({ reason: 'power_violation', seconds: (Math.min(pviol, 100) / 100) * intervalSeconds });
      if (tviol > 0) told.push({ reason: 'thermal_violation', seconds: intervalSeconds });
      return told;
    },
  };
};
