// What each stored LogQL query must answer, said a second time in another language: a question to all records, asked in
// TypeScript. A test fetches every record from a real Loki and holds both answers against each other.
import type { LokiLine } from '../real/backends/ask.ts';

export type Test = (record: LokiLine) => boolean;
export type Numbers = {
  readonly where: Test;
  readonly by: readonly string[];
  readonly value: 'count' | { readonly of: string; readonly as: 'max' | 'min' | 'p95' };
  /** Only so many of the greatest. */
  readonly top?: number;
};
export type Expected = { readonly lines: Test } | { readonly numbers: Numbers };

export const fieldOf = (record: LokiLine, name: string): string => record.metadata[name] ?? record.labels[name] ?? '';
const eventOf = (record: LokiLine): string => fieldOf(record, 'event_name');
const told = (record: LokiLine, name: string): boolean => fieldOf(record, name) !== '';
const number = (record: LokiLine, name: string): number => Number(fieldOf(record, name));

const events =
  (...names: readonly string[]): Test =>
  (record) =>
    names.includes(eventOf(record));
const access = events('ollama.request.access');
const failed: Test = (record) => access(record) && number(record, 'http_response_status_code') >= 400;
const above =
  (name: string, limit: number): Test =>
  (record) =>
    told(record, name) && number(record, name) > limit;
const all: Test = () => true;
const lines = (...names: readonly string[]): Expected => ({ lines: events(...names) });
const counted = (where: Test, ...by: readonly string[]): Expected => ({ numbers: { where, by, value: 'count' } });
const most = (where: Test, of: string, ...by: readonly string[]): Expected => ({
  numbers: { where, by, value: { of, as: 'max' } },
});

export type Asked = { readonly trace: string; readonly incident: string; readonly sure: number };

