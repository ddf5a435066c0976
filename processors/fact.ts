// What is known: the union of facts. Folds make them from readings, `describe` says them as signals.
// Each fact carries event time and, where it rests on an inference, the method and the confidence.

import type { Notice, SourceInfo } from '../collectors/line.ts';
import type { LineClass, RecordReading } from '../collectors/reading.ts';
import type { SpanRef } from '../otel/ids.ts';
import type { Instant } from '../otel/time.ts';

/** How a span's bound is known, and how far off it may be. */
export type Bound = {
  readonly at: Instant;
  readonly from: 'logged' | 'observed' | 'derived';
  readonly uncertaintySeconds: number;
};

/** Classes: `exact` ≥ 0.99, `strong` ≥ 0.9, `weak` below, `none` = no link made. */
export type ConfidenceClass = 'exact' | 'strong' | 'weak' | 'none';
export const confidenceClass = (confidence: number): ConfidenceClass =>
  confidence >= 0.99 ? 'exact' : confidence >= 0.9 ? 'strong' : confidence > 0 ? 'weak' : 'none';

export type Join = {
  /** `not_logged`, `only_candidate`, `assignment`, `finished_line`, `single_model`, `api`, `none`: see processors/README.md. */
  readonly method: string;
  /** 0–1, calibrated against ground truth. */
  readonly confidence: number;
};

export type PhaseName = 'queue' | 'load model' | 'place layers' | 'start runner' | 'prefill' | 'decode';
export type Phase = {
  readonly name: PhaseName;
  readonly start: Bound;
  readonly end: Bound;
  /** Parent phase (`load model` for `place layers` and `start runner`), or undefined for the request. */
  readonly within?: PhaseName;
};

export type Operation = 'chat' | 'text_completion' | 'embeddings' | 'image_generation' | 'transcription';

export type RequestOutcome = 'ok' | 'error' | 'client_error' | 'client_aborted' | 'rejected' | 'load_only' | 'unload';

export type ModelRef = { readonly name?: string; readonly blob?: string };

/** Which GPU, as far as the log tells: uuid up to 0.24, bus from 0.30 on, `index` as the last resort. */
export type GpuRef = { readonly uuid?: string; readonly bus?: string; readonly index?: number };

export type RunnerRef = {
  /** Stable within a run of the server: `<server start ordinal>/<load ordinal>`. */
  readonly key: string;
  readonly pid?: number;
  readonly port?: number;
};

export type RequestTokens = {
  readonly input?: number;
  /** Part of `input` that came from the prompt cache. */
  readonly inputCached?: number;
  readonly output?: number;
};

/** A fault that touched a request. */
export type FaultHit = {
  readonly incident: string;
  readonly errorType: string;
  readonly at: Instant;
  readonly gpu: GpuRef;
  readonly severity: 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
  readonly action: string;
  readonly join: Join;
};

export type FinishedRequest = {
  readonly ref: SpanRef;
  /** Undefined for routes that are not inference (pulls, probes, lists). */
  readonly operation?: Operation;
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly outcome: RequestOutcome;
  /** Low cardinality, set iff failed: `500`, `runner.gone`, `load.failed`, `client_closed`, … */
  readonly errorType?: string;
  readonly client?: string;
  readonly start: Bound;
  readonly end: Bound;
  readonly phases: readonly Phase[];
  readonly model: ModelRef;
  readonly modelJoin: Join;
  readonly runner?: RunnerRef;
  readonly gpus: readonly GpuRef[];
  readonly tokens: RequestTokens;
  /** Seconds as logged, where known. */
  readonly prefillSeconds?: number;
  readonly decodeSeconds?: number;
  readonly queueSeconds?: number;
  readonly loadSeconds?: number;
  readonly truncatedPrompt?: { readonly promptTokens: number; readonly keptTokens: number };
  /** Link between the access line and the runner's task. */
  readonly taskJoin: Join;
  readonly slot?: number;
  readonly task?: number;
  readonly faults: readonly FaultHit[];
  /** Estimated from integrated power; absent where no power was read. */
  readonly energyJoules?: number;
  /** Source of the access line. */
  readonly source: SourceInfo;
};

