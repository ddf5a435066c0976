// Every stored trace search, by name.
import type { Search } from './search.ts';

export type { FilledSearch, Search, TraceQuery } from './search.ts';
export { parametersOf, searchParameters, traceQueryOf } from './search.ts';

const DAY = '24h';
const HOUR = '1h';

export const searches: readonly Search[] = [
  { name: 'latest', what: 'What was asked last?', since: HOUR },
  { name: 'by-model', what: 'Requests to one model.', tags: { 'gen_ai.request.model': '$model' }, since: HOUR },
  { name: 'by-client', what: 'Requests of one client.', tags: { 'client.address': '$client' }, since: HOUR },
  { name: 'by-route', what: 'Requests to one route.', tags: { 'http.route': '$route' }, since: HOUR },
  {
    name: 'by-status',
    what: 'Requests that were answered with one status.',
    tags: { 'http.response.status_code': '$status' },
    since: DAY,
  },
  {
    name: 'by-runner',
    what: 'Requests that one runner served: whom did its death hit, what was before?',
    tags: { 'ollama.runner.key': '$runner' },
    since: DAY,
  },
  { name: 'embeddings', what: 'Embeddings only.', tags: { 'gen_ai.operation.name': 'embeddings' }, since: HOUR },
  { name: 'errors', what: 'Requests that failed.', failed: true, since: DAY },
  {
    name: 'by-error',
    what: 'Requests that failed in one way.',
    tags: { 'error.type': '$error' },
    since: DAY,
    note: 'Also finds requests that a fault of that class only touched: its event carries the class too.',
  },
  {
    name: 'rejected',
    what: 'Requests that a full queue turned away.',
    tags: { 'ollama.request.outcome': 'rejected' },
    since: DAY,
  },
  {
    name: 'aborted',
    what: 'Requests whose client left before the answer was there.',
    tags: { 'ollama.request.outcome': 'client_aborted' },
    since: DAY,
  },
  {
    name: 'abandoned',
    what: 'Requests that began and were never heard of again.',
    has: 'ollascope.reason',
    since: DAY,
  },
  { name: 'slow', what: 'Requests that took long.', minDuration: '$slow', since: DAY },
  {
    name: 'slow-model',
    what: 'Requests to one model that took long.',
    tags: { 'gen_ai.request.model': '$model' },
    minDuration: '$slow',
    since: DAY,
  },
  {
    name: 'long-queue',
    what: 'Requests that waited long for a slot.',
    operation: 'queue',
    minDuration: '$slow',
    since: DAY,
  },
  {
    name: 'slow-prefill',
    what: 'Requests whose prompt took long to evaluate.',
    operation: 'prefill',
    minDuration: '$slow',
    since: DAY,
  },
  {
    name: 'slow-decode',
    what: 'Requests whose answer took long to generate.',
    operation: 'decode',
    minDuration: '$slow',
    since: DAY,
  },
  { name: 'cold-starts', what: 'Requests that waited for their model to load.', operation: 'load model', since: DAY },
  {
    name: 'slow-loads',
    what: 'Requests that waited long for their model to load.',
    operation: 'load model',
    minDuration: '$slow',
    since: DAY,
  },
  {
    name: 'truncated',
    what: 'Requests whose prompt was cut.',
    has: 'ollama.prompt.kept_tokens',
    since: DAY,
  },
  {
    name: 'hit-by-fault',
    what: 'Requests that a GPU fault touched.',
    tags: { 'nvidia.fault.hit': 'true' },
    since: DAY,
  },
  {
    name: 'hit-by-incident',
    what: 'Requests that one incident touched: its blast radius.',
    tags: { 'nvidia.fault.incident': '$incident' },
    since: DAY,
  },
  {
    name: 'hit-on-gpu',
    what: 'Requests that a fault of one GPU touched.',
    tags: { 'hw.id': '$gpu' },
    since: DAY,
  },
];

export const searchNamed = (name: string): Search | undefined => searches.find((search) => search.name === name);
