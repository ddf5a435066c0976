// Judges joins against what the client saw. From 0.30 on the API's eval_duration is the runner's printed eval time, so the
// true task of a request is known without guessing; the OpenAI forms have counts only, which are unique in nearly all runs.
import type { RecordReading } from '../../collectors/reading.ts';
import { secondsBetween } from '../../otel/time.ts';
import { type ConfidenceClass, confidenceClass, type Fact, type FinishedRequest } from '../../processors/fact.ts';
import type { LiveRun, TrueRequest } from './live-runs.ts';

/** The numbers of a task that the API repeats. */
type Numbers = { readonly prefillTokens?: number; readonly decodeMs?: number; readonly outputTokens?: number };
type Block = Numbers & { readonly totalMs: number; readonly at: RecordReading['at']; readonly order: number };

const cachedOf = (truth: TrueRequest): number =>
  (truth.usage as { prompt_tokens_details?: { cached_tokens?: number } } | undefined)?.prompt_tokens_details
    ?.cached_tokens ?? 0;

/** Whether these numbers are the ones that the client got; undefined where the client got none. */
export const isTask = (truth: TrueRequest, task: Numbers): boolean | undefined => {
  if (truth.eval_duration !== undefined && truth.eval_count !== undefined)
    return (
      task.outputTokens === truth.eval_count && Math.abs((task.decodeMs ?? -1) * 1e6 - truth.eval_duration) < 10_001
    );
  if (truth.usage?.completion_tokens === undefined) return undefined;
  return (
    task.outputTokens === truth.usage.completion_tokens &&
    task.prefillTokens === truth.usage.prompt_tokens - cachedOf(truth)
  );
};

const numbersOf = (request: FinishedRequest): Numbers => ({
  ...(request.tokens.input === undefined
    ? {}
    : { prefillTokens: request.tokens.input - (request.tokens.inputCached ?? 0) }),
  ...(request.decodeSeconds === undefined ? {} : { decodeMs: request.decodeSeconds * 1e3 }),
  ...(request.tokens.output === undefined ? {} : { outputTokens: request.tokens.output }),
});

const blocksOf = (readings: readonly RecordReading[]): readonly Block[] => {
  const blocks: Block[] = [];
  let prefill: number | undefined;
  let decode: { ms: number; tokens: number } | undefined;
  for (const [order, reading] of readings.entries()) {
    if (reading.type !== 'ollama') continue;
    if (reading.kind === 'task.prefill_timing') prefill = reading.fields.tokens;
    if (reading.kind === 'task.decode_timing')
      decode = { ms: reading.fields.durationMs, tokens: reading.fields.tokens };
    if (reading.kind !== 'task.total_timing') continue;
    blocks.push({
      totalMs: reading.fields.durationMs,
      at: reading.at,
      order,
      ...(prefill === undefined ? {} : { prefillTokens: prefill }),
      ...(decode === undefined ? {} : { decodeMs: decode.ms, outputTokens: decode.tokens }),
    });
    prefill = undefined;
    decode = undefined;
  }
  return blocks;
};

type Access = { readonly client: string; readonly order: number; readonly at: RecordReading['at'] };
type Pick = (access: Access, free: readonly Block[]) => Block | undefined;

/** What the one peer that joins at all does: the most recent unused block before the access line. */
const lastInFirstOut: Pick = (access, free) => free.filter((block) => block.order < access.order).at(-1);
const nearest: Pick = (access, free) =>
  free.reduce<Block | undefined>((best, block) => {
    const off = (candidate: Block): number => Math.abs(secondsBetween(candidate.at, access.at));
    return best === undefined || off(block) < off(best) ? block : best;
  }, undefined);

const inferenceRoutes = /^\/(api\/(generate|chat)|v1\/(chat\/)?completions)$/;

const countRight = (
  readings: readonly RecordReading[],
  truths: ReadonlyMap<string, TrueRequest>,
  pick: Pick,
): number => {
  let free = [...blocksOf(readings)];
  let right = 0;
  for (const [order, reading] of readings.entries()) {
    if (reading.type !== 'ollama' || reading.kind !== 'http.access' || reading.fields.status >= 400) continue;
    if (!inferenceRoutes.test(reading.fields.route)) continue;
    const block = pick({ client: reading.fields.client, order, at: reading.at }, free);
    if (block === undefined) continue;
    free = free.filter((other) => other !== block);
    const truth = truths.get(reading.fields.client);
    if (truth !== undefined && isTask(truth, block) === true) right += 1;
  }
  return right;
};

export type ClassCount = { claimed: number; right: number };
export type Accuracy = {
  readonly run: string;
  readonly version: string;
  /** Requests whose task printed timings and whose client got its numbers. */
  readonly timed: number;
  readonly right: number;
  readonly wrong: number;
  readonly missed: number;
  /** Requests without any task (load-only, unload, refused) that got one all the same. */
  readonly invented: number;
  readonly byClass: { readonly [C in ConfidenceClass]: ClassCount };
  readonly lastInFirstOut: number;
  readonly nearest: number;
  /** Inference requests that ran, and of them the ones with the right model; by class too. */
  readonly ran: number;
  readonly modelRight: number;
  readonly modelWrong: number;
  readonly modelByClass: { readonly [C in ConfidenceClass]: ClassCount };
  readonly mistakes: readonly string[];
};

