// My usage: what one client asked for. The access line names the client's address and nothing else about it, so that is the
// identity there is; models and tokens are on its traces.
import { field, recordFields } from '../../../loki/fields.ts';
import type { DashboardSpec, RowSpec } from '../dashboard.ts';
import { linksOfTrace } from '../links.ts';
import { countInRange, countPerStep, events, having } from '../logs.ts';
import { countBars, graph, plain, rising, stat } from '../panel-form.ts';
import { counted } from '../queries.ts';
import { recordTable } from '../record-table.ts';
import { storedSearch, traceTable } from '../traces.ts';
import { unit } from '../units.ts';
import { none } from '../words.ts';

const ROWS_SHOWN = 200;
const mine = `${events('ollama.request.access')}${having('client.address', '=~"$client"')}`;
const INFERENCE = having('http.route', '=~"/api/(chat|generate|embed|embeddings)|/v1/.*"');
const FAILED = having('http.response.status_code', '=~"4..|5.."');
const duration = ` | unwrap ${field('ollama.request.duration')} | __error__=""`;
const client = `{{${field('client.address')}}}`;

const totals: RowSpec = {
  title: 'In this time range',
  panels: [
    stat({
      title: 'Requests',
      what: 'Requests of this client, of every route.',
      none: none.logs,
      unit: unit.count,
      decimals: 0,
      width: 6,
      thresholds: plain,
      queries: [{ source: 'loki', expr: countInRange(mine), instant: true }],
    }),
    stat({
      title: 'Inference requests',
      what: 'Requests that ask a model for something.',
      none: none.logs,
      unit: unit.count,
      decimals: 0,
      width: 6,
      thresholds: plain,
      queries: [{ source: 'loki', expr: countInRange(`${mine}${INFERENCE}`), instant: true }],
    }),
    stat({
      title: 'Failed',
      what: 'Requests that ended with a status of 400 or above.',
      none: 'No request failed.',
      unit: unit.count,
      decimals: 0,
      width: 6,
      thresholds: rising(1, 10),
      queries: [{ source: 'loki', expr: countInRange(`${mine}${FAILED}`), instant: true }],
    }),
    stat({
      title: 'Time waited for answers',
      what: 'Sum of the durations of inference requests.',
      none: none.logs,
      unit: unit.seconds,
      width: 6,
      thresholds: plain,
      queries: [
        { source: 'loki', expr: `sum(sum_over_time(${mine}${INFERENCE}${duration} [$__range]))`, instant: true },
      ],
    }),
  ],
};

const courses: RowSpec = {
  title: 'Over time',
  panels: [
    countBars({
      title: 'Requests by client',
      what: 'How many requests each address sent. Behind a proxy all have the address of the proxy.',
      none: none.logs,
      stacked: true,
      queries: [counted(countPerStep(mine, 'client.address'), client)],
    }),
    countBars({
      title: 'Requests by route',
      what: 'What was asked for.',
      none: none.logs,
      stacked: true,
      queries: [counted(countPerStep(mine, 'http.route'), `{{${field('http.route')}}}`)],
    }),
    graph({
      title: 'Duration, 95 % below',
      what: 'Durations of inference requests as logged, by client.',
      none: none.logs,
      unit: unit.seconds,
      queries: [
        counted(
          `quantile_over_time(0.95, ${mine}${INFERENCE}${duration} [$__auto]) by (${field('client.address')})`,
          client,
        ),
      ],
    }),
    countBars({
      title: 'Failed requests by status',
      what: 'Requests with a status of 400 or above.',
      none: 'No request failed.',
      stacked: true,
      queries: [
        counted(
          countPerStep(`${mine}${FAILED}`, 'http.response.status_code'),
          `{{${field('http.response.status_code')}}}`,
        ),
      ],
    }),
  ],
};

const lists: RowSpec = {
  title: 'Each request',
  panels: [
    recordTable({
      title: 'My requests',
      what: 'Newest first. The trace tells model, tokens and phases.',
      none: none.logs,
      width: 14,
      height: 12,
      query: mine,
      rowsMax: ROWS_SHOWN,
      columns: [
        { field: field('client.address'), title: 'Client', width: 120 },
        { field: field('http.route'), title: 'Route' },
        { field: field('http.response.status_code'), title: 'Status', width: 75 },
        { field: field('ollama.request.duration'), title: 'Seconds', width: 90 },
        {
          field: recordFields.trace,
          title: 'Trace',
          links: linksOfTrace,
        },
      ],
    }),
    traceTable({
      title: 'Longest traces',
      what: 'Inference requests of the service chosen in "Traces of" that took a second or more; of every client.',
      width: 10,
      height: 12,
      search: storedSearch('slow', { slow: '1s' }),
      sortBy: 'Duration',
    }),
  ],
};

export const usage: DashboardSpec = {
  name: 'usage',
  description: 'What one client asked for, by its address: requests, durations, failures, traces.',
  variables: ['client', 'traces_of'],
  rows: [totals, courses, lists],
  from: 'now-24h',
};
