// Messages of Ollama's slog records that mean nothing to a request, a model or a GPU: GPU discovery and the runners.
// Collected from the source of the releases 0.1.34 to 0.34.4; separated by bars. A message that is not here stays unmatched.

/** The texts between the bars. */
const messages = (text: string): readonly string[] =>
  text
    .split('|')
    .map((message) => message.replaceAll('\n', '').trim())
    .filter((message) => message !== '');

export const discoveryMessages: readonly string[] = messages(`
  AMD Driver:|AMD ROCm reports no devices found|
  AMD driver is too old. Update your AMD driver to enable GPU inference.|CPU discovery completed|
  CPU does not have AVX or AVX2, disabling GPU support.|
  CPU does not have minimum vector extensions, GPU inference disabled|CPU does not have vector extensions|
  CPU has AVX|CPU has AVX2|CUDA driver version unavailable; allowing flash attention based on compute capability|
  Detecting GPUs|GGML GPU device type|ResolveTCPAddr failed, using random port|Searching for GPU library|
  See https://github.com/ollama/ollama/blob/main/docs/gpu.md#overrides for HSA_OVERRIDE_GFX_VERSION usage|
  See https://github.com/ollama/ollama/blob/main/docs/troubleshooting.md for HSA_OVERRIDE_GFX_VERSION usage|
  Unable to load cudart|Unable to load nvcuda|Unable to load oneAPI management library|
  Unexpected format for /etc/nv_tegra_release.  Set JETSON_JETPACK to select version|Unknown Library:|
  adjusting filtering IDs|amdgpu appears to be an iGPU, skipping|
  amdgpu detected, but no compatible rocm library found.  Either install rocm v6, or follow manual install instructions at https://github.com/ollama/ollama/blob/main/docs/linux.md#manual-install|
  amdgpu detected, but no compatible rocm library found.  Please install ROCm|amdgpu driver not detected|
  amdgpu is not supported|amdgpu is supported|amdgpu memory|amdgpu reports zero total memory|
  bootstrap discovery took|cleaning up|conflicting device environment override|could not cleanup stale pidfile|
  could not cleanup stale runners|could not cleanup stale tmpdir|could not read ollama.pid, skipping|
  could not verify NVIDIA driver compatibility for CUDA|
  could not verify NVIDIA driver compatibility for an older NVIDIA GPU|
  cudaGetVisibleDevicesEnv skipping over non-cuda device|detected CPU|detected GPUs|detected OS VRAM overhead|
  detected ROCM next to ollama executable|detected ROCM via HIP_PATH=|detected hip devices|
  detected ollama installed ROCm at|discovered GPU libraries|discovering available GPUs...|dll has been unloaded|
  dropping ROCm device — no rocblas support for gfx target|dropping Vulkan duplicate by PCI ID|
  dropping duplicate device|efficiency cores detected|envconfig: could not parse server config|
  envconfig: could not read server config|error looking up CPU memory|error looking up amd driver|
  error looking up amd driver version|error looking up system memory|error looking up total GPU memory|
  error looking up used GPU memory|evaluating amdgpu node|evaluating potential rocm lib dir|
  evaluating which, if any, devices to filter out|evluating which if any devices to filter out|
  existing runner discovery took|experimental Vulkan support disabled.  To enable, set OLLAMA_VULKAN=1|
  failed call to hipGetDeviceCount|failed to clean up|failed to discover physical CPU details|
  failed to get CPU details|failed to lookup CPU details|failed to lookup executable path|
  failed to lookup supported GFX types, falling back to CPU mode|failed to lookup working directory|
  failed to open ollama.pid|failed to open sysfs node|failed to parse CPU allowed micro secs|
  failed to parse CPU unit micro secs|failed to parse node ID|failed to parse pid|failed to parse sysfs node|
  failed to parse version|failed to read ollama.pid|failed to read response|failed to read sysfs node|
  failed to retrieve CPU information|failed to retrieve CPU payload size|failed to send request|
  failed to start runner to discovery GPUs|failed to unload amdhip64.dll|failed to update used memory|
  filtering device which didn't fully initialize|filtering device with overlapping libraries|
  filtering out device per user request|filtering out unsupported or overlapping GPU library combinations|
  found running ollama|get mem info|get properties|gpu library search|hip device|hipDriverGetVersion|
  iGPU detected skipping|if GPUs are not correctly discovered, unset and try again|
  invalid CudaComputeMajorMin setting|invalid CudaComputeMinorMin setting|invalid RocmComputeMajorMin setting|
  invalid environment variable, using default|invalid pid, skipping|invalid port, using default|invalid setting|
  invalid setting must be greater than zero|invalid setting, ignoring|
  jetpack not detected (set JETSON_JETPACK or OLLAMA_LLM_LIBRARY to override), skipping|
  linux rocm device refinement applied|linux rocm device refinement index mismatch|
  linux rocm device refinement skipped: device count mismatch|
  linux rocm device refinement skipped: no stable match|linux rocm device refinement unavailable|
  linux rocm sysfs device skipped|llama-server --list-devices failed|llama-server device discovery took|
  llama-server discovery: could not determine compiled CUDA architectures —|
  llama-server discovery: could not determine compute capability for CUDA device —|
  llama-server discovery: failed to create stderr pipe|llama-server discovery: failed to start|
  llama-server discovery: server startup exited|
  llama-server discovery: stopped subprocess after collecting GPU info|
  llama-server discovery: system_info line not found in output -|
  llama-server discovery: timed out waiting for server startup|llama-server not available for device discovery|
  looking for compatible GPUs|malformed|malformed|malformed device_id|malformed int|malformed used memory|
  malformed vendor_id|mapping amdgpu to drm sysfs nodes|matched|native GPU discovery failed|
  nil oneapi handle with device count|nil oneapi handle with driver count|no compatible amdgpu devices detected|
  no filter required for library|no nvidia devices detected|no valid cuda library loaded to refresh vram usage|
  normalizing AMD visible devices for ROCm discovery|not a ollama runtime directory, skipping|nvidia-ml loaded|
  old CUDA driver detected - please upgrade to a newer driver|
  old CUDA driver detected - please upgrade to a newer driver for best performance|
  ollama recommends running the https://www.amd.com/en/support/download/linux-drivers.html|
  ollama recommends running the https://www.amd.com/en/support/linux-drivers|
  oneapiGetVisibleDevicesEnv skipping over non-sycl device|packages|parse err|performing CPU discovery|
  performing system memory discovery|potentially incompatible library detected in PATH|
  problem refreshing ROCm free memory|process still running, skipping|refreshing free memory|
  removing unsupported or overlapping GPU combination|retrying GPU discovery with Metal tensor API disabled|
  retrying llama-server GPU discovery with Metal tensor API disabled|rocm supported GPUs|
  rocmGetVisibleDevicesEnv skipping over non-rocm device|runner enumerated devices|runner exited|
  runner failed to discover free VRAM|running llama-server for discovery|
  searching for GPU discovery libraries for NVIDIA|
  see https://github.com/ollama/ollama/blob/main/docs/troubleshooting.md for more information|set device|
  skipping 32bit library|skipping CUDA device — compute capability not in compiled architectures|
  skipping PhysX cuda library path|skipping Vulkan native metadata with mismatched device name|
  skipping Vulkan native metadata with mismatched memory|skipping available library at user's request|
  skipping available library at users request|skipping gpu with gfx000|skipping pseudo-device with zero memory|
  skipping rocm gfx compatibility check|skipping rocm gfx compatibility check with HSA_OVERRIDE_GFX_VERSION=|
  spawning runner with|starting runner for device discovery|supported GPU library combinations|
  supported GPU library combinations before filtering|system memory discovery completed|
  unable to cleanup stale tmpdir|unable to load cuda driver library|unable to locate gpu dependency libraries|
  unable to locate llm runner directory.  Set OLLAMA_RUNNERS_DIR to the location of 'ollama_runners'|
  unable to locate llm runner directory. Set OLLAMA_RUNNERS_DIR to the location of 'ollama_runners'|
  unable to lookup executable path|unable to lookup runner library directories|
  unable to refresh all GPUs with existing runners, performing bootstrap discovery|
  unable to start discovery subprocess|unable to verify rocm library, will use cpu|
  unexpected amdgpu sysfs data resulted in negative GPU ID, please set OLLAMA_DEBUG=1 and report an issue|
  unexpected libraries|unknown error initializing cuda driver library|unmarshal encode response|
  unrecognized L4T version|unsupported L4T version|unsupported Radeon iGPU detected skipping|updating|
  updating cuda memory data|updating rocm free memory|updating system memory data|user override|
  user overrode visible devices|verifying GPU is supported|verifying device is supported|
  verifying if device is supported|
  version mismatch between driver and cuda driver library - reboot or upgrade may be required|
  windows vulkan device refinement applied|windows vulkan device refinement skipped: ambiguous device name match|
  windows vulkan device refinement skipped: device count mismatch|
  windows vulkan device refinement skipped: device name mismatch|
  windows vulkan device refinement skipped: fewer probed devices than llama-server devices|
  windows vulkan device refinement unavailable
`);

