// The forms of nvidia-smi of a driver of 2025: dmon, pmon and the two queries.
import { QUERY_GPU_FIELDS } from '../../collectors/sources/query-fields.ts';
import type { Second } from './gpu-state.ts';
import { DRIVER, type Gpu, wallIso } from './machine.ts';

const DMON: readonly (readonly [name: string, unit: string])[] = [
  ['pwr', 'W'],
  ['gtemp', 'C'],
  ['mtemp', 'C'],
  ['sm', '%'],
  ['mem', '%'],
  ['enc', '%'],
  ['dec', '%'],
  ['jpg', '%'],
  ['ofa', '%'],
  ['mclk', 'MHz'],
  ['pclk', 'MHz'],
  ['pviol', '%'],
  ['tviol', 'bool'],
  ['fb', 'MB'],
  ['bar1', 'MB'],
  ['ccpm', 'MB'],
  ['sbecc', 'errs'],
  ['dbecc', 'errs'],
  ['pci', 'errs'],
  ['rxpci', 'MB/s'],
  ['txpci', 'MB/s'],
];
const cells = (values: readonly string[], width: number): string =>
  values.map((value) => value.padStart(width)).join('');

export const dmonHeader = (): readonly string[] => [
  `# gpu${cells(
    DMON.map(([name]) => name),
    7,
  )} `,
  `# Idx${cells(
    DMON.map(([, unit]) => unit),
    7,
  )} `,
];
const dmonRow = (index: number, values: readonly (number | undefined)[]): string =>
  `${String(index).padStart(5)}${cells(
    values.map((value) => (value === undefined ? '-' : String(value))),
    7,
  )} `;
export const dmonDashes = (gpu: Gpu): string =>
  dmonRow(
    gpu.index,
    DMON.map(() => undefined),
  );
export const dmonRowOf = (gpu: Gpu, s: Second): string => {
  const engine = (value: number): number | undefined => (gpu.mig ? undefined : value);
  return dmonRow(gpu.index, [
    s.watts,
    s.celsius,
    s.memoryCelsius,
    engine(s.sm),
    engine(s.memory),
    engine(s.encoder),
    engine(s.decoder),
    engine(0),
    engine(0),
    s.memoryMhz,
    s.smMhz,
    s.powerViolation,
    s.thermalViolation,
    s.usedMib,
    gpu.mig ? 14 : 6,
    0,
    s.correctable,
    s.uncorrectable,
    s.replays,
    s.rxMb,
    s.txMb,
  ]);
};

const PMON = ['sm', 'mem', 'enc', 'dec', 'jpg', 'ofa', 'fb', 'ccpm'] as const;
export const pmonHeader = (): readonly string[] => [
  `# gpu         pid   type${cells(PMON, 7)}    command `,
  `# Idx           #    C/G${cells(['%', '%', '%', '%', '%', '%', 'MB', 'MB'], 7)}    name `,
];
export type ProcessRow = {
  readonly pid: number;
  readonly command: string;
  readonly sm?: number;
  readonly mem?: number;
  readonly enc?: number;
  readonly dec?: number;
  readonly mib: number;
};
/** A GPU that nobody uses has one row of dashes. */
export const pmonRow = (gpu: Gpu, row: ProcessRow | undefined): string => {
  const { sm, mem, enc, dec, mib } = row ?? {};
  const values = [sm, mem, enc, dec, undefined, undefined, mib, row === undefined ? undefined : 0];
  const shown = values.map((value) => (value === undefined ? '-' : String(value)));
  return `${String(gpu.index).padStart(5)} ${String(row?.pid ?? '-').padStart(10)} ${(row === undefined ? '-' : 'C').padStart(5)}${cells(shown, 7)}    ${(row?.command.slice(0, 15) ?? '-').padEnd(15)}`;
};

const stampOf = (at: number): string => wallIso(at).slice(0, 23).replaceAll('-', '/').replace('T', ' ');
const eightDigits = (bus: string): string => `0000${bus.toUpperCase()}.0`;
/** `clocks_throttle_reasons.active` and what else has a newer name is not asked for beside it. */
const FIELDS = QUERY_GPU_FIELDS.filter((field) => field !== 'clocks_throttle_reasons.active');
const units: readonly (readonly [match: RegExp, unit: string, printed: string])[] = [
  [/^memory\./, 'MiB', ' MiB'],
  [/^(utilization\.|fan\.)/, '%', ' %'],
  [/^(power\.|enforced\.)/, 'W', ' W'],
  [/^clocks\.(current|max)\./, 'MHz', ' MHz'],
  [/^clocks_event_reasons_counters\./, 'us', ' us'],
];
const unitOf = (field: string) => units.find(([match]) => match.test(field));

