// Words that many panels share: how series of a model or GPU are named, colours of states, what an empty panel means.
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import { shown } from './expressions.ts';

/** One GPU of one host; two hosts both have a GPU 0. */
export const PER_GPU = ['host.name', 'hw.id', 'nvidia.gpu.index'] as const satisfies readonly AttributeKey[];
/** For sums: a GPU that was known by its index first and by its id later counts once. */
export const ONE_GPU = ['host.name', 'nvidia.gpu.index'] as const satisfies readonly AttributeKey[];
/** For metrics that know the id only. */
export const PER_GPU_ID = ['host.name', 'hw.id'] as const satisfies readonly AttributeKey[];
/** One observed server. */
export const PER_SERVER = ['service.name', 'host.name'] as const satisfies readonly AttributeKey[];
export const PER_MODEL = ['gen_ai.request.model'] as const satisfies readonly AttributeKey[];

export const gpuName = `GPU ${shown('nvidia.gpu.index')} ${shown('host.name')}`;
export const gpuId = `${shown('hw.id')} ${shown('host.name')}`;
export const modelName = shown('gen_ai.request.model');

export const none = {
  requests: 'No request ended in this time range.',
  gpu: 'No GPU was sampled: no nvidia-smi source, or none of this service, host and GPU.',
  described: 'Not told: this GPU or driver does not support it, or nvidia-smi --query-gpu is not read.',
  models: 'No model is known to be resident: nothing is loaded, or the API is not polled.',
  logs: 'No such record in Loki in this time range.',
  traces: 'No such trace in Jaeger in this time range.',
  neverHappened: 'It has not happened.',
  agent: 'No agent tells anything: is ollascope running, and does the Collector accept its data?',
  processes: 'nvidia-smi pmon tells no process: none runs, or the platform does not tell (WSL2, Windows).',
  energy: 'No energy was attributed: it needs GPU samples and the phases of a request.',
  states: 'No GPU changed its state.',
  confidential: 'No GPU runs in confidential computing mode.',
  stack: 'Not scraped: this server is not among the targets of Prometheus.',
} as const;
