// Requests: an access line ends one, the runner's lines explain it. Holds both until they can be joined, tells each request
// once with its phases, tokens, model and outcome, and passes every record on, linked where the join is good enough.
import type { Emit, OllamaReading } from '../collectors/reading.ts';
import type { Instant } from '../otel/time.ts';
import { createArrivals } from './arrivals.ts';
import type { Fact } from './fact.ts';
import type { Fold, Input } from './fold.ts';
import { JOIN_WINDOW_MAX } from './limits.ts';
import { createEvidence, type Evidence, isEvidence } from './requests/evidence.ts';
import { abandonTask, sweepTasks, tellTaskLine } from './requests/ledger.ts';
import { isOwnLine } from './requests/own-lines.ts';
import {
  type Access,
  clampPending,
  neverRan,
  operationOf,
  type Pending,
  pendingOf,
  tellLine,
} from './requests/pending.ts';
import { type Books, closeAlone, settle, tellTruncations } from './requests/settle.ts';
import { tieTruncation } from './requests/truncations.ts';
import type { RunnerTable } from './runners/table.ts';
import { clampTask, type Task } from './tasks/task.ts';
import { createTasks, type TaskReading } from './tasks.ts';

export type RequestsOptions = {
  /** What the runners fold knows; it must step before this one. */
  readonly table: RunnerTable;
  /** 0–1: links less sure than this are not made. */
  readonly minConfidence: number;
};

const isTaskReading = (reading: OllamaReading): reading is TaskReading => reading.kind.startsWith('task.');

const createState = (options: RequestsOptions) => {
  const books: Books = {
    table: options.table,
    tasks: createTasks(options.table),
    evidence: createEvidence(),
    minConfidence: options.minConfidence,
    pending: [],
    tasksSeen: false,
    finishedSeen: false,
    unloadedAt: undefined,
  };
  return {
    books,
    tied: new Set<Evidence>(),
    arrivals: createArrivals<Pending | Task>((item, latest, stamp) =>
      'access' in item ? clampPending(item, latest, stamp) : clampTask(item, latest),
    ),
    order: 0,
    lastAt: undefined as Instant | undefined,
    active: 0,
    queued: 0,
    loading: 0,
  };
};
type State = ReturnType<typeof createState>;

const onAccess = (state: State, access: Access, emit: Emit<Fact>): void => {
  const operation = operationOf(access);
  const pending = pendingOf(access, state.order, operation);
  if (operation === undefined || neverRan(access.fields.status)) {
    closeAlone(state.books, pending, emit);
    return;
  }
  state.books.pending.push(pending);
  state.arrivals.note(access, pending);
  if (state.books.pending.length < JOIN_WINDOW_MAX) return;
  const half = new Set(state.books.pending.slice(0, JOIN_WINDOW_MAX / 2));
  settle(state.books, (other) => half.has(other), undefined, emit);
};

const onTask = (state: State, reading: TaskReading, emit: Emit<Fact>): void => {
  const { books } = state;
  books.tasksSeen = true;
  const task = books.tasks.read(reading, state.order);
  if (task === undefined) {
    tellLine(emit, reading);
    return;
  }
  state.arrivals.note(reading, task);
  if (reading.kind === 'task.prompt') tieTruncation(task, books.evidence.kept(), state.tied);
  if (reading.kind === 'task.draft') {
    const { runner } = task.lane;
    const model = {
      ...(runner?.name === undefined ? {} : { name: runner.name }),
      ...(runner?.blob === undefined ? {} : { blob: runner.blob }),
    };
    emit({ type: 'draft.accepted', at: reading.at, model, acceptance: reading.fields.acceptance });
  }
  tellTaskLine(task, reading, emit);
  const overflow = books.tasks.overflow();
  if (overflow !== undefined) abandonTask(books.tasks, overflow, reading.at, 'bound', emit);
};

const onShift = (
  state: State,
  reading: Extract<OllamaReading, { kind: 'request.context_shift' }>,
  emit: Emit<Fact>,
): void => {
  const { slot, task: id } = reading.fields;
  const task = [...state.books.tasks.free()].find(
    (open) => open.end === 'open' && open.slot === slot && open.id === id,
  );
  if (task === undefined) {
    emit({ type: 'context.shifted', at: reading.at, model: {} });
    tellLine(emit, reading);
    return;
  }
  task.shifts += 1;
  tellTaskLine(task, reading, emit);
};