export const queryHeader = (): string =>
  FIELDS.map((field) => {
    const unit = unitOf(field);
    return unit === undefined ? field : `${field} [${unit[1]}]`;
  }).join(', ');

type Health = { readonly remapped: number; readonly pending: boolean; readonly action: string };
const tableOf = (gpu: Gpu, s: Second, health: Health): { readonly [field: string]: string | number } => {
  const na = '[N/A]';
  const fan = Math.min(100, Math.max(30, Math.round(30 + (s.celsius - 45) * 1.7)));
  const isBusy = s.memoryMhz > 405;
  return {
    timestamp: stampOf(s.at),
    index: gpu.index,
    uuid: gpu.uuid,
    'pci.bus_id': eightDigits(gpu.bus),
    name: gpu.name,
    driver_version: DRIVER,
    vbios_version: gpu.mig ? '92.00.66.00.05' : '95.04.5C.00.02',
    'memory.total': gpu.totalMib,
    'memory.used': s.usedMib,
    'memory.free': gpu.totalMib - gpu.reservedMib - s.usedMib,
    'memory.reserved': gpu.reservedMib,
    'utilization.gpu': gpu.mig ? na : s.sm,
    'utilization.memory': gpu.mig ? na : s.memory,
    'temperature.gpu': s.celsius,
    'temperature.memory': s.memoryCelsius ?? 'N/A',
    'temperature.gpu.tlimit': (gpu.mig ? 90 : 87) - s.celsius,
    'power.draw': s.watts.toFixed(2),
    'power.limit': gpu.limitWatts.toFixed(2),
    'enforced.power.limit': gpu.limitWatts.toFixed(2),
    'power.min_limit': '100.00',
    'power.max_limit': gpu.limitWatts.toFixed(2),
    'power.default_limit': gpu.limitWatts.toFixed(2),
    'clocks.current.graphics': s.smMhz,
    'clocks.current.sm': s.smMhz,
    'clocks.current.memory': s.memoryMhz,
    'clocks.max.graphics': gpu.maxSmMhz,
    'clocks.max.sm': gpu.maxSmMhz,
    'clocks.max.memory': gpu.memoryMhz,
    'fan.speed': gpu.mig ? na : fan,
    pstate: isBusy ? 'P0' : 'P8',
    'pcie.link.gen.current': isBusy ? 4 : 1,
    'pcie.link.gen.max': 4,
    'pcie.link.width.current': 16,
    'pcie.link.width.max': 16,
    'clocks_event_reasons.active':
      s.thermalViolation > 0
        ? '0x0000000000000020'
        : s.powerViolation > 0
          ? '0x0000000000000004'
          : isBusy
            ? '0x0000000000000000'
            : '0x0000000000000001',
    'clocks_event_reasons_counters.sw_power_cap': s.powerCapUs,
    'clocks_event_reasons_counters.sync_boost': 0,
    'clocks_event_reasons_counters.sw_thermal_slowdown': s.thermalUs,
    'clocks_event_reasons_counters.hw_thermal_slowdown': 0,
    'clocks_event_reasons_counters.hw_power_brake_slowdown': 0,
    'ecc.mode.current': 'Enabled',
    'ecc.errors.corrected.volatile.total': Math.max(0, s.correctable - 4),
    'ecc.errors.uncorrected.volatile.total': s.uncorrectable,
    'ecc.errors.corrected.aggregate.total': s.correctable,
    'ecc.errors.uncorrected.aggregate.total': s.uncorrectable,
    'retired_pages.single_bit_ecc.count': na,
    'retired_pages.double_bit.count': na,
    'retired_pages.pending': na,
    'remapped_rows.correctable': health.remapped,
    'remapped_rows.uncorrectable': s.uncorrectable,
    'remapped_rows.pending': health.pending ? 'Yes' : 'No',
    'remapped_rows.failure': 'No',
    gpu_recovery_action: health.action,
    'mig.mode.current': gpu.mig ? 'Enabled' : '[N/A]',
    compute_mode: 'Default',
    persistence_mode: 'Enabled',
  };
};

export const queryRow = (gpu: Gpu, second: Second, health: Health): string => {
  const table = tableOf(gpu, second, health);
  return FIELDS.map((field) => {
    const cell = String(table[field] ?? '[N/A]');
    const unit = unitOf(field);
    return unit === undefined || !/^-?[\d.]+$/.test(cell) ? cell : `${cell}${unit[2]}`;
  }).join(', ');
};

export const appsHeader = 'timestamp, gpu_uuid, gpu_bus_id, pid, process_name, used_gpu_memory [MiB]';
export const appsRow = (gpu: Gpu, at: number, pid: number, path: string, mib: number): string =>
  `${stampOf(at)}, ${gpu.uuid}, ${eightDigits(gpu.bus)}, ${pid}, ${path}, ${Math.round(mib)} MiB`;
