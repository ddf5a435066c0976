// Queries about GPUs: their faults, the requests that faults hit, and what the kernel printed.
import { field, recordFields } from '../fields.ts';
import { by, counted, event, matching, type Query, stream } from './query.ts';

const gpu = matching('hw.id', 'gpu');
const error = matching('error.type', 'error');
const incident = matching('nvidia.fault.incident', 'incident');
const model = matching('gen_ai.request.model', 'model');
const hit = `${event('ollama.request.fault_hit')} ${incident} ${model} ${gpu} ${error}`;

export const gpuQueries: readonly Query[] = [
  {
    name: 'gpu-errors-per-hour',
    what: 'How many faults did each GPU have, hour by hour?',
    answer: 'series',
    expr: counted([field('hw.id'), field('error.type')], `${stream} ${event('nvidia.gpu.fault')} ${gpu}`),
    since: '24h',
    note: 'One per incident, not one per line of the kernel: an incident can be dozens of lines.',
  },
  {
    name: 'gpu-faults',
    what: 'Which GPU faults were there, and how did each end?',
    answer: 'lines',
    expr: `${stream} ${event('nvidia.gpu.fault', 'nvidia.gpu.fault.settled', 'nvidia.kernel.gpu_lost')} ${gpu}`,
    since: '24h',
  },
  {
    name: 'gpu-states',
    what: 'When did a GPU change its state, or stop being heard of?',
    answer: 'lines',
    expr: `${stream} ${event('nvidia.gpu.state_changed', 'nvidia.gpu.stale', 'nvidia.gpu.described')} ${gpu}`,
    since: '24h',
  },
  {
    name: 'incident',
    what: 'The whole story of one incident: its fault, every request that it hit, its end.',
    answer: 'lines',
    expr: `${stream} ${incident}`,
    since: '24h',
    needs: ['incident'],
    note: 'The kernel lines themselves carry no incident: xid-lines shows them.',
  },
  {
    name: 'requests-hit',
    what: 'Which requests did a GPU fault hit?',
    answer: 'lines',
    expr: `${stream} ${hit}`,
    since: '24h',
    note: 'Give incident, model, gpu or error to narrow it down. Each line carries the trace.',
  },
  {
    name: 'requests-hit-by-model',
    what: 'How many requests of each model did which fault hit?',
    answer: 'table',
    expr: counted([field('gen_ai.request.model'), field('error.type'), field('hw.id')], `${stream} ${hit}`),
    since: '24h',
  },
  {
    name: 'xid-history',
    what: 'Which Xid codes did each GPU print, and how often?',
    answer: 'table',
    expr: counted(
      [field('nvidia.gpu.bus'), field('nvidia.xid.code'), recordFields.severity],
      `${stream} ${event('nvidia.xid')} ${gpu}`,
    ),
    since: '7d',
  },
  {
    name: 'xid-lines',
    what: 'What did the kernel print about the GPUs?',
    answer: 'lines',
    expr: `${stream} ${event('nvidia.xid', 'nvidia.sxid', 'nvidia.kernel.gpu_lost', 'nvidia.kernel.gsp_rate_limited')}`,
    since: '24h',
  },
  {
    name: 'gpu-tools-failing',
    what: 'When did nvidia-smi fail, or break off in a row?',
    answer: 'lines',
    expr: `${stream} ${event('nvidia.smi.failed', 'nvidia.smi.row_truncated')}`,
    since: '24h',
  },
  {
    name: 'gpu-discovery',
    what: 'Which devices did the server find, and which did it leave out and why?',
    answer: 'lines',
    expr: `${stream} ${event('ollama.gpu.discovered', 'ollama.gpu.none', 'ollama.gpu.skipped', 'ollama.gpu.discovery_failed', 'ollama.server.low_vram')}`,
    since: '7d',
  },
  {
    name: 'memory-before-loads',
    what: 'What was the least memory that was free on each GPU before a load?',
    answer: 'table',
    expr: `min ${by(field('hw.id'), field('ollama.device.library'))} (min_over_time(${stream} ${event('ollama.load.gpu_memory')} ${gpu} | unwrap ${field('ollama.memory.free')} | __error__="" [$window]))`,
    since: '24h',
    note: 'Servers up to 0.24 print it; from 0.30 on the runner prints its devices instead.',
  },
];
