// Correlation: a GPU fault, the requests it hit, their traces and logs, and the GPU at that second, on one page.
import { field, recordFields } from '../../../loki/fields.ts';
import { allMarks } from '../annotations.ts';
import type { DashboardSpec, RowSpec } from '../dashboard.ts';
import { inRange, latest, perSecond, perStep, shown } from '../expressions.ts';
import { linksOfTrace, toDashboard, toThatSecond } from '../links.ts';
import { countInRange, events, having, ofGpu, stored, stream } from '../logs.ts';
import { anyIsBad, type Column, countBars, graph, logs, stat, timeline, trace } from '../panel-form.ts';
import { now, over, records } from '../queries.ts';
import { recordTable } from '../record-table.ts';
import { alertTable, durationWithTraces, gpuBusy, perGpu } from '../shared-panels.ts';
import { unit } from '../units.ts';
import { gpuId, modelName, none, PER_GPU_ID, PER_MODEL } from '../words.ts';

const ROWS_SHOWN = 100;
const LINES_SHOWN = 500;
const ofIncident = having('nvidia.fault.incident', '=~"$incident"');
const hits = stored('requests-hit');

const incidentColumn: Column = {
  field: field('nvidia.fault.incident'),
  title: 'Incident',
  links: [toDashboard('correlation', 'Only this incident', 'var-incident=${__value.raw}')],
};

const stats: RowSpec = {
  title: 'Faults in this time range',
  panels: [
    stat({
      title: 'GPU faults',
      what: 'Incidents: one incident is often many kernel lines.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      thresholds: anyIsBad,
      sparkline: false,
      queries: [
        {
          source: 'loki',
          expr: `${countInRange(`${events('nvidia.gpu.fault')}${ofGpu}${ofIncident}`)} or vector(0)`,
          instant: true,
        },
      ],
    }),
    stat({
      title: 'Requests hit',
      what: 'Requests in flight on a GPU when it failed, one for each incident, as far as the link is sure enough.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      thresholds: anyIsBad,
      sparkline: false,
      queries: [{ source: 'loki', expr: `${countInRange(hits)} or vector(0)`, instant: true }],
    }),
    stat({
      title: 'Runners crashed',
      what: 'Runner processes that died, of whatever cause.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      thresholds: anyIsBad,
      queries: [now(`${inRange('ollama.runner.crashes')} or vector(0)`)],
    }),
    recordTable({
      title: 'Incidents',
      what: 'Each fault when it is over: its codes, the requests and models it touched. Click an incident to keep to it.',
      none: none.neverHappened,
      width: 12,
      height: 4,
      query: `${events('nvidia.gpu.fault.settled')}${ofGpu}${ofIncident}`,
      rowsMax: ROWS_SHOWN,
      columns: [
        { field: field('error.type'), title: 'Fault', width: 80 },
        { field: field('nvidia.fault.severity'), title: 'Severity', width: 90 },
        { field: field('nvidia.fault.requests'), title: 'Requests', width: 80 },
        { field: field('nvidia.fault.models'), title: 'Models' },
        { field: field('nvidia.fault.action'), title: 'To do' },
        incidentColumn,
      ],
    }),
  ],
};

