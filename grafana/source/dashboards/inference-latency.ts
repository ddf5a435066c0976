// Inference, second part: how long requests take, and in which phase.
import type { RowSpec } from '../dashboard.ts';
import { mean, quantile, series } from '../expressions.ts';
import { toThatSecond } from '../links.ts';
import { graph, heatmap } from '../panel-form.ts';
import { over } from '../queries.ts';
import { durationWithTraces } from '../shared-panels.ts';
import { unit } from '../units.ts';
import { modelName, none, PER_MODEL } from '../words.ts';

export const latencyRow: RowSpec = {
  title: 'Latency',
  panels: [
    durationWithTraces([0.5, 0.95], 'per model'),
    heatmap({
      title: 'Durations',
      what: 'How many requests took how long: two bands are two kinds of requests, which no average shows.',
      none: none.requests,
      unit: unit.seconds,
      queries: [
        {
          source: 'prometheus',
          expr: `sum by (le) (increase(${series('gen_ai.server.request.duration', {}, '_bucket')}[$__interval]))`,
          buckets: true,
        },
      ],
    }),
    graph({
      title: 'Time to first token',
      what: 'From the arrival of a request to the end of its prompt evaluation: queue and load included.',
      none: none.requests,
      unit: unit.seconds,
      width: 8,
      queries: [0.5, 0.95].map((share) =>
        over(quantile(share, 'gen_ai.server.time_to_first_token', PER_MODEL), `${modelName} ${share * 100} % below`),
      ),
      links: [toThatSecond],
    }),
    graph({
      title: 'Time per output token',
      what: 'Time per generated token after the first, of successful requests: what somebody who reads along feels.',
      none: none.requests,
      unit: unit.seconds,
      width: 8,
      queries: [0.5, 0.95].map((share) =>
        over(quantile(share, 'gen_ai.server.time_per_output_token', PER_MODEL), `${modelName} ${share * 100} % below`),
      ),
      links: [toThatSecond],
    }),
    graph({
      title: 'Waiting for a slot',
      what: 'How long requests waited for a slot, their load not counted. Rising while GPUs are idle: OLLAMA_NUM_PARALLEL is too low.',
      none: none.requests,
      unit: unit.seconds,
      width: 8,
      queries: [0.5, 0.95].map((share) =>
        over(quantile(share, 'ollama.request.queue.duration', PER_MODEL), `${modelName} ${share * 100} % below`),
      ),
      links: [toThatSecond],
    }),
  ],
};

const phases = [
  ['ollama.request.queue.duration', 'waiting'],
  ['ollama.request.load.duration', 'loading'],
  ['ollama.request.prefill.duration', 'prefill'],
  ['ollama.request.decode.duration', 'decode'],
] as const;

export const timeRow: RowSpec = {
  title: 'Where the time goes',
  panels: [
    graph({
      title: 'Mean time per phase',
      what: 'Mean of each phase over the requests that had it, stacked. Requests without a load have none.',
      none: none.requests,
      unit: unit.seconds,
      stacked: true,
      queries: phases.map(([metric, phase]) => over(mean(metric), phase)),
      links: [toThatSecond],
    }),
    graph({
      title: 'Prefill, 95 % below',
      what: 'Prompt evaluation as the runner logged it; cached tokens take no part.',
      none: none.requests,
      unit: unit.seconds,
      queries: [over(quantile(0.95, 'ollama.request.prefill.duration', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Decode, 95 % below',
      what: 'Generation as the runner logged it: grows with the length of answers, so compare it with tokens per second.',
      none: none.requests,
      unit: unit.seconds,
      queries: [over(quantile(0.95, 'ollama.request.decode.duration', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Energy per request',
      what: 'Mean of the estimated energy above the idle floor. Absent where no power was read.',
      none: 'No energy was estimated: it needs GPU samples and the phases of a request.',
      unit: unit.joules,
      queries: [over(mean('ollama.request.energy', PER_MODEL), modelName)],
      links: [toThatSecond],
    }),
  ],
};
