// What is asked of `nvidia-smi --query-gpu` and `--query-compute-apps`: identity and what dmon lacks. Never the serial
// number. Old and new names of a field both stand here; the driver's own help decides which of them is asked for.

export const QUERY_GPU_FIELDS: readonly string[] = [
  'timestamp',
  'index',
  'uuid',
  'pci.bus_id',
  'name',
  'driver_version',
  'vbios_version',
  'memory.total',
  'memory.used',
  'memory.free',
  'memory.reserved',
  'utilization.gpu',
  'utilization.memory',
  'temperature.gpu',
  'temperature.memory',
  'temperature.gpu.tlimit',
  'power.draw',
  'power.limit',
  'enforced.power.limit',
  'power.min_limit',
  'power.max_limit',
  'power.default_limit',
  'clocks.current.graphics',
  'clocks.current.sm',
  'clocks.current.memory',
  'clocks.max.graphics',
  'clocks.max.sm',
  'clocks.max.memory',
  'fan.speed',
  'pstate',
  'pcie.link.gen.current',
  'pcie.link.gen.max',
  'pcie.link.width.current',
  'pcie.link.width.max',
  'clocks_event_reasons.active',
  'clocks_throttle_reasons.active',
  'clocks_event_reasons_counters.sw_power_cap',
  'clocks_event_reasons_counters.sync_boost',
  'clocks_event_reasons_counters.sw_thermal_slowdown',
  'clocks_event_reasons_counters.hw_thermal_slowdown',
  'clocks_event_reasons_counters.hw_power_brake_slowdown',
  'ecc.mode.current',
  'ecc.errors.corrected.volatile.total',
  'ecc.errors.uncorrected.volatile.total',
  'ecc.errors.corrected.aggregate.total',
  'ecc.errors.uncorrected.aggregate.total',
  'retired_pages.single_bit_ecc.count',
  'retired_pages.double_bit.count',
  'retired_pages.pending',
  'remapped_rows.correctable',
  'remapped_rows.uncorrectable',
  'remapped_rows.pending',
  'remapped_rows.failure',
  'gpu_recovery_action',
  'mig.mode.current',
  'compute_mode',
  'persistence_mode',
];

export const QUERY_APPS_FIELDS: readonly string[] = [
  'timestamp',
  'gpu_uuid',
  'gpu_bus_id',
  'pid',
  'process_name',
  'used_gpu_memory',
  'used_memory',
];

/** Newer and older names of one field: asking for both would give the column twice. */
const RENAMED: readonly (readonly [newer: string, older: string])[] = [
  ['clocks_event_reasons.active', 'clocks_throttle_reasons.active'],
  ['used_gpu_memory', 'used_memory'],
];

/** What of `wanted` a driver knows; all of it, by newer names, where it did not answer: the call then says why. */
export const fieldsToAsk = (wanted: readonly string[], known: ReadonlySet<string>): readonly string[] => {
  const asked = known.size === 0 ? wanted : wanted.filter((field) => known.has(field));
  return asked.filter((field) => !RENAMED.some(([newer, older]) => field === older && asked.includes(newer)));
};

/**
 * Names in a help text: a line such as `"clocks.current.sm" or "clocks.sm"` lists a field and its aliases, and only the
 * first is kept: asking for both would give the column twice.
 */
export const fieldsOfHelp = (help: string): ReadonlySet<string> => {
  const fields = new Set<string>();
  for (const line of help.split('\n')) {
    const first = /^"([A-Za-z0-9_.]+)"/.exec(line.trim())?.[1];
    if (first !== undefined) fields.add(first);
  }
  return fields;
};
