// GPU: everything a board and its driver tell, from utilisation to remapped rows.
import { allMarks } from '../annotations.ts';
import type { DashboardSpec } from '../dashboard.ts';
import { errorsRow, migRow, processesRow } from './gpu-errors.ts';
import { clocksRow, pcieRow, temperatureRow, throttlingRow } from './gpu-limits.ts';
import { memoryRow, nowRow, powerRow, utilisationRow } from './gpu-use.ts';

export const gpu: DashboardSpec = {
  name: 'gpu',
  description: 'Per GPU: utilisation, memory, power, temperature, clocks, throttling, PCIe, errors, processes, MIG.',
  annotations: allMarks,
  rows: [
    nowRow,
    utilisationRow,
    memoryRow,
    powerRow,
    temperatureRow,
    clocksRow,
    throttlingRow,
    pcieRow,
    errorsRow,
    processesRow,
    migRow,
  ],
};
