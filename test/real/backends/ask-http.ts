// GET with JSON back, and bounded polling: what all questions to real servers share.

import { setTimeout as delay } from 'node:timers/promises';

export type Parameters = Readonly<Record<string, string | number | undefined>>;

const ANSWER_MS_MAX = 15_000;
const POLL_MS = 50;
const SHOWN_CHARS = 2_000;

export const urlOf = (base: string, path: string, parameters: Parameters = {}): string => {
  const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
};

export class AnswerError extends Error {
  readonly status: number;
  constructor(url: string, status: number, body: string) {
    super(`expected 200 from ${url}, got ${status}: ${body.slice(0, SHOWN_CHARS)}`);
    this.status = status;
  }
}

/** `connection: close`, because a pooled connection outlives the server that a test stops and starts again. */
export const getText = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const response = await fetch(url, { headers: { connection: 'close', ...headers }, signal });
  const body = await response.text();
  if (response.status !== 200) throw new AnswerError(url, response.status, body);
  return body;
};

export const getJson = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> =>
  JSON.parse(await getText(url, headers));

export type UntilOptions<Answer> = {
  /** 30 unless told. */
  readonly seconds?: number;
  /** Unless told: anything but undefined, null, false, '' and empty lists, maps and sets. */
  readonly holds?: (answer: Answer) => boolean;
};

const isSomething = (answer: unknown): boolean => {
  if (Array.isArray(answer)) return answer.length > 0;
  if (answer instanceof Map || answer instanceof Set) return answer.size > 0;
  return answer !== undefined && answer !== null && answer !== false && answer !== '';
};

const shown = (answer: unknown): string => {
  const text = JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
  return (text ?? 'undefined').slice(0, SHOWN_CHARS);
};

/** Asks again until the answer holds, and fails with the last answer (or error) seen when time is up. */
export const until = async <Answer>(
  what: string,
  probe: () => Promise<Answer> | Answer,
  options: UntilOptions<Answer> = {},
): Promise<NonNullable<Answer>> => {
  const seconds = options.seconds ?? 30;
  const holds = options.holds ?? isSomething;
  const endMs = Date.now() + seconds * 1_000;
  for (;;) {
    let last: string;
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== null && holds(answer)) return answer;
      last = `the last answer was ${shown(answer)}`;
    } catch (error) {
      last = `the last attempt failed: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > endMs) throw new Error(`expected within ${seconds} s: ${what}; ${last}`);
    await delay(POLL_MS);
  }
};
