// A finished inference request as one trace: its phases as INTERNAL spans, then the SERVER span, which always comes last,
// so that whoever sees it knows that the trace is whole. Children are clamped into their parents; nothing is invented.
import type { SpanEventName } from '../../otel/catalogue/spans.ts';
import { spanIdOf } from '../../otel/ids.ts';
import type { Attributes, Signal, SpanEvent, SpanSignal, SpanStatus } from '../../otel/signal.ts';
import { earlier, type Instant, isoInstant, later } from '../../otel/time.ts';
import type { Bound, FactOf, FaultHit, FinishedRequest, Join, Operation, Phase } from '../fact.ts';
import { gpuKey } from '../gpus/identity.ts';
import { attributesOf, type Given, joinAttributes, modelLabel } from './attributes.ts';
import { firstTokenSeconds } from './metrics-requests.ts';

type Interval = { readonly start: Instant; readonly end: Instant };
type Placed = Interval & { readonly spanId: string };

/** Severities at which a fault makes the request's span an error; below, the fault is an event on it and no more. */
const isGrave = (fault: FaultHit): boolean => fault.severity === 'ERROR' || fault.severity === 'FATAL';

const clampInto = (at: Instant, { start, end }: Interval): Instant => earlier(later(at, start), end);

const MS_PER_SECOND = 1_000;
const bounds = (start: Bound, end: Bound): Given => ({
  'ollascope.start.from': start.from,
  'ollascope.start.uncertainty_ms': start.uncertaintySeconds * MS_PER_SECOND,
  'ollascope.end.from': end.from,
  'ollascope.end.uncertainty_ms': end.uncertaintySeconds * MS_PER_SECOND,
});

/** `chat llama3.2:3b`; the operation alone where the model is not known. */
const requestName = (operation: Operation, model: string | undefined): string =>
  model === undefined ? operation : `${operation} ${model}`;

/** Events on a span cannot be sampled by, nor searched for everywhere: that there was a fault, and the gravest, is on the span too. */
const faultAttributes = ({ faults }: FinishedRequest): Given => {
  const named = faults.find(isGrave) ?? faults[0];
  return named === undefined ? {} : { 'nvidia.fault.hit': true, 'nvidia.fault.incident': named.incident };
};

const requestAttributes = (request: FinishedRequest, operation: Operation, errorType: string | undefined): Attributes =>
  attributesOf({
    ...faultAttributes(request),
    'http.request.method': request.method,
    'http.route': request.route,
    'http.response.status_code': request.status,
    'url.scheme': 'http',
    'url.path': request.route,
    'client.address': request.client,
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'ollama',
    'gen_ai.request.model': modelLabel(request.model),
    'gen_ai.usage.input_tokens': request.tokens.input,
    'gen_ai.usage.output_tokens': request.tokens.output,
    'gen_ai.usage.cache_read.input_tokens': request.tokens.inputCached,
    'gen_ai.response.time_to_first_chunk': firstTokenSeconds(request),
    'error.type': errorType,
    'ollama.request.queue.duration': request.queueSeconds,
    'ollama.request.load.duration': request.loadSeconds,
    'ollama.request.prefill.duration': request.prefillSeconds,
    'ollama.request.decode.duration': request.decodeSeconds,
    'ollama.request.outcome': request.outcome,
    'ollama.request.energy': request.energyJoules,
    'ollama.model.blob': request.model.blob,
    'ollama.model.gpus': request.gpus.length === 0 ? undefined : request.gpus.map(gpuKey),
    'ollama.runner.key': request.runner?.key,
    'ollama.runner.pid': request.runner?.pid,
    'ollama.runner.port': request.runner?.port,
    'ollama.slot.id': request.slot,
    'ollama.task.id': request.task,
    'ollama.prompt.tokens': request.truncatedPrompt?.promptTokens,
    'ollama.prompt.kept_tokens': request.truncatedPrompt?.keptTokens,
    'ollascope.source': request.source.name,
    ...joinAttributes(request.taskJoin),
    'ollascope.model.join.method': request.modelJoin.method,
    'ollascope.model.join.confidence': request.modelJoin.confidence,
    ...bounds(request.start, request.end),
  });

/** A server that answered 4xx, or whose client left, did not fail; a 5xx, a failed generation or a grave fault did. */
const statusOf = (request: FinishedRequest, grave: FaultHit | undefined): SpanStatus => {
  const failed = request.outcome === 'error' || request.outcome === 'rejected';
  if (failed) return { code: 'error', message: request.errorType ?? String(request.status) };
  return grave === undefined ? { code: 'unset' } : { code: 'error', message: grave.errorType };
};

/** A fault's time may lie just outside of the request (clocks, observers): it is moved in and its own time told. */
const faultEvent = (fault: FaultHit, span: Interval): SpanEvent => {
  const at = clampInto(fault.at, span);
  return {
    name: 'nvidia.gpu.fault' satisfies SpanEventName,
    at,
    attributes: attributesOf({
      'hw.id': gpuKey(fault.gpu),
      'nvidia.gpu.bus': fault.gpu.bus,
      'nvidia.gpu.index': fault.gpu.index,
      'error.type': fault.errorType,
      'nvidia.fault.severity': fault.severity,
      'nvidia.fault.action': fault.action,
      'nvidia.fault.incident': fault.incident,
      'nvidia.fault.raised_at': at === fault.at ? undefined : isoInstant(fault.at, 9),
      ...joinAttributes(fault.join),
    }),
  };
};

