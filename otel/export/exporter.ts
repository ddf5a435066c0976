// What sends: a payload of one signal goes out, an outcome comes back. Nothing is thrown, and an outcome is always one of
// three: taken, not now, never.
import type { Snapshot } from '../aggregate.ts';
import type { LogSignal, SpanSignal } from '../signal.ts';

export type SignalKind = 'traces' | 'logs' | 'metrics';

export type Payload =
  | { readonly kind: 'traces'; readonly items: readonly SpanSignal[] }
  | { readonly kind: 'logs'; readonly items: readonly LogSignal[] }
  | { readonly kind: 'metrics'; readonly items: readonly Snapshot[] };

export type ExportOutcome =
  | { readonly result: 'accepted' }
  /** Not now: the same payload may be taken later. `afterMs` is what the receiver asked for. */
  | { readonly result: 'retry'; readonly afterMs?: number; readonly reason: string }
  /** `count` items can never be taken. Less than the payload where the receiver took the others (partial success). */
  | { readonly result: 'rejected'; readonly reason: string; readonly count: number };

export type Exporter = {
  readonly export: (payload: Payload) => Promise<ExportOutcome>;
  readonly shutdown: () => Promise<void>;
};
