// Four questions to the Ollama API, none of which wakes or loads a model: /api/version, /api/ps, /api/tags, /api/show.
// Answers are bounded in time and size, and only named fields are taken from them.
import { Client } from 'undici';
import { errnoOf } from './open-log.ts';

/** Why there is no answer, in few classes: `refused`, `timeout`, `status_500`, `too_large`, `not_json`, or the system's code. */
export type Unanswered = { readonly unreachable: string };
export type Answer = { readonly json: unknown } | Unanswered;

export type OllamaClient = {
  get(path: '/api/version' | '/api/ps' | '/api/tags', signal: AbortSignal): Promise<Answer>;
  show(model: string, signal: AbortSignal): Promise<Answer>;
  /** Drops the connection; leaves no socket behind. */
  close(): Promise<void>;
};

const CONNECT_TIMEOUT_MS = 2_000;
/** A server that is loading answers these at once; a swapping host may take seconds. */
const ANSWER_TIMEOUT_MS = 10_000;
/** /api/show repeats a whole tokenizer for some models; hundreds of models list in under 1 MiB. */
const ANSWER_BYTES_MAX = 8_388_608;

const DROPPED = 'dropped';

const reasonOf = (error: unknown): string => {
  const code = errnoOf(error);
  if (code === 'ECONNREFUSED') return 'refused';
  if (code.includes('TIMEOUT') || code === 'ETIMEDOUT') return 'timeout';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'too_large';
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' ? DROPPED : code.toLowerCase();
};

const parse = (text: string): Answer => {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { unreachable: 'not_json' };
  }
};

export const createOllamaClient = (origin: string): OllamaClient => {
  const client = new Client(origin, {
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    maxResponseSize: ANSWER_BYTES_MAX,
  });
  const request = async (method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: string): Promise<Answer> => {
    try {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await client.request({ method, path, headers, body: body ?? null, signal });
      const text = await response.body.text();
      return response.statusCode === 200 ? parse(text) : { unreachable: `status_${response.statusCode}` };
    } catch (error) {
      return { unreachable: reasonOf(error) };
    }
  };
  /** A kept connection that the server closed meanwhile fails the first request after it: that says nothing, ask again. */
  const ask = async (method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: string): Promise<Answer> => {
    const answer = await request(method, path, signal, body);
    const isDropped = 'unreachable' in answer && answer.unreachable === DROPPED;
    return isDropped && !signal.aborted ? request(method, path, signal, body) : answer;
  };
  return {
    get: (path, signal) => ask('GET', path, signal),
    show: (model, signal) => ask('POST', '/api/show', signal, JSON.stringify({ model })),
    close: () => client.destroy(),
  };
};