/** What a phase rests on: the load on the model's link, all others on the task's. */
const phaseJoin = (phase: Phase, request: FinishedRequest): Join =>
  phase.name === 'queue' || phase.name === 'prefill' || phase.name === 'decode' ? request.taskJoin : request.modelJoin;

/** What a phase's own span says beside its bounds, by the catalogue's rows. */
const phaseAttributes = ({ name }: Phase, request: FinishedRequest): Given => {
  const { input, inputCached, output } = request.tokens;
  const place = { 'ollama.slot.id': request.slot, 'ollama.task.id': request.task };
  const model = { 'gen_ai.request.model': modelLabel(request.model), 'ollama.model.blob': request.model.blob };
  switch (name) {
    case 'prefill':
      return { 'gen_ai.usage.input_tokens': input, 'gen_ai.usage.cache_read.input_tokens': inputCached, ...place };
    case 'decode':
      return { 'gen_ai.usage.output_tokens': output, ...place };
    case 'load model':
      return { ...model, 'ollama.runner.key': request.runner?.key };
    case 'start runner':
      return { 'ollama.runner.pid': request.runner?.pid, 'ollama.runner.port': request.runner?.port };
    case 'queue':
    case 'place layers':
      return {};
  }
};

const phaseSpan = (request: FinishedRequest, phase: Phase, parent: Placed, ordinal: number): SpanSignal => {
  const start = clampInto(phase.start.at, parent);
  return {
    signal: 'span',
    scope: 'ollascope/ollama',
    name: phase.name,
    kind: 'internal',
    traceId: request.ref.traceId,
    spanId: spanIdOf(request.ref.traceId, phase.name, ordinal),
    parentSpanId: parent.spanId,
    start,
    end: later(start, clampInto(phase.end.at, parent)),
    status: { code: 'unset' },
    attributes: attributesOf({
      ...phaseAttributes(phase, request),
      ...joinAttributes(phaseJoin(phase, request)),
      ...bounds(phase.start, phase.end),
    }),
    events: [],
    links: [],
  };
};

/** Phases of the request first, then those within them: a parent is placed before its children. */
const phaseSpans = (request: FinishedRequest, root: Placed): readonly SpanSignal[] => {
  const spans: SpanSignal[] = [];
  const ordinals = new Map<string, number>();
  const placed = new Map<string, Placed>();
  const outer = request.phases.filter((phase) => phase.within === undefined);
  const inner = request.phases.filter((phase) => phase.within !== undefined);
  for (const phase of [...outer, ...inner]) {
    const ordinal = ordinals.get(phase.name) ?? 0;
    ordinals.set(phase.name, ordinal + 1);
    const parent = phase.within === undefined ? root : (placed.get(phase.within) ?? root);
    const span = phaseSpan(request, phase, parent, ordinal);
    placed.set(phase.name, span);
    spans.push(span);
  }
  return spans;
};

/** Requests that are not inference have no trace: they are counted and logged. */
export const describeRequestSpans = ({ request }: FactOf<'request.finished'>, emit: (signal: Signal) => void): void => {
  if (request.operation === undefined) return;
  const root: Placed = {
    start: request.start.at,
    end: later(request.start.at, request.end.at),
    spanId: request.ref.spanId,
  };
  const grave = request.faults.find(isGrave);
  for (const span of phaseSpans(request, root)) emit(span);
  emit({
    signal: 'span',
    scope: 'ollascope/ollama',
    name: requestName(request.operation, modelLabel(request.model)),
    kind: 'server',
    traceId: request.ref.traceId,
    ...root,
    status: statusOf(request, grave),
    attributes: requestAttributes(request, request.operation, request.errorType ?? grave?.errorType),
    events: request.faults.map((fault) => faultEvent(fault, root)),
    links: [],
  });
};

/** Its start is known, its end is when it was given up: told so that the lines linked to it lead somewhere. */
export const describeAbandonedSpan = (fact: FactOf<'request.abandoned'>, emit: (signal: Signal) => void): void => {
  const label = modelLabel(fact.model);
  const died = fact.reason === 'server_restarted';
  emit({
    signal: 'span',
    scope: 'ollascope/ollama',
    name: label === undefined ? 'abandoned' : `abandoned ${label}`,
    kind: 'server',
    ...fact.ref,
    start: fact.start.at,
    end: later(fact.start.at, fact.at),
    status: died ? { code: 'error', message: fact.reason } : { code: 'unset' },
    attributes: attributesOf({
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': label,
      'ollama.model.blob': fact.model.blob,
      'ollama.runner.key': fact.runner?.key,
      'error.type': died ? fact.reason : undefined,
      'ollascope.reason': fact.reason,
      'ollascope.start.from': fact.start.from,
      'ollascope.start.uncertainty_ms': fact.start.uncertaintySeconds * MS_PER_SECOND,
    }),
    events: [],
    links: [],
  });
};