const onOllama = (state: State, reading: OllamaReading, emit: Emit<Fact>): void => {
  const { books } = state;
  if (isTaskReading(reading)) {
    onTask(state, reading, emit);
    return;
  }
  if (reading.kind === 'http.access') {
    onAccess(state, reading, emit);
    return;
  }
  if (reading.kind === 'request.context_shift') {
    onShift(state, reading, emit);
    return;
  }
  if (reading.kind === 'unload.expired') books.unloadedAt = reading.at;
  if (!isEvidence(reading)) {
    tellLine(emit, reading);
    return;
  }
  if (reading.kind === 'request.finished_context') books.finishedSeen = true;
  books.evidence.keep(reading, state.order, emit);
};

const onRecord = (state: State, reading: OllamaReading, emit: Emit<Fact>): void => {
  state.order += 1;
  state.arrivals.pass(reading);
  onOllama(state, reading, emit);
  state.lastAt = reading.at;
  const [oldest] = state.books.pending;
  // Without arrival times the log's own times are the clock; a live log settles on ticks alone.
  if (oldest !== undefined && reading.timing === 'estimated' && oldest.dueAt <= reading.at)
    sweep(state, reading.at, emit);
};

const sweep = (state: State, now: Instant, emit: Emit<Fact>): void => {
  const { books } = state;
  settle(books, (pending) => pending.dueAt <= now, now, emit);
  sweepTasks(books.tasks, now, emit);
  const waits = (evidence: Evidence): boolean =>
    state.tied.has(evidence) && [...books.tasks.free()].some((task) => task.truncation?.evidence === evidence);
  const gone = books.evidence.sweep(now, waits, emit);
  tellTruncations(gone, books.table, emit);
  for (const evidence of state.tied) if (!books.evidence.kept().includes(evidence)) state.tied.delete(evidence);
};

/** Tells how many are under way when that changed. A load in progress means that at least one request waits for it. */
const tellUnderWay = (state: State, at: Instant, emit: Emit<Fact>): void => {
  const active = state.books.tasks.openCount();
  if (active === state.active && state.loading === state.queued) return;
  state.active = active;
  state.queued = state.loading;
  emit({ type: 'requests.under_way', at, active, queued: state.queued });
};

/** A new server: what was under way on the old one never ended. */
const onServerStarted = (state: State, at: Instant, emit: Emit<Fact>): void => {
  const { books } = state;
  books.tasks.serverEnded(at);
  settle(books, () => true, undefined, emit);
  for (const task of [...books.tasks.free()]) abandonTask(books.tasks, task, at, 'server_restarted', emit);
  books.tasksSeen = false;
  books.finishedSeen = false;
};

const countLoading = (table: RunnerTable): number =>
  table.alive().filter((runner) => runner.state === 'loading').length;

const onFact = (state: State, fact: Fact, emit: Emit<Fact>): void => {
  switch (fact.type) {
    case 'server.started':
      onServerStarted(state, fact.at, emit);
      break;
    case 'model.unloaded':
    case 'model.load_failed':
      if (fact.runner !== undefined) state.books.tasks.runnerEnded(fact.runner.key, fact.at);
      break;
    case 'model.load_started':
    case 'model.loaded':
      break;
    default:
      return;
  }
  state.loading = countLoading(state.books.table);
};

const onEnd = (state: State, emit: Emit<Fact>): void => {
  const { books, lastAt } = state;
  settle(books, () => true, undefined, emit);
  if (lastAt !== undefined)
    for (const task of [...books.tasks.free()]) abandonTask(books.tasks, task, lastAt, 'shutdown', emit);
  tellTruncations(books.evidence.end(emit), books.table, emit);
};

const step = (state: State, input: Input, emit: Emit<Fact>): void => {
  switch (input.type) {
    case 'line':
      state.order += 1;
      state.arrivals.pass(input);
      if (isOwnLine(input)) tellLine(emit, input);
      return;
    case 'ollama':
      onRecord(state, input, emit);
      tellUnderWay(state, input.at, emit);
      return;
    case 'nvidia':
    case 'api':
      if (isOwnLine(input)) tellLine(emit, input);
      return;
    case 'tick':
      state.loading = countLoading(state.books.table);
      sweep(state, input.at, emit);
      tellUnderWay(state, input.at, emit);
      return;
    case 'notice':
      return;
    default:
      onFact(state, input, emit);
      return;
  }
};

export const createRequestsFold = (options: RequestsOptions): Fold => {
  const state = createState(options);
  return {
    name: 'requests',
    step: (input, emit) => {
      step(state, input, emit);
      return false;
    },
    end: (emit) => onEnd(state, emit),
  };
};
