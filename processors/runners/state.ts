// What the runners fold remembers besides the runners: names, GPUs, and the few things said shortly before the line that
// gives them a meaning (a GPU selected before its load starts, an eviction before its victim is known).
import type { OllamaReading } from '../../collectors/reading.ts';
import { earlier, type Instant } from '../../otel/time.ts';
import { type Arrivals, createArrivals } from '../arrivals.ts';
import type { GpuRef } from '../fact.ts';
import { createGpus, type Gpus } from './gpus.ts';
import { createNames, type Names } from './names.ts';
import { createRunners, type Runner, type Runners } from './table.ts';

export type RunnersState = {
  readonly runners: Runners;
  readonly names: Names;
  readonly gpus: Gpus;
  /** GPUs named since the last load began: they belong to the next one. */
  placement: { readonly at: Instant; readonly gpus: readonly GpuRef[] } | undefined;
  eviction: { readonly at: Instant; readonly reason: string } | undefined;
  /** A runner of this blob is told to be reloaded with other options. */
  reloading: { readonly at: Instant } | undefined;
  /** Last crash line, which every version prints twice. */
  gone: { readonly at: Instant; readonly errorType: string } | undefined;
  /** A crash that names no runner, with several to choose from; `isEcho`: it may be one that was told already. */
  unnamedCrash:
    | {
        readonly at: Instant;
        readonly errorType: string;
        readonly isEcho: boolean;
        /** The only one that was loaded then. */
        readonly onlyKey: string | undefined;
      }
    | undefined;
  /** Class of the last error text of a dying child. */
  deviceError: { readonly at: Instant; readonly errorType: string } | undefined;
  settings: { readonly [name: string]: string };
  /** Tasks launched and not released, over all runners: a runner killed while there are none was told to go. */
  openTasks: number;
  /** Loaded, and not told yet. */
  readonly untold: Runner[];
  /** Bounds on what raw lines of a load have told by their arrival. */
  readonly arrivals: Arrivals<Runner>;
  /** When the API last listed the resident models. */
  apiAt: Instant | undefined;
};

export type OllamaOf<K extends OllamaReading['kind']> = Extract<OllamaReading, { readonly kind: K }>;

export const createState = (): RunnersState => ({
  runners: createRunners(),
  names: createNames(),
  gpus: createGpus(),
  placement: undefined,
  eviction: undefined,
  reloading: undefined,
  gone: undefined,
  unnamedCrash: undefined,
  deviceError: undefined,
  settings: {},
  openTasks: 0,
  untold: [],
  // Only stamps are compared with the moment of placement, so it takes the stamp's own time.
  arrivals: createArrivals((runner, _, stamp) => {
    if (runner.placedAt !== undefined) runner.placedAt = earlier(runner.placedAt, stamp);
  }),
  apiAt: undefined,
});
