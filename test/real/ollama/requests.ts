// The requests that scenarios are made of. Every text that is sent holds the planted secret, so that a test can look for
// it in everything that leaves: it must never be found there.

/** Stands in every prompt, message, system text and embedding input that the scenarios send. */
export const PLANTED_SECRET = 'quokka-marzipan-58213';

export type RequestPlan = {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly model: string | null;
  readonly stream: boolean | null;
  /** Sent as it is: JSON text, or on purpose something else. */
  readonly body: string | null;
  readonly promptBytes: number | null;
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly keepAlive: number | string | null;
  readonly note: string | null;
  /** The client resets the connection after so long, or once so many pieces of the body came. */
  readonly hangUp?: { readonly afterMs?: number; readonly afterPieces?: number };
};

export type Ask = {
  readonly prompt: string;
  readonly stream?: boolean;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly keepAlive?: number | string;
  readonly note?: string;
  readonly hangUp?: RequestPlan['hangUp'];
  /** Further fields of the body: tools, format, truncate. */
  readonly more?: Readonly<Record<string, unknown>>;
};

export type InferenceKind = 'generate' | 'chat' | 'v1' | 'v1_completion' | 'embed' | 'v1_embed' | 'embeddings';

const PATHS: Readonly<Record<InferenceKind, string>> = {
  generate: '/api/generate',
  chat: '/api/chat',
  v1: '/v1/chat/completions',
  v1_completion: '/v1/completions',
  embed: '/api/embed',
  v1_embed: '/v1/embeddings',
  embeddings: '/api/embeddings',
};

const STREAMS: readonly InferenceKind[] = ['generate', 'chat', 'v1', 'v1_completion'];
const OPENAI: readonly InferenceKind[] = ['v1', 'v1_completion'];

export const inference = (kind: InferenceKind, model: string, ask: Ask): RequestPlan => {
  const stream = STREAMS.includes(kind) ? (ask.stream ?? false) : null;
  const body = {
    model,
    ...contentOf(kind, ask),
    ...streamFields(kind, stream),
    ...optionFields(kind, ask),
    ...ask.more,
  };
  return {
    kind,
    method: 'POST',
    path: PATHS[kind],
    model,
    stream,
    body: JSON.stringify(body),
    promptBytes: Buffer.byteLength(ask.prompt),
    options: ask.options ?? null,
    keepAlive: ask.keepAlive ?? null,
    note: ask.note ?? null,
    ...(ask.hangUp === undefined ? {} : { hangUp: ask.hangUp }),
  };
};

const contentOf = (kind: InferenceKind, ask: Ask): Record<string, unknown> => {
  if (kind === 'chat' || kind === 'v1') return { messages: [{ role: 'user', content: ask.prompt }] };
  return kind === 'embed' || kind === 'v1_embed' ? { input: ask.prompt } : { prompt: ask.prompt };
};

/** The OpenAI routes tell token counts at the end of a stream only when asked to. */
const streamFields = (kind: InferenceKind, stream: boolean | null): Record<string, unknown> => {
  if (stream === null) return {};
  return OPENAI.includes(kind) && stream ? { stream, stream_options: { include_usage: true } } : { stream };
};

const optionFields = (kind: InferenceKind, ask: Ask): Record<string, unknown> => {
  if (OPENAI.includes(kind))
    return ask.options?.['num_predict'] === undefined ? {} : { max_tokens: ask.options['num_predict'] };
  return {
    ...(ask.options === undefined ? {} : { options: ask.options }),
    ...(ask.keepAlive === undefined ? {} : { keep_alive: ask.keepAlive }),
  };
};

/** A request with no prompt: other routes, wrong methods, broken bodies. */
export const plain = (
  kind: string,
  method: string,
  path: string,
  body: string | null = null,
  note: string | null = null,
): RequestPlan => ({
  kind,
  method,
  path,
  model: null,
  stream: null,
  body,
  promptBytes: null,
  options: null,
  keepAlive: null,
  note,
});

/** Loads (`keep_alive` set, no prompt) or unloads (0) a model without asking it anything. */
export const emptyPrompt = (model: string, keepAlive: number | string | null, note: string): RequestPlan => ({
  ...plain(
    'generate',
    'POST',
    PATHS.generate,
    JSON.stringify({ model, ...(keepAlive === null ? {} : { keep_alive: keepAlive }) }),
    note,
  ),
  model,
  stream: false,
  keepAlive,
});

const PROMPT_WORDS =
  'amber birch cedar delta ember fjord grove heron inlet jetty kiosk larch maple north oasis pearl quill ridge'.split(
    ' ',
  );

/** `words` random words with the planted secret somewhere among them. */
export const promptOf = (random: () => number, words: number): string => {
  const chosen = Array.from({ length: words }, () => PROMPT_WORDS[Math.floor(random() * PROMPT_WORDS.length)] ?? '');
  return chosen.toSpliced(Math.floor(random() * (words + 1)), 0, PLANTED_SECRET).join(' ');
};
