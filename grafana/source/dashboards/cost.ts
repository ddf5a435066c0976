// Cost and waste, as far as facts exist: energy and GPUs that are held without being used. Money comes with prices.
import type { DashboardSpec, RowSpec } from '../dashboard.ts';
import { by, inRange, latest, perSecond, ratio, series, total } from '../expressions.ts';
import { toDashboard, toThatSecond } from '../links.ts';
import { bars, graph, plain, rising, stat, table } from '../panel-form.ts';
import { column, now, over } from '../queries.ts';
import { perGpu } from '../shared-panels.ts';
import { cellOf } from '../tables.ts';
import { unit } from '../units.ts';
import { gpuName, none, ONE_GPU, PER_MODEL, PER_SERVER } from '../words.ts';

const GENERAL = { 'hw.gpu.task': '="general"' } as const;
const OUTPUT = { 'ollama.token.type': '="output"' } as const;
const JOULES_PER_WATT_HOUR = 3600;
const PER_THOUSAND = 1000;
/** Below this a GPU that holds models counts as wasted (alerts use the same bound). */
const IDLE_BELOW = 0.05;
/** Below this a GPU is under-used. */
const UNDER_USED_BELOW = 0.3;

const WASTE_UNKNOWN = 'No GPU was sampled, or it is not known which models are resident: the API is not polled.';

const energy = inRange('hw.energy');
const requestEnergy = inRange('ollama.request.energy', [], {}, '_sum');
const outputTokens = inRange('ollama.tokens', [], OUTPUT);

/** 1 while a GPU is idle although its host has models resident, else 0. */
const wasted = `(${latest('max', 'hw.gpu.utilization', ONE_GPU, GENERAL)} < bool ${IDLE_BELOW}) * on (host_name) group_left () (${latest('max', 'ollama.models.loaded', ['host.name'])} > bool 0)`;

const energyRow: RowSpec = {
  title: 'Energy',
  panels: [
    stat({
      title: 'Energy used',
      what: 'Energy of all GPUs in the time range, estimated by integrating board power. The rest of the machine is not in it.',
      none: none.gpu,
      unit: unit.wattHours,
      thresholds: plain,
      width: 6,
      queries: [now(`${energy} / ${JOULES_PER_WATT_HOUR}`)],
    }),
    stat({
      title: 'of it for requests',
      what: 'Energy attributed to requests, above the idle floor, over the energy of the GPUs.',
      none: none.energy,
      unit: unit.share,
      decimals: 0,
      thresholds: plain,
      width: 6,
      queries: [now(ratio(requestEnergy, energy))],
    }),
    stat({
      title: 'Energy per 1000 output tokens',
      what: 'Energy of the GPUs in the time range, idle included, per 1000 tokens generated.',
      none: none.requests,
      unit: unit.wattHours,
      thresholds: plain,
      width: 6,
      queries: [now(`${ratio(`${energy} / ${JOULES_PER_WATT_HOUR}`, outputTokens)} * ${PER_THOUSAND}`)],
    }),
    stat({
      title: 'Power now',
      what: 'Board power of all GPUs together.',
      none: none.gpu,
      unit: unit.watts,
      thresholds: plain,
      width: 6,
      queries: [over(total('hw.power', ONE_GPU))],
    }),
    graph({
      title: 'Power per GPU',
      what: 'Where the energy goes: the floor of each GPU is what it costs to do nothing.',
      none: none.gpu,
      unit: unit.watts,
      min: 0,
      stacked: true,
      queries: [perGpu('hw.power')],
      links: [toThatSecond],
    }),
    table({
      title: 'Energy per model, over the time range',
      what: 'Energy attributed to requests of each model, above the idle floor.',
      none: none.energy,
      unit: unit.none,
      rows: 'values',
      queries: [
        column(inRange('ollama.request.energy', PER_MODEL, {}, '_count')),
        column(inRange('ollama.request.energy', PER_MODEL, {}, '_sum')),
        column(
          ratio(inRange('ollama.request.energy', PER_MODEL, {}, '_sum'), inRange('ollama.tokens', PER_MODEL, OUTPUT)),
        ),
      ],
      columns: [
        { field: 'gen_ai_request_model', title: 'Model' },
        { field: cellOf('A'), title: 'Requests', unit: unit.count, decimals: 0, width: 100 },
        { field: cellOf('B'), title: 'Energy', unit: unit.joules, width: 120 },
        { field: cellOf('C'), title: 'per output token', unit: unit.joules, width: 140 },
      ],
      sortBy: { title: 'Energy', descending: true },
    }),
  ],
};

