// Pipeline health, second part: the Collector and the servers behind it, as they tell of themselves.
import type { RowSpec } from '../dashboard.ts';
import { collector, foreign } from '../expressions.ts';
import type { CollectorSeries, ForeignSeries } from '../foreign-series.ts';
import { anyIsBad, graph, type PanelSpec, stat, timeline } from '../panel-form.ts';
import { now, over } from '../queries.ts';
import { unit } from '../units.ts';
import { none } from '../words.ts';

const rateOf = (name: ForeignSeries, by = ''): string =>
  `sum${by === '' ? '' : ` by (${by})`} (rate(${foreign(name)}[$__rate_interval]))`;

const collectorRate = (name: CollectorSeries, by: string): string =>
  `sum by (${by}) (${collector(name, (selector) => `rate(${selector}[$__rate_interval])`)})`;

const perSignal = (
  verb: 'receiver_accepted' | 'receiver_refused' | 'exporter_sent' | 'exporter_send_failed',
  by: 'receiver' | 'exporter',
): ReturnType<typeof over>[] => [
  over(collectorRate(`${verb}_spans`, by), `spans {{${by}}}`),
  over(collectorRate(`${verb}_log_records`, by), `logs {{${by}}}`),
  over(collectorRate(`${verb}_metric_points`, by), `metric points {{${by}}}`),
];

const failures = (title: string, what: string, name: ForeignSeries): PanelSpec =>
  stat({
    title,
    what,
    none: none.stack,
    unit: unit.count,
    decimals: 0,
    width: 4,
    height: 8,
    thresholds: anyIsBad,
    queries: [now(`sum(increase(${foreign(name)}[$__range]))`)],
  });

export const collectorRow: RowSpec = {
  title: 'Collector',
  panels: [
    graph({
      title: 'Accepted',
      what: 'What the Collector took, by receiver.',
      none: none.stack,
      unit: unit.perSecond,
      width: 8,
      queries: perSignal('receiver_accepted', 'receiver'),
    }),
    graph({
      title: 'Sent',
      what: 'What it handed on, by exporter.',
      none: none.stack,
      unit: unit.perSecond,
      width: 8,
      queries: perSignal('exporter_sent', 'exporter'),
    }),
    graph({
      title: 'Refused and failed',
      what: 'Refused: short of memory, the agent will try again. Failed: the exporter will try again, or has given up.',
      none: 'Nothing was refused, and nothing failed.',
      unit: unit.perSecond,
      width: 8,
      queries: [...perSignal('receiver_refused', 'receiver'), ...perSignal('exporter_send_failed', 'exporter')],
    }),
    graph({
      title: 'Queues',
      what: 'Share of each queue in use. Filling: the server behind it is slow or away. Queues are on disk and outlive a restart.',
      none: none.stack,
      unit: unit.share,
      min: 0,
      max: 1,
      queries: [
        over(
          `max by (exporter) (${collector('exporter_queue_size')}) / max by (exporter) (${collector('exporter_queue_capacity')})`,
          '{{exporter}}',
        ),
      ],
    }),
    graph({
      title: 'Memory of the Collector',
      what: 'Resident memory. Its limiter refuses data before it runs out.',
      none: none.stack,
      unit: unit.bytes,
      min: 0,
      queries: [over(collector('process_memory_rss'), '{{instance}}')],
    }),
  ],
};

export const backendsRow: RowSpec = {
  title: 'Prometheus, Loki, Jaeger, Alertmanager',
  panels: [
    timeline({
      title: 'Servers answer',
      what: 'Whether Prometheus could scrape each server.',
      none: none.stack,
      unit: unit.none,
      states: [
        { value: 0, text: 'down', color: 'red' },
        { value: 1, text: 'up', color: 'green' },
      ],
      queries: [over(foreign('up'), '{{job}} {{instance}}')],
    }),
    graph({
      title: 'Memory of the servers',
      what: 'Resident memory of what Prometheus scrapes.',
      none: none.stack,
      unit: unit.bytes,
      min: 0,
      queries: [over(foreign('process_resident_memory_bytes'), '{{job}}')],
    }),
    graph({
      title: 'Series in Prometheus',
      what: 'Series that Prometheus keeps in memory.',
      none: none.stack,
      unit: unit.count,
      min: 0,
      width: 8,
      queries: [over(foreign('prometheus_tsdb_head_series'), 'series')],
    }),
    graph({
      title: 'Late samples',
      what: 'Samples that came out of order and were taken: what a Collector caught up with after an outage.',
      none: none.stack,
      unit: unit.perSecond,
      min: 0,
      width: 8,
      queries: [over(rateOf('prometheus_tsdb_head_out_of_order_samples_appended_total'), 'late samples')],
    }),
    failures(
      'Rules that failed',
      'Evaluations of rules that failed in the time range.',
      'prometheus_rule_evaluation_failures_total',
    ),
    failures(
      'Notifications that failed',
      'Notifications of Alertmanager that failed in the time range.',
      'alertmanager_notifications_failed_total',
    ),
    graph({
      title: 'Log lines into Loki',
      what: 'Lines that Loki took.',
      none: none.stack,
      unit: unit.perSecond,
      width: 8,
      queries: [over(rateOf('loki_distributor_lines_received_total'), 'lines')],
    }),
    graph({
      title: 'Bytes into Loki',
      what: 'Bytes that Loki took.',
      none: none.stack,
      unit: unit.bytesPerSecond,
      width: 8,
      queries: [over(rateOf('loki_distributor_bytes_received_total'), 'bytes')],
    }),
    graph({
      title: 'Lines that Loki refused',
      what: 'By reason: too old, too long, too many.',
      none: 'Loki refused nothing.',
      unit: unit.perSecond,
      width: 8,
      queries: [over(rateOf('loki_discarded_samples_total', 'reason'), '{{reason}}')],
    }),
  ],
};
