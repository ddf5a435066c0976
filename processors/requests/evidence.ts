// Lines that explain a request but name none: aborts, failures, truncations, and the DEBUG finished lines. They are kept
// until a request claims them, or until no request can any more, and then go on as plain records.
import type { Emit, OllamaReading } from '../../collectors/reading.ts';
import type { SpanRef } from '../../otel/ids.ts';
import { addSeconds, type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact, Join } from '../fact.ts';
import { EVIDENCE_MAX, UNCLAIMED_SECONDS } from '../limits.ts';
import { tellLine } from './pending.ts';

export type EvidenceKind =
  | 'request.aborted'
  | 'request.failed'
  | 'request.panic'
  | 'load.failed'
  | 'load.client_left'
  | 'runner.gone'
  | 'runner.terminated'
  | 'runner.crash_dump'
  | 'request.truncated'
  | 'request.finished_context';
export type Evidence = {
  readonly reading: Extract<OllamaReading, { readonly kind: EvidenceKind }>;
  readonly order: number;
};

const kinds: ReadonlySet<string> = new Set<EvidenceKind>([
  'request.aborted',
  'request.failed',
  'request.panic',
  'load.failed',
  'load.client_left',
  'runner.gone',
  'runner.terminated',
  'runner.crash_dump',
  'request.truncated',
  'request.finished_context',
]);

export const isEvidence = (reading: OllamaReading): reading is Evidence['reading'] => kinds.has(reading.kind);

export const createEvidence = () => {
  let kept: Evidence[] = [];
  return {
    /** Keeps a line; the oldest goes on unclaimed when there are EVIDENCE_MAX. */
    keep: (reading: Evidence['reading'], order: number, emit: Emit<Fact>): void => {
      kept.push({ reading, order });
      const first = kept.length > EVIDENCE_MAX ? kept.shift() : undefined;
      if (first !== undefined) tellLine(emit, first.reading);
    },
    kept: (): readonly Evidence[] => kept,
    /** Claims a line for a request: no other can have it. `ref` is undefined where the request has no trace. */
    claim: (evidence: Evidence, ref: SpanRef | undefined, join: Join, emit: Emit<Fact>): void => {
      if (!kept.includes(evidence)) return;
      kept = kept.filter((other) => other !== evidence);
      tellLine(emit, evidence.reading, ref === undefined ? undefined : { ref, join });
    },
    /** Lets go of what no request can claim any more; `unless` names what something still waits for. */
    sweep: (now: Instant, unless: (evidence: Evidence) => boolean, emit: Emit<Fact>): readonly Evidence[] => {
      const gone = kept.filter(
        (evidence) => addSeconds(evidence.reading.at, UNCLAIMED_SECONDS) < now && !unless(evidence),
      );
      if (gone.length === 0) return gone;
      kept = kept.filter((evidence) => !gone.includes(evidence));
      for (const evidence of gone) tellLine(emit, evidence.reading);
      return gone;
    },
    end: (emit: Emit<Fact>): readonly Evidence[] => {
      const gone = kept;
      kept = [];
      for (const evidence of gone) tellLine(emit, evidence.reading);
      return gone;
    },
  };
};
export type EvidenceStore = ReturnType<typeof createEvidence>;

/** A failure and the access line it explains stand within this. */
const BESIDE_SECONDS = 0.1;

/** The line of one of `wanted` that stands nearest to a request's end, within reach of it. */
export const besideEnd = <K extends EvidenceKind>(
  kept: readonly Evidence[],
  wanted: readonly K[],
  at: Instant,
  order: number,
  coarse: boolean,
): Evidence | undefined => {
  const reach = coarse ? 2 : BESIDE_SECONDS;
  const near = kept.filter(
    ({ reading }) => wanted.some((kind) => kind === reading.kind) && Math.abs(secondsBetween(reading.at, at)) <= reach,
  );
  return near.sort((a, b) => Math.abs(a.order - order) - Math.abs(b.order - order))[0];
};
