// What the fields of `--query-gpu` and `--query-compute-apps` are called and which of them are texts. The tool rewrites the
// aliases it is asked with (`clocks.sm` prints `clocks.current.sm`), so a header's cells are matched by position, and names
// given by a source without a header are rewritten the same way.

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['gpu_name', 'name'],
  ['gpu_serial', 'serial'],
  ['gpu_uuid', 'uuid'],
  ['gpu_bus_id', 'pci.bus_id'],
  ['clocks.gr', 'clocks.current.graphics'],
  ['clocks.sm', 'clocks.current.sm'],
  ['clocks.mem', 'clocks.current.memory'],
  ['clocks.video', 'clocks.current.video'],
  ['clocks.max.gr', 'clocks.max.graphics'],
  ['clocks.max.mem', 'clocks.max.memory'],
  ['clocks.applications.gr', 'clocks.applications.graphics'],
  ['clocks.applications.mem', 'clocks.applications.memory'],
  ['clocks.default_applications.gr', 'clocks.default_applications.graphics'],
  ['clocks.default_applications.mem', 'clocks.default_applications.memory'],
  ['retired_pages.sbe', 'retired_pages.single_bit_ecc.count'],
  ['retired_pages.dbe', 'retired_pages.double_bit.count'],
  ['used_memory', 'used_gpu_memory'],
]);
/** Renamed with driver 535; the old spelling is still accepted and printed by some. */
const OLD_REASONS = 'clocks_throttle_reasons';
const NEW_REASONS = 'clocks_event_reasons';

/** The newest name of a field: `clocks_throttle_reasons.active` → `clocks_event_reasons.active`. */
export const canonicalField = (name: string): string =>
  ALIASES.get(name) ?? (name.startsWith(OLD_REASONS) ? NEW_REASONS + name.slice(OLD_REASONS.length) : name);

/** Numbers by their looks, names by their meaning: versions lose digits and serials their zeros as numbers. */
const TEXT_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'serial',
  'uuid',
  'timestamp',
  'driver_version',
  'kmd_version',
  'cuda_version',
  'vbios_version',
  'compute_cap',
  'hostname',
  'process_name',
  'platform.chassis_serial_number',
  'fabric.clusterUuid',
]);
const TEXT_FAMILIES: readonly string[] = ['pci.', 'inforom.'];

export const isTextField = (name: string): boolean =>
  TEXT_FIELDS.has(name) || TEXT_FAMILIES.some((family) => name.startsWith(family));

/** First parts of every field name of drivers 440 to 610: what tells a header from a row of words. */
const ROOTS: ReadonlySet<string> = new Set(
  (
    'timestamp driver_version kmd_version count name serial uuid pci pcie index display_mode display_attached display_active ' +
    'persistence_mode addressing_mode accounting driver_model vbios_version inforom gpu_recovery_action gom fan pstate ' +
    'clocks_event_reasons clocks_throttle_reasons clocks_event_reasons_counters memory compute_mode compute_cap utilization ' +
    'encoder dramEncryption ecc retired_pages remapped_rows temperature power enforced module power_smoothing edpp_multiplier ' +
    'clocks mig gsp c2c protected_memory fabric platform hostname reset_status vgpu_driver_capability vgpu_device_capability ' +
    'gpu_name gpu_bus_id gpu_serial gpu_uuid pid process_name used_gpu_memory used_memory gpu_instance_id compute_instance_id'
  ).split(' '),
);

export type QueryField = { readonly name: string; readonly unit?: string };

/** `power.draw [W]`, `clocks_event_reasons_counters.sw_power_cap [us]`, `pstate`. */
const HEADER_CELL = /^([A-Za-z]\w{0,60}(?:\.\w{1,60}){0,6})(?: \[([^\]]{1,10})\])?$/;

/** The fields of a header line; undefined for any other line. */
export const parseQueryHeader = (text: string): readonly QueryField[] | undefined => {
  const cells = text.trim().split(',');
  const fields: QueryField[] = [];
  let known = 0;
  for (const cell of cells) {
    const m = HEADER_CELL.exec(cell.trim());
    const name = m?.[1];
    if (name === undefined) return undefined;
    if (ROOTS.has(name.split('.', 1)[0] ?? '')) known++;
    const unit = m?.[2];
    fields.push(unit === undefined ? { name: canonicalField(name) } : { name: canonicalField(name), unit });
  }
  // Most cells, not all: a newer driver's fields are taken too. A single word is a header only as a dotted or unit-bearing one.
  const isWord = fields.length === 1 && !text.includes('.') && !text.includes('[');
  return known * 2 > cells.length && !isWord ? fields : undefined;
};

/** Fields that only `--query-compute-apps` has. */
const APP_FIELDS: ReadonlySet<string> = new Set(['pid', 'process_name', 'used_gpu_memory']);
export const isAppHeader = (fields: readonly QueryField[]): boolean =>
  fields.some((field) => APP_FIELDS.has(field.name));
