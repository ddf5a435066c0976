// Under which attribute a reading's field travels. Fields that are not here stay on the host: the table is an allow-list.
// The same field means the same thing in every kind, except the few in `fieldsOfKind`.
import type { AttributeKey } from './attributes.ts';

/** The attribute's key, or the key and the divisor that makes the printed unit the attribute's. */
export type FieldMapping = AttributeKey | { readonly key: AttributeKey; readonly per: number };

const NS_PER_SECOND = 1e9;
const MS_PER_SECOND = 1e3;

export const fieldAttributes = {
  accepted: 'ollama.draft.accepted',
  acceptance: 'ollama.draft.acceptance',
  api: 'ollama.request.api',
  availableBytes: 'ollama.memory.available',
  blob: 'ollama.model.blob',
  bus: 'nvidia.gpu.bus',
  by: 'ollama.slot.selected_by',
  cachedTokens: 'ollama.prompt.cached_tokens',
  causedBy: 'nvidia.xid.caused_by',
  client: 'client.address',
  clientLeft: 'ollama.request.client_left',
  code: 'nvidia.xid.code',
  columnsExpected: 'nvidia.smi.columns_expected',
  columnsRead: 'nvidia.smi.columns_read',
  computeCapability: 'ollama.device.compute_capability',
  computeInstance: 'nvidia.gpu.compute_instance',
  contextSize: 'ollama.context.size',
  count: 'ollama.runner.count',
  description: 'hw.name',
  device: 'ollama.device',
  discard: 'ollama.context.discarded_tokens',
  driver: 'hw.driver_version',
  durationMs: { key: 'ollama.task.duration', per: MS_PER_SECOND },
  durationSeconds: 'ollama.load.duration',
  enabled: 'ollama.load.enabled',
  engine: 'ollama.runner.engine',
  errorType: 'error.type',
  exit: 'ollama.runner.exit',
  feature: 'ollama.load.feature',
  freeBytes: 'ollama.memory.free',
  generated: 'ollama.draft.generated',
  goroutines: 'ollama.dump.goroutines',
  gpuInstance: 'nvidia.gpu.instance',
  gpuLayers: 'ollama.model.layers.offloaded',
  id: 'hw.id',
  index: 'nvidia.gpu.index',
  keep: 'ollama.prompt.kept_tokens',
  keepAliveSeconds: 'ollama.keep_alive',
  latencyNs: { key: 'ollama.request.duration', per: NS_PER_SECOND },
  layersModel: 'ollama.model.layers.total',
  layersOffload: 'ollama.model.layers.offloaded',
  library: 'ollama.device.library',
  limit: 'ollama.prompt.limit_tokens',
  lines: 'ollama.dump.lines',
  link: 'nvidia.sxid.link',
  method: 'http.request.method',
  model: 'gen_ai.request.model',
  offloaded: 'ollama.model.layers.offloaded',
  operation: 'ollama.load.operation',
  option: 'ollama.request.option',
  outputTokens: 'ollama.task.tokens',
  parallel: 'ollama.runner.parallel',
  part: 'ollama.memory.part',
  pciBus: 'nvidia.gpu.bus',
  pid: 'ollama.runner.pid',
  port: 'ollama.runner.port',
  predictedBytes: 'ollama.memory.required',
  process: 'nvidia.xid.process',
  prompt: 'ollama.prompt.tokens',
  promptBytes: 'ollama.request.prompt_size',
  promptProgress: 'ollama.prompt.progress',
  promptTokens: 'ollama.prompt.tokens',
  reason: 'ollascope.reason',
  refCount: 'ollama.runner.ref_count',
  requiredBytes: 'ollama.memory.required',
  requiredFullBytes: 'ollama.memory.required',
  route: 'http.route',
  seconds: 'ollama.wait.duration',
  severity: 'nvidia.sxid.severity',
  signal: 'ollama.runner.signal',
  sizeBytes: 'ollama.memory.size',
  slot: 'ollama.slot.id',
  status: 'http.response.status_code',
  switch: 'nvidia.sxid.switch',
  task: 'ollama.task.id',
  tokens: 'ollama.task.tokens',
  total: 'ollama.model.layers.total',
  totalBytes: 'ollama.memory.total',
  totalVramBytes: 'ollama.memory.total',
  trainedContextSize: 'ollama.context.trained_size',
  uuid: 'hw.id',
  version: 'ollama.version',
} as const satisfies { readonly [field: string]: FieldMapping };

/** Where a field of one kind means something else; `undefined` keeps it back. */
export const fieldsOfKind: { readonly [kind: string]: { readonly [field: string]: FieldMapping | undefined } } = {
  'server.listening': { port: 'server.port' },
  'runner.device_error': { device: 'nvidia.gpu.index' },
  'request.aborted': { operation: 'ollama.request.api' },
  'request.messages_truncated': { truncated: 'ollama.messages.truncated' },
  'load.waiting': { status: 'ollama.load.status' },
  'kernel.driver_loaded': { version: 'hw.driver_version' },
  sxid: { code: 'nvidia.sxid.code' },
  xid: { pid: 'process.pid' },
};

/** The attribute of a reading's field, or undefined for one that does not travel. */
export const mappingOf = (kind: string, field: string): FieldMapping | undefined => {
  const special = fieldsOfKind[kind];
  if (special !== undefined && Object.hasOwn(special, field)) return special[field];
  const table: { readonly [field: string]: FieldMapping } = fieldAttributes;
  return Object.hasOwn(table, field) ? table[field] : undefined;
};
