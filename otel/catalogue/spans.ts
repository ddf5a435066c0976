// Every kind of span: one trace per inference request, a SERVER span with a child per phase the log shows. Requests that are
// not inference (pulls, lists, probes) get no trace. Each span says where its bounds come from and how far off they may be.
import type { AttributeKey, AttributesWith } from './attributes.ts';

export type SpanDef = {
  /** `{attribute}` stands for its value. */
  readonly name: string;
  readonly kind: 'server' | 'internal';
  readonly parent?: string;
  readonly brief: string;
  readonly attributes: readonly AttributeKey[];
  readonly optional: readonly AttributeKey[];
};

const bounds = [
  'ollascope.start.from',
  'ollascope.start.uncertainty_ms',
  'ollascope.end.from',
  'ollascope.end.uncertainty_ms',
] as const satisfies readonly AttributeKey[];

/** Phases rest on a link: those of the task on the task's, the load on the model's. */
const join = ['ollascope.join.method', 'ollascope.join.confidence'] as const satisfies readonly AttributeKey[];

const phase = { kind: 'internal', attributes: bounds } as const;

export const spans = {
  request: {
    name: '{gen_ai.operation.name} {gen_ai.request.model}',
    kind: 'server',
    brief: 'One inference request, from its arrival to its last byte.',
    attributes: [
      ...bounds,
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'http.request.method',
      'http.route',
      'url.path',
      'url.scheme',
      'http.response.status_code',
      'ollama.request.outcome',
      'ollascope.join.method',
      'ollascope.join.confidence',
      'ollascope.source',
    ],
    optional: [
      'gen_ai.request.model',
      'gen_ai.response.time_to_first_chunk',
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.output_tokens',
      'gen_ai.usage.cache_read.input_tokens',
      'error.type',
      'client.address',
      'ollascope.model.join.method',
      'ollascope.model.join.confidence',
      'ollama.model.blob',
      'ollama.model.gpus',
      'ollama.runner.key',
      'ollama.runner.pid',
      'ollama.runner.port',
      'ollama.slot.id',
      'ollama.task.id',
      'ollama.request.energy',
      'ollama.request.queue.duration',
      'ollama.request.load.duration',
      'ollama.request.prefill.duration',
      'ollama.request.decode.duration',
      'ollama.prompt.tokens',
      'ollama.prompt.kept_tokens',
      'nvidia.fault.hit',
      'nvidia.fault.incident',
    ],
  },
  abandoned: {
    name: 'abandoned {gen_ai.request.model}',
    kind: 'server',
    brief: 'A request that began and whose end was never told.',
    attributes: ['gen_ai.provider.name', 'ollascope.start.from', 'ollascope.start.uncertainty_ms', 'ollascope.reason'],
    optional: ['gen_ai.request.model', 'ollama.model.blob', 'ollama.runner.key', 'error.type'],
  },
  queue: { ...phase, name: 'queue', parent: 'request', brief: 'Waiting for a slot.', optional: join },
  'load model': {
    ...phase,
    name: 'load model',
    parent: 'request',
    brief: 'Waiting for the model to load.',
    optional: [...join, 'gen_ai.request.model', 'ollama.model.blob', 'ollama.runner.key'],
  },
  'place layers': {
    ...phase,
    name: 'place layers',
    parent: 'load model',
    brief: 'Deciding where the layers go.',
    optional: join,
  },
  'start runner': {
    ...phase,
    name: 'start runner',
    parent: 'load model',
    brief: 'Starting the runner process.',
    optional: [...join, 'ollama.runner.pid', 'ollama.runner.port'],
  },
  prefill: {
    ...phase,
    name: 'prefill',
    parent: 'request',
    brief: 'Evaluating the prompt.',
    optional: [
      ...join,
      'gen_ai.usage.input_tokens',
      'gen_ai.usage.cache_read.input_tokens',
      'ollama.slot.id',
      'ollama.task.id',
    ],
  },
  decode: {
    ...phase,
    name: 'decode',
    parent: 'request',
    brief: 'Generating the answer.',
    optional: [...join, 'gen_ai.usage.output_tokens', 'ollama.slot.id', 'ollama.task.id'],
  },
} as const satisfies { readonly [kind: string]: SpanDef };

export type SpanType = keyof typeof spans;

/** Exactly the attributes that spans of this type have. */
export type SpanAttributesOf<T extends SpanType> = AttributesWith<
  (typeof spans)[T]['attributes'][number],
  (typeof spans)[T]['optional'][number]
>;

export const spanRow = (type: SpanType): SpanDef => spans[type];

/** Events on spans. */
export const spanEvents = {
  'nvidia.gpu.fault': {
    brief: 'A GPU fault that touched the request.',
    attributes: [
      'error.type',
      'hw.id',
      'nvidia.gpu.bus',
      'nvidia.gpu.index',
      'nvidia.fault.incident',
      'nvidia.fault.severity',
      'nvidia.fault.action',
      'nvidia.fault.raised_at',
      'ollascope.join.method',
      'ollascope.join.confidence',
    ],
  },
} as const satisfies {
  readonly [name: string]: { readonly brief: string; readonly attributes: readonly AttributeKey[] };
};

export type SpanEventName = keyof typeof spanEvents;