const wasteRow: RowSpec = {
  title: 'Waste',
  panels: [
    stat({
      title: 'GPUs held and idle now',
      what: `GPUs below ${IDLE_BELOW * 100} % on hosts that have models resident.`,
      none: WASTE_UNKNOWN,
      unit: unit.count,
      thresholds: rising(1, 4),
      width: 6,
      queries: [over(`sum(${wasted})`)],
      links: [toDashboard('models', 'Models and memory')],
    }),
    stat({
      title: 'GPU hours in the time range',
      what: 'Hours for which GPUs were there, sampled each minute.',
      none: none.gpu,
      unit: unit.hours,
      thresholds: plain,
      width: 6,
      queries: [now(`sum(count_over_time((${latest('max', 'hw.gpu.memory.usage', ONE_GPU)})[$__range:1m])) / 60`)],
    }),
    stat({
      title: 'of them held and idle',
      what: `Share of the time range in which a GPU was below ${IDLE_BELOW * 100} % while its host had models resident, averaged over GPUs.`,
      none: WASTE_UNKNOWN,
      unit: unit.share,
      decimals: 0,
      thresholds: rising(0.5, 0.9),
      width: 6,
      queries: [now(`avg(avg_over_time((${wasted})[$__range:1m]))`)],
    }),
    stat({
      title: 'Under-used GPUs',
      what: `GPUs whose average over the time range is below ${UNDER_USED_BELOW * 100} %.`,
      none: none.gpu,
      unit: unit.count,
      thresholds: plain,
      width: 6,
      queries: [
        now(
          `count(avg ${by(...ONE_GPU)} (avg_over_time(${series('hw.gpu.utilization', GENERAL)}[$__range])) < ${UNDER_USED_BELOW}) or vector(0)`,
        ),
      ],
      links: [toDashboard('gpu', 'GPU')],
    }),
    graph({
      title: 'Held and idle',
      what: 'GPUs that do nothing while models are resident on their host.',
      none: WASTE_UNKNOWN,
      unit: unit.count,
      min: 0,
      stacked: true,
      style: 'steps',
      queries: [over(wasted, gpuName)],
      links: [toThatSecond],
    }),
    bars({
      title: 'Utilisation over the time range',
      what: 'Average of each GPU.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 12,
      thresholds: [
        { from: null, color: 'orange' },
        { from: UNDER_USED_BELOW, color: 'green' },
      ],
      queries: [
        now(`avg ${by(...ONE_GPU)} (avg_over_time(${series('hw.gpu.utilization', GENERAL)}[$__range]))`, gpuName),
      ],
    }),
    table({
      title: 'Models that nobody asked for',
      what: 'Models resident now without a request in the time range, and the memory they hold.',
      none: 'Every resident model was asked for in the time range.',
      unit: unit.none,
      rows: 'values',
      width: 12,
      queries: [
        column(
          `${total('ollama.model.memory.usage', [...PER_SERVER, 'gen_ai.request.model', 'ollama.memory.placement'], PER_MODEL)} unless (${inRange('ollama.requests.finished', PER_MODEL)} > 0)`,
        ),
      ],
      columns: [
        { field: 'gen_ai_request_model', title: 'Model' },
        { field: 'Value', title: 'Memory held', unit: unit.bytes, width: 140 },
      ],
    }),
    graph({
      title: 'Requests per watt hour',
      what: 'Finished requests over the energy of all GPUs: falls when GPUs idle.',
      none: none.requests,
      unit: unit.count,
      queries: [
        over(
          `${perSecond('ollama.requests.finished')} / ((${perSecond('hw.energy')} > 0) / ${JOULES_PER_WATT_HOUR})`,
          'requests per Wh',
        ),
      ],
    }),
  ],
};

export const cost: DashboardSpec = {
  name: 'cost',
  description: 'Energy, and GPUs that are held without being used. Money, budgets and projections need prices.',
  rows: [energyRow, wasteRow],
  from: 'now-6h',
};
