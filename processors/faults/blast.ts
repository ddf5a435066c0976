// Which requests a fault touched: those in flight when it struck, on a runner that has this GPU. Every link states how the GPU
// was matched and how sure that is; a surprising rule: another program's own fault (Xid 31 of a browser) is a weak link, not none.
import { addSeconds, type Instant } from '../../otel/time.ts';
import type { FinishedRequest, GpuRef, Join } from '../fact.ts';
import type { GpuView } from '../gpus/identity.ts';
import { FAULT_CONFIDENCE_MIN, FAULT_SLACK_SECONDS } from '../limits.ts';
import type { Incident, Strike } from './incidents.ts';

/** What the loads told of a runner. */
export type RunnerPlace = { readonly pid?: number; readonly gpus: readonly GpuRef[]; readonly onCpu: boolean };

export type Blast = {
  readonly gpus: GpuView;
  readonly runner: (key: string) => RunnerPlace | undefined;
  readonly isRunnerPid: (pid: number) => boolean;
};

/** How sure a matched GPU is. An index is Ollama's (CUDA order), which on several GPUs need not be nvidia-smi's. */
const CONFIDENCE = { gpu_uuid: 0.99, gpu_bus: 0.99, runner_pid: 0.99, only_gpu: 0.95, gpu_index: 0.6 } as const;
/** The fault lies outside of the request's bounds by no more than the slack. */
const NEAR_FACTOR = 0.6;
/** The line names a program that is no Ollama runner, for a fault that is a program's own. */
const FOREIGN_FACTOR = 0.3;
/** On a MIG instance: which instance the runner has is not known. */
const INSTANCE_CONFIDENCE_MAX = 0.5;

/** Outcomes that never reached a GPU. */
const NOT_RUN: ReadonlySet<FinishedRequest['outcome']> = new Set(['rejected', 'client_error', 'unload']);
export const usesGpu = (request: FinishedRequest): boolean =>
  request.operation !== undefined && !NOT_RUN.has(request.outcome);

/** 1 while in flight, NEAR_FACTOR within the slack around it, else 0. Bounds are widened by their own uncertainty. */
const inFlight = ({ start, end }: FinishedRequest, strike: Strike): number => {
  const from = addSeconds(start.at, -start.uncertaintySeconds);
  const to = addSeconds(end.at, end.uncertaintySeconds);
  if (strike.from <= to && strike.to >= from) return strike.estimated ? NEAR_FACTOR : 1;
  // A line without a time of its own is good to about a second.
  const slack = FAULT_SLACK_SECONDS + (strike.estimated ? 1 : 0);
  return strike.from <= addSeconds(to, slack) && strike.to >= addSeconds(from, -slack) ? NEAR_FACTOR : 0;
};

type GpuMatch = Join | 'other' | 'unknown';

const matchRef = (ref: GpuRef, place: string, gpus: GpuView): GpuMatch => {
  const known = gpus.find({ bus: place })?.identity;
  if (ref.uuid !== undefined && known?.uuid !== undefined) {
    return ref.uuid === known.uuid ? { method: 'gpu_uuid', confidence: CONFIDENCE.gpu_uuid } : 'other';
  }
  if (ref.bus !== undefined) return ref.bus === place ? { method: 'gpu_bus', confidence: CONFIDENCE.gpu_bus } : 'other';
  const resolved = ref.uuid === undefined ? undefined : gpus.find({ uuid: ref.uuid })?.identity.bus;
  if (resolved !== undefined && resolved !== place) return 'other';
  if (ref.index === undefined || known?.index === undefined) return 'unknown';
  return ref.index === known.index ? { method: 'gpu_index', confidence: CONFIDENCE.gpu_index } : 'other';
};

