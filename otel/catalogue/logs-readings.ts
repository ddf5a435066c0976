// Events that a line is: one row per kind of reading that is told as a log record. Rows of dmon, pmon and the queries are
// metrics only. Names follow the kinds, except where a plainer word exists.
import { line } from './log-form.ts';

const model = ['gen_ai.request.model', 'ollama.model.blob'] as const;
const slotTask = ['ollama.slot.id', 'ollama.task.id'] as const;
const part = [...slotTask, 'ollama.task.duration', 'ollama.task.tokens'] as const;
const runner = [
  ...model,
  'ollama.runner.pid',
  'ollama.context.size',
  'ollama.runner.parallel',
  'ollama.model.gpus',
] as const;
const place = ['hw.id', 'hw.type', 'nvidia.gpu.bus', 'nvidia.gpu.instance', 'nvidia.gpu.compute_instance'] as const;

export const readingEvents = {
  // --- requests -----------------------------------------------------------------------------------------------------
  'ollama.request.access': line('http.access', 'INFO', 'A request ended: its access line.', [
    'http.request.method',
    'http.route',
    'http.response.status_code',
    'client.address',
    'ollama.request.duration',
  ]),
  'ollama.request.evaluating': line('request.evaluating', 'DEBUG', 'A request reached the scheduler.', model),
  'ollama.request.submitted': line('request.submitted', 'DEBUG', 'A request went to the runner.', [
    'ollama.request.api',
    'ollama.request.prompt_size',
  ]),
  'ollama.request.finished_context': line(
    'request.finished_context',
    'DEBUG',
    'The context of a request ended.',
    runner,
  ),
  'ollama.request.finished_event': line('request.finished_event', 'DEBUG', 'The scheduler let a runner go.', [
    ...runner,
    'ollama.runner.ref_count',
  ]),
  'ollama.request.aborted': line('request.aborted', 'INFO', 'The client left before the end.', ['ollama.request.api']),
  'ollama.request.failed': line('request.failed', 'ERROR', 'A request failed in the runner.', [
    'error.type',
    'ollama.request.client_left',
  ]),
  'ollama.request.truncated': line('request.truncated', 'WARN', 'The line that tells of a cut prompt.', [
    'ollama.prompt.limit_tokens',
    'ollama.prompt.tokens',
    'ollama.prompt.kept_tokens',
  ]),
  'ollama.request.messages_truncated': line('request.messages_truncated', 'DEBUG', 'Messages were left out.', [
    'ollama.messages.truncated',
  ]),
  'ollama.request.context_shift': line('request.context_shift', 'DEBUG', 'The line that tells of a context shift.', [
    ...slotTask,
    'ollama.context.discarded_tokens',
  ]),
  'ollama.request.option_invalid': line('request.option_invalid', 'WARN', 'An option was refused.', [
    'ollama.request.option',
  ]),
  'ollama.request.panic': line('request.panic', 'ERROR', 'A handler of the server panicked.'),
  // --- slots and tasks ----------------------------------------------------------------------------------------------
  'ollama.task.received': line('task.received', 'INFO', 'A task reached the runner.'),
  'ollama.task.slot_selected': line('task.slot_selected', 'INFO', 'A slot was chosen.', [
    ...slotTask,
    'ollama.slot.selected_by',
  ]),
  'ollama.task.launched': line('task.launched', 'INFO', 'A task has its slot.', slotTask),
  'ollama.task.prompt': line('task.prompt', 'INFO', 'A prompt is to be evaluated.', [
    ...slotTask,
    'ollama.context.size',
    'ollama.prompt.tokens',
  ]),
  'ollama.task.cached': line('task.cached', 'INFO', 'Part of a prompt was in the cache.', [
    ...slotTask,
    'ollama.prompt.cached_tokens',
  ]),
  'ollama.task.progress': line('task.progress', 'INFO', 'How far a task is.', [...part, 'ollama.prompt.progress']),
  'ollama.task.prefill_timing': line('task.prefill_timing', 'INFO', 'Prompt evaluation of a task.', part),
  'ollama.task.decode_timing': line('task.decode_timing', 'INFO', 'Generation of a task.', part),
  'ollama.task.total_timing': line('task.total_timing', 'INFO', 'All of a task.', part),
  'ollama.task.draft': line('task.draft', 'INFO', 'Speculative tokens of a task.', [
    ...slotTask,
    'ollama.draft.acceptance',
    'ollama.draft.accepted',
    'ollama.draft.generated',
  ]),
  'ollama.task.released': line('task.released', 'INFO', 'A task gave its slot back.', [
    ...slotTask,
    'ollama.task.tokens',
  ]),
  'ollama.task.cancelled': line('task.cancelled', 'INFO', 'A task was cancelled.', slotTask),
  'ollama.slots.idle': line('slots.idle', 'INFO', 'No slot of a runner is busy.'),
  'ollama.cache.slot': line('cache.slot', 'DEBUG', 'A cache slot was chosen.', [
    'ollama.slot.id',
    'ollama.prompt.tokens',
    'ollama.prompt.cached_tokens',
  ]),
  // --- server -------------------------------------------------------------------------------------------------------
  'ollama.server.listening': line('server.listening', 'INFO', 'The server listens.', ['ollama.version', 'server.port']),
  'ollama.server.config': line('server.config', 'INFO', 'Settings of the server, allow-listed ones.', [
    'ollama.settings',
  ]),
  'ollama.server.context_default': line('server.context_default', 'INFO', 'Default context length.', [
    'ollama.context.size',
    'ollama.memory.total',
  ]),
  'ollama.server.low_vram': line('server.low_vram', 'INFO', 'Little GPU memory.', ['ollama.memory.total']),
  'ollama.server.bind_failed': line('server.bind_failed', 'ERROR', 'The server could not take its port.'),
  'ollama.gpu.discovered': line('gpu.discovered', 'INFO', 'A device the server can use.', [
    'hw.id',
    'hw.type',
    'hw.name',
    'hw.driver_version',
    'nvidia.gpu.bus',
    'ollama.device',
    'ollama.device.library',
    'ollama.device.compute_capability',
    'ollama.memory.total',
    'ollama.memory.available',
  ]),
  'ollama.gpu.none': line('gpu.none', 'INFO', 'No GPU was found.'),
  'ollama.gpu.skipped': line('gpu.skipped', 'WARN', 'A GPU is not used.', ['ollascope.reason', 'ollama.device']),
  'ollama.gpu.discovery_failed': line('gpu.discovery_failed', 'WARN', 'GPUs could not be looked for.', [
    'ollascope.reason',
  ]),
  // --- loads --------------------------------------------------------------------------------------------------------
  'ollama.runner.starting': line('runner.starting', 'INFO', 'A runner process is started.', [
    'ollama.model.blob',
    'ollama.runner.engine',
    'ollama.runner.port',
    'ollama.context.size',
    'ollama.runner.parallel',
    'ollama.model.layers.offloaded',
  ]),
  'ollama.runner.listening': line('runner.listening', 'INFO', 'A runner listens.', ['ollama.runner.port']),
  'ollama.runner.started': line('runner.started', 'INFO', 'A runner is ready.', ['ollama.load.duration']),
  'ollama.runner.ready': line('runner.ready', 'DEBUG', 'A runner is ready for its model.', runner),
  'ollama.runner.count': line('runner.count', 'DEBUG', 'Runners the scheduler knows.', ['ollama.runner.count']),
  'ollama.model.named': line('model.named', 'INFO', 'The name of a model that is loaded.', model),
  'ollama.load.fits': line('load.fits', 'INFO', 'The model fits.', [
    'ollama.model.blob',
    'ollama.model.gpus',
    'ollama.runner.parallel',
    'ollama.memory.required',
    'ollama.memory.available',
  ]),
  'ollama.load.offload': line('load.offload', 'INFO', 'How layers are laid out.', [
    'ollama.device.library',
    'ollama.model.layers.offloaded',
    'ollama.model.layers.total',
    'ollama.memory.required',
  ]),
  'ollama.load.request': line('load.request', 'INFO', 'A step of a load.', [
    'ollama.load.operation',
    'ollama.runner.parallel',
    'ollama.context.size',
    'ollama.model.gpus',
  ]),
  'ollama.load.gpu_selected': line('load.gpu_selected', 'INFO', 'A GPU was chosen.', [
    'hw.id',
    'ollama.device',
    'ollama.memory.required',
    'ollama.memory.available',
  ]),
  'ollama.load.gpu_memory': line('load.gpu_memory', 'INFO', 'Memory of a GPU before a load.', [
    'hw.id',
    'ollama.device.library',
    'ollama.memory.available',
    'ollama.memory.free',
  ]),
  'ollama.load.system_memory': line('load.system_memory', 'INFO', 'Memory of the host before a load.', [
    'ollama.memory.total',
    'ollama.memory.free',
  ]),
  'ollama.load.memory': line('load.memory', 'INFO', 'Memory of one part of a model.', [
    'ollama.memory.part',
    'ollama.device',
    'ollama.memory.size',
  ]),
  'ollama.load.layers': line('load.layers', 'INFO', 'Layers on GPUs.', [
    'ollama.model.layers.offloaded',
    'ollama.model.layers.total',
  ]),
  'ollama.load.device': line('load.device', 'INFO', 'A device the runner uses.', [
    'ollama.device',
    'hw.name',
    'nvidia.gpu.bus',
    'ollama.memory.free',
  ]),
  'ollama.load.device_listed': line('load.device_listed', 'INFO', 'A device the runner sees.', [
    'nvidia.gpu.index',
    'hw.name',
    'hw.id',
  ]),
  'ollama.load.waiting': line('load.waiting', 'INFO', 'The server waits for a runner.', ['ollama.load.status']),
  'ollama.load.failed': line('load.failed', 'ERROR', 'A load failed.', [
    'error.type',
    'ollama.request.client_left',
    'ollama.model.blob',
  ]),
  'ollama.load.too_large': line('load.too_large', 'WARN', 'A model needs more memory than there is.', [
    'ollama.memory.required',
    'ollama.memory.available',
  ]),
  'ollama.load.evicting': line('load.evicting', 'INFO', 'A model must make room.', ['ollascope.reason']),
  'ollama.load.retrying': line('load.retrying', 'WARN', 'A load is tried again.', ['ollascope.reason']),
  'ollama.load.client_left': line('load.client_left', 'WARN', 'The client left during a load.'),
  'ollama.load.context_too_large': line(
    'load.context_too_large',
    'WARN',
    'More context was asked for than the model knows.',
    ['ollama.context.size', 'ollama.context.trained_size'],
  ),
  'ollama.load.feature': line('load.feature', 'INFO', 'A feature was decided on.', [
    'ollama.load.feature',
    'ollama.load.enabled',
  ]),
  'ollama.load.reloading': line('load.reloading', 'DEBUG', 'A runner is loaded again with other options.'),
  // --- unloads and crashes ------------------------------------------------------------------------------------------
  'ollama.unload.idle': line('unload.idle', 'DEBUG', 'A runner has nothing to do.', [...runner, 'ollama.keep_alive']),
  'ollama.unload.expired': line('unload.expired', 'DEBUG', 'A runner was idle too long.', runner),
  'ollama.unload.stopping': line('unload.stopping', 'DEBUG', 'A runner is being stopped.', ['ollama.runner.pid']),
  'ollama.unload.stopped': line('unload.stopped', 'DEBUG', 'A runner stopped.', ['ollama.runner.pid']),
  'ollama.unload.finished': line('unload.finished', 'DEBUG', 'A runner is gone.', runner),
  'ollama.unload.vram_not_recovered': line('unload.vram_not_recovered', 'WARN', 'GPU memory did not come back.', [
    'ollama.wait.duration',
  ]),
  'ollama.runner.terminated': line('runner.terminated', 'ERROR', 'A runner process ended by itself.', [
    'error.type',
    'ollama.runner.exit',
  ]),
  'ollama.runner.gone': line('runner.gone', 'ERROR', 'A runner does not answer any more.', ['ollama.runner.signal']),
  'ollama.runner.oom_expiring': line('runner.oom_expiring', 'WARN', 'Runners are let go for lack of memory.'),
  'ollama.runner.device_error': line('runner.device_error', 'ERROR', 'The device failed a runner.', [
    'error.type',
    'nvidia.gpu.index',
  ]),
  'ollama.runner.crash_dump': line('runner.crash_dump', 'ERROR', 'A dump of a dying process, folded into one record.', [
    'ollama.runner.signal',
    'ollama.dump.lines',
    'ollama.dump.goroutines',
  ]),
  // --- other --------------------------------------------------------------------------------------------------------
  'ollama.pull.started': line('pull.started', 'INFO', 'Part of a model is downloaded.', ['ollama.model.blob']),
  'ollama.pull.retrying': line('pull.retrying', 'INFO', 'A download is tried again.', ['ollama.model.blob']),
  'ollama.cloud.model': line('cloud.model', 'INFO', 'A model that runs elsewhere.'),
  'ollama.api.unreachable': line('api.unreachable', 'WARN', 'The API does not answer.', ['ollascope.reason']),
  // --- NVIDIA -------------------------------------------------------------------------------------------------------
  'nvidia.smi.row_truncated': line('gpu.sample_truncated', 'WARN', 'A row broke off: a GPU hung while it was read.', [
    'nvidia.gpu.index',
    'nvidia.smi.columns_read',
    'nvidia.smi.columns_expected',
  ]),
  'nvidia.smi.failed': line('smi.failed', 'ERROR', 'nvidia-smi told a failure.', ['error.type', 'nvidia.gpu.bus']),
  'nvidia.xid': line('xid', 'ERROR', 'An Xid line of the kernel.', [
    ...place,
    'nvidia.xid.code',
    'process.pid',
    'nvidia.xid.process',
    'nvidia.xid.detail',
    'nvidia.xid.caused_by',
    'error.type',
  ]),
  'nvidia.sxid': line('sxid', 'ERROR', 'An NVSwitch error line of the kernel.', [
    'nvidia.gpu.bus',
    'nvidia.sxid.code',
    'nvidia.sxid.severity',
    'nvidia.sxid.switch',
    'nvidia.sxid.link',
  ]),
  'nvidia.kernel.gpu_identity': line('kernel.gpu_identity', 'INFO', 'Which GPU is at which bus.', [
    'nvidia.gpu.bus',
    'hw.id',
  ]),
  'nvidia.kernel.gpu_lost': line('kernel.gpu_lost', 'FATAL', 'A GPU has fallen off the bus.', ['nvidia.gpu.bus']),
  'nvidia.kernel.gsp_rate_limited': line('kernel.gsp_rate_limited', 'WARN', 'The kernel leaves out messages.', [
    'nvidia.gpu.bus',
  ]),
  'nvidia.kernel.driver_loaded': line('kernel.driver_loaded', 'INFO', 'The driver was loaded.', ['hw.driver_version']),
  'nvidia.kernel.gpu_serial': line('kernel.gpu_serial', 'INFO', 'A board told its serial number.', ['nvidia.gpu.bus']),
} as const;
