// Settling: the requests that are due get their task, their model and their outcome, and are told; the others of the window
// compete for tasks and stay. A request whose task is still running gets a little patience: its cancel is on the way.
import type { Emit } from '../../collectors/reading.ts';
import { addSeconds, type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact, Join } from '../fact.ts';
import { PATIENCE_SECONDS } from '../limits.ts';
import type { RunnerTable } from '../runners/table.ts';
import type { Task } from '../tasks/task.ts';
import type { Tasks } from '../tasks.ts';
import { buildRequest } from './build.ts';
import type { Evidence, EvidenceStore } from './evidence.ts';
import { dropTask, giveTask } from './ledger.ts';
import { type Pending, tellLine } from './pending.ts';
import { type Decision, decide, NO_JOIN } from './window.ts';

/** A request's own access line is its own. */
const OWN: Join = { method: 'access_line', confidence: 1 };

export type Books = {
  readonly table: RunnerTable;
  readonly tasks: Tasks;
  readonly evidence: EvidenceStore;
  readonly minConfidence: number;
  /** Requests that ended and are not told yet, in order of their lines. */
  pending: Pending[];
  tasksSeen: boolean;
  finishedSeen: boolean;
  /** Last time an idle runner without keep-alive was told to go. */
  unloadedAt: Instant | undefined;
};

/** Embedding calls with several inputs are several tasks of one request: what lies inside and is nobody else's. */
const insideEmbeddings = (pending: Pending, task: Task, tasks: Tasks): readonly Task[] =>
  pending.operation !== 'embeddings' || task.decodeMs !== undefined
    ? []
    : [...tasks.free()].filter(
        (other) =>
          other !== task &&
          other.lane === task.lane &&
          other.end === 'ended' &&
          other.decodeMs === undefined &&
          other.launchedAt >= pending.start.at &&
          other.launchedAt <= pending.end.at,
      );

const UNLOAD_SECONDS = 0.05;
const TOGETHER_SECONDS = 0.1;

/** Two requests that end together: one crash line cannot say which of them it cut. */
const besides = (one: Pending, other: Pending): boolean =>
  Math.abs(secondsBetween(one.end.at, other.end.at)) < TOGETHER_SECONDS;

const closeRequest = (books: Books, pending: Pending, decision: Decision, emit: Emit<Fact>): void => {
  const { table, tasks, evidence, minConfidence, tasksSeen, unloadedAt } = books;
  const { task: candidate, taskJoin } = decision;
  const linked = candidate !== undefined && taskJoin.confidence >= minConfidence;
  const parts = linked ? [candidate, ...insideEmbeddings(pending, candidate, tasks)] : [];
  // The first half is taken before the request is built: its work counts as the request's.
  const half = candidate?.firstHalf;
  if (linked && half?.fate === 'free' && half.launchedAt >= pending.start.at) {
    parts.push(half);
    tasks.take(half);
  }
  const unloaded =
    unloadedAt !== undefined &&
    unloadedAt >= pending.start.at &&
    unloadedAt <= addSeconds(pending.end.at, UNLOAD_SECONDS);
  const built = buildRequest(pending, decision, {
    table,
    minConfidence,
    evidence: evidence.kept(),
    lone: !books.pending.some((other) => other !== pending && besides(other, pending)),
    answer: { tasksSeen, unloaded },
  });
  const { request } = built;
  // A call that is no inference has no trace: a trace id on its lines would lead nowhere.
  const ref = request.operation === undefined ? undefined : request.ref;
  tellLine(emit, pending.access, ref === undefined ? undefined : { ref, join: OWN });
  for (const part of parts) giveTask(tasks, part, request, emit);
  if (!linked && candidate !== undefined) dropTask(tasks, candidate, emit);
  for (const line of built.evidence) {
    const join = line === decision.finished ? decision.finishedJoin : request.taskJoin;
    evidence.claim(line, ref, join.confidence > 0 ? join : OWN, emit);
  }
  const cut = request.truncatedPrompt;
  if (cut !== undefined)
    emit({ type: 'prompt.truncated', at: request.end.at, model: request.model, ref: request.ref, ...cut });
  emit({ type: 'request.closed', at: request.end.at, request });
};

const NOTHING: Decision = { taskJoin: NO_JOIN, finishedJoin: NO_JOIN };

/** A request that nothing else in the log can belong to is told at once. */
export const closeAlone = (books: Books, pending: Pending, emit: Emit<Fact>): void =>
  closeRequest(books, pending, NOTHING, emit);

const stillRunning = (decision: Decision, pending: Pending, now: Instant): boolean =>
  decision.task?.end === 'open' && addSeconds(pending.end.at, PATIENCE_SECONDS) > now;

/** Tells the requests for which `due` is true. `now` is undefined when nothing more can come. */
export const settle = (
  books: Books,
  due: (pending: Pending) => boolean,
  now: Instant | undefined,
  emit: Emit<Fact>,
): void => {
  const window = books.pending;
  const wanted = window.map(due);
  if (!wanted.includes(true)) return;
  const free = [...books.tasks.free()];
  const decisions = decide(window, wanted, free, books.evidence.kept(), books);
  const staying: Pending[] = [];
  for (const [row, pending] of window.entries()) {
    const decision = decisions[row] ?? NOTHING;
    if (wanted[row] !== true || (now !== undefined && stillRunning(decision, pending, now))) staying.push(pending);
    else closeRequest(books, pending, decision, emit);
  }
  books.pending = staying;
};

/** A truncation that no task claimed is told without a request. */
export const tellTruncations = (lines: readonly Evidence[], table: RunnerTable, emit: Emit<Fact>): void => {
  for (const { reading } of lines) {
    if (reading.kind !== 'request.truncated') continue;
    const [only, other] = table.alive();
    const model =
      only === undefined || other !== undefined
        ? {}
        : {
            ...(only.name === undefined ? {} : { name: only.name }),
            ...(only.blob === undefined ? {} : { blob: only.blob }),
          };
    emit({
      type: 'prompt.truncated',
      at: reading.at,
      model,
      promptTokens: reading.fields.prompt,
      keptTokens: reading.fields.new,
    });
  }
};
