// What became of a request. A status is not enough: a stream that breaks is still 200, a client that leaves is 200, 499 or
// 500 depending on where it left. The task, the runner and the failure lines beside the access line tell them apart.
import type { RequestOutcome } from '../fact.ts';
import type { RunnerView } from '../runners/table.ts';
import type { Task } from '../tasks/task.ts';
import type { Evidence } from './evidence.ts';
import type { Pending } from './pending.ts';

export type Outcome = { readonly outcome: RequestOutcome; readonly errorType?: string };

const CLIENT_LEFT: Outcome = { outcome: 'client_aborted', errorType: 'client_closed' };
const RUNNER_GONE: Outcome = { outcome: 'error', errorType: 'runner.gone' };
/** An answer without work: the shortest real inference measured took 3 ms, load-only and unload calls 0.2–0.8 ms. */
const NO_WORK_NS = 1_500_000;

const ofEvidence = (evidence: Evidence | undefined): Outcome | undefined => {
  const reading = evidence?.reading;
  switch (reading?.kind) {
    case 'request.aborted':
    case 'load.client_left':
      return CLIENT_LEFT;
    case 'request.failed':
      if (reading.fields.clientLeft) return CLIENT_LEFT;
      return reading.fields.errorType === 'runner_gone'
        ? RUNNER_GONE
        : { outcome: 'error', errorType: reading.fields.errorType };
    case 'load.failed':
      return reading.fields.clientLeft ? CLIENT_LEFT : { outcome: 'error', errorType: 'load.failed' };
    case 'request.panic':
      return { outcome: 'error', errorType: 'panic' };
    case 'runner.gone':
    case 'runner.terminated':
    case 'runner.crash_dump':
      return RUNNER_GONE;
    default:
      return undefined;
  }
};

/**
 * A task that was cut short: by its client, or with its runner. Ollama unloads a runner only when its requests are done, so a
 * task that vanished with an unloaded one had been left by its client before.
 */
const ofTask = (task: Task | undefined): Outcome | undefined => {
  if (task?.end === 'cancelled' || task?.cancelled === true) return CLIENT_LEFT;
  const reason = task?.end === 'died' ? task.lane.runner?.endReason : undefined;
  if (reason === undefined) return undefined;
  return reason === 'crashed' || reason === 'server_stopped' ? RUNNER_GONE : CLIENT_LEFT;
};

const ofServerError = (status: number, task: Task | undefined, evidence: Evidence | undefined): Outcome => {
  return ofTask(task) ?? ofEvidence(evidence) ?? { outcome: 'error', errorType: String(status) };
};

const ofAnswer = (
  pending: Pending,
  task: Task | undefined,
  evidence: Evidence | undefined,
  context: AnswerContext,
): Outcome => {
  const cut = ofTask(task);
  if (cut !== undefined) return cut;
  if (task === undefined && pending.operation !== undefined && pending.operation !== 'embeddings') {
    const quick = pending.access.fields.latencyNs < NO_WORK_NS;
    if (context.unloaded && quick) return { outcome: 'unload' };
    if (quick || (context.tasksSeen && context.load !== undefined)) return { outcome: 'load_only' };
  }
  const failed = task === undefined ? ofEvidence(evidence) : undefined;
  return failed ?? { outcome: 'ok' };
};

export type AnswerContext = {
  /** Tasks are logged on this server, so a request without one did no work. */
  readonly tasksSeen: boolean;
  /** A load inside the request. */
  readonly load: RunnerView | undefined;
  /** A runner was told to go at the very moment of the request. */
  readonly unloaded: boolean;
};

/** Outcome and low-cardinality error type of a request, by real-server rules (DECISIONS.md). */
export const outcomeOf = (
  pending: Pending,
  task: Task | undefined,
  evidence: Evidence | undefined,
  context: AnswerContext,
): Outcome => {
  const { status } = pending.access.fields;
  if (status === 499) return CLIENT_LEFT;
  if (status === 503) return { outcome: 'rejected', errorType: '503' };
  if (status >= 500) return ofServerError(status, task, evidence);
  if (status >= 400) return { outcome: 'client_error', errorType: String(status) };
  return pending.operation === undefined ? { outcome: 'ok' } : ofAnswer(pending, task, evidence, context);
};
