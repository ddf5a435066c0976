// A request that ended and is waiting for what explains it. The access line says when it ended and how long it took, so its
// start is derived; which kind of work it was is a matter of its route.
import type { Emit, OllamaReading, RecordReading } from '../../collectors/reading.ts';
import { addNs, addSeconds, earlier, type Instant, later } from '../../otel/time.ts';
import type { Bound, Fact, Operation } from '../fact.ts';
import { COARSE_SETTLE_SECONDS, SETTLE_SECONDS } from '../limits.ts';

export type Access = Extract<OllamaReading, { readonly kind: 'http.access' }>;

export type Pending = {
  readonly access: Access;
  readonly order: number;
  readonly operation: Operation | undefined;
  end: Bound;
  start: Bound;
  /** The first stamp after its line: in the log's own time it ended no later. */
  writtenBy?: Instant;
  /** When it is settled at the latest; moved once for a task that is still being cancelled. */
  dueAt: Instant;
  patient: boolean;
};

const operations: ReadonlyMap<string, Operation> = new Map([
  ['/api/chat', 'chat'],
  ['/v1/chat/completions', 'chat'],
  ['/v1/messages', 'chat'],
  ['/v1/responses', 'chat'],
  ['/api/generate', 'text_completion'],
  ['/v1/completions', 'text_completion'],
  ['/api/embed', 'embeddings'],
  ['/api/embeddings', 'embeddings'],
  ['/v1/embeddings', 'embeddings'],
  ['/v1/images/generations', 'image_generation'],
  ['/v1/images/edits', 'image_generation'],
  ['/v1/audio/transcriptions', 'transcription'],
]);

/** Inference is asked for by POST; the same routes answer 405 to the rest. */
export const operationOf = (access: Access): Operation | undefined =>
  access.fields.method === 'POST' ? operations.get(access.fields.route) : undefined;

/** Statuses of requests that never got a runner: nothing else in the log is theirs. A 400 can be the runner's own answer. */
export const neverRan = (status: number): boolean => (status > 400 && status < 499) || status === 503;

/** Arrival of an access line against the client's end: −8…+4 ms measured. */
const OBSERVED_SECONDS = 0.01;
/** Envelopes stamp when they read the pipe. */
const LOGGED_SECONDS = 0.002;
/** Printed in whole seconds. */
const PRINTED_SECONDS = 1;

/** How far apart two times of this reading's kind may be although they mean the same moment. */
export const jitterMsOf = (reading: RecordReading): number =>
  reading.timing === 'estimated' ? PRINTED_SECONDS * 1_000 : 1.5;

const endBound = (access: Access): Bound => {
  if (access.timing === 'observed') return { at: access.at, from: 'observed', uncertaintySeconds: OBSERVED_SECONDS };
  if (access.timing === 'logged') return { at: access.at, from: 'logged', uncertaintySeconds: LOGGED_SECONDS };
  return { at: access.at, from: 'logged', uncertaintySeconds: PRINTED_SECONDS };
};

/** The same request with its end known better. */
export const startOf = (access: Access, end: Bound): Bound => ({
  at: addNs(end.at, -access.fields.latencyNs),
  from: 'derived',
  uncertaintySeconds: end.uncertaintySeconds + access.fields.latencyStepNs / 1e9,
});

export const pendingOf = (access: Access, order: number, operation: Operation | undefined): Pending => {
  const end = endBound(access);
  const live = access.line.observed && access.timing !== 'estimated';
  const due = live
    ? addSeconds(access.at, SETTLE_SECONDS)
    : addSeconds(later(access.at, access.line.arrival), COARSE_SETTLE_SECONDS);
  return { access, order, operation, end, start: startOf(access, end), dueAt: due, patient: false };
};

/** Its line was written no later than `latest`, whenever it arrived: the request is moved back as a whole. */
export const clampPending = (pending: Pending, latest: Instant, stamp: Instant): void => {
  pending.writtenBy = stamp;
  if (pending.end.at <= latest) return;
  pending.end = { ...pending.end, at: latest };
  pending.start = startOf(pending.access, pending.end);
};

/** Its start in the log's own time, as far as that is known: to be held against the stamps of loads and unloads. */
export const startInLog = ({ access, start, writtenBy }: Pending): Instant =>
  writtenBy === undefined ? start.at : earlier(start.at, addNs(writtenBy, -access.fields.latencyNs));

/** Tells a record, with the span it belongs to when that is known. */
export const tellLine = (
  emit: Emit<Fact>,
  reading: RecordReading,
  link?: Pick<Extract<Fact, { type: 'line.read' }>, 'ref' | 'join'>,
): void => emit({ type: 'line.read', at: reading.at, reading, ...link });
