// The scraped text, whole, and that each metric has the same name there as its OTLP form gets.
import { expect, test } from 'vitest';
import { createAggregate } from '../../otel/aggregate.ts';
import { type MetricPoint, metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import { createPrometheusText } from '../../otel/export/prometheus-text.ts';
import { prometheusName } from '../../otel/names.ts';
import { resource, START, sec, snapshotSample } from './samples.ts';

test('a snapshot reads as Prometheus expects it, target_info first', () => {
  const text = createPrometheusText(resource)(snapshotSample());
  expect(text.replace(/^(gen_ai_.*_bucket.*\n)+/m, '(buckets)\n')).toBe(`# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="ollama",service_instance_id="4f0c2b6a9d1e7788",host_name="gpu-box"} 1
# HELP gen_ai_server_request_duration_seconds Duration of an inference request, from its arrival to its last byte.
# TYPE gen_ai_server_request_duration_seconds histogram
gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="ollama",gen_ai_request_model="tiny:\\"1b\\""} 3
gen_ai_server_request_duration_seconds_sum{gen_ai_operation_name="chat",gen_ai_provider_name="ollama",gen_ai_request_model="tiny:\\"1b\\""} 401.2
(buckets)
# HELP ollama_requests_active Requests known to be under way.
# TYPE ollama_requests_active gauge
ollama_requests_active 2
# HELP hw_gpu_utilization_ratio Share of the sample period in which the engine was busy; general: at least one kernel ran.
# TYPE hw_gpu_utilization_ratio gauge
hw_gpu_utilization_ratio{hw_id="GPU-a",hw_gpu_task="general"} 0.57
# HELP hw_power_watts Board power; on Ampere and later the average of the last second.
# TYPE hw_power_watts gauge
hw_power_watts{hw_id="GPU-a",hw_type="gpu"} 71.5
# HELP hw_errors_total Errors: \`xid.N\` per incident, corrected and uncorrected ECC since driver load, pcie_replay.
# TYPE hw_errors_total counter
hw_errors_total{hw_id="GPU-a",hw_type="gpu",error_type="corrected"} 57
hw_errors_total{hw_id="GPU-a",hw_type="gpu",error_type="xid.79"} 1
# HELP ollascope_series Series kept.
# TYPE ollascope_series gauge
ollascope_series 6
`);
});

test('buckets are cumulative and end with +Inf', () => {
  const text = createPrometheusText(resource)(snapshotSample());
  const buckets = [...text.matchAll(/_bucket\{.*le="([^"]+)"\} (\d+)/g)].map(([, le, count]) => `${le} ${count}`);
  expect(buckets.slice(-12)).toEqual([
    '0.32 0',
    '0.64 1',
    '1.28 2',
    '2.56 2',
    '5.12 2',
    '10.24 2',
    '20.48 2',
    '40.96 2',
    '81.92 2',
    '163.84 2',
    '327.68 2',
    '+Inf 3',
  ]);
});

test('every metric of the catalogue is scraped under the name that its OTLP form gets from Prometheus', () => {
  const aggregate = createAggregate({ startAt: START, seriesMax: 10 });
  for (const name of metricNames) {
    const attributes = Object.fromEntries(metricRow(name).attributes.map((key) => [key, 'x']));
    aggregate.add({ signal: 'metric', name, value: 1, at: sec(1), attributes } as MetricPoint);
  }
  const text = createPrometheusText(resource)(aggregate.snapshot(sec(2)));
  const scraped = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  // The two that tell of overflow and refusal are there only when there was one; they were fed a point like all others.
  expect(scraped).toEqual(['target_info', ...metricNames.map(prometheusName)]);
});