const timelineRow: RowSpec = {
  title: 'Timeline: marks are faults, crashes, evictions, restarts, alerts',
  panels: [
    durationWithTraces([0.95], 'per model'),
    countBars({
      title: 'Errors and crashes',
      what: 'Requests with an error type, runners that died, errors of GPUs.',
      none: 'No error was told.',
      queries: [
        over(
          perStep('ollama.requests.finished', ['error.type'], { 'error.type': '!=""' }),
          `requests ${shown('error.type')}`,
        ),
        over(perStep('ollama.runner.crashes', ['error.type']), `runners ${shown('error.type')}`),
        over(perStep('hw.errors', ['error.type']), `GPU ${shown('error.type')}`),
      ],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Requests hit by faults',
      what: 'Requests that a fault touched, by fault and model.',
      none: none.neverHappened,
      stacked: true,
      queries: [
        over(
          perStep('ollama.requests.fault_hits', ['gen_ai.request.model', 'error.type']),
          `${shown('error.type')} ${modelName}`,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Requests by model',
      what: 'Requests that ended: what stopped when the GPU failed.',
      none: none.requests,
      unit: unit.requestsPerSecond,
      stacked: true,
      queries: [over(perSecond('ollama.requests.finished', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
  ],
};

const hitRow: RowSpec = {
  title: 'Requests hit',
  panels: [
    recordTable({
      title: 'Requests hit by a fault',
      what: 'One row for each request and incident. The trace id leads to the trace, its logs, or to this page with that trace. Confidence says how sure the link is.',
      none: none.neverHappened,
      width: 24,
      height: 9,
      query: hits,
      rowsMax: ROWS_SHOWN,
      columns: [
        { field: field('gen_ai.request.model'), title: 'Model' },
        { field: field('gen_ai.operation.name'), title: 'Operation', width: 110 },
        { field: field('error.type'), title: 'Fault', width: 80 },
        { field: field('nvidia.fault.severity'), title: 'Severity', width: 90 },
        { field: field('hw.id'), title: 'GPU' },
        {
          field: recordFields.trace,
          title: 'Trace',
          width: 270,
          links: linksOfTrace,
        },
        { field: field('ollascope.join.confidence'), title: 'Confidence', width: 100 },
        { ...incidentColumn, width: 130 },
      ],
    }),
    logs({
      title: 'The story of the incident',
      what: 'Records that name the incident chosen above, of the agent: raised, hits, settled.',
      none: 'No record names an incident.',
      unit: unit.none,
      width: 12,
      queries: [records(`${stream}${having('nvidia.fault.incident', '!=""')}${ofIncident}`, LINES_SHOWN)],
    }),
    alertTable(12, { field: 'hw_id', title: 'GPU' }, { field: 'gen_ai_request_model', title: 'Model' }),
  ],
};

const gpuRow: RowSpec = {
  title: 'The GPU at that second',
  panels: [
    gpuBusy,
    graph({
      title: 'Memory in use',
      what: 'Falls at once when a runner dies.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      width: 8,
      queries: [perGpu('hw.gpu.memory.usage')],
      links: [toThatSecond],
    }),
    graph({
      title: 'Power',
      what: 'Board power.',
      none: none.gpu,
      unit: unit.watts,
      min: 0,
      width: 8,
      queries: [perGpu('hw.power')],
      links: [toThatSecond],
    }),
    graph({
      title: 'Temperature',
      what: 'Temperature of the die.',
      none: none.gpu,
      unit: unit.celsius,
      width: 8,
      queries: [perGpu('hw.temperature', { 'hw.sensor_location': '="gpu"' })],
      links: [toThatSecond],
    }),
    graph({
      title: 'Processor clock',
      what: 'Clock of the streaming multiprocessors.',
      none: none.gpu,
      unit: unit.hertz,
      min: 0,
      width: 8,
      queries: [perGpu('nvidia.gpu.clock.frequency', { 'nvidia.gpu.clock': '="sm"' })],
      links: [toThatSecond],
    }),
    timeline({
      title: 'Failed',
      what: 'Whether a GPU counts as failed.',
      none: none.states,
      unit: unit.none,
      width: 8,
      states: [
        { value: 0, text: 'no', color: 'green' },
        { value: 1, text: 'failed', color: 'red' },
      ],
      queries: [over(latest('max', 'hw.status', PER_GPU_ID, { 'hw.state': '="failed"' }), gpuId)],
    }),
  ],
};

const traceRow: RowSpec = {
  title: 'One trace',
  panels: [
    trace({
      title: 'Trace $trace',
      what: 'The spans of the trace chosen in the variable "Trace" or by a link. Says that there is no such trace until one is chosen.',
      none: 'No trace is chosen.',
      unit: unit.none,
      queries: [{ source: 'jaeger', trace: '${trace}' }],
    }),
    logs({
      title: 'Log lines of the trace',
      what: 'Every line that was linked to this trace, runner lines included.',
      none: 'No trace is chosen, or no line was linked to it.',
      unit: unit.none,
      queries: [records(`${stored('trace')} | ${recordFields.trace}!=""`, LINES_SHOWN)],
    }),
  ],
};

export const correlation: DashboardSpec = {
  name: 'correlation',
  description: 'From a GPU fault to the requests it hit, their traces and logs, and the GPU at that second.',
  annotations: allMarks,
  variables: ['trace', 'incident'],
  rows: [stats, timelineRow, hitRow, gpuRow, traceRow],
};
