// The form of a stored trace search, its parameters, and a search with its parameters put in. Every part of it is one that
// Jaeger 2.13 and 2.20 both take: operation, tags, duration; what neither can ask for is kept or left out afterwards.

import { durationSeconds, fill, type Given, type ParameterTable, parametersIn } from '../../loki/parameters.ts';
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';

export type Search = {
  readonly name: string;
  /** The question it answers, as people ask it. */
  readonly what: string;
  /** Name of a span that must be in the trace. */
  readonly operation?: string;
  /** All of these on one span, its events or its resource, as text. */
  readonly tags?: { readonly [K in AttributeKey]?: string };
  /** At least this long, the span that matches. */
  readonly minDuration?: string;
  /** An attribute that a span must have, whatever its value. Jaeger cannot ask for that: what it found is looked through. */
  readonly has?: AttributeKey;
  /** A span must have the status ERROR. Looked through too: the memory storage of 2.13 finds nothing by the tag `error`. */
  readonly failed?: true;
  readonly since: string;
  readonly note?: string;
};

export const searchParameters = {
  service: { form: 'text', what: 'service.name', example: 'ollama', default: 'ollama' },
  model: { form: 'text', what: 'model', example: 'llama3.2:3b' },
  client: { form: 'text', what: 'address of a client', example: '127.0.0.1' },
  error: { form: 'text', what: 'class of an error', example: 'runner.gone' },
  route: { form: 'text', what: 'route', example: '/api/chat' },
  status: { form: 'number', what: 'HTTP status', example: '503' },
  incident: { form: 'id', what: 'incident of a GPU fault', example: 'a11c5e0d9b7f4321' },
  gpu: { form: 'text', what: 'hw.id of a GPU', example: 'GPU-5c2f0a37-2b44-46f1-9a0e-6c1fd9e0b7a2' },
  runner: { form: 'text', what: 'runner, `<server start>/<load>`', example: '1/3' },
  slow: { form: 'duration', what: 'at least this long', example: '10s', default: '5s' },
} as const satisfies ParameterTable;

/** What is asked of Jaeger. */
export type TraceQuery = {
  readonly service: string;
  readonly operation?: string;
  readonly tags: { readonly [key: string]: string };
  readonly minSeconds?: number;
  readonly has?: AttributeKey;
  readonly failed?: true;
};

export type FilledSearch = { readonly query: TraceQuery } | { readonly problems: readonly string[] };

type Parts = {
  readonly service: string;
  readonly operation?: string;
  readonly tags: { readonly [key: string]: string };
  readonly minDuration?: string;
};

/** As JSON, so that one text holds every part and each `$name` lies between quotes. */
const partsOf = ({ operation, tags = {}, minDuration }: Search): string =>
  JSON.stringify({ service: '$service', operation, tags, minDuration });

/** Names of the parameters of a search. */
export const parametersOf = (search: Search): readonly string[] => parametersIn(partsOf(search));

export const traceQueryOf = (search: Search, given: Given): FilledSearch => {
  const filled = fill(partsOf(search), searchParameters, given);
  if ('problems' in filled) return filled;
  const { service, operation, tags, minDuration }: Parts = JSON.parse(filled.text);
  return {
    query: {
      service,
      tags,
      ...(operation === undefined ? {} : { operation }),
      ...(minDuration === undefined ? {} : { minSeconds: durationSeconds(minDuration) }),
      ...(search.has === undefined ? {} : { has: search.has }),
      ...(search.failed === undefined ? {} : { failed: search.failed }),
    },
  };
};
