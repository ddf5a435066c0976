// `server config env="map[HTTPS_PROXY:… OLLAMA_DEBUG:INFO …]"`: a Go map printed with its keys sorted. Proxies hold
// passwords and origins hold hosts, so only the names listed here are read, and only values of a plain form.

const told: ReadonlySet<string> = new Set([
  'CUDA_VISIBLE_DEVICES',
  'GPU_DEVICE_ORDINAL',
  'HIP_VISIBLE_DEVICES',
  'ROCR_VISIBLE_DEVICES',
  'GGML_VK_VISIBLE_DEVICES',
  'HSA_OVERRIDE_GFX_VERSION',
  'OLLAMA_CONTEXT_LENGTH',
  'OLLAMA_DEBUG',
  'OLLAMA_DEBUG_LOG_REQUESTS',
  'OLLAMA_FLASH_ATTENTION',
  'OLLAMA_GPU_OVERHEAD',
  'OLLAMA_IGPU_ENABLE',
  'OLLAMA_INTEL_GPU',
  'OLLAMA_KEEP_ALIVE',
  'OLLAMA_KV_CACHE_TYPE',
  'OLLAMA_LLM_LIBRARY',
  'OLLAMA_LOAD_TIMEOUT',
  'OLLAMA_MAX_LOADED_MODELS',
  'OLLAMA_MAX_QUEUE',
  'OLLAMA_MAX_VRAM',
  'OLLAMA_MULTIUSER_CACHE',
  'OLLAMA_NEW_ENGINE',
  'OLLAMA_NEW_ESTIMATES',
  'OLLAMA_NOHISTORY',
  'OLLAMA_NOPRUNE',
  'OLLAMA_NO_CLOUD',
  'OLLAMA_NUM_PARALLEL',
  'OLLAMA_SCHED_SPREAD',
  'OLLAMA_VULKAN',
]);

const NAME = /(?:^map\[|[ \]])([A-Z][A-Z0-9_]{1,63}):/g;
const VALUE = /^[\w.,+-]{1,128}$/;

/** The listed settings that have a value. A value ends where the next name begins. */
export const readConfig = (env: string): { readonly [name: string]: string } => {
  const settings: { [name: string]: string } = {};
  const names = Array.from(env.matchAll(NAME));
  for (const [index, m] of names.entries()) {
    const name = m[1] ?? '';
    if (!told.has(name)) continue;
    const from = m.index + m[0].length;
    const value = env
      .slice(from, names[index + 1]?.index ?? env.length)
      .replace(/\]$/, '')
      .trim();
    if (VALUE.test(value)) settings[name] = value;
  }
  return settings;
};
