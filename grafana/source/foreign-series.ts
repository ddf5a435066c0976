// Series that other programs of the stack tell and panels show: Collector, span metrics, Prometheus, Loki, Jaeger,
// Alertmanager. Named here once; the tests hold each name and label against what those programs are known to tell.

/** The Collector's `span_metrics` connector: the only series with exemplars, hence the way from a graph to a trace. */
export const spanMetrics = {
  calls: 'traces_span_metrics_calls_total',
  bucket: 'traces_span_metrics_duration_seconds_bucket',
  sum: 'traces_span_metrics_duration_seconds_sum',
  count: 'traces_span_metrics_duration_seconds_count',
} as const;

export const foreignSeries = [
  ...Object.values(spanMetrics),
  'up',
  'ALERTS',
  'otelcol_receiver_accepted_spans_total',
  'otelcol_receiver_accepted_log_records_total',
  'otelcol_receiver_accepted_metric_points_total',
  'otelcol_receiver_refused_spans_total',
  'otelcol_receiver_refused_log_records_total',
  'otelcol_receiver_refused_metric_points_total',
  'otelcol_exporter_sent_spans_total',
  'otelcol_exporter_sent_log_records_total',
  'otelcol_exporter_sent_metric_points_total',
  'otelcol_exporter_send_failed_spans_total',
  'otelcol_exporter_send_failed_log_records_total',
  'otelcol_exporter_send_failed_metric_points_total',
  'otelcol_exporter_queue_size',
  'otelcol_exporter_queue_capacity',
  'otelcol_process_memory_rss_bytes',
  'prometheus_tsdb_head_series',
  'prometheus_tsdb_out_of_order_samples_appended_total',
  'prometheus_rule_evaluation_failures_total',
  'loki_distributor_bytes_received_total',
  'loki_distributor_lines_received_total',
  'loki_discarded_samples_total',
  'alertmanager_notifications_total',
  'alertmanager_notifications_failed_total',
  'process_resident_memory_bytes',
] as const;

export type ForeignSeries = (typeof foreignSeries)[number];
