// Overview: is everything well, how busy is it, and where to look next.
import { allMarks } from '../annotations.ts';
import type { DashboardSpec, RowSpec } from '../dashboard.ts';
import {
  foreign,
  inRange,
  latest,
  overRange,
  perSecond,
  perStep,
  quantile,
  recently,
  shown,
  total,
} from '../expressions.ts';
import { toDashboard, toThatSecond } from '../links.ts';
import { events } from '../logs.ts';
import { anyIsBad, countBars, graph, logs, plain, rising, stat } from '../panel-form.ts';
import { now, over, records } from '../queries.ts';
import { failedShare } from '../service-level.ts';
import { alertTable, durationWithTraces, gpuBusy, perGpu } from '../shared-panels.ts';
import { unit } from '../units.ts';
import { modelName, none, ONE_GPU, PER_MODEL, PER_SERVER } from '../words.ts';

const stats: RowSpec = {
  title: 'Now',
  panels: [
    stat({
      title: 'Requests per second',
      what: 'Inference requests that ended, of every outcome.',
      none: none.requests,
      unit: unit.requestsPerSecond,
      thresholds: plain,
      queries: [over(perSecond('ollama.requests.finished'))],
      links: [toDashboard('inference', 'Inference')],
    }),
    stat({
      title: 'Failed share',
      what: 'Share of requests that failed in the server or were refused (503). Mistakes of clients are not counted.',
      none: none.requests,
      unit: unit.share,
      decimals: 2,
      thresholds: rising(0.01, 0.05),
      queries: [over(failedShare(recently))],
      links: [toDashboard('inference', 'Inference')],
    }),
    stat({
      title: 'Duration, 95 % below',
      what: 'Duration of whole requests over the time range: 95 % were at most as long, to the precision of the buckets.',
      none: none.requests,
      unit: unit.seconds,
      thresholds: plain,
      queries: [now(quantile(0.95, 'gen_ai.server.request.duration', [], {}, '$__range'))],
      links: [toDashboard('inference', 'Inference')],
    }),
    stat({
      title: 'First token, 95 % below',
      what: 'Time to the first token over the time range, queue and load included.',
      none: none.requests,
      unit: unit.seconds,
      thresholds: rising(2.5, 10),
      queries: [now(quantile(0.95, 'gen_ai.server.time_to_first_token', [], {}, '$__range'))],
      links: [toDashboard('inference', 'Inference')],
    }),
    stat({
      title: 'Tokens generated',
      what: 'Output tokens per second of all models together.',
      none: none.requests,
      unit: unit.tokensPerSecond,
      thresholds: plain,
      queries: [over(perSecond('ollama.tokens', [], { 'ollama.token.type': '="output"' }))],
      links: [toDashboard('inference', 'Inference')],
    }),
    stat({
      title: 'Models resident',
      what: 'Models loaded now, of all servers.',
      none: none.models,
      unit: unit.count,
      thresholds: plain,
      queries: [over(total('ollama.models.loaded', PER_SERVER))],
      links: [toDashboard('models', 'Models and memory')],
    }),
    stat({
      title: 'GPUs',
      what: 'GPUs heard of now.',
      none: none.gpu,
      unit: unit.count,
      thresholds: plain,
      queries: [over(`count(${latest('max', 'hw.gpu.memory.usage', ONE_GPU)})`)],
      links: [toDashboard('gpu', 'GPU')],
    }),
    stat({
      title: 'GPU busy, average',
      what: 'Share of time in which at least one kernel ran, averaged over all GPUs. High is neither good nor bad.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      decimals: 0,
      thresholds: plain,
      queries: [over(latest('avg', 'hw.gpu.utilization', [], { 'hw.gpu.task': '="general"' }))],
      links: [toDashboard('gpu', 'GPU')],
    }),
    stat({
      title: 'Hottest GPU',
      what: 'Highest temperature of a die in the time range. The driver knows the real limit of each board: see the GPU dashboard.',
      none: none.gpu,
      unit: unit.celsius,
      thresholds: rising(85, 90),
      queries: [now(overRange('max', 'hw.temperature', [], { 'hw.sensor_location': '="gpu"' }))],
      links: [toDashboard('gpu', 'GPU')],
    }),
    stat({
      title: 'Power of all GPUs',
      what: 'Board power of all GPUs together.',
      none: none.gpu,
      unit: unit.watts,
      thresholds: plain,
      queries: [over(total('hw.power', ONE_GPU))],
      links: [toDashboard('cost', 'Cost and waste')],
    }),
    stat({
      title: 'Requests hit by faults',
      what: 'Requests that a GPU fault touched in the time range, as far as the link is sure enough.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      thresholds: anyIsBad,
      queries: [now(`${inRange('ollama.requests.fault_hits')} or vector(0)`)],
      links: [toDashboard('correlation', 'Correlation')],
    }),
    stat({
      title: 'Alerts firing',
      what: 'Alerts of Prometheus that fire now, of every severity.',
      none: none.neverHappened,
      unit: unit.count,
      thresholds: anyIsBad,
      queries: [now(`count(${foreign('ALERTS', 'alertstate="firing"')}) or vector(0)`)],
      links: [toDashboard('correlation', 'Correlation')],
    }),
  ],
};

