// Models and memory: what is resident where, what it needs and what it takes, what it costs to load and who drives whom out.
import { field } from '../../../loki/fields.ts';
import { crashMarks, evictionMarks, restartMarks } from '../annotations.ts';
import type { DashboardSpec, RowSpec } from '../dashboard.ts';
import { inRange, latest, perStep, quantile, ratio, shown, total } from '../expressions.ts';
import { toThatSecond } from '../links.ts';
import { events, ofModel, stored } from '../logs.ts';
import { anyIsBad, anyIsOdd, countBars, graph, pie, plain, rising, stat, table } from '../panel-form.ts';
import { column, now, over } from '../queries.ts';
import { recordTable } from '../record-table.ts';
import { perGpu } from '../shared-panels.ts';
import { cellOf } from '../tables.ts';
import { unit } from '../units.ts';
import { modelName, none, ONE_GPU, PER_MODEL, PER_SERVER } from '../words.ts';

const ON_GPU = { 'ollama.memory.placement': '="gpu"' } as const;
const ON_CPU = { 'ollama.memory.placement': '="cpu"' } as const;
const ONE_MODEL = [...PER_SERVER, 'gen_ai.request.model', 'ollama.memory.placement'] as const;
const ROWS_SHOWN = 100;

const taken = total('ollama.model.memory.usage', ONE_MODEL, [], ON_GPU);
const observed = total('hw.gpu.memory.usage', ONE_GPU);
const size = total('hw.gpu.memory.limit', ONE_GPU);

const budget: RowSpec = {
  title: 'Memory',
  panels: [
    stat({
      title: 'GPU memory in use',
      what: 'Share of all GPU memory in use. Nearly full is normal: models stay resident until somebody needs the room.',
      none: none.described,
      unit: unit.share,
      decimals: 0,
      thresholds: plain,
      queries: [over(`${observed} / ${size}`)],
    }),
    stat({
      title: 'Free for models',
      what: 'GPU memory that is not in use, of all GPUs. A model must fit on one, or on those it is spread over.',
      none: none.described,
      unit: unit.bytes,
      thresholds: plain,
      queries: [over(`${size} - ${observed}`)],
    }),
    stat({
      title: 'Models resident',
      what: 'Models loaded now.',
      none: none.models,
      unit: unit.count,
      thresholds: plain,
      queries: [over(total('ollama.models.loaded', PER_SERVER))],
    }),
    stat({
      title: 'On the CPU',
      what: 'Memory of resident models that did not fit on a GPU: their layers on the CPU slow every token.',
      none: none.models,
      unit: unit.bytes,
      thresholds: anyIsOdd,
      queries: [over(total('ollama.model.memory.usage', ONE_MODEL, [], ON_CPU))],
    }),
    stat({
      title: 'Loads that failed',
      what: 'Loads that failed in the time range.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      thresholds: anyIsBad,
      queries: [now(`${inRange('ollama.model.load_failures')} or vector(0)`)],
    }),
    stat({
      title: 'Evictions',
      what: 'Models that had to make room for another in the time range.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      thresholds: rising(1, 10),
      queries: [now(`${inRange('ollama.model.evictions')} or vector(0)`)],
    }),
    graph({
      title: 'What Ollama says, what the GPU has',
      what: 'Memory that Ollama counts for its models on GPUs, beside memory in use and its size. In use above counted: another program, or a count that is too low.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      limits: '/^size/',
      queries: [over(taken, 'counted by Ollama'), over(observed, 'in use'), over(size, 'size')],
      links: [toThatSecond],
    }),
    graph({
      title: 'Counted share of memory in use',
      what: 'Memory counted for models over memory in use on the GPUs. Far below 100 % while models are resident: more is held than they need.',
      none: none.models,
      unit: unit.share,
      min: 0,
      queries: [over(ratio(taken, observed), 'counted / in use')],
      links: [toThatSecond],
    }),
  ],
};