const classes = (): { [C in ConfidenceClass]: ClassCount } => ({
  exact: { claimed: 0, right: 0 },
  strong: { claimed: 0, right: 0 },
  weak: { claimed: 0, right: 0 },
  none: { claimed: 0, right: 0 },
});

const withTag = (model: string): string => (model.includes(':') ? model : `${model}:latest`);

/** Blob → name as any run's facts have both: older versions print no name at the default level, but the same blobs. */
export const namesIn = (facts: readonly Fact[]): ReadonlyMap<string, string> =>
  new Map(
    facts.flatMap((fact): [string, string][] =>
      fact.type === 'model.loaded' && fact.model.name !== undefined && fact.model.blob !== undefined
        ? [[fact.model.blob, fact.model.name]]
        : [],
    ),
  );

type Classes = ReturnType<typeof classes>;
type Tally = {
  timed: number;
  right: number;
  wrong: number;
  missed: number;
  invented: number;
  ran: number;
  modelRight: number;
  modelWrong: number;
  readonly byClass: Classes;
  readonly modelByClass: Classes;
  readonly mistakes: string[];
};

/** Answered by a model, as the client saw it: it has a model, and a task where tasks are logged. */
const wasAnswered = ({ status, outcome, model, done_reason: reason }: TrueRequest): boolean =>
  status === 200 && outcome === 'ok' && model !== null && reason !== 'load' && reason !== 'unload';

/** Refused or only loaded: it cannot have had a task. A 400 can be the runner's own answer. */
const hadNoTask = ({ status, done_reason: reason }: TrueRequest): boolean =>
  (status !== null && status > 400 && status < 499) || reason === 'load' || reason === 'unload';

const judgeModel = (
  request: FinishedRequest,
  truth: TrueRequest,
  names: ReadonlyMap<string, string>,
  said: string,
  tally: Tally,
): void => {
  if (!wasAnswered(truth) || truth.model === null) return;
  tally.ran += 1;
  const { method, confidence } = request.modelJoin;
  const inClass = tally.modelByClass[confidenceClass(confidence)];
  inClass.claimed += 1;
  const name = request.model.name ?? names.get(request.model.blob ?? '');
  if (name === undefined) return;
  if (withTag(name) === withTag(truth.model)) {
    tally.modelRight += 1;
    inClass.right += 1;
  } else if (confidence > 0) {
    tally.modelWrong += 1;
    tally.mistakes.push(`${said} model ${name} is ${truth.model} (${method} ${confidence.toFixed(3)})`);
  }
};

const judgeTask = (
  request: FinishedRequest,
  truth: TrueRequest,
  timings: boolean,
  said: string,
  tally: Tally,
): void => {
  const right = timings ? isTask(truth, numbersOf(request)) : undefined;
  const invented = right === undefined && hadNoTask(truth) && request.task !== undefined;
  if (right === undefined && !invented) return;
  const inClass = tally.byClass[confidenceClass(request.taskJoin.confidence)];
  inClass.claimed += 1;
  if (invented) tally.invented += 1;
  else tally.timed += 1;
  if (right === true) {
    tally.right += 1;
    inClass.right += 1;
    return;
  }
  if (!invented && request.task === undefined) tally.missed += 1;
  else if (!invented) tally.wrong += 1;
  tally.mistakes.push(
    `${said} ${invented ? 'invented' : request.task === undefined ? 'missed' : `wrong task ${request.task}`}`,
  );
};

/** Accuracy of one run; `names` lets models be judged by blob where the log has no name. */
export const judge = (
  run: LiveRun,
  readings: readonly RecordReading[],
  facts: readonly Fact[],
  names: ReadonlyMap<string, string> = new Map(),
): Accuracy => {
  const truths = new Map(run.requests.map((request) => [request.client_addr, request]));
  const counts = { timed: 0, right: 0, wrong: 0, missed: 0, invented: 0, ran: 0, modelRight: 0, modelWrong: 0 };
  const tally: Tally = { ...counts, byClass: classes(), modelByClass: classes(), mistakes: [] };
  const timings = blocksOf(readings).length > 0;
  for (const fact of facts) {
    if (fact.type !== 'request.closed' || fact.request.operation === undefined) continue;
    const { request } = fact;
    const truth = truths.get(request.client ?? '');
    if (truth === undefined) continue;
    const { method, confidence } = request.taskJoin;
    const said = `${run.name} #${truth.i} ${truth.path} ${request.status} ${method} ${confidence.toFixed(4)}`;
    judgeModel(request, truth, names, said, tally);
    judgeTask(request, truth, timings, said, tally);
  }
  return {
    run: run.name,
    version: run.version,
    ...tally,
    lastInFirstOut: countRight(readings, truths, lastInFirstOut),
    nearest: countRight(readings, truths, nearest),
  };
};
