// Inference, third part: tokens and quality, cold starts, the traces themselves, and requests that are not inference.
import type { RowSpec } from '../dashboard.ts';
import { inRange, mean, perSecond, perStep, quantile, ratio, shown } from '../expressions.ts';
import { toThatSecond } from '../links.ts';
import { countBars, graph, table } from '../panel-form.ts';
import { column, over } from '../queries.ts';
import { cellOf } from '../tables.ts';
import { storedSearch, tracesWith, traceTable } from '../traces.ts';
import { unit } from '../units.ts';
import { modelName, none, PER_MODEL } from '../words.ts';

const OUTPUT = { 'ollama.token.type': '="output"' } as const;
const INPUT = { 'ollama.token.type': '="input"' } as const;
const CACHED = { 'ollama.token.type': '="input_cached"' } as const;

const input = perSecond('ollama.tokens', PER_MODEL, INPUT);
const cached = perSecond('ollama.tokens', PER_MODEL, CACHED);
const evaluated = `(${input} - (${cached} or 0 * ${input}))`;

export const tokensRow: RowSpec = {
  title: 'Tokens and quality',
  panels: [
    graph({
      title: 'Tokens by kind',
      what: 'Tokens per second. Cached input is part of input.',
      none: none.requests,
      unit: unit.tokensPerSecond,
      width: 8,
      queries: [over(perSecond('ollama.tokens', ['ollama.token.type']), shown('ollama.token.type'))],
      links: [toThatSecond],
    }),
    graph({
      title: 'Decode speed',
      what: 'Output tokens per second of decoding, per request: falls when a GPU is throttled, shared, or layers are on the CPU.',
      none: none.requests,
      unit: unit.tokensPerSecond,
      width: 8,
      queries: [
        over(
          ratio(
            perSecond('ollama.tokens', PER_MODEL, OUTPUT),
            perSecond('ollama.request.decode.duration', PER_MODEL, {}, '_sum'),
          ),
          modelName,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Prefill speed',
      what: 'Prompt tokens evaluated (cached ones left out) per second of prefill.',
      none: none.requests,
      unit: unit.tokensPerSecond,
      width: 8,
      queries: [over(ratio(evaluated, perSecond('ollama.request.prefill.duration', PER_MODEL, {}, '_sum')), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Prompt tokens from the cache',
      what: 'Share of prompt tokens that the runner had in its cache from an earlier request.',
      none: 'No prompt was served from the cache, or the log does not tell (it does at debug level, and from 0.30 on).',
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [over(ratio(cached, input), modelName)],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Prompts cut, contexts shifted',
      what: 'Prompts that did not fit and were cut without a word to the client, and full contexts that discarded their older half.',
      none: none.neverHappened,
      width: 8,
      queries: [
        over(perStep('ollama.prompt.truncations', PER_MODEL), `cut ${modelName}`),
        over(perStep('ollama.context.shifts', PER_MODEL), `shifted ${modelName}`),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Speculative tokens accepted',
      what: 'Mean share of speculative tokens that were accepted. Below one half, speculation costs more than it gives.',
      none: 'No model decodes speculatively.',
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [over(mean('ollama.draft.acceptance', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
  ],
};

export const loadsRow: RowSpec = {
  title: 'Cold starts',
  panels: [
    graph({
      title: 'Requests that waited for a load',
      what: 'Requests that had to wait for their model to load.',
      none: none.neverHappened,
      unit: unit.requestsPerSecond,
      width: 12,
      queries: [over(perSecond('ollama.request.load.duration', PER_MODEL, {}, '_count'), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Wait for a load, 95 % below',
      what: 'How long those requests waited for the load.',
      none: none.neverHappened,
      unit: unit.seconds,
      width: 12,
      queries: [over(quantile(0.95, 'ollama.request.load.duration', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
  ],
};

export const tracesRow: RowSpec = {
  title: 'Traces',
  panels: [
    traceTable({
      title: 'Slow requests',
      what: 'Traces longer than a second, of the service chosen in "Traces of".',
      search: storedSearch('slow', { slow: '1s' }),
      sortBy: 'Duration',
    }),
    traceTable({
      title: 'Failed requests',
      what: 'Traces of requests that failed in the server: a runner that died, a load that failed, a grave GPU fault.',
      search: tracesWith({ 'ollama.request.outcome': 'error' }),
      sortBy: 'Start',
    }),
    traceTable({
      title: 'Cold starts',
      what: 'Traces of requests that waited for their model to load.',
      search: storedSearch('cold-starts'),
      sortBy: 'Duration',
    }),
    traceTable({
      title: 'Requests that a fault hit',
      what: 'Traces that a GPU fault touched. The correlation page shows the faults beside them.',
      search: storedSearch('hit-by-fault'),
      sortBy: 'Start',
    }),
  ],
};

export const otherRow: RowSpec = {
  title: 'Requests that are not inference',
  panels: [
    table({
      title: 'Routes, over the time range',
      what: 'Pulls, lists, probes: kept out of every number above.',
      none: 'Only inference was asked for.',
      unit: unit.none,
      rows: 'values',
      queries: [
        column(inRange('http.server.request.duration', ['http.route', 'http.response.status_code'], {}, '_count')),
        column(
          quantile(0.95, 'http.server.request.duration', ['http.route', 'http.response.status_code'], {}, '$__range'),
        ),
      ],
      columns: [
        { field: 'http_route', title: 'Route' },
        { field: 'http_response_status_code', title: 'Status', width: 80 },
        { field: cellOf('A'), title: 'Requests', unit: unit.count, decimals: 0, width: 100 },
        { field: cellOf('B'), title: '95 % below', unit: unit.seconds, width: 110 },
      ],
      sortBy: { title: 'Requests', descending: true },
      width: 12,
    }),
    graph({
      title: 'Other requests by route',
      what: 'Requests per second that are not inference.',
      none: 'Only inference was asked for.',
      unit: unit.requestsPerSecond,
      width: 12,
      queries: [over(perSecond('http.server.request.duration', ['http.route'], {}, '_count'), shown('http.route'))],
      links: [toThatSecond],
    }),
  ],
};
