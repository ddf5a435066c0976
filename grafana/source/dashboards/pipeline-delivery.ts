// Pipeline health, second part: what the agent tells. How sure its links are, what was delivered, what it costs.
import type { RowSpec } from '../dashboard.ts';
import { latest, perSecond, perStep, quantile, ratio, recently, shown } from '../expressions.ts';
import { countBars, graph, stat } from '../panel-form.ts';
import { now, over } from '../queries.ts';
import { unit } from '../units.ts';
import { none, PER_SERVER } from '../words.ts';

export const joinsRow: RowSpec = {
  title: 'How sure the links are',
  panels: [
    graph({
      title: 'Links by class',
      what: 'exact: right in 99 % or more; strong: 90 %; weak; none: no link was made. Calibrated against ground truth.',
      none: none.requests,
      unit: unit.perSecond,
      stacked: true,
      queries: [
        over(
          perSecond('ollascope.joins', ['ollascope.join.kind', 'ollascope.join.class']),
          `${shown('ollascope.join.kind')} ${shown('ollascope.join.class')}`,
        ),
      ],
    }),
    graph({
      title: 'Share of links that are exact or strong',
      what: 'Falls with many requests at once, and when lines have no arrival time.',
      none: none.requests,
      unit: unit.share,
      min: 0,
      max: 1,
      queries: [
        over(
          ratio(
            perSecond('ollascope.joins', ['ollascope.join.kind'], { 'ollascope.join.class': '=~"exact|strong"' }),
            perSecond('ollascope.joins', ['ollascope.join.kind']),
          ),
          shown('ollascope.join.kind'),
        ),
      ],
    }),
  ],
};

export const deliveryRow: RowSpec = {
  title: 'Delivery',
  panels: [
    graph({
      title: 'What the receiver answered',
      what: 'Spans, log records and metric snapshots by answer: accepted, retried, rejected.',
      none: none.agent,
      unit: unit.perSecond,
      width: 8,
      queries: [
        over(
          perSecond('ollascope.delivery.exported', ['ollascope.signal', 'ollascope.result']),
          `${shown('ollascope.signal')} ${shown('ollascope.result')}`,
        ),
      ],
    }),
    graph({
      title: 'Waiting for an answer',
      what: 'What waits for its acknowledgement. While the Collector is away reading stops, so that nothing is lost.',
      none: none.agent,
      unit: unit.count,
      min: 0,
      width: 8,
      queries: [
        over(
          latest('max', 'ollascope.delivery.queue.size', [...PER_SERVER, 'ollascope.signal']),
          `${shown('ollascope.signal')} ${shown('host.name')}`,
        ),
      ],
    }),
    graph({
      title: 'From telling to acknowledgement, 95 % below',
      what: 'Time from telling to acknowledgement.',
      none: none.agent,
      unit: unit.seconds,
      width: 8,
      queries: [over(quantile(0.95, 'ollascope.delivery.duration', ['ollascope.signal']), shown('ollascope.signal'))],
    }),
    countBars({
      title: 'Retries',
      what: 'Export requests that will be tried again.',
      none: none.neverHappened,
      width: 8,
      queries: [over(perStep('ollascope.delivery.retries', ['ollascope.signal']), shown('ollascope.signal'))],
    }),
    countBars({
      title: 'Given up',
      what: 'What was given up: the queue was full beyond its limit, or the agent was stopped while nobody answered.',
      none: 'Nothing was given up.',
      width: 8,
      queries: [
        over(
          perStep('ollascope.delivery.dropped', ['ollascope.signal', 'ollascope.reason']),
          `${shown('ollascope.signal')} ${shown('ollascope.reason')}`,
        ),
      ],
    }),
    graph({
      title: 'Series',
      what: 'Series kept by each agent. Points that went beyond a limit of a metric, or were no number, are told beside.',
      none: none.agent,
      unit: unit.count,
      min: 0,
      width: 8,
      queries: [
        over(latest('max', 'ollascope.series', PER_SERVER), `kept ${shown('host.name')}`),
        over(recently('ollascope.series.overflow', ['ollascope.metric']), `overflow ${shown('ollascope.metric')}`),
        over(recently('ollascope.series.refused', ['ollascope.metric']), `refused ${shown('ollascope.metric')}`),
      ],
    }),
  ],
};

export const agentRow: RowSpec = {
  title: 'The agent as a process',
  panels: [
    graph({
      title: 'CPU of the agent',
      what: 'Share of one core.',
      none: none.agent,
      unit: unit.share,
      min: 0,
      width: 8,
      stacked: true,
      queries: [
        over(perSecond('process.cpu.time', ['host.name', 'cpu.mode']), `${shown('cpu.mode')} ${shown('host.name')}`),
      ],
    }),
    graph({
      title: 'Memory of the agent',
      what: 'Resident memory.',
      none: none.agent,
      unit: unit.bytes,
      min: 0,
      width: 8,
      queries: [over(latest('max', 'process.memory.usage', PER_SERVER), shown('host.name'))],
    }),
    stat({
      title: 'Running for',
      what: 'Time since each agent started.',
      none: none.agent,
      unit: unit.seconds,
      width: 4,
      height: 8,
      queries: [over(latest('max', 'process.uptime', PER_SERVER), shown('host.name'))],
    }),
    stat({
      title: 'Ollama',
      what: 'Version of each observed server, from its first lines.',
      none: 'The version is told when a server starts.',
      unit: unit.none,
      show: 'name',
      width: 4,
      height: 8,
      queries: [
        now(
          latest('max', 'ollama.server.info', [...PER_SERVER, 'ollama.version']),
          `${shown('ollama.version')} ${shown('host.name')}`,
        ),
      ],
    }),
    countBars({
      title: 'Server starts',
      what: 'Starts of Ollama. Several in a short time: it crashes, or something restarts it.',
      none: none.neverHappened,
      width: 24,
      height: 6,
      queries: [over(perStep('ollama.server.starts', PER_SERVER), `${shown('service.name')} ${shown('host.name')}`)],
    }),
  ],
};
