// Error texts hold paths, prompts and whatever a child printed last, so they never travel: this says which class of error
// a text is, in a handful of names. The order of the table is the order of trust: the cause before the symptom.

export type ErrorClass = { readonly errorType: string; readonly clientLeft: boolean };

/** The reasons CUDA, ROCm and cuBLAS give, by a part of their text. */
const deviceReasons: readonly (readonly [part: string, reason: string])[] = [
  ['out of memory', 'out_of_memory'],
  ['CUBLAS_STATUS_ALLOC_FAILED', 'out_of_memory'],
  ['illegal memory access', 'illegal_memory_access'],
  ['unspecified launch failure', 'unspecified_launch_failure'],
  ['misaligned address', 'misaligned_address'],
  ['no kernel image', 'no_kernel_image'],
  ['device-side assert', 'device_assert'],
  ['uncorrectable ECC', 'uncorrectable_ecc'],
  ['hardware stack error', 'hardware_stack_error'],
  ['illegal instruction', 'illegal_instruction'],
  ['invalid device function', 'invalid_device_function'],
  ['CUBLAS_STATUS_NOT_INITIALIZED', 'cublas_not_initialized'],
  ['CUBLAS_STATUS_EXECUTION_FAILED', 'cublas_execution_failed'],
  ['driver version is insufficient', 'driver_too_old'],
  ['device is busy', 'device_busy'],
  ['devices are busy', 'device_busy'],
  ['no CUDA-capable device', 'no_device'],
  ['invalid device ordinal', 'no_device'],
  ['fallen off the bus', 'device_lost'],
  ['device lost', 'device_lost'],
  ['system not yet initialized', 'system_not_ready'],
  ['unknown error', 'unknown'],
];

/** `cuda.out_of_memory` and the like; `other` where the reason is not in the table. */
export const deviceErrorType = (platform: 'cuda' | 'rocm' | 'metal' | 'vulkan' | 'ggml', text: string): string => {
  for (const [part, reason] of deviceReasons) if (text.includes(part)) return `${platform}.${reason}`;
  return `${platform}.other`;
};

const causes: readonly (readonly [part: string, errorType: string])[] = [
  ['cudaMalloc failed', 'cuda.out_of_memory'],
  ['kIOGPUCommandBufferCallbackErrorOutOfMemory', 'metal.out_of_memory'],
  ['failed to allocate buffer for kv cache', 'out_of_memory'],
  ['failed to allocate', 'out_of_memory'],
  ['unable to allocate', 'out_of_memory'],
  ['requires more system memory', 'insufficient_memory'],
  ['more system memory than is available', 'insufficient_memory'],
  ['memory layout cannot be allocated', 'insufficient_memory'],
  ['out of memory', 'out_of_memory'],
  ['context canceled', 'canceled'],
  ['context cancelled', 'canceled'],
  ['timed out waiting', 'load_timeout'],
  ['deadline exceeded', 'timeout'],
  ['maximum pending requests exceeded', 'queue_full'],
  ['input length exceeds', 'context_exceeded'],
  ['exceeds the available context size', 'context_exceeded'],
  ['exceed_context_size', 'context_exceeded'],
  ['unknown model architecture', 'unsupported_model'],
  ['does not support', 'unsupported_model'],
  ['error loading model', 'model_load'],
  ['unable to load model', 'model_load'],
  ['failed to load model', 'model_load'],
  ['model failed to load', 'model_load'],
  ['no such file or directory', 'file_missing'],
  ['GGML_ASSERT', 'assertion'],
  ['signal arrived during cgo execution', 'signal'],
  ['segmentation', 'segmentation_fault'],
  ['signal: killed', 'killed'],
  ['signal: aborted', 'aborted'],
  ['connection refused', 'runner_gone'],
  ['connection reset', 'runner_gone'],
  ['forcibly closed', 'runner_gone'],
  ['broken pipe', 'runner_gone'],
  ['EOF', 'runner_gone'],
  ['no longer running', 'runner_gone'],
  ['unexpectedly stopped', 'runner_gone'],
  ['0xc0000409', 'aborted'],
  ['0xc0000005', 'segmentation_fault'],
  ['0xc0000135', 'library_missing'],
  ['exit status', 'exited'],
  ['panic', 'panic'],
];

/** The class of an error text; `other` for an unknown one, `unknown` where the log itself has none (`%!w(<nil>)`). */
export const classifyError = (text: string | undefined): ErrorClass => {
  if (text === undefined || text === '' || text.includes('<nil>')) return { errorType: 'unknown', clientLeft: false };
  if (text.includes('CUDA error') && !text.includes('cudaMalloc'))
    return { errorType: deviceErrorType('cuda', text), clientLeft: false };
  if (text.includes('ROCm error')) return { errorType: deviceErrorType('rocm', text), clientLeft: false };
  for (const [part, errorType] of causes)
    if (text.includes(part)) return { errorType, clientLeft: errorType === 'canceled' };
  return { errorType: 'other', clientLeft: false };
};

const EXIT = /(exit status (?:0x[0-9a-f]{1,8}|\d{1,10})|signal: [a-z ]{1,24})/;

/** `exit status 2`, `signal: killed`: how a child ended, without what it said. */
export const exitOf = (text: string | undefined): string | undefined => EXIT.exec(text ?? '')?.[1]?.trim();
