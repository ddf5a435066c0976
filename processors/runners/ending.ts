// How runners go: DEBUG tells the whole chain, INFO tells nothing, so an unload is also inferred from what can only be true
// without that runner (a count that is too low, a list that lacks it, a new load of its blob). The reason is said only when known.

import type { RunnerGroup } from '../../collectors/ollama/kinds.ts';
import type { ApiReading, Emit } from '../../collectors/reading.ts';
import { type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact } from '../fact.ts';
import { EVICTION_SECONDS, LISTED_SECONDS, STARTED_TWICE_SECONDS } from '../limits.ts';
import { deviceErrorOf } from './crashes.ts';
import type { OllamaOf, RunnersState } from './state.ts';
import { modelOf, type Runner, refOf } from './table.ts';
import { endRunner } from './telling.ts';

const loaded = (state: RunnersState): readonly Runner[] =>
  state.runners.alive().filter((runner) => runner.state === 'alive');

/** The runner that a DEBUG line names by pid or blob; the only one where it names nothing. */
export const findNamed = (
  state: RunnersState,
  group: RunnerGroup | undefined,
  pid = group?.pid,
): Runner | undefined => {
  const alive = state.runners.alive();
  const byPid = pid === undefined ? undefined : alive.find((runner) => runner.pid === pid);
  const byBlob = group?.blob === undefined ? undefined : alive.find((runner) => runner.blob === group.blob);
  return byPid ?? byBlob;
};

/** Takes over what a group of `runner.*` keys says of a runner. */
export const learnGroup = (state: RunnersState, runner: Runner, group: RunnerGroup): void => {
  if (group.pid !== undefined) runner.pid = group.pid;
  if (group.parallel !== undefined) runner.parallel ??= group.parallel;
  if (group.contextSize !== undefined) runner.contextSize ??= group.contextSize;
  if (group.model !== undefined) state.names.bind(runner, group.model);
  if (group.gpus !== undefined && group.gpus.length > 0 && runner.gpus.length === 0)
    runner.gpus = group.gpus.map((id) => state.gpus.byId(id));
};

const evictionOf = (state: RunnersState, at: Instant): string | undefined =>
  state.eviction !== undefined && secondsBetween(state.eviction.at, at) < EVICTION_SECONDS
    ? state.eviction.reason
    : undefined;

const evict = (
  state: RunnersState,
  victim: Runner,
  by: Runner | undefined,
  at: Instant,
  reason: string,
  emit: Emit<Fact>,
): void => {
  emit({
    type: 'model.evicted',
    at,
    runner: refOf(victim),
    model: modelOf(victim),
    by: by === undefined ? {} : modelOf(by),
    reason,
  });
  endRunner(state, victim, at, 'evicted', emit);
};

export const onExpiring = (state: RunnersState, group: RunnerGroup | undefined, at: Instant): void => {
  const runner = findNamed(state, group);
  if (runner !== undefined) runner.expiring = evictionOf(state, at) === undefined ? 'keep_alive' : 'evicted';
};

/** An unload line: by pid, by name, or the one that is expiring. Told once, by the first of them. */
export const onUnloaded = (
  state: RunnersState,
  at: Instant,
  group: RunnerGroup | undefined,
  pid: number | undefined,
  emit: Emit<Fact>,
): void => {
  const expiring = state.runners.alive().filter((runner) => runner.expiring !== undefined);
  const runner = findNamed(state, group, pid) ?? (expiring.length === 1 ? expiring[0] : undefined);
  if (runner === undefined) return;
  const evicted = evictionOf(state, at);
  if (runner.expiring === 'evicted' || evicted !== undefined) {
    const by = state.runners.alive().findLast((other) => other.state === 'loading');
    evict(state, runner, by, at, evicted ?? 'unknown', emit);
    state.eviction = undefined;
  } else endRunner(state, runner, at, runner.expiring ?? 'unknown', emit);
};

/** `loaded runners count=N` after a load: what is too many has gone without a line. */
export const onCount = (state: RunnersState, { at, fields }: OllamaOf<'runner.count'>, emit: Emit<Fact>): void => {
  const alive = loaded(state);
  const newest = alive.at(-1);
  const surplus = alive.length - Math.max(fields.count, 1);
  if (surplus <= 0) return;
  const others = alive.filter((runner) => runner !== newest);
  const limit = Number(state.settings['OLLAMA_MAX_LOADED_MODELS'] ?? 0);
  const full = limit > 0 && fields.count >= limit;
  const reason = evictionOf(state, at) ?? (full ? 'max_loaded_models' : undefined);
  state.eviction = undefined;
  // Which of several went is not known: the scheduler's choice is not by use. The next load of its blob, a DEBUG line or
  // /api/ps will tell.
  if (surplus < others.length) return;
  for (const victim of others) {
    if (reason !== undefined) evict(state, victim, newest, at, reason, emit);
    else endRunner(state, victim, at, 'unknown', emit);
  }
};

/** `/api/ps`: names runners, and ends those that it no longer lists. */
export const onResident = (
  state: RunnersState,
  { at, fields }: Extract<ApiReading, { kind: 'api.resident' }>,
  emit: Emit<Fact>,
): void => {
  state.names.pair(
    state.runners.alive(),
    fields.models.map((model) => model.name),
  );
  const names = new Set(fields.models.map((model) => model.name));
  state.runners.resident({ at, names: [...names] });
  state.apiAt = at;
  for (const runner of loaded(state)) {
    const settled = runner.readyAt !== undefined && secondsBetween(runner.readyAt, at) > LISTED_SECONDS;
    if (!settled || runner.name === undefined || names.has(runner.name)) continue;
    endRunner(state, runner, at, runner.expiring ?? 'unknown', emit);
  }
  emit({
    type: 'models.resident',
    at,
    from: 'api',
    models: fields.models.map(({ expiresAt, ...model }) => ({
      ...model,
      ...(expiresAt === undefined ? {} : { expiresInSeconds: Math.max(0, secondsBetween(at, expiresAt)) }),
    })),
  });
};

export const onLoadFailed = (
  state: RunnersState,
  at: Instant,
  blob: string | undefined,
  errorType: string,
  emit: Emit<Fact>,
): void => {
  // What died just now was the loading one.
  state.unnamedCrash = undefined;
  const loadings = state.runners.alive().filter((runner) => runner.state === 'loading');
  const runner = loadings.findLast((candidate) => blob === undefined || candidate.blob === blob) ?? loadings.at(-1);
  const recent = state.runners.table
    .recent()
    .findLast(
      (candidate) =>
        candidate.endReason === 'load_failed' &&
        candidate.endedAt !== undefined &&
        secondsBetween(candidate.endedAt, at) < STARTED_TWICE_SECONDS,
    );
  if (runner === undefined && recent !== undefined && (blob === undefined || recent.blob === blob)) return;
  const name = state.names.nameOf(blob);
  const model =
    runner === undefined
      ? { ...(name === undefined ? {} : { name }), ...(blob === undefined ? {} : { blob }) }
      : modelOf(runner);
  emit({
    type: 'model.load_failed',
    at,
    ...(runner === undefined ? {} : { runner: refOf(runner) }),
    model,
    errorType: deviceErrorOf(state, at) ?? errorType,
  });
  if (runner !== undefined) endRunner(state, runner, at, 'load_failed', emit);
};
