// Names against Prometheus' own translation: a reviewed table, rows of its translator's tests, and injectivity over the catalogue.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributes } from '../../otel/catalogue/attributes.ts';
import { metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import {
  attributeOfLabel,
  labelName,
  metricOfPrometheusName,
  prometheusName,
  translateName,
} from '../../otel/names.ts';

const LEGAL_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGAL_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

describe('names of the catalogue', () => {
  test('every name is legal, and no two metrics share one, histogram series included', () => {
    const seen = new Map<string, string>();
    for (const name of metricNames) {
      const base = prometheusName(name);
      expect(base).toMatch(LEGAL_NAME);
      const families =
        metricRow(name).instrument === 'histogram' ? [base, `${base}_bucket`, `${base}_sum`, `${base}_count`] : [base];
      for (const family of families) {
        expect(seen.get(family), `${family} is the name of two metrics`).toBeUndefined();
        seen.set(family, name);
      }
      expect(metricOfPrometheusName.get(base)).toBe(name);
    }
  });

  test('every attribute gives a legal label, and no two share one', () => {
    expect(attributeOfLabel.size).toBe(Object.keys(attributes).length);
    for (const key of Object.keys(attributes)) {
      expect(labelName(key)).toMatch(LEGAL_LABEL);
      expect(attributeOfLabel.get(labelName(key))).toBe(key);
    }
  });

  test.each([
    ['gen_ai.server.request.duration', 'gen_ai_server_request_duration_seconds'],
    ['gen_ai.server.time_to_first_token', 'gen_ai_server_time_to_first_token_seconds'],
    ['gen_ai.server.time_per_output_token', 'gen_ai_server_time_per_output_token_seconds'],
    ['ollama.request.energy', 'ollama_request_energy_joules'],
    ['ollama.requests.active', 'ollama_requests_active'],
    ['ollama.tokens', 'ollama_tokens_total'],
    ['ollama.draft.acceptance', 'ollama_draft_acceptance'],
    ['ollama.server.info', 'ollama_server_info'],
    ['ollama.model.memory.usage', 'ollama_model_memory_usage_bytes'],
    ['ollama.model.expires_in', 'ollama_model_expires_in_seconds'],
    ['http.server.request.duration', 'http_server_request_duration_seconds'],
    ['hw.gpu.utilization', 'hw_gpu_utilization_ratio'],
    ['hw.gpu.memory.usage', 'hw_gpu_memory_usage_bytes'],
    ['hw.power', 'hw_power_watts'],
    ['hw.energy', 'hw_energy_joules_total'],
    ['hw.temperature', 'hw_temperature_celsius'],
    ['hw.fan.speed_ratio', 'hw_fan_speed_ratio'],
    ['hw.errors', 'hw_errors_total'],
    ['hw.status', 'hw_status'],
    ['nvidia.gpu.clock.frequency', 'nvidia_gpu_clock_frequency_hertz'],
    ['nvidia.gpu.pcie.throughput', 'nvidia_gpu_pcie_throughput_bytes_per_second'],
    ['nvidia.gpu.throttle.time', 'nvidia_gpu_throttle_time_seconds_total'],
    ['ollascope.lines', 'ollascope_lines_total'],
    ['ollascope.source.last_line.time', 'ollascope_source_last_line_time_seconds'],
    ['process.cpu.time', 'process_cpu_time_seconds_total'],
  ] as const)('%s is %s', (name, expected) => {
    expect(prometheusName(name)).toBe(expected);
  });
});

describe('translation of any name', () => {
  // Rows after the tests of Prometheus' own translator.
  test.each([
    ['system.io', 'foo/bar', 'gauge', 'system_io_foo_per_bar'],
    ['unsupported.metric.temperature', '°F', 'gauge', 'unsupported_metric_temperature_F'],
    ['unsupported.metric.redundant', '__test $/°C', 'gauge', 'unsupported_metric_redundant_test_per_C'],
    ['network.transmitted_bytes_total', 'By', 'counter', 'network_transmitted_bytes_total'],
    ['storage.total', 'GBy', 'gauge', 'storage_total_gigabytes'],
    [
      'active_directory.ds.replication.network.io',
      'By',
      'counter',
      'active_directory_ds_replication_network_io_bytes_total',
    ],
    ['nsxt.node.cpu.utilization', '1', 'gauge', 'nsxt_node_cpu_utilization_ratio'],
    ['hertz.metric', 'Hz', 'gauge', 'hertz_metric'],
    ['redis.latest_fork', 'us', 'gauge', 'redis_latest_fork_microseconds'],
    ['limit', '{packet}/s', 'gauge', 'limit_per_second'],
    ['5g.throughput', 'By/s', 'gauge', '_5g_throughput_bytes_per_second'],
    ['bytes.per_second', 'By/s', 'gauge', 'bytes_per_second_per_second'],
    ['total.requests', '', 'counter', 'requests_total'],
    ['a__b..c', '%', 'gauge', 'a_b_c_percent'],
  ] as const)('%s [%s] %s is %s', (name, unit, instrument, expected) => {
    expect(translateName({ name, unit, instrument })).toBe(expected);
  });

  test.each([
    ['http.method', 'http_method'],
    ['123invalid', 'key_123invalid'],
    ['__reserved__', '__reserved__'],
    ['a--b__c', 'a_b_c'],
    ['_private', '_private'],
  ])('label %s is %s', (key, expected) => {
    expect(labelName(key)).toBe(expected);
  });

  test('whatever is given, a name with a letter in it becomes legal, and translation is idempotent for gauges without unit', () => {
    const name = fc.stringMatching(/^[a-z][a-zA-Z0-9_.\-/ ]{0,40}$/);
    const unit = fc.constantFrom('', '1', 's', 'By', 'By/s', '{x}', 'Cel', '%');
    const instrument = fc.constantFrom('gauge', 'counter', 'updowncounter', 'histogram');
    fc.assert(
      fc.property(name, unit, instrument, (n, u, i) => {
        const once = translateName({ name: n, unit: u, instrument: i });
        expect(once).toMatch(LEGAL_NAME);
        expect(translateName({ name: once, unit: '', instrument: 'gauge' })).toBe(once);
      }),
    );
  });
});
