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

/** Accuracy of one run; `names` lets models be judged by blob where the log has no name. */
export const judge = (
  run: LiveRun,
  readings: readonly RecordReading[],
  facts: readonly Fact[],
  names: ReadonlyMap<string, string> = new Map(),
): Accuracy => {
  const truths = new Map(run.requests.map((request) => [request.client_addr, request]));
  const byClass = classes();
  const modelByClass = classes();
  const count = { timed: 0, right: 0, wrong: 0, missed: 0, invented: 0, ran: 0, modelRight: 0, modelWrong: 0 };
  const mistakes: string[] = [];
  const timings = blocksOf(readings).length > 0;
  for (const fact of facts) {
    if (fact.type !== 'request.closed' || fact.request.operation === undefined) continue;
    const { request } = fact;
    const truth = truths.get(request.client ?? '');
    if (truth === undefined) continue;
    const taskClass = byClass[confidenceClass(request.taskJoin.confidence)];
    const said = `${run.name} #${truth.i} ${truth.path} ${request.status} ${request.taskJoin.method} ${request.taskJoin.confidence.toFixed(4)}`;
    if (
      truth.status === 200 &&
      truth.outcome === 'ok' &&
      truth.model !== null &&
      truth.done_reason !== 'load' &&
      truth.done_reason !== 'unload'
    ) {
      count.ran += 1;
      const modelClass = modelByClass[confidenceClass(request.modelJoin.confidence)];
      modelClass.claimed += 1;
      const name = request.model.name ?? names.get(request.model.blob ?? '');
      if (name !== undefined && withTag(name) === withTag(truth.model)) {
        count.modelRight += 1;
        modelClass.right += 1;
      } else if (request.modelJoin.confidence > 0 && name !== undefined) {
        count.modelWrong += 1;
        mistakes.push(
          `${said} model ${name} is ${truth.model} (${request.modelJoin.method} ${request.modelJoin.confidence.toFixed(3)})`,
        );
      }
    }
    const right = timings ? isTask(truth, numbersOf(request)) : undefined;
    if (right === undefined) {
      const refused =
        (truth.status !== null && truth.status > 400 && truth.status < 499) ||
        truth.done_reason === 'load' ||
        truth.done_reason === 'unload';
      if (refused && request.task !== undefined) {
        count.invented += 1;
        taskClass.claimed += 1;
        mistakes.push(`${said} invented`);
      }
      continue;
    }
    count.timed += 1;
    taskClass.claimed += 1;
    if (right) {
      count.right += 1;
      taskClass.right += 1;
    } else if (request.task === undefined) {
      count.missed += 1;
      mistakes.push(`${said} missed`);
    } else {
      count.wrong += 1;
      mistakes.push(`${said} wrong task ${request.task}`);
    }
  }
  return {
    run: run.name,
    version: run.version,
    ...count,
    byClass,
    lastInFirstOut: countRight(readings, truths, lastInFirstOut),
    nearest: countRight(readings, truths, nearest),
    modelByClass,
    mistakes,
  };
};
