// GPU, third part: errors and what the driver wants done about them, processes, MIG instances.
import { field } from '../../../loki/fields.ts';
import type { RowSpec } from '../dashboard.ts';
import { by, latest, perStep, series, shown } from '../expressions.ts';
import { toDashboard, toThatSecond } from '../links.ts';
import { countPerStep, events, having, ofGpu } from '../logs.ts';
import { anyIsBad, anyIsOdd, countBars, graph, stat, table, timeline } from '../panel-form.ts';
import { column, counted, now, over } from '../queries.ts';
import { recordTable } from '../record-table.ts';
import { RECORD_TEXT } from '../tables.ts';
import { unit } from '../units.ts';
import { gpuId, gpuName, none, PER_GPU, PER_GPU_ID } from '../words.ts';

const RECORDS_SHOWN = 100;

export const errorsRow: RowSpec = {
  title: 'Errors',
  panels: [
    countBars({
      title: 'Errors by type',
      what: 'xid.N per incident (one fault is many kernel lines), ECC since the driver was loaded, PCIe replays.',
      none: 'No error was told.',
      stacked: true,
      width: 8,
      queries: [over(perStep('hw.errors', [...PER_GPU_ID, 'error.type']), `${shown('error.type')} ${gpuId}`)],
      links: [toThatSecond, toDashboard('correlation', 'Correlation')],
    }),
    countBars({
      title: 'Xid lines by code',
      what: 'Lines of the kernel, not incidents: a storm of lines is often one fault.',
      none: 'No Xid line was read. Is the kernel log followed?',
      stacked: true,
      width: 8,
      queries: [
        over(
          perStep('nvidia.gpu.xid.events', [...PER_GPU_ID, 'nvidia.xid.code']),
          `xid ${shown('nvidia.xid.code')} ${gpuId}`,
        ),
      ],
      links: [toThatSecond],
    }),
    table({
      title: 'Errors over the life of the board',
      what: 'ECC errors and remapped rows that the board keeps count of.',
      none: none.described,
      unit: unit.count,
      rows: 'values',
      width: 8,
      queries: [column(latest('max', 'nvidia.gpu.ecc.lifetime_errors', [...PER_GPU, 'error.type']))],
      columns: [
        { field: 'host_name', title: 'Host' },
        { field: 'nvidia_gpu_index', title: 'GPU', width: 60 },
        { field: 'error_type', title: 'Error' },
        { field: 'Value', title: 'Count', width: 90 },
      ],
    }),
    stat({
      title: 'Rows remapped',
      what: 'Memory rows remapped over the life of the board because of uncorrectable errors.',
      none: none.described,
      unit: unit.count,
      thresholds: anyIsOdd,
      width: 6,
      queries: [
        now(latest('max', 'nvidia.gpu.remapped_rows', PER_GPU, { 'nvidia.gpu.remap': '="uncorrectable"' }), gpuName),
      ],
    }),
    stat({
      title: 'Remapping waits for a reset',
      what: '1 while a remapping waits for a reset of the GPU.',
      none: none.described,
      unit: unit.none,
      thresholds: anyIsOdd,
      width: 6,
      queries: [now(latest('max', 'nvidia.gpu.remap.pending', PER_GPU), gpuName)],
    }),
    stat({
      title: 'Remapping failed',
      what: '1 after a remapping failed: the board is to be exchanged.',
      none: none.described,
      unit: unit.none,
      thresholds: anyIsBad,
      width: 6,
      queries: [now(latest('max', 'nvidia.gpu.remap.failed', PER_GPU), gpuName)],
    }),
    stat({
      title: 'What the driver asks for',
      what: 'Recovery action other than none: reset, reboot, drain.',
      none: 'The driver asks for nothing.',
      unit: unit.none,
      show: 'name',
      width: 6,
      thresholds: [{ from: null, color: 'orange' }],
      queries: [
        now(
          `${latest('max', 'nvidia.gpu.recovery_action', [...PER_GPU_ID, 'nvidia.gpu.recovery_action'], { 'nvidia.gpu.recovery_action': '!="none"' })} > 0`,
          `${shown('nvidia.gpu.recovery_action')} ${gpuId}`,
        ),
      ],
    }),
    timeline({
      title: 'State',
      what: 'State of each GPU after its faults: ok, degraded, predicted failure, failed.',
      none: none.states,
      unit: unit.none,
      width: 24,
      height: 6,
      states: [
        { value: 0, text: 'ok', color: 'green' },
        { value: 1, text: 'degraded', color: 'orange' },
        { value: 2, text: 'failure predicted', color: 'purple' },
        { value: 3, text: 'failed', color: 'red' },
      ],
      queries: [
        over(
          `max ${by(...PER_GPU_ID)} (${[
            ['ok', 0],
            ['degraded', 1],
            ['predicted_failure', 2],
            ['failed', 3],
          ]
            .map(([state, rank]) => `(${series('hw.status', { 'hw.state': `="${state}"` })} == 1) * ${rank}`)
            .join(' or ')})`,
          gpuId,
        ),
      ],
      links: [toDashboard('correlation', 'Correlation')],
    }),
    recordTable({
      title: 'Xid lines',
      what: 'The kernel lines themselves, with the process they name. Xid 119 and 120 name their observer, not their culprit.',
      none: none.logs,
      width: 24,
      query: `${events('nvidia.xid')}${ofGpu}`,
      rowsMax: RECORDS_SHOWN,
      columns: [
        { field: field('nvidia.xid.code'), title: 'Xid', width: 60 },
        { field: field('hw.id'), title: 'GPU' },
        { field: field('nvidia.gpu.bus'), title: 'Bus', width: 120 },
        { field: field('nvidia.xid.process'), title: 'Process', width: 130 },
        { field: RECORD_TEXT[0], title: 'Line' },
      ],
    }),
  ],
};

