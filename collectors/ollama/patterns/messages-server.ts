// Messages of Ollama's slog records that mean nothing to a request, a model or a GPU: the server, its scheduler, its stores and what holds prompts.
// Collected from the source of the releases 0.1.34 to 0.34.4; separated by bars. A message that is not here stays unmatched.

/** The texts between the bars. */
const messages = (text: string): readonly string[] =>
  text
    .split('|')
    .map((message) => message.replaceAll('\n', '').trim())
    .filter((message) => message !== '');

export const contentMessages: readonly string[] = messages(`
  No valid tool call found in object.|No valid tool calls found in any raw tool calls.|
  ToChunks returned no chunks; falling back to ToChunk for usage chunk|anthropic middleware: converted response|
  anthropic middleware: followup /api/chat failed|anthropic middleware: followup decoded|
  anthropic middleware: followup non-200 response|anthropic middleware: followup request|
  anthropic middleware: followup response|anthropic middleware: loop worker done|
  anthropic middleware: loop worker returned error|anthropic middleware: loop worker started|
  anthropic middleware: starting async web_search loop|anthropic middleware: starting sync web_search loop|
  anthropic middleware: stream chunk|anthropic middleware: upstream chunk|anthropic middleware: web_search error|
  anthropic middleware: web_search execution blocked|anthropic middleware: web_search loop complete|
  anthropic middleware: web_search loop init|anthropic middleware: web_search loop iteration|
  anthropic middleware: web_search loop max reached|anthropic middleware: web_search request failed|
  anthropic middleware: web_search results|anthropic: converted block message|anthropic: converted request|
  anthropic: converting request|anthropic: dropping colliding custom web_search tool|
  anthropic: invalid base64 image data|anthropic: invalid content block format|anthropic: invalid image source|
  anthropic: invalid tool schema|anthropic: invalid tool_result content|anthropic: message conversion failed|
  anthropic: tool_use block missing id|anthropic: tool_use block missing name|anthropic: unsupported image source|
  anthropic: unsupported image source type|anthropic: web search auth|anthropic: web search blocked|
  anthropic: web search request|anthropic: web search response|anthropic: web search results|candidate|
  chat request|cogito tool call parsing failed|cohere action parsing failed|completed Responses web search|
  completion request|could not marshall function arguments to json|deepseek tool call parsing failed|
  embedding request|executing Responses web search|failed to encode prompt|failed to marshal tool arguments|
  failed to parse olmo3 function calls|fragments|gemma4 tool call flush on done failed|
  gemma4 tool call parsing failed|generate request|
  glimmer parser recovered stray message boundary token in ATEM invoke name|glm-4.6 events parsed|
  glm-4.6 tool call parsing failed|glm46 tool call closing tag found but no content before it|
  harmony event content|harmony event header complete|
  harmony parser: found message start tag in the middle of the content|harmony parser: missing role in header|
  harmony parser: no reverse mapping found for function name|lfm2 tool call parsing failed|merges|
  missing required fields in tool call template|missing token|non-leading system message|olmo3 events parsed|pair|
  parsed Responses tools|preferring web_search tool call over client tool calls in mixed Responses followup|
  preferring web_search tool call over client tool calls in mixed Responses response|
  preferring web_search tool call over client tool calls in mixed followup response|
  preferring web_search tool call over client tool calls in mixed tool response|
  prompt longer than context window, removing image|prompt now fits in context window|qwen events parsed|
  qwen tool call closing tag found but no content before it|qwen tool call parsing failed|qwen3 events parsed|
  qwen3 tool call closing tag found but no content before it|qwen3 tool call parsing failed|qwen3.5 events parsed|
  qwen3.5 parser entered unknown state; resetting to content mode|qwen3.5 tool call parsing failed|
  request debug logging enabled|required tokens longer than context window, removing first prompt|
  template or tree is nil|unexpected message role
`);

export const schedulerMessages: readonly string[] = messages(`
  cpu inference mode, model fits in available system memory|
  cpu mode with available system memory or first model, loading|cpu mode with existing models, loading|
  cpu mode with first model, loading|delaying scheduling while other models finish loading|
  duplicate expired event, ignoring|evaluating if CPU model load will fit in available system memory|
  expired event with positive ref count, retrying|failed to load model metadata|
  finished requeset signal received after model unloaded|finished request signal received after model unloaded|
  finished setting up runner|first model load requested retry|found an idle runner to unload|got lock to unload|
  got lock to unload expired event|gpu VRAM convergence|gpu reported|
  ignoring unload event with no pending requests|loading additional model|loading first model|
  loading model metadata|max runners achieved, unloading one to make room|
  mllama does not currently support parallel requests|mllama doesn't support parallel requests yet|
  model architecture does not currently support parallel requests|model was still loaded|
  multimodal models don't support parallel requests yet|new model fits with existing models, loading|
  new model will fit in available VRAM, loading|no idle runners, picking the shortest duration|
  no loaded runner to unload|no need to wait for VRAM recovery|
  one or more GPUs detected that are unable to accurately report free memory - disabling default concurrency|
  orphaned runner shutting down|overlapping loads detected|
  pending request cancelled or timed out, skipping scheduling|predicted usage exceeds VRAM|
  processing incoming request|refreshing GPU list|refreshing system information|
  requested main_gpu is outside the selected GPU group; passing value through to llama-server|
  resetting model to expire immediately to make room|runner released|
  runner terminated and removed from list, blocking for VRAM recovery|runner to expire was nil!|
  runner to expire was nil, retrying|shutting down currently loading runner|shutting down runner|
  shutting down scheduler completed loop|shutting down scheduler during evict-all wait|
  shutting down scheduler pending loop|starting background wait for VRAM recovery|starting llm scheduler|
  timer expired, expiring to unload|triggering expiration for failed load|
  unexpected nil runner reference, memory prediction may be incorrect|unload completed|updated VRAM|
  updated VRAM based on existing loaded models|updating default concurrency|updating free space|
  using existing loaded runner|waiting for pending requests to complete and unload to occur
`);

