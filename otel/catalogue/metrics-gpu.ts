// Metrics of GPUs that the hardware conventions name, each with the columns of nvidia-smi that fill it. A `-` or a bracketed
// status gives no point. Ratios are divided, never multiplied: 57 * 0.01 is not 0.57.
import type { MetricTable } from './metric-form.ts';

const MEBIBYTE = 1_048_576;
const PERCENT = 100;

const scope = 'ollascope/nvidia';
const gpu = ['hw.id'] as const;
const hardware = ['hw.id', 'hw.type'] as const;
/** On every row of nvidia-smi. The name is on `nvidia.gpu.info` only: learnt later, it would split each series in two. */
const named = ['nvidia.gpu.index'] as const;
const from = 'gpu.sampled';

export const gpuMetrics = {
  'hw.gpu.utilization': {
    instrument: 'gauge',
    unit: '1',
    scope,
    source: 'convention',
    from,
    attributes: ['hw.id', 'hw.gpu.task'],
    optional: named,
    brief: 'Share of the sample period in which the engine was busy; general: at least one kernel ran.',
    dmon: [
      { column: 'sm', per: PERCENT, set: { 'hw.gpu.task': 'general' } },
      { column: 'enc', per: PERCENT, set: { 'hw.gpu.task': 'encoder' } },
      { column: 'dec', per: PERCENT, set: { 'hw.gpu.task': 'decoder' } },
      { column: 'jpg', per: PERCENT, set: { 'hw.gpu.task': 'jpeg' } },
      { column: 'ofa', per: PERCENT, set: { 'hw.gpu.task': 'ofa' } },
    ],
  },
  'hw.gpu.memory.usage': {
    instrument: 'updowncounter',
    unit: 'By',
    scope,
    source: 'convention',
    from,
    attributes: gpu,
    optional: named,
    brief: 'Memory of the GPU in use.',
    dmon: [{ column: 'fb', times: MEBIBYTE }],
  },
  'hw.gpu.memory.limit': {
    instrument: 'updowncounter',
    unit: 'By',
    scope,
    source: 'convention',
    from: 'gpu.described',
    attributes: gpu,
    optional: named,
    brief: 'Memory of the GPU.',
    query: [{ field: 'memory.total', times: MEBIBYTE }],
  },
  'hw.gpu.memory.utilization': {
    instrument: 'gauge',
    unit: '1',
    scope,
    source: 'convention',
    from: 'gpu.described',
    attributes: gpu,
    optional: named,
    brief: 'Share of the memory in use.',
    query: [{ field: 'memory.used', over: 'memory.total' }],
  },
  'hw.power': {
    instrument: 'gauge',
    unit: 'W',
    scope,
    source: 'convention',
    from,
    attributes: hardware,
    optional: named,
    brief: 'Board power; on Ampere and later the average of the last second.',
    dmon: [{ column: 'pwr', set: { 'hw.type': 'gpu' } }],
  },
  'hw.energy': {
    instrument: 'counter',
    unit: 'J',
    scope,
    source: 'convention',
    from,
    attributes: hardware,
    optional: named,
    cumulative: true,
    brief: 'Energy, estimated by integrating board power between samples; gaps are left out.',
  },
  'hw.temperature': {
    instrument: 'gauge',
    unit: 'Cel',
    scope,
    source: 'convention',
    from,
    attributes: ['hw.id', 'hw.sensor_location'],
    optional: named,
    brief: 'Temperature of the die or the memory.',
    dmon: [
      { column: 'gtemp', set: { 'hw.sensor_location': 'gpu' } },
      { column: 'mtemp', set: { 'hw.sensor_location': 'memory' } },
    ],
  },
  'hw.temperature.limit': {
    instrument: 'gauge',
    unit: 'Cel',
    scope,
    source: 'convention',
    from: 'gpu.described',
    optional: named,
    attributes: ['hw.id', 'hw.sensor_location', 'hw.limit_type'],
    brief: 'Temperature at which clocks are lowered: temperature plus the margin left.',
    query: [
      {
        field: 'temperature.gpu.tlimit',
        plus: 'temperature.gpu',
        set: { 'hw.sensor_location': 'gpu', 'hw.limit_type': 'throttled' },
      },
    ],
  },
  'hw.fan.speed_ratio': {
    instrument: 'gauge',
    unit: '1',
    scope,
    source: 'convention',
    from: 'gpu.described',
    attributes: gpu,
    optional: named,
    brief: 'Intended fan speed; may exceed 1.',
    query: [{ field: 'fan.speed', per: PERCENT }],
  },
  'hw.errors': {
    instrument: 'counter',
    unit: '{error}',
    scope,
    source: 'convention',
    from: 'gpu.fault_raised, gpu.sampled, gpu.described',
    attributes: ['hw.id', 'hw.type', 'error.type'],
    optional: named,
    brief: 'Errors: `xid.N` per incident, corrected and uncorrected ECC since driver load, pcie_replay.',
    dmon: [{ column: 'pci', cumulative: true, set: { 'hw.type': 'gpu', 'error.type': 'pcie_replay' } }],
    query: [
      {
        field: 'ecc.errors.corrected.volatile.total',
        cumulative: true,
        set: { 'hw.type': 'gpu', 'error.type': 'corrected' },
      },
      {
        field: 'ecc.errors.uncorrected.volatile.total',
        cumulative: true,
        set: { 'hw.type': 'gpu', 'error.type': 'uncorrected' },
      },
    ],
  },
  'hw.status': {
    instrument: 'updowncounter',
    unit: '1',
    scope,
    source: 'convention',
    from: 'gpu.state_changed',
    attributes: ['hw.id', 'hw.type', 'hw.state'],
    brief: '1 for the current state, 0 for the others.',
  },
} as const satisfies MetricTable;
