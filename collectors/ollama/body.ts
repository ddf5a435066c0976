// What of a slog record may travel as text: its message and the keys listed here. A new version's new key stays at home until
// somebody adds it. Paths become the blob they name, error texts become their class.
import { classifyError, exitOf } from './errors.ts';
import { optionName } from './options.ts';
import type { SlogRecord } from './slog.ts';
import { blobOf, shortModel } from './values.ts';

/** Keys whose values are numbers, sizes, durations, ids and words of Ollama's own. */
const plain: ReadonlySet<string> = new Set(
  `count pid port status seconds duration refCount size total free free_swap available minimum overhead device id filter_id
  library compute driver name description pci_id type variant libdirs gpu gpus parallel requested required requireFull swap
  predicted main_gpu total_vram default_num_ctx threshold num_ctx n_ctx_train truncated discard slot
  prompt_len cache used remaining layers.requested layers.model layers.offload layers.split
  memory.available memory.gpu_overhead memory.required.full memory.required.partial memory.required.kv
  memory.required.allocations memory.weights.total memory.weights.repeating memory.weights.nonrepeating memory.graph.full
  memory.graph.partial sys reason runner.pid runner.num_ctx runner.parallel runner.size runner.vram
  runner.inference old_num_ctx new_num_ctx effective_num_ctx old_num_batch new_num_batch loaded_count evict_all
  cores efficiency threads package initial_count wait elapsed models failures consecutive_failures model_size
  loaded_mmap_size headroom system_free system_total predicted_vram available_vram required_driver cc`.split(/\s+/),
);

/** Lengths and counts in one version or level, texts in another: `prompt=61` (DEBUG), `prompt="…"` (TRACE). */
const counted: ReadonlySet<string> = new Set([
  'prompt',
  'input',
  'messages',
  'images',
  'media',
  'tools',
  'limit',
  'keep',
  'new',
]);
const COUNT = /^\d{1,12}$/;

/** Values of the plain keys as Ollama prints them; anything longer or stranger is not said. */
const VALUE = /^[\w .,:;()[\]{}/%+@*#-]{1,400}$/;

const toldValue = (key: string, value: string): string | undefined => {
  if (key === 'error') return classifyError(value).errorType;
  if (key === 'option') return optionName(value);
  if (key === 'model' || key === 'runner.model' || key === 'modelPath' || key === 'runner.name') {
    const blob = blobOf(value);
    if (blob !== undefined) return `sha256-${blob}`;
    return key === 'runner.name' || key === 'model' ? modelName(value) : undefined;
  }
  if (key === 'exit' || key === 'string') return exitOf(value);
  if (counted.has(key)) return COUNT.test(value) ? value : undefined;
  return plain.has(key) && VALUE.test(value) ? value : undefined;
};

const NAME = /^[\w.-][\w.:/-]{0,199}$/;
const modelName = (value: string): string | undefined => (NAME.test(value) ? shortModel(value) : undefined);

/** `message key=value …` of the keys that may travel. */
export const bodyOf = (record: SlogRecord, message: string): string => {
  let body = message;
  for (const [key, value] of record.pairs) {
    const told = toldValue(key, value);
    if (told !== undefined) body += told.includes(' ') ? ` ${key}="${told}"` : ` ${key}=${told}`;
  }
  return body;
};
