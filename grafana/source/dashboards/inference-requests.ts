// Inference, first part: how many requests, how they end, and whether the service level holds.
import type { RowSpec } from '../dashboard.ts';
import { inRange, latest, perSecond, perStep, recently, recordedPerModel, shareUpTo, shown } from '../expressions.ts';
import { toThatSecond } from '../links.ts';
import { countBars, falling, graph, rising, stat, table } from '../panel-form.ts';
import { column, now, over } from '../queries.ts';
import {
  AVAILABILITY,
  countedRequests,
  FIRST_TOKEN_SECONDS,
  FIRST_TOKEN_SHARE,
  failedShare,
} from '../service-level.ts';
import { cellOf } from '../tables.ts';
import { unit } from '../units.ts';
import { modelName, none, PER_MODEL, PER_SERVER } from '../words.ts';

export const requestsRow: RowSpec = {
  title: 'Requests',
  panels: [
    graph({
      title: 'Requests by model',
      what: 'Inference requests that ended, of every outcome. A request whose model the log does not tell has an empty name.',
      none: none.requests,
      unit: unit.requestsPerSecond,
      width: 8,
      stacked: true,
      queries: [over(perSecond('ollama.requests.finished', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Requests by outcome',
      what: 'How many in each step: ok, error, client_error, client_aborted, rejected (queue full), load_only, unload.',
      none: none.requests,
      width: 8,
      stacked: true,
      queries: [over(perStep('ollama.requests.finished', ['ollama.request.outcome']), shown('ollama.request.outcome'))],
      links: [toThatSecond],
    }),
    graph({
      title: 'Requests by operation',
      what: 'chat, text_completion, embeddings.',
      none: none.requests,
      unit: unit.requestsPerSecond,
      width: 8,
      stacked: true,
      queries: [over(perSecond('ollama.requests.finished', ['gen_ai.operation.name']), shown('gen_ai.operation.name'))],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Errors by cause',
      what: 'Requests with an error type: xid.N where a grave GPU fault hit them, else what the log or the status tells.',
      none: 'No request had an error.',
      stacked: true,
      width: 8,
      queries: [
        over(
          perStep('ollama.requests.finished', ['gen_ai.request.model', 'error.type'], { 'error.type': '!=""' }),
          `${modelName} ${shown('error.type')}`,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Under way and waiting',
      what: 'Requests known to be under way, and those of them that wait. Connections without a request are not in the log.',
      none: none.requests,
      unit: unit.count,
      min: 0,
      width: 8,
      queries: [
        over(latest('max', 'ollama.requests.active', PER_SERVER), `under way ${shown('host.name')}`),
        over(latest('max', 'ollama.requests.queued', PER_SERVER), `waiting ${shown('host.name')}`),
      ],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Requests without an end',
      what: 'Requests that began and whose access line never came: the server died, or the log was cut.',
      none: none.neverHappened,
      width: 8,
      queries: [over(perStep('ollama.requests.abandoned', ['ollascope.reason']), shown('ollascope.reason'))],
      links: [toThatSecond],
    }),
  ],
};

export const sloRow: RowSpec = {
  title: 'Service level',
  panels: [
    table({
      title: 'Objectives per model, over the time range',
      what: `Objectives: ${AVAILABILITY * 100} % of requests succeed; ${FIRST_TOKEN_SHARE * 100} % have their first token within ${FIRST_TOKEN_SECONDS} s.`,
      none: none.requests,
      unit: unit.none,
      rows: 'values',
      queries: [
        column(countedRequests(inRange, PER_MODEL)),
        column(`1 - ${failedShare(inRange, PER_MODEL)}`),
        column(shareUpTo(FIRST_TOKEN_SECONDS, 'gen_ai.server.time_to_first_token', PER_MODEL, '$__range')),
      ],
      columns: [
        { field: 'gen_ai_request_model', title: 'Model' },
        { field: cellOf('A'), title: 'Requests', unit: unit.count, decimals: 0, width: 100 },
        {
          field: cellOf('B'),
          title: 'Succeeded',
          unit: unit.share,
          decimals: 2,
          width: 110,
          thresholds: falling(0.97, AVAILABILITY),
        },
        {
          field: cellOf('C'),
          title: 'First token in time',
          unit: unit.share,
          decimals: 2,
          width: 150,
          thresholds: falling(0.9, FIRST_TOKEN_SHARE),
        },
      ],
      sortBy: { title: 'Requests', descending: true },
      width: 12,
    }),
    graph({
      title: 'Failed share by model',
      what: 'Share of requests that failed in the server or were refused. The dashed line is the objective.',
      none: none.requests,
      unit: unit.share,
      min: 0,
      width: 12,
      thresholds: rising(1 - AVAILABILITY, 5 * (1 - AVAILABILITY)).map((step) =>
        step.from === null ? step : { ...step, from: Number(step.from.toFixed(4)) },
      ),
      queries: [over(failedShare(recently, PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'How fast the error budget is spent',
      what: 'Share of bad requests in the last hour over what the objective allows: 1 spends it just in time, at 14.4 the alert fires. Needs the recording rules.',
      none: 'No request in the last hour, or Prometheus does not have the rules of prometheus/rules.',
      unit: unit.none,
      decimals: 1,
      min: 0,
      width: 8,
      queries: [
        over(
          `${recordedPerModel('model_slo:bad:ratio_rate1h')} / on (slo) group_left () (1 - slo:objective:ratio)`,
          `{{slo}} ${modelName}`,
        ),
      ],
      links: [toThatSecond],
    }),
    stat({
      title: 'Error budget left in this time range',
      what: 'What the objective allows to fail, less what failed: below zero the objective is missed. Choose a range of days for a judgement.',
      none: none.requests,
      unit: unit.share,
      decimals: 0,
      width: 8,
      height: 8,
      thresholds: falling(0, 0.25),
      queries: [now(`1 - (${failedShare(inRange, PER_MODEL)}) / ${(1 - AVAILABILITY).toFixed(2)}`, modelName)],
    }),
    graph({
      title: `First token within ${FIRST_TOKEN_SECONDS} s`,
      what: 'Share of requests whose first token came in time, queue and load included.',
      none: none.requests,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [over(shareUpTo(FIRST_TOKEN_SECONDS, 'gen_ai.server.time_to_first_token', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
  ],
};
