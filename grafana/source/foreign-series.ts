// Series that other programs of the stack tell and panels show: Collector, span metrics, Prometheus, Loki, Jaeger,
// Alertmanager. Named here once; the tests hold each name and label against what those programs are known to tell.

/** The Collector's `span_metrics` connector: the only series with exemplars, hence the way from a graph to a trace. */
export const spanMetrics = {
  calls: 'traces_span_metrics_calls_total',
  bucket: 'traces_span_metrics_duration_seconds_bucket',
  sum: 'traces_span_metrics_duration_seconds_sum',
  count: 'traces_span_metrics_duration_seconds_count',
} as const;

export type ForeignSeries =
  | (typeof spanMetrics)[keyof typeof spanMetrics]
  | 'up'
  | 'ALERTS'
  | 'prometheus_tsdb_head_series'
  | 'prometheus_tsdb_head_out_of_order_samples_appended_total'
  | 'prometheus_rule_evaluation_failures_total'
  | 'loki_distributor_bytes_received_total'
  | 'loki_distributor_lines_received_total'
  | 'loki_discarded_samples_total'
  | 'alertmanager_notifications_total'
  | 'alertmanager_notifications_failed_total'
  | 'process_resident_memory_bytes'
  | 'system_cpu_time_seconds_total'
  | 'system_cpu_load_average_1m'
  | 'system_memory_usage_bytes'
  | 'system_memory_limit_bytes'
  | 'system_filesystem_utilization_ratio'
  | 'system_disk_io_bytes_total'
  | 'system_network_io_bytes_total';

/** Recording rules of prometheus/rules that panels show. */
export type RecordedSeries = 'slo:objective:ratio' | 'model_slo:bad:ratio_rate1h';

/**
 * The Collector's own metrics. Its exporter leaves the suffixes of types and units out by default and puts them in where its
 * readers are configured that way, so both forms are asked for. Jaeger is made of a Collector too and is left out.
 */
export const collectorSeries = {
  receiver_accepted_spans: '_total',
  receiver_accepted_log_records: '_total',
  receiver_accepted_metric_points: '_total',
  receiver_refused_spans: '_total',
  receiver_refused_log_records: '_total',
  receiver_refused_metric_points: '_total',
  exporter_sent_spans: '_total',
  exporter_sent_log_records: '_total',
  exporter_sent_metric_points: '_total',
  exporter_send_failed_spans: '_total',
  exporter_send_failed_log_records: '_total',
  exporter_send_failed_metric_points: '_total',
  exporter_queue_size: '',
  exporter_queue_capacity: '',
  process_memory_rss: '_bytes',
} as const;

export type CollectorSeries = keyof typeof collectorSeries;