export const runnerMessages: readonly string[] = messages(`
  (*RotatingKVCache).concat|(*RotatingKVCache).update|Cache hit|Cache miss|Configured MLX wired memory|
  Defaulting to|Draft model architecture|Failed to acquire semaphore|Failed to decode request|
  Failed to encode response|Failed to load MLX dynamic library|Failed to load MLX dynamic library symbols|
  Failed to read request body|Failed to write token to buffer|Fetching|Found llama2 - setting context size to 4096|
  Free|Freed tensors|LoRA adapters are deprecated and will be removed in a future release|Loaded draft model|
  Loaded tensors from manifest|Loading new engine|Loading tensors from|MLX dynamic library loaded|
  MLX dynamic library not available|MLX engine initialized|
  MLX model exceeds the recommended working set; performance may be degraded|MLX.NewContext|MLX.RMSNorm|
  MTP batched validation differs from serial validation|MTP decode stats|MTP greedy decode enabled|
  MTP sample decode enabled|Model architecture|New|OLLAMA_LIBRARY_PATH not set, falling back to default|
  Override detection logic by setting OLLAMA_LLM_LIBRARY|Permute error|
  Prompt does not specify that the LLM should response in JSON, but JSON format is expected. For best results specify that JSON is expected in the system prompt.|
  Prompt processing progress|RMSNorm|Request terminated|ResolveTCPAddr failed|Server listening on|
  Starting HTTP server|Token counts|Tokens|Unable to configure MLX wired memory; using pageable memory|
  Unable to query MLX recommended working set; using pageable memory|
  VisionDownsample weights not loaded - model may be corrupted or incompatible|
  aborting embedding request due to client closing the connection|
  aborting embeddings request due to client closing the connection|adding bos token to prompt|
  adding bos token to prompt which already has it|adding eos token to prompt|
  adding eos token to prompt which already has it|adding gpu dependency paths|adding gpu library|
  array values are unexpectedly negative|aspect ratio exceeds 200, image quality may be affected|
  attachSnapshots skipped: node is not the active frontier|audio: decode|audio: encoded|audio: mel|available gpu|
  availableServers : found|cache hit|cache miss|cache trie:|chunk tokens|compatible gpu libraries|
  computeBatch: EOS|computeBatch: decoding|computeBatch: inputs are ready|computeBatch: logits ready|
  computeBatch: outputs are ready|computeBatch: sequence replaced, discarding its results|
  computeBatch: signaling computeStartedCh|computeBatch: vocab details|
  computeBatch: waiting for inputs to be ready|context expired before server started|converting layers|
  could not glob|couldn't decode properly|cpu|created snapshot|created tensor|custom GPU kernel backend disabled|
  decoded|default cache size estimate|defragmenting kv cache|
  dequantizing expert weights: no gather kernel for format|
  dequantizing gate/up experts: quantization parameters differ|
  dequantizing linear attention projections: pair quantization differs|didn't find any torch files|
  disabling flash attention for gemma4 on pre-Turing GPU|disabling multimodal projector offload|do load request|
  dummy model load took|embedding model detected, setting batch size to context length|
  enabling new memory estimates|encoded|error reading tensor|evaluating|evicting branch snapshot|
  evicting cache slot|evicting interior node|evicting leaf|evicting snapshot node|exploring intermediate layers|
  extracting|extracting embedded files|failed to allocate memory for model|failed to commit memory for model|
  failed to decode batch|failed to get absolute path|failed to get current memory|failed to get executable path|
  failed to initialize ggml backend device|failed to lookup system memory|failed to refresh MLX memory status|
  failed to reinitialize payloads|failed to restore cache, freeing all caches|failure refreshing GPU information|
  file open error|file read error|forking cache slot|forwardBatch compute started, setting up next batch|
  forwardBatch iBatch|forwardBatch no batchInputs, going idle|forwardBatch no pending batch detected|
  forwardBatch waiting for compute to start|found tensor|gathering device infos took|gemma4: token IDs|
  generation of embedding outputs not yet supported|getting tensor data|getting torch tensors|
  ggml backend load all from path|gguf tag has alt: but no primary name|glm-4 events parsed|
  glm-4 tool call parsing failed|glm4 tool call closing tag found but no content before it|
  glm4moelite: unexpected attn_kv_b layout|glmocr: patch_embed weight has unexpected shape - not splitting|
  glmocr: vision attention falling back to manual attention|got line|
  got more elements of attention.head_count than layers|got more elements of feed_forward_length than layers|gpu|
  gpu has too little memory to allocate any layers|hit stop token|image embeddings|image tokenization chunks|
  insufficient VRAM to load any model layers|invalid MTP env setting|invalid llama-server fit target|
  keeping bundled ROCm runtime because companion DLL version is unavailable|
  keeping bundled ROCm runtime because system companion DLL is missing|
  keeping bundled ROCm runtime because system companion DLL is older|key not found|key with type not found|
  kv cache cannot shift, clearing cache and returning inputs for reprocessing|
  kv cache removal not supported, clearing cache and returning inputs for reprocessing|
  kv cache removal unsupported, clearing cache and returning inputs for reprocessing|layer to assign|
  llama server binary disappeared, reinitializing payloads|llama server disappeared, reinitializing payloads|
  llama-server VRAM tracking: no per-device buffer sizes were parsed from|
  llama-server buffer sizes not available, falling back to file size estimate|llama-server unhealthy|
  llamarunner free vram reporting not supported|loading image embeddings from cache|loading model|
  loading model via llama-server|loading vocab|media not referenced by prompt|memory|
  memory layout cannot be allocated|mlx closure callback panicked|mlx decode first token|mlx decode seed|
  mlx prompt forward|mlx response parse error|mlx runner is ready|mlx subprocess CUDA headers|
  mlx subprocess library path|mlx-runner|model does not support caching, disabling parallel processing|
  model does not support caching, setting batch size to context length|model is torch|
  model layout did not fit, applying backoff|model load completed, waiting for server to become available|
  model missing blk.0 layer size|model not yet supported by Ollama engine, switching to compatibility mode|
  model only supports non-quantized cache types|model only supports non-quantized cache types|
  model wants flash attention|nemotronh: failed to get SSM state, using zeros|
  nemotronh: failed to get conv state, using zeros|new layout created|
  new runner detected, loading model for cgo tokenization|no params.json|normalToNeoX: unexpected head count|
  num_frames must be >= temporal_patch_size, adjusting num_frames|offloading output layer to ACCEL|
  offloading output layer to CPU|offloading output layer to GPU|payload lookup error|peak memory|
  prediction aborted, token repeat limit reached|qwen3.5 moe load|qwen3next: checkpoint miss|
  qwen3next: failed to get conv state, using zeros|qwen3next: failed to get delta state, using zeros|
  reading user defined tokens|requested context length is greater than model max context length|
  requested context length is greater than the model's training context window size|selected windows ROCm runtime|
  selected windows Vulkan loader|server list inconsistent|server not yet available|server unhealthy|
  setting token limit to 10x num_ctx|sever list inconsistent|skipping incompatible MLX variant|skipping layer|
  skipping path which is not part of ollama|skipping unused backend device|
  snapshot skipped: cacheOffset is behind frontier|special token|speculation depth controller|
  speculative decode stats|split GGUF alias cleanup deferred until runner shutdown|spm tokenizer|
  starting go runner|starting mlx runner subprocess|starting ollama engine|stopping mlx runner subprocess|
  storing image embeddings in cache|subprocess|switching cache path|system|system info|
  temporal_patch_size must be > 0, defaulting to 1|tokenizer|unable to find a kv cache slot|
  unable to load any llama server|unable to locate|unable to start runner with compatible gpu|unknown byte token|
  unknown patch size for vision model|unknown pretokenizer, using default|unsupported file type|
  using cached MLX memory status|using cached MLX memory status before first refresh|using llama-server for model|
  using requested gpu library|using spm vocabulary|verifying layout|vision: decode|vision: encoded|vision: patches|
  vision: pixelValues|vision: preprocess|vocab loaded|vocabulary|vocabulary is larger than expected|
  vocabulary is smaller than expected, padding with dummy tokens|
  vocabulary size was not explicitly set by the model|waiting for llama runner to start responding|
  waiting for llama server to exit|waiting for llama-server to exit|waiting for llama-server to start responding|
  windows ROCm runtime selection unavailable|windows Vulkan loader selection unavailable
`);

export const mlxMessages: readonly string[] = messages(`
  LLM generation failed|MLX library initialized|Structured output initialized|Structured output is unavailable|
  all blobs exist, nothing to upload|blob exists|blob upload cancelled|blob upload complete|
  blob upload failed, retrying|detected LLM architecture|detected image model type|detected model type|
  downloading blob|failed to close http server|failed to stop mlx worker|graceful shutdown timed out|
  image runner is ready|image runner listening|image-runner|loaded glm4-moe-lite model|manifest push failed|
  manifest push succeeded|media token mismatch|mlx generation completed|mlx runner listening|
  mlx scanner EOF without Done response - subprocess may have crashed|mlx scanner error|
  mlx subprocess has exited unexpectedly|progress callback panic (likely closed channel)|pushing manifest|
  retrying init upload|shutting down image runner|shutting down mlx runner|starting image runner|
  starting image runner subprocess|starting mlx runner|stopping image runner subprocess|tokenized prompt|
  unable to initialize MLX|upload plan|uploading blob
`);
