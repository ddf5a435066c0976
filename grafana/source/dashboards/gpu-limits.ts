// GPU, second part: temperature and its limits, clocks, why they are held down, PCIe.
import type { RowSpec } from '../dashboard.ts';
import { latest, perSecond, shown } from '../expressions.ts';
import { toThatSecond } from '../links.ts';
import { falling, graph, type PanelSpec, timeline } from '../panel-form.ts';
import { over } from '../queries.ts';
import { perGpu } from '../shared-panels.ts';
import { unit } from '../units.ts';
import { gpuId, gpuName, none, PER_GPU, PER_GPU_ID } from '../words.ts';

const DIE = { 'hw.sensor_location': '="gpu"' } as const;
const MEMORY = { 'hw.sensor_location': '="memory"' } as const;

export const temperatureRow: RowSpec = {
  title: 'Temperature',
  panels: [
    graph({
      title: 'Temperature of the die',
      what: 'With the temperature at which this board lowers its clocks as a dashed line, where the driver tells it.',
      none: none.gpu,
      unit: unit.celsius,
      width: 8,
      limits: '/^limit/',
      queries: [
        perGpu('hw.temperature', DIE),
        over(latest('max', 'hw.temperature.limit', PER_GPU, DIE), `limit ${gpuName}`),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Temperature of the memory',
      what: 'Told by boards with HBM or GDDR6X sensors.',
      none: none.described,
      unit: unit.celsius,
      width: 8,
      queries: [perGpu('hw.temperature', MEMORY)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Degrees left',
      what: 'Degrees until clocks are lowered, as the driver tells it: better than any fixed limit.',
      none: none.described,
      unit: unit.celsius,
      width: 8,
      thresholds: falling(2, 5),
      queries: [over(latest('min', 'nvidia.gpu.temperature.margin', PER_GPU), gpuName)],
      links: [toThatSecond],
    }),
    graph({
      title: 'Fan',
      what: 'Intended fan speed; may exceed 100 %. Passively cooled boards have none.',
      none: none.described,
      unit: unit.share,
      min: 0,
      queries: [perGpu('hw.fan.speed_ratio')],
    }),
    timeline({
      title: 'Limited by temperature',
      what: 'While the driver holds clocks down for temperature.',
      none: none.gpu,
      unit: unit.none,
      states: [
        { value: 0, text: 'no', color: 'green' },
        { value: 1, text: 'limited', color: 'red' },
      ],
      queries: [perGpu('nvidia.gpu.thermal_violation')],
    }),
  ],
};

const clock = (title: string, which: 'sm' | 'memory', what: string): PanelSpec =>
  graph({
    title,
    what,
    none: none.gpu,
    unit: unit.hertz,
    min: 0,
    width: 8,
    limits: '/^highest/',
    queries: [
      perGpu('nvidia.gpu.clock.frequency', { 'nvidia.gpu.clock': `="${which}"` }),
      over(
        latest('max', 'nvidia.gpu.clock.limit', PER_GPU, { 'nvidia.gpu.clock': `="${which}"` }),
        `highest ${gpuName}`,
      ),
    ],
    links: [toThatSecond],
  });

export const clocksRow: RowSpec = {
  title: 'Clocks',
  panels: [
    clock(
      'Processor clock',
      'sm',
      'Clock of the streaming multiprocessors; dashed: the highest the board allows. Low while idle is normal.',
    ),
    clock('Memory clock', 'memory', 'Clock of the device memory; dashed: the highest the board allows.'),
    graph({
      title: 'Performance state',
      what: '0 is fastest, 15 slowest; 8 and above while idle.',
      none: none.described,
      unit: unit.none,
      min: 0,
      max: 15,
      width: 8,
      style: 'steps',
      queries: [perGpu('nvidia.gpu.performance_state')],
    }),
  ],
};

export const throttlingRow: RowSpec = {
  title: 'Throttling',
  panels: [
    graph({
      title: 'Clocks held down, by reason',
      what: 'Share of time during which clocks were held down. sw_power_cap is the power limit at work; hw_* is the board protecting itself.',
      none: 'No clock was held down, or this driver does not tell reasons.',
      unit: unit.share,
      width: 24,
      queries: [
        over(
          perSecond('nvidia.gpu.throttle.time', [...PER_GPU_ID, 'nvidia.gpu.throttle.reason']),
          `${shown('nvidia.gpu.throttle.reason')} ${gpuId}`,
        ),
      ],
      links: [toThatSecond],
    }),
  ],
};

export const pcieRow: RowSpec = {
  title: 'PCIe',
  panels: [
    graph({
      title: 'PCIe traffic',
      what: 'Traffic of a 20 ms window at each sample: a sample, not a rate. High while models load, or when layers are on the CPU.',
      none: 'Not sampled: the agent asks for it only with --gpu-pcie.',
      unit: unit.bytesPerSecond,
      width: 8,
      queries: [
        over(
          latest('max', 'nvidia.gpu.pcie.throughput', [...PER_GPU, 'network.io.direction']),
          `${shown('network.io.direction')} ${gpuName}`,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Link generation',
      what: 'Drops when idle. Low under load: a bad slot, riser or setting.',
      none: none.described,
      unit: unit.none,
      min: 0,
      width: 8,
      style: 'steps',
      queries: [perGpu('nvidia.gpu.pcie.generation')],
    }),
    graph({
      title: 'Link width',
      what: 'Lanes of the link. Fewer than the board has: a bad slot or riser.',
      none: none.described,
      unit: unit.none,
      min: 0,
      width: 8,
      style: 'steps',
      queries: [perGpu('nvidia.gpu.pcie.width')],
    }),
  ],
};