export const processesRow: RowSpec = {
  title: 'Processes',
  panels: [
    graph({
      title: 'Memory per process',
      what: 'GPU memory of each process. Runners of Ollama are `ollama` or `llama-server`; anything else shares the GPU.',
      none: none.processes,
      unit: unit.bytes,
      stacked: true,
      width: 9,
      queries: [
        over(
          latest('max', 'nvidia.gpu.process.memory.usage', [...PER_GPU, 'process.pid', 'process.executable.name']),
          `${shown('process.executable.name')} ${shown('process.pid')} ${gpuName}`,
        ),
      ],
      links: [toThatSecond],
    }),
    graph({
      title: 'Share of the GPU per process',
      what: 'Share of the general engine that each process used since the last sample.',
      none: none.processes,
      unit: unit.share,
      width: 9,
      queries: [
        over(
          latest('max', 'nvidia.gpu.process.utilization', [...PER_GPU, 'process.pid', 'process.executable.name'], {
            'hw.gpu.task': '="general"',
          }),
          `${shown('process.executable.name')} ${shown('process.pid')} ${gpuName}`,
        ),
      ],
      links: [toThatSecond],
    }),
    stat({
      title: 'Processes',
      what: 'Processes that hold memory of a GPU now.',
      none: none.processes,
      unit: unit.count,
      width: 6,
      height: 8,
      queries: [
        over(
          `count ${by(...PER_GPU)} (${latest('max', 'nvidia.gpu.process.memory.usage', [...PER_GPU, 'process.pid'])})`,
          gpuName,
        ),
      ],
    }),
    graph({
      title: 'Protected memory per process',
      what: 'GPU memory of each process under confidential computing.',
      none: none.confidential,
      unit: unit.bytes,
      width: 24,
      height: 6,
      queries: [
        over(
          latest('max', 'nvidia.gpu.process.protected_memory.usage', [...PER_GPU, 'process.pid']),
          `${shown('process.pid')} ${gpuName}`,
        ),
      ],
    }),
  ],
};

export const migRow: RowSpec = {
  title: 'MIG',
  panels: [
    countBars({
      title: 'Xid lines by MIG instance',
      what: 'Kernel lines that name a GPU instance. nvidia-smi samples whole boards only: with MIG on, its utilisation columns are empty.',
      none: 'No Xid line names a MIG instance.',
      width: 24,
      queries: [
        counted(
          countPerStep(
            `${events('nvidia.xid')}${ofGpu}${having('nvidia.gpu.instance', '!=""')}`,
            'hw.id',
            'nvidia.gpu.instance',
            'nvidia.xid.code',
          ),
          `xid {{${field('nvidia.xid.code')}}} instance {{${field('nvidia.gpu.instance')}}} {{${field('hw.id')}}}`,
        ),
      ],
      links: [toThatSecond],
    }),
  ],
};
