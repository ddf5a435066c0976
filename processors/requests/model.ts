// Which runner, and so which model, served a request: by a DEBUG line that says so, by its task, by the load it caused, or
// because there was only one. Each way has its method name and its own sureness.
import { secondsBetween } from '../../otel/time.ts';
import type { Join, ModelRef } from '../fact.ts';
import { modelOf, placeOf, type RunnerTable, type RunnerView, standsBefore } from '../runners/table.ts';
import type { Evidence } from './evidence.ts';
import { neverRan, type Pending, startInLog } from './pending.ts';
import { type Decision, loadInside, NO_JOIN } from './window.ts';

export type Served = { readonly runner?: RunnerView; readonly model: ModelRef; readonly join: Join };

/** One runner during the whole request. A cloud model or a runner that was never seen starting may still be meant. */
const SINGLE = { complete: 0.99, middle: 0.9 } as const;
/** The start command follows the request that caused it within milliseconds; another request may have come in between. */
const CAUSED_SECONDS = 0.05;
const CAUSED = 0.92;
/** `/api/ps` is asked every few seconds; an older list says nothing about a request. */
const LISTED_SECONDS = 60;
/** A load failure names the blob, and stands beside the access line. */
const FAILED_LOAD = 0.95;
/** A failed request names the port; several that fail in one instant may be taken for each other. */
const HUNG_UP = 0.95;

const ofFinished = (decision: Decision, pending: Pending, table: RunnerTable): Served | undefined => {
  const { finished, finishedJoin: join } = decision;
  if (finished?.reading.kind !== 'request.finished_context') return undefined;
  const group = finished.reading.fields.runner;
  if (group === undefined) {
    const load = loadInside(pending, table);
    return load === undefined ? undefined : { runner: load, model: modelOf(load), join };
  }
  const runner =
    (group.pid === undefined ? undefined : table.byPid(group.pid)) ??
    (group.blob === undefined ? undefined : table.byBlob(group.blob, placeOf(pending.access)));
  const name = group.model ?? runner?.name;
  const blob = group.blob ?? runner?.blob;
  const model = { ...(name === undefined ? {} : { name }), ...(blob === undefined ? {} : { blob }) };
  return { ...(runner === undefined ? {} : { runner }), model, join };
};

const ofTask = ({ task, taskJoin }: Decision): Served | undefined => {
  const runner = task?.lane.runner;
  if (task === undefined || runner === undefined) return undefined;
  return {
    runner,
    model: modelOf(runner),
    join: { method: taskJoin.method, confidence: taskJoin.confidence * task.laneConfidence },
  };
};

const ofFailedLoad = (evidence: Evidence | undefined, table: RunnerTable): Served | undefined => {
  if (evidence?.reading.kind !== 'load.failed') return undefined;
  const { blob } = evidence.reading.fields;
  const runner = table
    .recent()
    .findLast((load) => load.endReason === 'load_failed' && (blob === undefined || load.blob === blob));
  if (runner === undefined)
    return blob === undefined ? undefined : { model: { blob }, join: { method: 'load_line', confidence: FAILED_LOAD } };
  return { runner, model: modelOf(runner), join: { method: 'load_line', confidence: FAILED_LOAD } };
};

/** The failure beside the access line names the port of the runner that hung up: also for a request that waited for its slot. */
const ofHungUp = (evidence: Evidence | undefined, table: RunnerTable): Served | undefined => {
  if (evidence?.reading.kind !== 'request.failed') return undefined;
  const { runnerPort } = evidence.reading.fields;
  const runner = runnerPort === undefined ? undefined : table.recent().findLast(({ port }) => port === runnerPort);
  if (runner === undefined) return undefined;
  return { runner, model: modelOf(runner), join: { method: 'failed_line', confidence: HUNG_UP } };
};

const during = (pending: Pending, table: RunnerTable): readonly RunnerView[] =>
  table
    .recent()
    .filter(
      (runner) =>
        !standsBefore(placeOf(pending.access), runner.startLine) &&
        runner.startedAt <= pending.end.at &&
        (runner.endedAt === undefined || runner.endedAt >= startInLog(pending)),
    );

const ofCausedLoad = (pending: Pending, table: RunnerTable): Served | undefined => {
  const load = loadInside(pending, table);
  if (
    load === undefined ||
    secondsBetween(pending.start.at, load.startedAt) > CAUSED_SECONDS + pending.start.uncertaintySeconds
  )
    return undefined;
  if (pending.start.uncertaintySeconds > CAUSED_SECONDS) return undefined;
  return { runner: load, model: modelOf(load), join: { method: 'load_start', confidence: CAUSED } };
};

const ofSingle = (pending: Pending, table: RunnerTable): Served | undefined => {
  const runners = during(pending, table);
  const [only] = runners;
  if (only === undefined || runners.length !== 1) return undefined;
  // With times to the second the next load may have begun inside the request already.
  const known = table.complete() && pending.end.uncertaintySeconds < 0.5;
  return {
    runner: only,
    model: modelOf(only),
    join: { method: 'single_model', confidence: known ? SINGLE.complete : SINGLE.middle },
  };
};

/** No runner was seen starting, and the API lists one model. */
const ofApi = (pending: Pending, table: RunnerTable): Served | undefined => {
  const listed = table.residents();
  const [name] = listed?.names ?? [];
  if (listed === undefined || name === undefined || listed.names.length !== 1 || during(pending, table).length > 0)
    return undefined;
  if (Math.abs(secondsBetween(listed.at, pending.end.at)) > LISTED_SECONDS) return undefined;
  return { model: { name }, join: { method: 'api', confidence: SINGLE.middle } };
};

/** The surest of the ways that say something; nothing for requests that are not inference. */
export const servedBy = (
  pending: Pending,
  decision: Decision,
  evidence: Evidence | undefined,
  table: RunnerTable,
): Served => {
  const nothing: Served = { model: {}, join: NO_JOIN };
  if (pending.operation === undefined || neverRan(pending.access.fields.status)) return nothing;
  // A request that was refused names no model that ran, unless a task says so.
  if (pending.access.fields.status === 400) return ofFinished(decision, pending, table) ?? ofTask(decision) ?? nothing;
  const ways = [
    ofFinished(decision, pending, table),
    ofTask(decision),
    ofFailedLoad(evidence, table),
    ofHungUp(evidence, table),
    ofSingle(pending, table),
    ofCausedLoad(pending, table),
    ofApi(pending, table),
  ];
  return ways.reduce<Served>(
    (best, way) => (way !== undefined && way.join.confidence > best.join.confidence ? way : best),
    { model: {}, join: NO_JOIN },
  );
};