export const expectedAnswers = ({ trace, incident, sure }: Asked): { readonly [name: string]: Expected } => ({
  // --- requests
  trace: { lines: (record) => fieldOf(record, 'trace_id') === trace },
  'slow-operations': {
    lines: (record) =>
      ['ollama_request_duration', 'ollama_load_duration', 'ollama_task_duration'].some((name) =>
        above(name, 1)(record),
      ),
  },
  'slowest-requests': {
    numbers: {
      where: access,
      by: ['trace_id', 'http_route', 'client_address', 'http_response_status_code'],
      value: { of: 'ollama_request_duration', as: 'max' },
      top: 10,
    },
  },
  'request-duration-p95': {
    numbers: { where: access, by: ['http_route'], value: { of: 'ollama_request_duration', as: 'p95' } },
  },
  'requests-per-client': counted(access, 'client_address', 'http_route'),
  'failed-requests': { lines: failed },
  'failures-by-route': counted(failed, 'http_route', 'http_response_status_code'),
  'rejected-requests': { lines: (record) => access(record) && fieldOf(record, 'http_response_status_code') === '503' },
  'client-aborts': lines('ollama.request.aborted', 'ollama.load.client_left', 'ollama.task.cancelled'),
  'abandoned-requests': lines('ollama.request.abandoned'),
  'truncated-prompts': lines('ollama.prompt.truncated'),
  'truncations-by-model': most(events('ollama.prompt.truncated'), 'ollama_prompt_tokens', 'gen_ai_request_model'),
  'context-shifts': lines('ollama.context.shifted'),
  'refused-options': lines('ollama.request.option_invalid'),
  panics: lines('ollama.request.panic'),
  // --- GPUs
  'gpu-errors-per-hour': counted(events('nvidia.gpu.fault'), 'hw_id', 'error_type'),
  'gpu-faults': lines('nvidia.gpu.fault', 'nvidia.gpu.fault.settled', 'nvidia.kernel.gpu_lost'),
  'gpu-states': lines('nvidia.gpu.state_changed', 'nvidia.gpu.stale', 'nvidia.gpu.described'),
  incident: { lines: (record) => fieldOf(record, 'nvidia_fault_incident') === incident },
  'requests-hit': lines('ollama.request.fault_hit'),
  'requests-hit-by-model': counted(events('ollama.request.fault_hit'), 'gen_ai_request_model', 'error_type', 'hw_id'),
  'xid-history': counted(events('nvidia.xid'), 'nvidia_gpu_bus', 'nvidia_xid_code', 'severity_text'),
  'xid-lines': lines('nvidia.xid', 'nvidia.sxid', 'nvidia.kernel.gpu_lost', 'nvidia.kernel.gsp_rate_limited'),
  'gpu-tools-failing': lines('nvidia.smi.failed', 'nvidia.smi.row_truncated'),
  'gpu-discovery': lines(
    'ollama.gpu.discovered',
    'ollama.gpu.none',
    'ollama.gpu.skipped',
    'ollama.gpu.discovery_failed',
    'ollama.server.low_vram',
  ),
  'memory-before-loads': {
    numbers: {
      where: events('ollama.load.gpu_memory'),
      by: ['hw_id', 'ollama_device_library'],
      value: { of: 'ollama_memory_free', as: 'min' },
    },
  },
  // --- models
  'model-loads': lines('ollama.model.loaded'),
  'load-durations': most(events('ollama.model.loaded'), 'ollama_load_duration', 'gen_ai_request_model'),
  'loads-by-duration': {
    lines: (record) => events('ollama.model.loaded')(record) && above('ollama_load_duration', 1)(record),
  },
  'load-memory': most(events('ollama.load.memory'), 'ollama_memory_size', 'ollama_device', 'ollama_memory_part'),
  'cpu-fallbacks': lines('ollama.cpu_fallback'),
  evictions: counted(
    events('ollama.model.evicted'),
    'gen_ai_request_model',
    'ollama_model_evicted_by',
    'ollascope_reason',
  ),
  unloads: counted(events('ollama.model.unloaded'), 'gen_ai_request_model', 'ollascope_reason'),
  'load-failures': lines(
    'ollama.model.load_failed',
    'ollama.load.failed',
    'ollama.load.too_large',
    'ollama.load.retrying',
  ),
  'load-failures-by-model': counted(events('ollama.model.load_failed'), 'gen_ai_request_model', 'error_type'),
  'runner-crashes': lines(
    'ollama.runner.crashed',
    'ollama.runner.terminated',
    'ollama.runner.gone',
    'ollama.runner.device_error',
    'ollama.runner.crash_dump',
    'ollama.runner.oom_expiring',
  ),
  'memory-not-recovered': lines('ollama.unload.vram_not_recovered'),
  // --- the server, and what is read of it
  'server-settings': lines(
    'ollama.server.started',
    'ollama.server.listening',
    'ollama.server.config',
    'ollama.server.context_default',
  ),
  errors: { lines: (record) => ['ERROR', 'FATAL'].includes(fieldOf(record, 'severity_text')) },
  'errors-by-severity': counted(
    (record) => ['WARN', 'ERROR', 'FATAL'].includes(fieldOf(record, 'severity_text')),
    'severity_text',
    'event_name',
    'error_type',
  ),
  'unmatched-lines': counted(
    (record) => ['unmatched', 'malformed'].includes(fieldOf(record, 'ollascope_line_class')),
    'ollascope_source',
    'ollascope_line_class',
    'ollascope_line_name',
  ),
  sources: { lines: (record) => /^ollascope\.source\.(?!opened$|ended$)/.test(eventOf(record)) },
  'weak-links': {
    lines: (record) => told(record, 'ollascope_join_confidence') && number(record, 'ollascope_join_confidence') < sure,
  },
  'lines-per-event': { numbers: { where: all, by: ['event_name', 'ollascope_source'], value: 'count', top: 10 } },
  'api-unreachable': lines('ollama.api.unreachable', 'ollama.server.bind_failed'),
});

/** As Prometheus computes it: between the two values at that rank. */
const quantile = (q: number, values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const lower = sorted[Math.floor(rank)] ?? Number.NaN;
  const upper = sorted[Math.ceil(rank)] ?? Number.NaN;
  return lower + (upper - lower) * (rank - Math.floor(rank));
};

const numberOf = ({ value }: Numbers, records: readonly LokiLine[]): number => {
  if (value === 'count') return records.length;
  const values = records.map((record) => number(record, value.of));
  return value.as === 'p95' ? quantile(0.95, values) : value.as === 'max' ? Math.max(...values) : Math.min(...values);
};

export const rowKey = (names: readonly string[], valueAt: (name: string) => string): string =>
  names.map((name) => `${name}=${valueAt(name)}`).join(' ');

/** Rows as `name=value name=value` → number. */
export const rowsOf = (numbers: Numbers, records: readonly LokiLine[]): ReadonlyMap<string, number> => {
  const { where, by, value } = numbers;
  const asked = records.filter((record) => where(record) && (value === 'count' || told(record, value.of)));
  const groups = Map.groupBy(asked, (record) => rowKey(by, (name) => fieldOf(record, name)));
  return new Map([...groups].map(([key, group]) => [key, numberOf(numbers, group)]));
};
