// A llama-server process: slots, batches, task ids. Every batch takes one id, as in the real one, so that the ids of two
// processes tell them apart; tasks that share a batch slow each other down.
import type { Clockwork } from './clockwork.ts';
import type { Model } from './machine.ts';
import {
  cancelLine,
  decodeProgress,
  IDLE_LINE,
  launchLines,
  prefillProgress,
  releaseLine,
  shiftLine,
  timingLines,
} from './task-lines.ts';

const BATCH_TOKENS = 512;
const KEEP_TOKENS = 4;
const DRAFTED_PER_BATCH = 8;
/** What each further task in a batch adds to its time. */
const SHARED_COST = 0.15;
const PROGRESS_SECONDS = 3;

export type Work = {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly done: () => void;
};
/** A stretch of time in which the process worked, and at what. */
export type Busy = { readonly from: number; readonly to: number; readonly at: 'prefill' | 'decode' };

type Task = {
  readonly work: Work;
  readonly id: number;
  slot: number;
  promptLeft: number;
  outputs: number;
  /** Tokens in the slot's part of the cache. */
  filled: number;
  shifted: boolean;
  launchedAt: number;
  firstAt: number;
  toldAt: number;
  draft: { accepted: number; generated: number };
  cancelled: boolean;
};

/** What one batch works at: a token of each task that decodes, and of prompts what room is left. */
type Batch = { readonly decoding: readonly Task[]; readonly prefilling: ReadonlyMap<Task, number> };

const batchOf = (active: readonly Task[]): Batch => {
  const prefilling = new Map<Task, number>();
  let room = BATCH_TOKENS;
  for (const task of active.filter(({ promptLeft }) => promptLeft > 0)) {
    const tokens = Math.min(room, task.promptLeft);
    if (tokens > 0) prefilling.set(task, tokens);
    room -= tokens;
  }
  return { decoding: active.filter(({ promptLeft }) => promptLeft === 0), prefilling };
};

const usualSeconds = ({ decoding, prefilling }: Batch, model: Model): { decode: number; prefill: number } => {
  const drafted = model.draftAcceptance === undefined ? 1 : 1 / (1 - model.draftAcceptance);
  const perBatch = model.decodeTokensPerSecond === 0 ? 0 : drafted / model.decodeTokensPerSecond;
  const promptTokens = [...prefilling.values()].reduce((sum, tokens) => sum + tokens, 0);
  return {
    decode: decoding.length === 0 ? 0 : perBatch * (1 + SHARED_COST * (decoding.length - 1)),
    prefill: promptTokens / model.prefillTokensPerSecond,
  };
};

export type RunnerSpec = {
  readonly model: Model;
  readonly contextSize: number;
  readonly clockwork: Clockwork;
  readonly random: () => number;
  readonly say: (line: string) => void;
  /** How much slower than usual its device is now. */
  readonly slowness: () => number;
};
export type RunnerProcess = {
  /** Hands in a task; the answer takes it back when its client has left. */
  readonly post: (work: Work) => () => void;
  /** It says nothing any more. */
  readonly kill: () => void;
  readonly busy: readonly Busy[];
};

