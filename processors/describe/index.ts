// From what is known to what is told: one stateless function per type of fact, all of them in one table that the compiler
// keeps complete. The same fact always gives the same signals.
import type { Signal } from '../../otel/signal.ts';
import type { Fact, FactOf, FactType } from '../fact.ts';
import * as events from './logs-events.ts';
import * as gpuEvents from './logs-gpus.ts';
import { describeLine } from './logs-lines.ts';
import * as gpus from './metrics-gpus.ts';
import * as models from './metrics-models.ts';
import * as requests from './metrics-requests.ts';
import * as self from './metrics-self.ts';
import type { EmitSignal } from './points.ts';
import { describeAbandonedSpan, describeRequestSpans } from './spans.ts';

type Teller<K extends FactType> = (fact: FactOf<K>, emit: EmitSignal) => void;
type Tellers = { readonly [K in FactType]: Teller<K> };

export type DescribeOptions = {
  /** Send the text of lines that no pattern matched: they can hold prompts. */
  readonly sendUnmatchedText: boolean;
};

const both =
  <F>(first: (fact: F, emit: EmitSignal) => void, second: (fact: F, emit: EmitSignal) => void) =>
  (fact: F, emit: EmitSignal): void => {
    first(fact, emit);
    second(fact, emit);
  };

const nothing = (): void => undefined;

const tellersFor = ({ sendUnmatchedText }: DescribeOptions) =>
  ({
    'line.read': (fact, emit) => describeLine(fact, emit, sendUnmatchedText),
    // Internal: it comes again as request.finished.
    'request.closed': nothing,
    'request.finished': both(describeRequestSpans, requests.describeFinishedMetrics),
    'request.fault_hit': both(requests.describeFaultHitMetrics, gpuEvents.tellFaultHit),
    'request.abandoned': (fact, emit) => {
      describeAbandonedSpan(fact, emit);
      requests.describeAbandonedMetrics(fact, emit);
      events.tellAbandoned(fact, emit);
    },
    'requests.under_way': requests.describeUnderWay,
    'server.started': both(models.describeServerMetrics, events.tellServerStarted),
    'model.load_started': events.tellLoadStarted,
    'model.loaded': both(models.describeLoadedMetrics, events.tellLoaded),
    'model.cpu_fallback': both(models.describeFallbackMetrics, events.tellCpuFallback),
    'model.load_failed': both(models.describeLoadFailedMetrics, events.tellLoadFailed),
    'model.unloaded': both(models.describeUnloadedMetrics, events.tellUnloaded),
    'model.evicted': both(models.describeEvictedMetrics, events.tellEvicted),
    'models.resident': models.describeResidentMetrics,
    'runner.crashed': both(models.describeCrashMetrics, events.tellCrashed),
    'prompt.truncated': both(requests.describeTruncationMetrics, events.tellTruncated),
    'context.shifted': both(requests.describeShiftMetrics, events.tellShifted),
    'draft.accepted': requests.describeDraftMetrics,
    'gpu.described': both(gpus.describeQueryMetrics, gpuEvents.tellDescribed),
    'gpu.sampled': gpus.describeSampleMetrics,
    'gpu.process_sampled': gpus.describeProcessMetrics,
    'gpu.stale': both(gpus.describeStaleGpu, gpuEvents.tellStale),
    // At a power cap this is every sample: a number, no event.
    'gpu.throttled': gpus.describeThrottleMetrics,
    'gpu.xid': gpus.describeXidMetrics,
    'gpu.fault_raised': both(gpus.describeFaultMetrics, gpuEvents.tellFaultRaised),
    'gpu.fault_settled': both(gpus.describeSettledMetrics, gpuEvents.tellFaultSettled),
    'gpu.state_changed': both(gpus.describeStateMetrics, gpuEvents.tellStateChanged),
    'smi.failed': self.describeSmiFailure,
    'lines.counted': self.describeLinesMetrics,
    'source.changed': both(self.describeSourceMetrics, gpuEvents.tellSourceChanged),
  }) satisfies Tellers;

export type Describe = (fact: Fact, emit: (signal: Signal) => void) => void;

export const createDescribe = (options: DescribeOptions): Describe => {
  const tellers: Tellers = tellersFor(options);
  /** The named seam: a teller is looked up by its own fact's type, which the compiler cannot follow through the union. */
  const tellerOf = (type: FactType) => tellers[type] as (fact: Fact, emit: EmitSignal) => void;
  return (fact, emit) => tellerOf(fact.type)(fact, emit);
};

/** With unmatched lines told by class and length only. */
export const describe: Describe = createDescribe({ sendUnmatchedText: false });