/** The GPU is not known for the request: sure on a host with one GPU, one in N on others, nothing where nobody counted them. */
const matchHost = (place: string, gpus: GpuView): Join => {
  const counted = gpus.census();
  const only = gpus.only();
  if (counted === 1 && (only?.identity.bus ?? place) === place)
    return { method: 'only_gpu', confidence: CONFIDENCE.only_gpu };
  const outside = counted !== undefined && counted === 1 ? 1 : 0;
  return { method: 'any_gpu', confidence: 1 / Math.max(2, (counted ?? 0) + outside) };
};

const surer = (a: Join, b: Join): Join => (b.confidence > a.confidence ? b : a);

/** How sure it is that the request ran on the GPU at `place`; undefined when it is known to have run elsewhere. */
const matchGpu = (request: FinishedRequest, place: string, { gpus, runner }: Blast): Join | undefined => {
  const at = request.runner === undefined ? undefined : runner(request.runner.key);
  if (at?.onCpu === true) return undefined;
  const refs = request.gpus.length > 0 ? request.gpus : (at?.gpus ?? []);
  // The GPUs are the runner's, so they are no surer than the link to the runner.
  const link = Math.max(request.taskJoin.confidence, request.modelJoin.confidence);
  const matches = refs.map((ref) => matchRef(ref, place, gpus));
  const host = matchHost(place, gpus);
  const found = matches.filter((match) => typeof match === 'object');
  const best = found.reduce<Join | undefined>((a, b) => (a === undefined ? b : surer(a, b)), undefined);
  if (best !== undefined) {
    const linked = { method: best.method, confidence: best.confidence * link };
    return host.method === 'only_gpu' ? surer(linked, host) : linked;
  }
  return matches.length > 0 && matches.every((match) => match === 'other') ? undefined : host;
};

/** A switch joins GPUs: only a runner that spans several can feel it, and which links it uses is not known. */
const matchSwitch = (request: FinishedRequest): Join | undefined =>
  request.gpus.length > 1 ? { method: 'any_gpu', confidence: INSTANCE_CONFIDENCE_MAX } : undefined;

const joinStrike = (strike: Strike, request: FinishedRequest, gpuJoin: Join, blast: Blast): Join | undefined => {
  const { application, named, runnerKey } = strike;
  if (runnerKey !== undefined && runnerKey !== request.runner?.key) return undefined;
  let { method, confidence } = gpuJoin;
  if (application && named.pid !== undefined && named.pid === request.runner?.pid) {
    const link = Math.max(request.taskJoin.confidence, request.modelJoin.confidence);
    method = 'runner_pid';
    confidence = Math.max(confidence, CONFIDENCE.runner_pid * link);
  } else if (application && named.pid !== undefined && blast.isRunnerPid(named.pid)) return undefined;
  else if (application && named.foreign) confidence *= FOREIGN_FACTOR;
  if (strike.instance) confidence = Math.min(confidence, INSTANCE_CONFIDENCE_MAX);
  return { method, confidence: confidence * inFlight(request, strike) };
};

/**
 * The surest link of an incident to a request and the time of the strike it rests on, or undefined below FAULT_CONFIDENCE_MIN.
 * Methods: `gpu_uuid`, `gpu_bus`, `gpu_index`, `only_gpu`, `any_gpu`, and `runner_pid` where the line names the runner's process.
 */
export const linkOf = (
  incident: Incident,
  request: FinishedRequest,
  blast: Blast,
): { readonly join: Join; readonly at: Instant } | undefined => {
  if (!usesGpu(request)) return undefined;
  const struck = incident.strikes.filter((strike) => inFlight(request, strike) > 0);
  if (struck.length === 0) return undefined;
  const gpuJoin = incident.isSwitch ? matchSwitch(request) : matchGpu(request, incident.place, blast);
  if (gpuJoin === undefined) return undefined;
  let best: { join: Join; at: Instant } | undefined;
  for (const strike of struck) {
    const join = joinStrike(strike, request, gpuJoin, blast);
    if (join === undefined || join.confidence < FAULT_CONFIDENCE_MIN) continue;
    if (best === undefined || join.confidence > best.join.confidence) best = { join, at: strike.from };
  }
  return best;
};
