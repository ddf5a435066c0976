// Numbers of a finished request. Which request enters which distribution is the rule here: only inference enters
// `gen_ai.*`, only answered ones enter the token times, and calls that merely load or unload a model count as plain HTTP.
import { NS_PER_SECOND, nsBetween } from '../../otel/time.ts';
import { confidenceClass, type FactOf, type FinishedRequest, type Join, type Operation } from '../fact.ts';
import { gpuKey } from '../gpus/identity.ts';
import { modelAttribute } from './attributes.ts';
import { type EmitSignal, type TellPoint, tellTo } from './points.ts';

const durationSeconds = ({ start, end }: FinishedRequest): number =>
  Math.max(0, nsBetween(start.at, end.at) / NS_PER_SECOND);

/**
 * From the request's start to the end of its prompt evaluation, in seconds; undefined where the log does not show it, for
 * embeddings, which have no tokens to wait for, and for requests that were not answered.
 */
export const firstTokenSeconds = (request: FinishedRequest): number | undefined => {
  if (request.outcome !== 'ok' || request.operation === 'embeddings') return undefined;
  const prefill = request.phases.findLast((phase) => phase.name === 'prefill');
  if (prefill === undefined) return undefined;
  const seconds = nsBetween(request.start.at, prefill.end.at) / NS_PER_SECOND;
  return seconds < 0 ? undefined : seconds;
};

/** (duration − time to first token) / (output tokens − 1): undefined for one token or none. */
const perTokenSeconds = (request: FinishedRequest): number | undefined => {
  const first = firstTokenSeconds(request);
  const { output } = request.tokens;
  if (first === undefined || output === undefined || output < 2) return undefined;
  const seconds = (durationSeconds(request) - first) / (output - 1);
  return seconds < 0 ? undefined : seconds;
};

const isInference = ({ outcome }: FinishedRequest): boolean => outcome !== 'load_only' && outcome !== 'unload';
/** Outcomes at which a runner had the request, so that a link to its task is to be expected. */
const reachedRunner = ({ outcome }: FinishedRequest): boolean =>
  outcome === 'ok' || outcome === 'error' || outcome === 'client_aborted';

const errorAttribute = ({ errorType }: FinishedRequest): { readonly 'error.type'?: string } =>
  errorType === undefined ? {} : { 'error.type': errorType };

const tellJoin = (kind: 'task' | 'model', join: Join, request: FinishedRequest, tell: TellPoint): void =>
  tell('ollascope.joins', 1, request.end.at, {
    'ollascope.join.kind': kind,
    'ollascope.join.class': confidenceClass(join.confidence),
    'ollascope.join.method': join.method,
  });

const tellInference = (request: FinishedRequest, operation: Operation, tell: TellPoint): void => {
  const at = request.end.at;
  const model = modelAttribute(request.model);
  const asked = { 'gen_ai.operation.name': operation, 'gen_ai.provider.name': 'ollama', ...model };
  tell('gen_ai.server.request.duration', durationSeconds(request), at, { ...asked, ...errorAttribute(request) });
  tell('gen_ai.server.time_to_first_token', firstTokenSeconds(request), at, asked);
  tell('gen_ai.server.time_per_output_token', perTokenSeconds(request), at, asked);
  tell('ollama.request.queue.duration', request.queueSeconds, at, asked);
  tell('ollama.request.load.duration', request.loadSeconds, at, asked);
  tell('ollama.request.prefill.duration', request.prefillSeconds, at, asked);
  tell('ollama.request.decode.duration', request.decodeSeconds, at, asked);
  tell('ollama.request.energy', request.energyJoules, at, asked);
  const { input, inputCached, output } = request.tokens;
  tell('ollama.tokens', input, at, { 'ollama.token.type': 'input', ...model });
  tell('ollama.tokens', inputCached, at, { 'ollama.token.type': 'input_cached', ...model });
  tell('ollama.tokens', output, at, { 'ollama.token.type': 'output', ...model });
  if (!reachedRunner(request)) return;
  tellJoin('task', request.taskJoin, request, tell);
  tellJoin('model', request.modelJoin, request, tell);
};

/** The scheme is not logged; Ollama itself serves plain HTTP only. */
const tellHttp = (request: FinishedRequest, tell: TellPoint): void =>
  tell('http.server.request.duration', durationSeconds(request), request.end.at, {
    'http.request.method': request.method,
    'http.route': request.route,
    'http.response.status_code': request.status,
    'url.scheme': 'http',
    ...errorAttribute(request),
  });

export const describeFinishedMetrics = ({ request }: FactOf<'request.finished'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  const { operation } = request;
  if (operation === undefined) {
    tellHttp(request, tell);
    return;
  }
  tell('ollama.requests.finished', 1, request.end.at, {
    'ollama.request.outcome': request.outcome,
    'gen_ai.operation.name': operation,
    ...modelAttribute(request.model),
    ...errorAttribute(request),
  });
  if (isInference(request)) tellInference(request, operation, tell);
  else tellHttp(request, tell);
};

export const describeAbandonedMetrics = (fact: FactOf<'request.abandoned'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.requests.abandoned', 1, fact.at, {
    'ollascope.reason': fact.reason,
    ...modelAttribute(fact.model),
  });

export const describeFaultHitMetrics = ({ at, request, fault }: FactOf<'request.fault_hit'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.requests.fault_hits', 1, at, {
    'hw.id': gpuKey(fault.gpu),
    'error.type': fault.errorType,
    ...modelAttribute(request.model),
  });

export const describeUnderWay = ({ at, active, queued }: FactOf<'requests.under_way'>, emit: EmitSignal): void => {
  const tell = tellTo(emit);
  tell('ollama.requests.active', active, at, {});
  tell('ollama.requests.queued', queued, at, {});
};

export const describeTruncationMetrics = ({ at, model }: FactOf<'prompt.truncated'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.prompt.truncations', 1, at, modelAttribute(model));

export const describeShiftMetrics = ({ at, model }: FactOf<'context.shifted'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.context.shifts', 1, at, modelAttribute(model));

export const describeDraftMetrics = ({ at, model, acceptance }: FactOf<'draft.accepted'>, emit: EmitSignal): void =>
  tellTo(emit)('ollama.draft.acceptance', acceptance, at, modelAttribute(model));
