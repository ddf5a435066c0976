// Reads the counts and durations out of what a server answered: one JSON object, one per line, or server-sent events.
// Only the last object that has a field counts, and the text of the answer itself is never kept.

const COUNTS = [
  'prompt_eval_count',
  'prompt_eval_cached_count',
  'eval_count',
  'total_duration',
  'load_duration',
  'prompt_eval_duration',
  'eval_duration',
] as const;

type Counts = { -readonly [Name in (typeof COUNTS)[number]]?: number } & {
  done_reason?: string;
  usage?: unknown;
  response_id?: string;
};

export type Answer = { readonly error: string | undefined; readonly counts: Counts };

type JsonObject = Readonly<Record<string, unknown>>;

export const readAnswer = (body: string): Answer => {
  const counts: Counts = {};
  let error: string | undefined;
  for (const part of objectsOf(body)) {
    for (const name of COUNTS) {
      const value = part[name];
      if (typeof value === 'number') counts[name] = value;
    }
    if (typeof part['done_reason'] === 'string') counts.done_reason = part['done_reason'];
    if (part['usage'] !== undefined && part['usage'] !== null) counts.usage = part['usage'];
    if (typeof part['id'] === 'string') counts.response_id = part['id'];
    if (part['error'] !== undefined) error = errorText(part['error']);
  }
  return { error, counts };
};

/** `"…"` from Ollama's own routes, `{"message": "…", …}` from the OpenAI ones. */
const errorText = (error: unknown): string => {
  if (typeof error === 'string') return error;
  return isObject(error) && typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
};

const objectsOf = (body: string): JsonObject[] => {
  const whole = parseObject(body);
  if (whole !== undefined) return [whole];
  return body
    .split('\n')
    .map((line) => parseObject(line.replace(/^data: /, '')))
    .filter((part) => part !== undefined);
};

/** Undefined for what is no JSON object: `[DONE]`, an empty line, the piece at which a stream was cut. */
const parseObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
