// Metrics of other programs that our rules and panels name, with the labels used of them. Reviewed by hand against the
// versions that the real tests run; a name that is not here and not in the catalogue fails the tests.

/** Labels of the Collector's span metrics; connector `span_metrics`, dimensions of otel/collector.yaml. */
const SPAN = [
  'span_name',
  'span_kind',
  'status_code',
  'gen_ai_request_model',
  'gen_ai_operation_name',
  'error_type',
  'nvidia_fault_hit',
];
const DISK = ['device', 'mountpoint', 'type', 'mode', 'state'];
const NODE_DISK = ['device', 'mountpoint', 'fstype'];
const CONTAINER = ['namespace', 'pod', 'container', 'node', 'id', 'image', 'name'];

export const foreignMetrics: ReadonlyMap<string, readonly string[]> = new Map([
  // Prometheus itself
  ['up', []],
  // span metrics
  ['traces_span_metrics_calls_total', SPAN],
  ['traces_span_metrics_duration_seconds_bucket', [...SPAN, 'le']],
  ['traces_span_metrics_duration_seconds_sum', SPAN],
  ['traces_span_metrics_duration_seconds_count', SPAN],
  // the Collector's host metrics
  ['system_filesystem_usage_bytes', DISK],
  ['system_filesystem_utilization_ratio', DISK],
  ['system_memory_usage_bytes', ['state']],
  ['system_memory_utilization_ratio', ['state']],
  ['system_memory_limit_bytes', []],
  ['system_cpu_time_seconds_total', ['cpu', 'state']],
  ['system_cpu_utilization_ratio', ['cpu', 'state']],
  ['system_cpu_load_average_1m', []],
  ['system_disk_io_bytes_total', ['device', 'direction']],
  ['system_network_io_bytes_total', ['device', 'direction']],
  ['system_network_errors_total', ['device', 'direction']],
  // node_exporter
  ['node_filesystem_avail_bytes', NODE_DISK],
  ['node_filesystem_size_bytes', NODE_DISK],
  ['node_filesystem_readonly', NODE_DISK],
  // cAdvisor through the kubelet
  ['container_memory_working_set_bytes', CONTAINER],
  ['container_spec_memory_limit_bytes', CONTAINER],
  ['container_cpu_usage_seconds_total', CONTAINER],
  // kube-state-metrics
  ['kube_pod_status_phase', ['namespace', 'pod', 'phase', 'uid']],
  ['kube_deployment_spec_replicas', ['namespace', 'deployment']],
  ['kube_deployment_status_replicas_available', ['namespace', 'deployment']],
  ['kube_horizontalpodautoscaler_status_current_replicas', ['namespace', 'horizontalpodautoscaler']],
]);

/** Families whose names are the program's own affair: the label lists are what we use of them. */
export const foreignPatterns: readonly { readonly pattern: RegExp; readonly labels: readonly string[] }[] = [
  {
    pattern: /^otelcol_/,
    labels: [
      'exporter',
      'receiver',
      'processor',
      'connector',
      'data_type',
      'transport',
      'otel_signal',
      'server_address',
      'server_port',
      'url_path',
      'le',
    ],
  },
  { pattern: /^prometheus_/, labels: ['rule_group', 'alertmanager', 'config', 'name', 'le', 'reason'] },
  { pattern: /^loki_/, labels: ['reason', 'tenant', 'route', 'status_code', 'method', 'le', 'rule_group'] },
  { pattern: /^alertmanager_/, labels: ['integration', 'reason', 'receiver_name', 'le', 'state'] },
  { pattern: /^jaeger_/, labels: ['operation', 'result', 'kind', 'le'] },
  { pattern: /^process_(resident_memory_bytes|cpu_seconds_total|start_time_seconds|open_fds|max_fds)$/, labels: [] },
  { pattern: /^go_(goroutines|memstats_alloc_bytes)$/, labels: [] },
];
