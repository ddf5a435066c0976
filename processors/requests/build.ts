// One finished request from its access line and everything that was found to be its. Links below the settable confidence are
// not made: then the request keeps its own line's facts and says «none».

import type { SpanRef } from '../../otel/ids.ts';
import { spanIdOf, traceIdOf } from '../../otel/ids.ts';
import type { Bound, FinishedRequest, Join, RequestTokens } from '../fact.ts';
import { type RunnerTable, type RunnerView, refOf } from '../runners/table.ts';
import { outputOf, type Task } from '../tasks/task.ts';
import { besideEnd, type Evidence } from './evidence.ts';
import { servedBy } from './model.ts';
import { type AnswerContext, outcomeOf } from './outcome.ts';
import { type Access, neverRan, type Pending, startOf } from './pending.ts';
import { layPhases } from './phases.ts';
import { type Decision, loadInside, NO_JOIN, NOT_LOGGED } from './window.ts';

/** Name of the request's own span in derived ids. */
export const REQUEST_SPAN = 'request';

/** Derived from where the access line lies and what it says: a re-read gives the same ids. */
export const refOfAccess = (access: Access): SpanRef => {
  const { source, position, text } = access.line;
  const traceId = traceIdOf(source.identity, position + access.offset, text);
  return { traceId, spanId: spanIdOf(traceId, REQUEST_SPAN) };
};

export type BuildContext = {
  readonly table: RunnerTable;
  readonly minConfidence: number;
  readonly evidence: readonly Evidence[];
  /** No other request ended at about the same time. */
  readonly lone: boolean;
  readonly answer: Omit<AnswerContext, 'load'>;
};

export type Built = { readonly request: FinishedRequest; readonly task?: Task; readonly evidence: readonly Evidence[] };

const tokensOf = (task: Task | undefined): RequestTokens => {
  if (task === undefined) return {};
  const first = task.firstHalf?.fate === 'taken' ? task.firstHalf : undefined;
  const own = outputOf(task);
  const firstOutput = first === undefined ? undefined : outputOf(first);
  const output = own === undefined && firstOutput === undefined ? undefined : (own ?? 0) + (firstOutput ?? 0);
  return {
    ...(task.promptTokens === undefined ? {} : { input: task.promptTokens }),
    ...(task.cachedTokens === undefined ? {} : { inputCached: task.cachedTokens }),
    ...(output === undefined ? {} : { output }),
  };
};

const failures = [
  'request.aborted',
  'request.failed',
  'request.panic',
  'load.client_left',
  'load.failed',
  'runner.gone',
  'runner.terminated',
  'runner.crash_dump',
] as const;

const crashes = ['runner.gone', 'runner.terminated', 'runner.crash_dump'] as const;

/** The failure line beside the access line, for requests that failed or could have. */
const failureOf = (pending: Pending, context: BuildContext): Evidence | undefined => {
  const { status } = pending.access.fields;
  if (pending.operation === undefined || (status >= 400 && status < 499) || neverRan(status)) return undefined;
  // A stream that broke is still a 200: without tasks only a crash right beside the one request that ended then tells.
  const wanted = status >= 499 ? failures : context.lone && !context.answer.tasksSeen ? crashes : [];
  return besideEnd(context.evidence, wanted, pending.end.at, pending.order, pending.end.uncertaintySeconds > 0.5);
};

/** An aborted load is told twice: that the client left, and that the load failed. */
const besideLoad = (failure: Evidence, kept: readonly Evidence[]): Evidence | undefined =>
  besideEnd(kept, ['load.client_left'], failure.reading.at, failure.order, false);

/** A finished line is stamped to the millisecond: better than a printed second, no better than an observed arrival. */
const endOf = (pending: Pending, decision: Decision): Bound => {
  const line = decision.finished?.reading;
  if (
    line === undefined ||
    pending.end.uncertaintySeconds < 0.5 ||
    line.timing !== 'logged' ||
    decision.finishedJoin.confidence < 0.9
  )
    return pending.end;
  return { at: line.at, from: 'logged', uncertaintySeconds: 0.006 };
};

/** A load is the request's if its runner came up inside it. */
const loadOf = (runner: RunnerView | undefined, start: Bound, end: Bound): RunnerView | undefined => {
  if (runner === undefined || runner.startedAt > end.at) return undefined;
  return (runner.readyAt ?? runner.endedAt ?? end.at) > start.at ? runner : undefined;
};

/** While it is built. Fields that may be absent are added one by one: a spread for each made this the dearest step of a request. */
type Growing<T> = { -readonly [K in keyof T]: T[K] };

export const buildRequest = (pending: Pending, decision: Decision, context: BuildContext): Built => {
  const { access, operation } = pending;
  const linked = decision.task !== undefined && decision.taskJoin.confidence >= context.minConfidence;
  const task = linked ? decision.task : undefined;
  const taskJoin: Join = linked ? decision.taskJoin : context.answer.tasksSeen ? NO_JOIN : NOT_LOGGED;
  const failure = failureOf(pending, context);
  const found = servedBy(pending, linked ? decision : { ...decision, taskJoin: NO_JOIN }, failure, context.table);
  const served = found.join.confidence >= context.minConfidence ? found : { model: {}, join: NO_JOIN };
  const end = endOf(pending, decision);
  const start = end === pending.end ? pending.start : startOf(access, end);
  const load = loadOf(served.runner, start, end);
  const inside = load ?? (served.runner === undefined ? loadInside(pending, context.table) : undefined);
  const { outcome, errorType } = outcomeOf(pending, task, failure, { ...context.answer, load: inside });
  const { phases, ...seconds } = operation === undefined ? { phases: [] } : layPhases(start, end, task, load);
  const request: Growing<FinishedRequest> = {
    ...seconds,
    ref: refOfAccess(access),
    route: access.fields.route,
    method: access.fields.method,
    status: access.fields.status,
    outcome,
    start,
    end,
    phases,
    model: served.model,
    modelJoin: served.join,
    gpus: served.runner?.gpus ?? [],
    tokens: tokensOf(task),
    taskJoin,
    faults: [],
    source: access.line.source,
  };
  if (operation !== undefined) request.operation = operation;
  if (errorType !== undefined) request.errorType = errorType;
  if (access.fields.client !== '') request.client = access.fields.client;
  if (served.runner !== undefined) request.runner = refOf(served.runner);
  if (task?.truncation !== undefined) {
    const { promptTokens, keptTokens } = task.truncation;
    request.truncatedPrompt = { promptTokens, keptTokens };
  }
  if (task !== undefined) {
    request.slot = task.slot;
    request.task = task.id;
  }
  const left = failure?.reading.kind === 'load.failed' ? besideLoad(failure, context.evidence) : undefined;
  const claimed = [
    left,
    failure,
    decision.finishedJoin.confidence >= context.minConfidence ? decision.finished : undefined,
    task?.truncation?.evidence,
  ];
  return { request, ...(task === undefined ? {} : { task }), evidence: claimed.flatMap((line) => line ?? []) };
};
