// What the faults fold remembers of the other folds' facts: where each runner lives, and how many requests were under way when.
// Both are bounded; the oldest goes first, since a fault looks back seconds and an energy share minutes.

import type { FactOf } from '../fact.ts';
import { RUNNERS_MAX, UNDER_WAY_CHANGES_MAX } from '../limits.ts';
import type { RunnerPlace } from './blast.ts';
import type { UnderWay } from './energy-share.ts';

/** What the loads told: where each runner lives. Oldest out when RUNNERS_MAX is hit: those are long unloaded. */
export const createRunnerPlaces = () => {
  const places = new Map<string, RunnerPlace>();
  return {
    load: ({ runner, gpus, layersOffloaded, gpuBytes }: FactOf<'model.loaded'>): void => {
      const onCpu = layersOffloaded === 0 || (gpus.length === 0 && gpuBytes === 0);
      places.delete(runner.key);
      places.set(runner.key, { ...(runner.pid === undefined ? {} : { pid: runner.pid }), gpus, onCpu });
      const [oldest] = places.keys();
      if (places.size > RUNNERS_MAX && oldest !== undefined) places.delete(oldest);
    },
    at: (key: string): RunnerPlace | undefined => places.get(key),
    hasPid: (pid: number): boolean => [...places.values()].some((place) => place.pid === pid),
  };
};

/** How many requests were under way when: facts of the requests fold, bounded. */
export const createUnderWay = () => {
  let changes: UnderWay[] = [];
  let queued = 0;
  return {
    add: (fact: FactOf<'requests.under_way'>): void => {
      changes.push({ at: fact.at, active: fact.active });
      queued = fact.queued;
      if (changes.length >= 2 * UNDER_WAY_CHANGES_MAX) changes = changes.slice(-UNDER_WAY_CHANGES_MAX);
    },
    changes: (): readonly UnderWay[] => changes,
    count: (): number => (changes.at(-1)?.active ?? 0) + queued,
  };
};