const work: RowSpec = {
  title: 'Requests',
  panels: [
    countBars({
      title: 'Requests by outcome',
      what: 'Inference requests that ended in each step. `load_only` and `unload` are requests without a prompt.',
      none: none.requests,
      stacked: true,
      queries: [over(perStep('ollama.requests.finished', ['ollama.request.outcome']), shown('ollama.request.outcome'))],
      links: [toThatSecond],
    }),
    durationWithTraces([0.5, 0.95, 0.99], 'all'),
    graph({
      title: 'Tokens per second by model',
      what: 'Output tokens per second, waiting included: how much the server delivers, not how fast a model decodes.',
      none: none.requests,
      unit: unit.tokensPerSecond,
      stacked: true,
      queries: [over(perSecond('ollama.tokens', PER_MODEL, { 'ollama.token.type': '="output"' }), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Under way and waiting',
      what: 'Requests known to be under way, and those of them that wait for a slot or a load.',
      none: none.requests,
      unit: unit.count,
      min: 0,
      queries: [
        over(total('ollama.requests.active', PER_SERVER), 'under way'),
        over(total('ollama.requests.queued', PER_SERVER), 'waiting'),
      ],
      links: [toThatSecond],
    }),
  ],
};

const gpus: RowSpec = {
  title: 'GPUs',
  panels: [
    gpuBusy,
    graph({
      title: 'GPU memory in use',
      what: 'Memory in use per GPU. Nearly full is normal for Ollama: models stay resident. Evictions and CPU fallbacks tell of too little.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      width: 8,
      stacked: true,
      queries: [perGpu('hw.gpu.memory.usage')],
      links: [toThatSecond],
    }),
    graph({
      title: 'Power',
      what: 'Board power per GPU.',
      none: none.gpu,
      unit: unit.watts,
      min: 0,
      width: 8,
      stacked: true,
      queries: [perGpu('hw.power')],
      links: [toThatSecond],
    }),
  ],
};

const happened: RowSpec = {
  title: 'What happened',
  panels: [
    alertTable(10),
    logs({
      title: 'Events worth knowing',
      what: 'Faults, crashes, failed loads, CPU fallbacks, evictions, cut prompts, sources that stalled. Open a line for its trace.',
      none: none.logs,
      unit: unit.none,
      width: 14,
      queries: [
        records(
          events(
            'nvidia.gpu.fault',
            'ollama.request.fault_hit',
            'ollama.runner.crashed',
            'ollama.model.load_failed',
            'ollama.cpu_fallback',
            'ollama.model.evicted',
            'ollama.prompt.truncated',
            'ollascope.source.stalled',
          ),
          100,
        ),
      ],
    }),
  ],
};

export const overview: DashboardSpec = {
  name: 'overview',
  description: 'Ollama and its GPUs at a glance: load, failures, temperatures, faults, alerts.',
  annotations: allMarks,
  rows: [stats, work, gpus, happened],
};
