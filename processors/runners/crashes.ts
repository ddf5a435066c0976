// Runners that die. Few lines say which one did: a failed request names its port, a new load its file. With several runners
// loaded a crash waits for such a line, up to STARTED_TWICE_SECONDS, and is told without a runner if none comes.
import type { Emit } from '../../collectors/reading.ts';
import { type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact } from '../fact.ts';
import { EVICTION_SECONDS, STARTED_TWICE_SECONDS } from '../limits.ts';
import type { OllamaOf, RunnersState } from './state.ts';
import { modelOf, type Runner, refOf } from './table.ts';
import { endRunner } from './telling.ts';

export const deviceErrorOf = (state: RunnersState, at: Instant): string | undefined =>
  state.deviceError !== undefined && secondsBetween(state.deviceError.at, at) < EVICTION_SECONDS
    ? state.deviceError.errorType
    : undefined;

const loaded = (state: RunnersState): readonly Runner[] =>
  state.runners.alive().filter((runner) => runner.state === 'alive');

/** The runner that a crash line without a name means: the only one, else nobody. */
const onlyRunner = (state: RunnersState): Runner | undefined => {
  const alive = loaded(state);
  return alive.length === 1 ? alive[0] : undefined;
};

/** Whether a runner is known to have crashed and its model was not loaded again: the server says so when it is asked for. */
const hasMissing = (state: RunnersState, blob?: string): boolean => {
  const recent = state.runners.table.recent();
  return recent.some(
    (runner, index) =>
      runner.endReason === 'crashed' &&
      (blob === undefined || runner.blob === blob) &&
      !recent.slice(index + 1).some((later) => later.blob === runner.blob),
  );
};

const tellCrash = (
  state: RunnersState,
  at: Instant,
  errorType: string,
  runner: Runner | undefined,
  emit: Emit<Fact>,
): void => {
  state.unnamedCrash = undefined;
  emit({
    type: 'runner.crashed',
    at,
    ...(runner === undefined ? {} : { runner: refOf(runner) }),
    model: runner === undefined ? {} : modelOf(runner),
    errorType,
  });
  if (runner !== undefined) endRunner(state, runner, at, 'crashed', emit);
};

/**
 * From 0.30 on an unload that kills its runner prints «terminated … signal: killed» as an ERROR if the runner ever printed an
 * error text. With nothing under way that is an unload, whose reason is not told.
 */
export const onTerminated = (state: RunnersState, at: Instant, errorType: string, emit: Emit<Fact>): void => {
  const runner = onlyRunner(state);
  if (errorType !== 'killed' || state.openTasks > 0) {
    onCrash(state, at, errorType, emit);
    return;
  }
  if (runner !== undefined) endRunner(state, runner, at, runner.expiring ?? 'unknown', emit);
};

/** «no longer running» and «terminated»: one crash prints them up to four times. */
export const onCrash = (state: RunnersState, at: Instant, errorType: string, emit: Emit<Fact>): void => {
  const again = state.gone !== undefined && secondsBetween(state.gone.at, at) < STARTED_TWICE_SECONDS;
  const runner = onlyRunner(state);
  if (again && (runner === undefined || state.unnamedCrash !== undefined)) return;
  const precise = deviceErrorOf(state, at) ?? errorType;
  state.gone = { at, errorType: precise };
  const alive = loaded(state).length;
  const isLoading = state.runners.alive().some((other) => other.state === 'loading');
  if (alive === 0 && isLoading) return;
  if (again && runner?.readyAt !== undefined && state.gone.at < runner.readyAt) return;
  // Said long after the crash, when somebody asks for the model that is gone: no second crash, and not the others' either.
  const isEcho = hasMissing(state);
  // Beside a load it may be the loading one: «Load failed» says so at once.
  if (isEcho || isLoading || alive > 1) state.unnamedCrash = { at, errorType: precise, isEcho, onlyKey: runner?.key };
  else tellCrash(state, at, precise, runner, emit);
};

/** A request whose runner hung up: the line names the runner's port. */
export const onRequestFailed = (
  state: RunnersState,
  { at, fields }: OllamaOf<'request.failed'>,
  emit: Emit<Fact>,
): void => {
  const { errorType, runnerPort } = fields;
  if (errorType !== 'runner_gone' || runnerPort === undefined) return;
  const runner = loaded(state).find(({ port }) => port === runnerPort);
  if (runner === undefined) return;
  const known = state.unnamedCrash?.errorType ?? deviceErrorOf(state, at) ?? 'runner.gone';
  state.gone = { at, errorType: known };
  tellCrash(state, at, known, runner, emit);
};

/** A load begins: if a crash waits for a name and the file had a runner, it was that one. */
export const nameCrash = (state: RunnersState, blob: string | undefined, emit: Emit<Fact>): void => {
  const crash = state.unnamedCrash;
  if (crash === undefined || blob === undefined) return;
  const runner = loaded(state).find((other) => other.blob === blob);
  if (runner === undefined) {
    if (hasMissing(state, blob)) state.unnamedCrash = undefined;
    return;
  }
  tellCrash(state, crash.at, crash.errorType, runner, emit);
};

/** Time to name a crash has passed, or the server is gone (`now` absent). */
export const tellUnnamedCrash = (state: RunnersState, now: Instant | undefined, emit: Emit<Fact>): void => {
  const crash = state.unnamedCrash;
  if (crash === undefined || (now !== undefined && secondsBetween(crash.at, now) < STARTED_TWICE_SECONDS)) return;
  state.unnamedCrash = undefined;
  if (crash.isEcho) return;
  const only = loaded(state).find(({ key }) => key === crash.onlyKey);
  tellCrash(state, crash.at, crash.errorType, only, emit);
};