export const createRunner = (spec: RunnerSpec): RunnerProcess => {
  const { model, contextSize, clockwork, random, say } = spec;
  const slots: (Task | undefined)[] = Array.from({ length: model.parallel });
  const waiting: Task[] = [];
  const busy: Busy[] = [];
  let ids = 0;
  let working = false;
  let dead = false;

  const launch = (task: Task, slot: number): void => {
    const { work, id } = task;
    task.slot = slot;
    task.launchedAt = clockwork.now();
    slots[slot] = task;
    const keep = model.embedding ? 0 : KEEP_TOKENS;
    const { promptTokens, cachedTokens } = work;
    launchLines({ slot, task: id, contextSize, keep, promptTokens, cachedTokens, embedding: model.embedding }).forEach(
      say,
    );
  };
  const leave = (task: Task, tokens: number): void => {
    slots[task.slot] = undefined;
    say(releaseLine(task.slot, task.id, tokens, task.shifted));
  };
  const finish = (task: Task): void => {
    const { work, slot, id, launchedAt, firstAt, outputs, draft } = task;
    const now = clockwork.now();
    if (!model.embedding) {
      const timing = {
        slot,
        task: id,
        prefillTokens: work.promptTokens - work.cachedTokens,
        prefillSeconds: firstAt - launchedAt,
        outputTokens: outputs,
        decodeSeconds: now - firstAt,
      };
      timingLines(model.draftAcceptance === undefined ? timing : { ...timing, draft }).forEach(say);
    }
    leave(task, model.embedding ? work.promptTokens : task.filled - 1);
    work.done();
  };
  const decodeOne = (task: Task): void => {
    let gained = 1;
    if (model.draftAcceptance !== undefined) {
      let accepted = 0;
      while (accepted < DRAFTED_PER_BATCH && random() < model.draftAcceptance) accepted += 1;
      accepted = Math.min(accepted, task.work.outputTokens - task.outputs - 1);
      task.draft = { accepted: task.draft.accepted + accepted, generated: task.draft.generated + DRAFTED_PER_BATCH };
      gained += accepted;
    }
    task.outputs += gained;
    task.filled += gained;
    if (task.filled < contextSize) return;
    const discarded = Math.floor((contextSize - 6) / 2);
    task.filled -= discarded;
    task.shifted = true;
    say(shiftLine(task.slot, task.id, contextSize, discarded));
  };
  const tellProgress = (task: Task): void => {
    const now = clockwork.now();
    if (now - task.toldAt < PROGRESS_SECONDS || task.outputs >= task.work.outputTokens) return;
    task.toldAt = now;
    say(decodeProgress(task.slot, task.id, task.outputs, task.outputs / (now - task.firstAt)));
  };
  const prefilled = (task: Task, tokens: number): void => {
    const { work } = task;
    task.promptLeft -= tokens;
    const evaluated = work.promptTokens - work.cachedTokens - task.promptLeft;
    const seconds = clockwork.now() - task.launchedAt;
    if (task.promptLeft > 0) {
      if (!model.embedding)
        say(
          prefillProgress(task.slot, task.id, evaluated, (work.cachedTokens + evaluated) / work.promptTokens, seconds),
        );
      return;
    }
    task.firstAt = clockwork.now();
    task.toldAt = task.firstAt;
    task.outputs = model.embedding ? 0 : 1;
    task.filled = work.promptTokens + task.outputs;
  };
  const settle = (task: Task): void => {
    if (slots[task.slot] !== task) return;
    if (task.cancelled) {
      ids += 1;
      say(cancelLine(task.id));
      leave(task, Math.max(task.filled, task.work.promptTokens - task.promptLeft));
    } else if (task.promptLeft === 0 && task.outputs >= task.work.outputTokens) finish(task);
    else if (task.promptLeft === 0) tellProgress(task);
  };
  const fillSlots = (): void => {
    for (let slot = 0; slot < slots.length; slot += 1) {
      const next = slots[slot] === undefined ? waiting.shift() : undefined;
      if (next !== undefined) launch(next, slot);
    }
  };
  const step = (): void => {
    if (dead) return;
    fillSlots();
    const active = slots.filter((task) => task !== undefined);
    if (active.length === 0) {
      working = false;
      say(IDLE_LINE);
      return;
    }
    const batch = batchOf(active);
    const { decode, prefill } = usualSeconds(batch, model);
    const from = clockwork.now();
    const seconds = (decode + prefill) * spec.slowness() * (0.96 + 0.08 * random());
    ids += 1;
    busy.push({ from, to: from + seconds, at: prefill > decode ? 'prefill' : 'decode' });
    clockwork.at(from + seconds, () => {
      if (dead) return;
      for (const task of batch.decoding) if (!task.cancelled) decodeOne(task);
      for (const [task, tokens] of batch.prefilling) prefilled(task, tokens);
      active.forEach(settle);
      step();
    });
  };
  return {
    busy,
    post: (work) => {
      const task: Task = {
        work,
        id: ids,
        slot: -1,
        promptLeft: work.promptTokens - work.cachedTokens,
        outputs: 0,
        filled: 0,
        shifted: false,
        launchedAt: 0,
        firstAt: 0,
        toldAt: 0,
        draft: { accepted: 0, generated: 0 },
        cancelled: false,
      };
      ids += 1;
      waiting.push(task);
      if (!working) {
        working = true;
        clockwork.at(clockwork.now() + 0.000_4, step);
      }
      return () => {
        task.cancelled = true;
      };
    },
    kill: () => {
      dead = true;
    },
  };
};