export const cachesMessages: readonly string[] = messages(`
  could not create gguf metadata dir|could not create gguf metadata temp file|could not encode gguf metadata|
  could not load model to describe it|could not read gguf metadata dir|could not read gguf metadata file|
  could not remove gguf metadata file|could not write gguf metadata file|
  dropping cloud recommendation missing limits|
  failed to decode manifest config while checking model show cache eligibility|failed to describe model|
  failed to hydrate cloud model show cache|failed to hydrate local model show cache|
  failed to hydrate model list cache|failed to open manifest config while checking model show cache eligibility|
  failed to parse model recommendations snapshot|failed to persist model recommendations snapshot|
  failed to read gguf model metadata|failed to read model recommendations snapshot|
  failed to refresh model list cache|failed to resolve model recommendations snapshot path|
  ignoring invalid model recommendations snapshot|ignoring unusable gguf metadata file|
  loaded model recommendations snapshot|model list cache hydration complete|model list cache hydration failed|
  model recommendations cache sleep scheduled|model recommendations read refresh failed|
  model recommendations refresh failed|model recommendations refreshed|model recommendations snapshot not found|
  model show cloud cache hydration failed|model show cloud read refresh failed|
  model show local cache hydration failed|model template contains errors|persisted model recommendations snapshot|
  refreshing model recommendations from remote|
  skipping model recommendations read refresh because cloud is disabled|
  skipping model recommendations refresh because cloud is disabled|
  skipping model show cloud cache hydration because cloud is disabled|
  skipping model show cloud read refresh because cloud is disabled|
  skipping timer model recommendations refresh because refresh is already running|starting model list cache|
  starting model recommendations cache|starting model show cache|stopping model recommendations cache|
  triggering model recommendations refresh on read|triggering model show cloud refresh on read
`);

export const serverMessages: readonly string[] = messages(`
  Dynamic LLM libraries|OLLAMA_EXPERIMENT=client2 is no longer available. Please remove this environment.|
  account plan was not set; defaulting to free|bad manifest config|bad manifest config filepath|
  bad manifest filepath|builtin parser empty output|builtin parser input|builtin parser output|chat prompt error|
  chat prompt error applying structured outputs|chat template prompt error|cloud base URL override enabled|
  cloud proxy response copy failed|cloud proxy response stream closed by client|cloud proxy signing failed|
  corrupt manifests detected, skipping prune operation.  Re-pull or delete to clear|couldn't get public key|
  embedded messages in the model not supported with '/api/generate'; try '/api/chat' instead|
  embedding generation failed|empty prefix alias in router config|
  evicting intermediate blob which no longer exists|failed to create tool parser|
  failed to find home directory for Codex proxy|
  failed to parse existing server config; preserving unknown fields skipped|
  failed to read request body for debug logging|failed to write debug request body|
  failed to write debug request replay command|ignoring cloud base URL override|
  invalid alias name in router config|invalid alias target in router config|
  model does not support thinking, relaxing thinking to nil|retrying compaction after context overflow|
  serving model recommendations|streamResponse failed to encode json error|
  the context field is deprecated and will be removed in a future version of Ollama
`);

export const storeMessages: readonly string[] = messages(`
  LoRA adapters are deprecated; the adapter layer is carried over but new adapters cannot be created|
  MLX is unavailable for safetensors model pull|MLX runtime unavailable during safetensors create|
  WARNING: model contains embeddings, but embeddings in modelfiles have been deprecated and will be ignored.|
  bad filepath|bad manifest|bad manifest name|could not create new layer from layer|couldn't decode ggml|
  couldn't open model file|couldn't open projector file|couldn't read model metadata|
  couldn't read projector metadata|couldn't remove blob|couldn't stat blob|create model from model name|
  download summary|error converting from safetensors|error getting blobs path|error reading file|
  failed to get direct URL; backing off and retrying|failed to remove staged safetensors source|
  failed to remove temporary split GGUF links|jwt does not contain 'sub' field|jwt token does not contain 3 parts|
  layer does not exist|manifest written|
  model is missing tokenizer.chat_template and Go TEMPLATE support is unavailable; chat responses may be poorly formatted|
  panic in create background goroutine|parseToolCalls|pulling model with bad existing manifest|quantizing model|
  restored embedded compatibility tensors after llama-quantize|skipped extracting file outside of context|
  template detection|tensor quantization adjusted for better quality|unknown capabilities for model|
  unknown capability|upload summary|using GGUF chat_template because it has stronger capabilities than Go TEMPLATE
`);
