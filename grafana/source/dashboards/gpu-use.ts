// GPU, first part: which GPUs there are, how busy they are, their memory and power.
import type { RowSpec } from '../dashboard.ts';
import { by, latest, overRange, perStep, series, shown } from '../expressions.ts';
import { toThatSecond } from '../links.ts';
import { bars, graph, table } from '../panel-form.ts';
import { column, now, over } from '../queries.ts';
import { perGpu } from '../shared-panels.ts';
import { unit } from '../units.ts';
import { gpuName, none, PER_GPU } from '../words.ts';

const GENERAL = { 'hw.gpu.task': '="general"' } as const;

export const nowRow: RowSpec = {
  title: 'Which GPUs',
  panels: [
    table({
      title: 'GPUs',
      what: 'Boards as nvidia-smi describes them.',
      none: none.described,
      unit: unit.none,
      rows: 'values',
      queries: [
        column(
          `max ${by('host.name', 'nvidia.gpu.index', 'hw.name', 'hw.id', 'nvidia.gpu.bus', 'hw.driver_version')} (${series('nvidia.gpu.info')})`,
        ),
      ],
      columns: [
        { field: 'host_name', title: 'Host' },
        { field: 'nvidia_gpu_index', title: 'Index', width: 70 },
        { field: 'hw_name', title: 'Board' },
        { field: 'hw_id', title: 'Id' },
        { field: 'nvidia_gpu_bus', title: 'Bus', width: 120 },
        { field: 'hw_driver_version', title: 'Driver', width: 110 },
      ],
      width: 16,
    }),
    bars({
      title: 'Busiest in the time range',
      what: 'Average utilisation of each GPU over the time range.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      queries: [now(overRange('avg', 'hw.gpu.utilization', PER_GPU, GENERAL), gpuName)],
    }),
  ],
};

export const utilisationRow: RowSpec = {
  title: 'Utilisation',
  panels: [
    graph({
      title: 'GPU busy',
      what: 'Share of the sample period in which at least one kernel ran. It does not say how many of the cores worked.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [perGpu('hw.gpu.utilization', GENERAL)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Memory controller busy',
      what: 'Share of the sample period in which device memory was read or written: decoding is bound by it.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [perGpu('nvidia.gpu.memory_controller.utilization')],
      links: [toThatSecond],
    }),
    graph({
      title: 'Other engines',
      what: 'Encoder, decoder, JPEG and optical-flow engines. Ollama uses none of them: somebody else does.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [
        over(
          latest('max', 'hw.gpu.utilization', [...PER_GPU, 'hw.gpu.task'], { 'hw.gpu.task': '!="general"' }),
          `${shown('hw.gpu.task')} ${gpuName}`,
        ),
      ],
      links: [toThatSecond],
    }),
  ],
};

export const memoryRow: RowSpec = {
  title: 'Memory',
  panels: [
    graph({
      title: 'Memory in use',
      what: 'Memory in use per GPU, with the size of the board as a dashed line. Nearly full is normal for Ollama.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      limits: '/^size/',
      queries: [perGpu('hw.gpu.memory.usage'), over(latest('max', 'hw.gpu.memory.limit', PER_GPU), `size ${gpuName}`)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Share of memory in use',
      what: 'By itself no alarm: look for evictions, CPU fallbacks and failed loads on the models dashboard.',
      none: none.described,
      unit: unit.share,
      min: 0,
      max: 1,
      queries: [perGpu('hw.gpu.memory.utilization')],
      links: [toThatSecond],
    }),
    graph({
      title: 'Reserved by the driver',
      what: 'Memory that the driver keeps for itself and no model can have.',
      none: none.described,
      unit: unit.bytes,
      min: 0,
      width: 8,
      queries: [perGpu('nvidia.gpu.memory.reserved')],
    }),
    graph({
      title: 'BAR1 window in use',
      what: 'The window through which the host reaches device memory.',
      none: none.gpu,
      unit: unit.bytes,
      min: 0,
      width: 8,
      queries: [perGpu('nvidia.gpu.bar1.usage')],
    }),
    graph({
      title: 'Protected memory in use',
      what: 'Memory in use under confidential computing.',
      none: none.confidential,
      unit: unit.bytes,
      min: 0,
      width: 8,
      queries: [perGpu('nvidia.gpu.protected_memory.usage')],
    }),
  ],
};

export const powerRow: RowSpec = {
  title: 'Power and energy',
  panels: [
    graph({
      title: 'Power',
      what: 'Board power, with the limit in force as a dashed line. At the limit the driver lowers clocks.',
      none: none.gpu,
      unit: unit.watts,
      min: 0,
      width: 8,
      limits: '/^limit/',
      queries: [perGpu('hw.power'), over(latest('max', 'nvidia.gpu.power.limit', PER_GPU), `limit ${gpuName}`)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Energy per interval',
      what: 'Energy within each step, estimated by integrating board power between samples; gaps are left out.',
      none: none.gpu,
      unit: unit.joules,
      style: 'bars',
      stacked: true,
      width: 8,
      queries: [over(perStep('hw.energy', PER_GPU), gpuName)],
    }),
    graph({
      title: 'Limited by power',
      what: 'Share of the interval limited by power. Always 0 on GeForce boards: there it proves nothing.',
      none: none.gpu,
      unit: unit.share,
      min: 0,
      max: 1,
      width: 8,
      queries: [perGpu('nvidia.gpu.power_violation')],
      links: [toThatSecond],
    }),
  ],
};
