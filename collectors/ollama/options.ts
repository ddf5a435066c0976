// Names of model options that clients send. Any client can send any name, so only known ones are told; the rest is `other`.

const names: ReadonlySet<string> = new Set(
  `tfs_z mirostat mirostat_tau mirostat_eta penalize_newline low_vram f16_kv logits_all vocab_only use_mlock use_mmap numa
  embedding_only rope_frequency_base rope_frequency_scale num_gqa num_ctx num_batch num_gpu main_gpu num_thread num_keep seed
  num_predict top_k top_p min_p typical_p repeat_last_n temperature repeat_penalty presence_penalty frequency_penalty stop
  max_tokens max_completion_tokens n_predict n_ctx context_length ctx_size think thinking reasoning reasoning_effort stream
  keep_alive format json_mode truncate shift draft_num_predict logprobs top_logprobs grammar system template raw timeout
  max_length min_length length_penalty repetition_penalty no_repeat_ngram_size num_beams do_sample top_a dry_multiplier
  dry_base dry_allowed_length xtc_probability xtc_threshold n batch_size gpu_layers n_gpu_layers num_parallel flash_attn`.split(
    /\s+/,
  ),
);

/** The option's name when it is one that Ollama or its relatives have ever had, else `other`. */
export const optionName = (text: string): string => (names.has(text) ? text : 'other');