export type GpuIdentity = {
  readonly index?: number;
  readonly uuid?: string;
  readonly bus?: string;
  readonly name?: string;
  readonly driver?: string;
};

export type Fact =
  /** Every record of every followed line, linked to a span where the join is good enough. */
  | {
      readonly type: 'line.read';
      readonly at: Instant;
      readonly reading: RecordReading;
      readonly ref?: SpanRef;
      readonly join?: Join;
    }
  /** Internal: a request closed and joined, waiting for faults and energy. The faults fold consumes it. */
  | { readonly type: 'request.closed'; readonly at: Instant; readonly request: FinishedRequest }
  | { readonly type: 'request.finished'; readonly at: Instant; readonly request: FinishedRequest }
  /** A task that began and for which no access line came: server died, log cut, bound hit. */
  | {
      readonly type: 'request.abandoned';
      readonly at: Instant;
      readonly ref: SpanRef;
      readonly start: Bound;
      readonly reason: 'server_restarted' | 'no_access_line' | 'bound' | 'shutdown';
      readonly model: ModelRef;
      readonly runner?: RunnerRef;
    }
  /** Requests known to be under way and waiting, told when it changes. */
  | { readonly type: 'requests.under_way'; readonly at: Instant; readonly active: number; readonly queued: number }
  | {
      readonly type: 'server.started';
      readonly at: Instant;
      readonly version: string;
      readonly settings: { readonly [name: string]: string };
    }
  | {
      readonly type: 'model.load_started';
      readonly at: Instant;
      readonly runner: RunnerRef;
      readonly model: ModelRef;
      readonly engine: string;
      readonly reading: RecordReading;
    }
  | {
      readonly type: 'model.loaded';
      readonly at: Instant;
      readonly start: Bound;
      readonly runner: RunnerRef;
      readonly model: ModelRef;
      readonly durationSeconds: number;
      readonly gpus: readonly GpuRef[];
      readonly layersOffloaded?: number;
      readonly layersTotal?: number;
      /** By placement; absent parts were not logged. */
      readonly gpuBytes?: number;
      readonly cpuBytes?: number;
      readonly contextSize?: number;
      readonly parallel?: number;
    }
  /** Fewer layers on the GPU than the model has although a GPU is there (or none at all): CPU fallback. */
  | {
      readonly type: 'model.cpu_fallback';
      readonly at: Instant;
      readonly runner: RunnerRef;
      readonly model: ModelRef;
      readonly layersOffloaded: number;
      readonly layersTotal: number;
    }
  | {
      readonly type: 'model.load_failed';
      readonly at: Instant;
      readonly runner?: RunnerRef;
      readonly model: ModelRef;
      readonly errorType: string;
    }
  | {
      readonly type: 'model.unloaded';
      readonly at: Instant;
      readonly runner: RunnerRef;
      readonly model: ModelRef;
      readonly reason: 'keep_alive' | 'evicted' | 'crashed' | 'reloaded' | 'server_stopped' | 'unknown';
    }
  | {
      readonly type: 'model.evicted';
      readonly at: Instant;
      readonly runner?: RunnerRef;
      readonly model: ModelRef;
      readonly by: ModelRef;
      readonly reason: string;
    }
  | {
      readonly type: 'models.resident';
      readonly at: Instant;
      readonly models: readonly {
        readonly name: string;
        readonly sizeBytes: number;
        readonly vramBytes: number;
        readonly expiresInSeconds?: number;
        readonly contextSize?: number;
      }[];
      readonly from: 'api' | 'log';
    }
  | {
      readonly type: 'runner.crashed';
      readonly at: Instant;
      readonly runner?: RunnerRef;
      readonly model: ModelRef;
      readonly errorType: string;
    }
  | {
      readonly type: 'prompt.truncated';
      readonly at: Instant;
      readonly model: ModelRef;
      readonly promptTokens: number;
      readonly keptTokens: number;
      readonly ref?: SpanRef;
    }
  | { readonly type: 'context.shifted'; readonly at: Instant; readonly model: ModelRef; readonly ref?: SpanRef }
  | { readonly type: 'draft.accepted'; readonly at: Instant; readonly model: ModelRef; readonly acceptance: number }
  | {
      readonly type: 'gpu.described';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly cells: { readonly [field: string]: number | string };
    }
  /** `columns` as dmon prints them (see collectors/nvidia/kinds.ts); `energyJoules` integrated since the first sample. */
  | {
      readonly type: 'gpu.sampled';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly columns: { readonly [name: string]: number };
      readonly energyJoules?: number;
    }
  | {
      readonly type: 'gpu.process_sampled';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly pid: number;
      readonly command: string;
      readonly columns: { readonly [name: string]: number };
      readonly gone: boolean;
    }
  /** Not heard of for GPU_STALE_SECONDS, lost, its source ended, or it is told under its uuid from now on: its series must end. */
  | {
      readonly type: 'gpu.stale';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly reason: 'lost' | 'stalled' | 'source_ended' | 'renamed';
    }
  | {
      readonly type: 'gpu.throttled';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly reason: string;
      readonly seconds: number;
    }
  /** One per Xid or SXid record (`xid.79`, `sxid.20034`); of a rate-limited GSP the count is a lower bound. */
  | {
      readonly type: 'gpu.xid';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly code: number;
      readonly errorType: string;
    }
  /** At an incident's first record, and again under the same id when a graver one makes it worse. */
  | {
      readonly type: 'gpu.fault_raised';
      readonly at: Instant;
      readonly incident: string;
      readonly gpu: GpuIdentity;
      readonly errorType: string;
      readonly severity: FaultHit['severity'];
      readonly action: string;
      readonly description: string;
      readonly process?: string;
    }
  /** A request and a fault that touched it: once for each pair, also where the fault was heard of after the request was told. */
  | {
      readonly type: 'request.fault_hit';
      readonly at: Instant;
      readonly request: FinishedRequest;
      readonly fault: FaultHit;
    }
  /** Told when an incident's window closes, again when more belongs to it: `codes` and `records` in all, `hit` what was not told yet. */
  | {
      readonly type: 'gpu.fault_settled';
      readonly at: Instant;
      readonly raisedAt: Instant;
      readonly incident: string;
      readonly gpu: GpuIdentity;
      readonly errorType: string;
      readonly severity: FaultHit['severity'];
      readonly action: string;
      readonly codes: readonly number[];
      readonly records: number /** The kernel limited its lines (GSP): there were more. */;
      readonly recordsAtLeast?: true;
      readonly runnersCrashed?: number;
      /** Requests that an earlier telling of this incident listed. */
      readonly hitBefore?: number;
      readonly hit: readonly { readonly ref: SpanRef; readonly model: ModelRef; readonly join: Join }[];
    }
  | {
      readonly type: 'gpu.state_changed';
      readonly at: Instant;
      readonly gpu: GpuIdentity;
      readonly state: 'ok' | 'degraded' | 'failed' | 'predicted_failure';
      readonly action: string;
    }
  | { readonly type: 'smi.failed'; readonly at: Instant; readonly errorType: string }
  /** Lines read since the last such fact, per source and class; `name` only for unmatched, malformed and noise classes. */
  | {
      readonly type: 'lines.counted';
      readonly at: Instant;
      readonly source: SourceInfo;
      readonly class: LineClass;
      readonly name?: string;
      readonly count: number;
      /** From the time that the newest of them carries to its arrival; absent where none carried one or was seen to arrive. */
      readonly delaySeconds?: number;
    }
  | { readonly type: 'source.changed'; readonly at: Instant; readonly notice: Notice };

export type FactType = Fact['type'];
export type FactOf<T extends FactType> = Extract<Fact, { readonly type: T }>;
