// Events that say a fact: what is known from many lines, told once, with stable names that alerts and searches use.
import { fact } from './log-form.ts';

const gpu = ['hw.id', 'hw.type', 'hw.name', 'nvidia.gpu.index', 'nvidia.gpu.bus'] as const;
const model = ['gen_ai.request.model', 'ollama.model.blob', 'ollama.runner.key'] as const;
const fault = ['error.type', 'nvidia.fault.incident', 'nvidia.fault.severity', 'nvidia.fault.action'] as const;

export const factEvents = {
  'ollama.request.abandoned': fact('request.abandoned', 'WARN', 'A request began and its end was never told.', [
    ...model,
    'ollascope.reason',
  ]),
  'ollama.server.started': fact('server.started', 'INFO', 'The server started.', ['ollama.version', 'ollama.settings']),
  'ollama.model.load_started': fact('model.load_started', 'INFO', 'A model begins to load.', [
    ...model,
    'ollama.runner.engine',
  ]),
  'ollama.model.loaded': fact('model.loaded', 'INFO', 'A model is loaded.', [
    ...model,
    'ollama.load.duration',
    'ollama.model.gpus',
    'ollama.model.layers.offloaded',
    'ollama.model.layers.total',
    'ollama.context.size',
    'ollama.runner.parallel',
    'ollama.runner.pid',
  ]),
  'ollama.cpu_fallback': fact('model.cpu_fallback', 'WARN', 'A model left layers on the CPU.', [
    ...model,
    'ollama.model.layers.offloaded',
    'ollama.model.layers.total',
  ]),
  'ollama.model.load_failed': fact('model.load_failed', 'ERROR', 'A model could not be loaded.', [
    ...model,
    'error.type',
  ]),
  'ollama.model.unloaded': fact('model.unloaded', 'INFO', 'A model is unloaded.', [...model, 'ollascope.reason']),
  'ollama.model.evicted': fact('model.evicted', 'WARN', 'A model had to make room for another.', [
    ...model,
    'ollama.model.evicted_by',
    'ollascope.reason',
  ]),
  'ollama.runner.crashed': fact('runner.crashed', 'ERROR', 'A runner process died.', [...model, 'error.type']),
  'ollama.prompt.truncated': fact('prompt.truncated', 'WARN', 'A prompt did not fit and was cut.', [
    ...model,
    'ollama.prompt.tokens',
    'ollama.prompt.kept_tokens',
  ]),
  'ollama.context.shifted': fact('context.shifted', 'WARN', 'A full context discarded its older half.', model),
  'nvidia.gpu.described': fact('gpu.described', 'INFO', 'A GPU is known, or known better.', [
    ...gpu,
    'hw.vendor',
    'hw.driver_version',
  ]),
  'nvidia.gpu.stale': fact('gpu.stale', 'WARN', 'A GPU is not heard of any more; its series end.', [
    ...gpu,
    'ollascope.reason',
  ]),
  'nvidia.gpu.fault': fact('gpu.fault_raised', 'ERROR', 'A GPU fault, at its first line.', [
    ...gpu,
    ...fault,
    'nvidia.fault.description',
    'nvidia.xid.process',
  ]),
  'nvidia.gpu.fault.settled': fact(
    'gpu.fault_settled',
    'ERROR',
    'A GPU fault is over: all its lines and every request it touched.',
    [
      ...gpu,
      ...fault,
      'nvidia.fault.codes',
      'nvidia.fault.records',
      'nvidia.fault.runners_crashed',
      'nvidia.fault.raised_at',
      'nvidia.fault.requests',
      'nvidia.fault.trace_ids',
      'nvidia.fault.models',
    ],
  ),
  'ollama.request.fault_hit': fact('request.fault_hit', 'WARN', 'A GPU fault touched a request.', [
    'gen_ai.operation.name',
    'gen_ai.request.model',
    'ollama.request.outcome',
    'hw.id',
    'nvidia.gpu.index',
    'nvidia.gpu.bus',
    ...fault,
    'ollascope.join.method',
    'ollascope.join.confidence',
  ]),
  'nvidia.gpu.state_changed': fact('gpu.state_changed', 'WARN', "A GPU's state changed.", [
    ...gpu,
    'hw.state',
    'nvidia.fault.action',
  ]),
  ...sourceEvents(),
} as const;

function sourceEvents() {
  const attributes = [
    'ollascope.source',
    'ollascope.source.event',
    'ollascope.source.detail',
    'ollascope.source.amount',
  ] as const;
  return {
    'ollascope.source.opened': fact('source.changed', 'INFO', 'A source is read.', attributes),
    'ollascope.source.rotated': fact('source.changed', 'INFO', 'A log was rotated.', attributes),
    'ollascope.source.truncated': fact('source.changed', 'INFO', 'A log was cut to its start.', attributes),
    'ollascope.source.deleted': fact('source.changed', 'WARN', 'A log was deleted.', attributes),
    'ollascope.source.gap': fact('source.changed', 'WARN', 'Bytes are known to be lost.', attributes),
    'ollascope.source.stalled': fact('source.changed', 'WARN', 'A source that should deliver does not.', attributes),
    'ollascope.source.recovered': fact('source.changed', 'INFO', 'A stalled source delivers again.', attributes),
    'ollascope.source.exited': fact('source.changed', 'WARN', 'A supervised program ended.', attributes),
    'ollascope.source.restarted': fact('source.changed', 'INFO', 'A supervised program was started again.', attributes),
    'ollascope.source.unavailable': fact('source.changed', 'WARN', 'A source cannot be read.', attributes),
    'ollascope.source.clock_step': fact('source.changed', 'WARN', 'The clock of a source jumped.', attributes),
    'ollascope.source.ended': fact('source.changed', 'INFO', 'A source is over.', attributes),
  };
}
