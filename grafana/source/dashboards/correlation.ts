// Correlation: a GPU fault, the requests it hit, their traces and logs, and the GPU at that second, on one page.
import { field, recordFields } from '../../../loki/fields.ts';
import { allMarks } from '../annotations.ts';
import type { DashboardSpec, RowSpec } from '../dashboard.ts';
import { inRange, latest, perSecond, perStep, requestSpans, shown } from '../expressions.ts';
import { toCorrelation, toDashboard, toLogsOfTrace, toThatSecond, toTrace } from '../links.ts';
import { countInRange, events, having, ofGpu, stored, stream } from '../logs.ts';
import { anyIsBad, graph, logs, stat, table, timeline, trace } from '../panel-form.ts';
import { column, now, over, records, withExemplars } from '../queries.ts';
import { RECORD_TIME } from '../tables.ts';
import { unit } from '../units.ts';
import { gpuId, gpuName, modelName, none, PER_GPU, PER_GPU_ID, PER_MODEL } from '../words.ts';

const ROWS_SHOWN = 100;
const LINES_SHOWN = 500;
const ofIncident = having('nvidia.fault.incident', '=~"$incident"');
const hits = stored('requests-hit');

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
    table({
      title: 'Incidents',
      what: 'Each fault when it is over: its codes, the requests and models it touched. Click an incident to keep to it.',
      none: none.neverHappened,
      unit: unit.none,
      rows: 'records',
      width: 12,
      height: 4,
      queries: [records(`${events('nvidia.gpu.fault.settled')}${ofGpu}${ofIncident}`, ROWS_SHOWN)],
      columns: [
        { field: RECORD_TIME[0], title: 'Time', width: 170 },
        { field: field('error.type'), title: 'Fault', width: 80 },
        { field: field('nvidia.fault.severity'), title: 'Severity', width: 90 },
        { field: field('nvidia.fault.requests'), title: 'Requests', width: 80 },
        { field: field('nvidia.fault.models'), title: 'Models' },
        { field: field('nvidia.fault.action'), title: 'To do' },
        {
          field: field('nvidia.fault.incident'),
          title: 'Incident',
          links: [toDashboard('correlation', 'Only this incident', 'var-incident=${__value.raw}')],
        },
      ],
      sortBy: { title: 'Time', descending: true },
    }),
  ],
};

const timelineRow: RowSpec = {
  title: 'Timeline: marks are faults, crashes, evictions, restarts, alerts',
  panels: [
    graph({
      title: 'Duration with traces',
      what: 'Duration of requests from their spans. Each dot is one request: click it for its trace.',
      none: none.requests,
      unit: unit.seconds,
      queries: [
        withExemplars(
          `histogram_quantile(0.95, sum by (le, gen_ai_request_model) (rate(${requestSpans('bucket')}[$__rate_interval])))`,
          `${modelName} 95 % below`,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Errors and crashes',
      what: 'Requests with an error type, runners that died, errors of GPUs.',
      none: 'No error was told.',
      unit: unit.count,
      style: 'bars',
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
    graph({
      title: 'Requests hit by faults',
      what: 'Requests that a fault touched, by fault and model.',
      none: none.neverHappened,
      unit: unit.count,
      style: 'bars',
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
    table({
      title: 'Requests hit by a fault',
      what: 'One row for each request and incident. The trace id leads to the trace, its logs, or to this page with that trace. Confidence says how sure the link is.',
      none: none.neverHappened,
      unit: unit.none,
      rows: 'records',
      width: 24,
      height: 9,
      queries: [records(hits, ROWS_SHOWN)],
      columns: [
        { field: RECORD_TIME[0], title: 'Time', width: 170 },
        { field: field('gen_ai.request.model'), title: 'Model' },
        { field: field('gen_ai.operation.name'), title: 'Operation', width: 110 },
        { field: field('error.type'), title: 'Fault', width: 80 },
        { field: field('nvidia.fault.severity'), title: 'Severity', width: 90 },
        { field: field('hw.id'), title: 'GPU' },
        {
          field: recordFields.trace,
          title: 'Trace',
          width: 270,
          links: [toTrace('${__value.raw}'), toLogsOfTrace('${__value.raw}'), toCorrelation('${__value.raw}')],
        },
        { field: field('ollascope.join.confidence'), title: 'Confidence', width: 100 },
        {
          field: field('nvidia.fault.incident'),
          title: 'Incident',
          width: 130,
          links: [toDashboard('correlation', 'Only this incident', 'var-incident=${__value.raw}')],
        },
      ],
      sortBy: { title: 'Time', descending: true },
    }),
    logs({
      title: 'The story of the incident',
      what: 'Records that name the incident chosen above, of the agent: raised, hits, settled.',
      none: 'No record names an incident.',
      unit: unit.none,
      width: 12,
      queries: [records(`${stream}${having('nvidia.fault.incident', '!=""')}${ofIncident}`, LINES_SHOWN)],
    }),
    table({
      title: 'Alerts',
      what: 'Alerts that fire or are about to.',
      none: 'No alert fires.',
      unit: unit.none,
      rows: 'values',
      height: 10,
      queries: [
        column('max by (alertname, alertstate, severity, priority, host_name, hw_id, gen_ai_request_model) (ALERTS)'),
      ],
      columns: [
        { field: 'alertname', title: 'Alert' },
        { field: 'alertstate', title: 'State', width: 80 },
        { field: 'severity', title: 'Severity', width: 80 },
        { field: 'priority', title: 'Priority', width: 75 },
        { field: 'host_name', title: 'Host' },
        { field: 'hw_id', title: 'GPU' },
        { field: 'gen_ai_request_model', title: 'Model' },
      ],
    }),
  ],
};

const gpuRow: RowSpec = {
  title: 'The GPU at that second',
  panels: [
    graph({
      title: 'GPU busy',
      what: 'Share of the sample period in which at least one kernel ran.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [over(latest('max', 'hw.gpu.utilization', PER_GPU, { 'hw.gpu.task': '="general"' }), gpuName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Memory in use',
      what: 'Falls at once when a runner dies.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      width: 8,
      queries: [over(latest('max', 'hw.gpu.memory.usage', PER_GPU), gpuName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Power',
      what: 'Board power.',
      none: none.gpu,
      unit: unit.watts,
      min: 0,
      width: 8,
      queries: [over(latest('max', 'hw.power', PER_GPU), gpuName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Temperature',
      what: 'Temperature of the die.',
      none: none.gpu,
      unit: unit.celsius,
      width: 8,
      queries: [over(latest('max', 'hw.temperature', PER_GPU, { 'hw.sensor_location': '="gpu"' }), gpuName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Processor clock',
      what: 'Clock of the streaming multiprocessors.',
      none: none.gpu,
      unit: unit.hertz,
      min: 0,
      width: 8,
      queries: [over(latest('max', 'nvidia.gpu.clock.frequency', PER_GPU, { 'nvidia.gpu.clock': '="sm"' }), gpuName)],
      links: [toThatSecond],
    }),
    timeline({
      title: 'Failed',
      what: 'Whether a GPU counts as failed.',
      none: 'No GPU changed its state.',
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
