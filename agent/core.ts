// Puts the pure middle together: folds in their order, description, aggregation, telling. `run` and `replay` differ only in
// what feeds it and in which outputs it is given.
import { type XidOverrides, xidEntry } from '../collectors/nvidia/xid-catalogue.ts';
import { createAggregate, type Snapshot } from '../otel/aggregate.ts';
import type { Instant } from '../otel/time.ts';
import { createDescribe } from '../processors/describe/index.ts';
import { createFaultsFold } from '../processors/faults.ts';
import type { Fold } from '../processors/fold.ts';
import { createGpusFold } from '../processors/gpus.ts';
import { createIntakeFold } from '../processors/intake.ts';
import { createRequestsFold } from '../processors/requests.ts';
import { createRunnersFold } from '../processors/runners.ts';
import { createParserOf } from './parsers.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import type { Settings } from './settings-table.ts';
import { createTelling, type Output } from './telling.ts';

export type CoreOptions = {
  readonly settings: Pick<Settings, 'join-min-confidence' | 'series-max' | 'metric-interval' | 'send-unmatched-text'>;
  readonly xidOverrides: XidOverrides;
  readonly outputs: readonly Output[];
  readonly startAt: Instant;
  /** See Telling: what happened before is knowledge, not news. */
  readonly newsFrom?: Instant;
};

export type Core = Pipeline & {
  /** What holds at this moment of event time, for whoever asks between ticks. */
  readonly snapshot: () => Snapshot;
};

/** Every fold, in the order in which they hand facts on. */
export const createFolds = ({ settings, xidOverrides }: Pick<CoreOptions, 'settings' | 'xidOverrides'>): Fold[] => {
  const runners = createRunnersFold();
  const requests = createRequestsFold({ table: runners.table, minConfidence: settings['join-min-confidence'] });
  const gpus = createGpusFold();
  const faults = createFaultsFold({
    catalogue: (code) => xidEntry(code, xidOverrides),
    power: gpus.power,
    gpus: gpus.gpus,
  });
  return [createIntakeFold(), runners, requests, gpus, faults];
};

export const createCore = ({ settings, xidOverrides, outputs, startAt, newsFrom }: CoreOptions): Core => {
  const aggregate = createAggregate({ startAt, seriesMax: settings['series-max'] });
  const telling = createTelling({
    aggregate,
    outputs,
    metricIntervalSeconds: settings['metric-interval'],
    ...(newsFrom === undefined ? {} : { newsFrom }),
  });
  const pipeline = createPipeline({
    folds: createFolds({ settings, xidOverrides }),
    parserOf: createParserOf(xidOverrides),
    describe: createDescribe({ sendUnmatchedText: settings['send-unmatched-text'] }),
    onSignal: telling.signal,
    onTick: telling.tick,
    startAt,
  });
  return {
    ...pipeline,
    snapshot: () => aggregate.snapshot(pipeline.now()),
    end: () => {
      pipeline.end();
      telling.finish(pipeline.now());
    },
  };
};
