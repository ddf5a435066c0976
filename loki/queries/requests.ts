// Queries about requests: one trace, slow ones, failed ones, who asked, what was cut.
import { field, recordFields } from '../fields.ts';
import { by, counted, event, matching, type Query, stream } from './query.ts';

const access = `${stream} ${event('ollama.request.access')} ${matching('client.address', 'client')}`;
const model = matching('gen_ai.request.model', 'model');
const took = field('ollama.request.duration');
const status = field('http.response.status_code');

export const requestQueries: readonly Query[] = [
  {
    name: 'trace',
    what: 'Everything that was logged about one request.',
    answer: 'lines',
    expr: `${stream} | ${recordFields.trace}="$trace"`,
    since: '24h',
  },
  {
    name: 'slow-operations',
    what: 'Which requests, loads and parts of requests took long?',
    answer: 'lines',
    expr: `${stream} | ${took} > $slow or ${field('ollama.load.duration')} > $slow or ${field('ollama.task.duration')} > $slow`,
    since: '1h',
  },
  {
    name: 'slowest-requests',
    what: 'Which requests took longest, and which traces are they?',
    answer: 'table',
    expr: `topk($top, max ${by(recordFields.trace, field('http.route'), field('client.address'), status)} (max_over_time(${access} | unwrap ${took} | __error__="" [$window])))`,
    since: '1h',
  },
  {
    name: 'request-duration-p95',
    what: 'Within what time do 95 of 100 requests of each route end?',
    answer: 'series',
    expr: `quantile_over_time(0.95, ${access} | unwrap ${took} | __error__="" [$window]) ${by(field('http.route'))}`,
    since: '24h',
    note: 'Exact, from the logged durations; by model, ask Prometheus.',
  },
  {
    name: 'requests-per-client',
    what: 'Who asks how much?',
    answer: 'table',
    expr: counted([field('client.address'), field('http.route')], access),
    since: '24h',
    note: 'Any client can choose the address that is logged, by a header.',
  },
  {
    name: 'failed-requests',
    what: 'Which requests were answered with an error?',
    answer: 'lines',
    expr: `${access} | ${status} >= 400`,
    since: '24h',
    note: 'An access line carries no model; its trace does.',
  },
  {
    name: 'failures-by-route',
    what: 'How many requests of each route failed, and with which status?',
    answer: 'table',
    expr: counted([field('http.route'), status], `${access} | ${status} >= 400`),
    since: '24h',
  },
  {
    name: 'rejected-requests',
    what: 'Which requests did a full queue turn away?',
    answer: 'lines',
    expr: `${access} | ${status}="503"`,
    since: '24h',
  },
  {
    name: 'client-aborts',
    what: 'Which clients left before their answer was there?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.request.aborted', 'ollama.load.client_left', 'ollama.task.cancelled')}`,
    since: '24h',
  },
  {
    name: 'abandoned-requests',
    what: 'Which requests began and were never heard of again?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.request.abandoned')} ${model}`,
    since: '24h',
  },
  {
    name: 'truncated-prompts',
    what: 'Which prompts were cut without anybody being told?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.prompt.truncated')} ${model}`,
    since: '24h',
  },
  {
    name: 'truncations-by-model',
    what: 'How long was the longest prompt that did not fit, for each model?',
    answer: 'table',
    expr: `max ${by(field('gen_ai.request.model'))} (max_over_time(${stream} ${event('ollama.prompt.truncated')} ${model} | unwrap ${field('ollama.prompt.tokens')} | __error__="" [$window]))`,
    since: '24h',
    note: 'In tokens: the context that would have been needed.',
  },
  {
    name: 'context-shifts',
    what: 'Where did a full context throw away its older half?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.context.shifted')} ${model}`,
    since: '24h',
  },
  {
    name: 'refused-options',
    what: 'Which options of requests did the server not take?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.request.option_invalid')}`,
    since: '7d',
  },
  {
    name: 'panics',
    what: 'Where did the server panic while it served a request?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.request.panic')}`,
    since: '7d',
  },
];