const resident: RowSpec = {
  title: 'Resident models',
  panels: [
    table({
      title: 'Models',
      what: 'What is loaded now: where its layers are, for how many requests at once and with how much context. Memory for more slots or context than is used is what right-sizing can win back.',
      none: none.models,
      unit: unit.none,
      rows: 'values',
      width: 24,
      queries: [
        column(latest('max', 'ollama.model.memory.usage', [...PER_SERVER, ...PER_MODEL], ON_GPU)),
        column(latest('max', 'ollama.model.memory.usage', [...PER_SERVER, ...PER_MODEL], ON_CPU)),
        column(latest('max', 'ollama.model.layers', [...PER_SERVER, ...PER_MODEL], ON_GPU)),
        column(latest('max', 'ollama.model.layers', [...PER_SERVER, ...PER_MODEL], ON_CPU)),
        column(latest('max', 'ollama.model.context.size', [...PER_SERVER, ...PER_MODEL])),
        column(latest('max', 'ollama.model.parallel', [...PER_SERVER, ...PER_MODEL])),
        column(latest('min', 'ollama.model.expires_in', [...PER_SERVER, ...PER_MODEL])),
      ],
      columns: [
        { field: 'gen_ai_request_model', title: 'Model' },
        { field: 'host_name', title: 'Host' },
        { field: cellOf('A'), title: 'On GPU', unit: unit.bytes, width: 110 },
        { field: cellOf('B'), title: 'On CPU', unit: unit.bytes, width: 110, thresholds: anyIsOdd },
        { field: cellOf('C'), title: 'Layers on GPU', width: 120 },
        { field: cellOf('D'), title: 'Layers on CPU', width: 120, thresholds: anyIsOdd },
        { field: cellOf('E'), title: 'Context', unit: unit.tokens, width: 120 },
        { field: cellOf('F'), title: 'At once', width: 90 },
        { field: cellOf('G'), title: 'Unloaded in', unit: unit.seconds, width: 110 },
      ],
    }),
    graph({
      title: 'Memory by model',
      what: 'Memory of resident models on GPUs and CPU.',
      none: none.models,
      unit: unit.bytes,
      stacked: true,
      min: 0,
      queries: [
        over(
          total('ollama.model.memory.usage', ONE_MODEL, ['gen_ai.request.model', 'ollama.memory.placement']),
          `${modelName} ${shown('ollama.memory.placement')}`,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Time until unloaded',
      what: 'Time until a resident model is unloaded if nobody asks. Absent where it never expires.',
      none: 'No resident model expires, or the API is not polled.',
      unit: unit.seconds,
      min: 0,
      queries: [over(latest('min', 'ollama.model.expires_in', PER_MODEL), modelName)],
    }),
    graph({
      title: 'Memory in use per GPU',
      what: 'To see on which GPU a model went.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      queries: [perGpu('hw.gpu.memory.usage')],
      links: [toThatSecond],
    }),
    pie({
      title: 'GPU memory by model',
      what: 'Who holds the GPU memory now.',
      none: none.models,
      unit: unit.bytes,
      width: 12,
      queries: [now(total('ollama.model.memory.usage', ONE_MODEL, ['gen_ai.request.model'], ON_GPU), modelName)],
    }),
  ],
};

const loads: RowSpec = {
  title: 'Loads, evictions, unloads',
  panels: [
    countBars({
      title: 'Loads by model',
      what: 'Loads that succeeded. Many loads of one model: it is driven out or expires between requests.',
      none: none.neverHappened,
      stacked: true,
      width: 8,
      queries: [over(perStep('ollama.model.loads', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Duration of loads, 95 % below',
      what: 'Duration of model loads.',
      none: none.neverHappened,
      unit: unit.seconds,
      width: 8,
      queries: [over(quantile(0.95, 'ollama.model.load.duration', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Unloads by reason',
      what: 'keep_alive: nobody asked for long enough. Evictions are those that another model caused.',
      none: none.neverHappened,
      stacked: true,
      width: 8,
      queries: [over(perStep('ollama.model.unloads', ['ollascope.reason']), shown('ollascope.reason'))],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Evictions by reason',
      what: 'Models that had to make room. Evictions and loads rising together: models thrash.',
      none: none.neverHappened,
      stacked: true,
      width: 8,
      queries: [
        over(
          perStep('ollama.model.evictions', ['gen_ai.request.model', 'ollascope.reason']),
          `${modelName} ${shown('ollascope.reason')}`,
        ),
      ],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Failed loads and CPU fallbacks',
      what: 'Loads that failed by cause, and loads that left layers on the CPU.',
      none: none.neverHappened,
      width: 8,
      queries: [
        over(
          perStep('ollama.model.load_failures', ['gen_ai.request.model', 'error.type']),
          `failed ${modelName} ${shown('error.type')}`,
        ),
        over(perStep('ollama.model.cpu_fallbacks', PER_MODEL), `on CPU ${modelName}`),
      ],
      links: [toThatSecond],
    }),
    countBars({
      title: 'Runner crashes',
      what: 'Runner processes that died, by cause.',
      none: none.neverHappened,
      width: 8,
      queries: [
        over(
          perStep('ollama.runner.crashes', ['gen_ai.request.model', 'error.type']),
          `${modelName} ${shown('error.type')}`,
        ),
      ],
      links: [toThatSecond],
    }),
    recordTable({
      title: 'Who drove whom out',
      what: 'Evictions, newest first.',
      none: none.neverHappened,
      query: `${events('ollama.model.evicted')}${ofModel}`,
      rowsMax: ROWS_SHOWN,
      columns: [
        { field: field('gen_ai.request.model'), title: 'Evicted' },
        { field: field('ollama.model.evicted_by'), title: 'For' },
        { field: field('ollascope.reason'), title: 'Reason' },
      ],
    }),
    recordTable({
      title: 'Loads with their memory',
      what: 'Each load: how long it took, layers on GPUs, context.',
      none: none.neverHappened,
      query: stored('model-loads'),
      rowsMax: ROWS_SHOWN,
      columns: [
        { field: field('gen_ai.request.model'), title: 'Model' },
        { field: field('ollama.load.duration'), title: 'Seconds', width: 90 },
        { field: field('ollama.model.layers.offloaded'), title: 'Layers on GPU', width: 120 },
        { field: field('ollama.model.layers.total'), title: 'of', width: 60 },
        { field: field('ollama.context.size'), title: 'Context', width: 90 },
      ],
    }),
  ],
};

export const models: DashboardSpec = {
  name: 'models',
  description: 'Resident models, their memory and placement, loads, evictions and unloads.',
  annotations: [evictionMarks, crashMarks, restartMarks],
  rows: [budget, resident, loads],
};
