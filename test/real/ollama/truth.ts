// Ground truth of one run: what the client saw of every request, in the field names of the recorded truth files.
// Every request comes from a loopback address of its own, which Ollama prints: access line ↔ request is then exact.

import { readAnswer } from './answer.ts';
import { epochNs } from './epoch.ts';
import { type Exchange, exchange } from './exchange.ts';
import type { RequestPlan } from './requests.ts';
import type { OllamaServer } from './server.ts';

export type Outcome = 'ok' | 'http_error' | 'stream_error' | 'client_disconnect';

/** Times are epoch nanoseconds; the four durations are nanoseconds as Ollama answered them. */
export type RequestTruth = {
  readonly i: number;
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly model: string | null;
  /** Null where the route does not stream. */
  readonly stream: boolean | null;
  readonly client_addr: string;
  readonly client_port: number | null;
  readonly prompt_bytes: number | null;
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly keep_alive: number | string | null;
  readonly note: string | null;
  readonly start_ns: bigint;
  /** Null: reset before a response. */
  readonly first_byte_ns: bigint | null;
  readonly end_ns: bigint;
  readonly status: number | null;
  readonly bytes: number;
  readonly outcome: Outcome;
  readonly error?: string;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly prompt_eval_cached_count?: number;
  readonly eval_count?: number;
  readonly total_duration?: number;
  readonly load_duration?: number;
  readonly prompt_eval_duration?: number;
  readonly eval_duration?: number;
  readonly usage?: unknown;
  readonly response_id?: string;
};

export type RunEvent = { readonly ns: bigint; readonly what: string; readonly pid?: number; readonly sig?: number };

export type Truth = {
  readonly version: string;
  readonly scenario: string;
  readonly debug: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tz: string;
  readonly launch_ns: bigint;
  readonly server_exit: number | null;
  readonly peak_rss_kib: Readonly<Record<string, number>>;
  readonly events: readonly RunEvent[];
  readonly requests: readonly RequestTruth[];
};

/** Sends planned requests to one server and keeps what came of them, in the order in which they were sent. */
export type Driver = {
  readonly server: OllamaServer;
  readonly send: (plan: RequestPlan) => Promise<RequestTruth>;
  readonly note: (what: string, more?: { readonly pid?: number; readonly sig?: number }) => void;
  readonly requests: () => RequestTruth[];
  readonly events: () => readonly RunEvent[];
};

const ADDRESSES_PER_BLOCK = 200;
/** All of 127.0.0.0/8 is loopback on Linux; request 0 comes from 127.1.0.1, request 200 from 127.1.1.1. */
export const sourceAddress = (i: number): string =>
  `127.1.${Math.floor(i / ADDRESSES_PER_BLOCK)}.${(i % ADDRESSES_PER_BLOCK) + 1}`;

/** `blind`: all from 127.0.0.1, so that only times and contents tell requests apart. */
export const createDriver = (server: OllamaServer, blind = false): Driver => {
  const events: RunEvent[] = [];
  const requests: RequestTruth[] = [];
  let sent = 0;
  return {
    server,
    send: async (plan) => {
      const i = sent;
      sent += 1;
      const address = blind ? '127.0.0.1' : sourceAddress(i);
      const truth = toTruth(i, plan, address, await exchange(server.port, plan, address));
      requests.push(truth);
      return truth;
    },
    note: (what, more) => events.push({ ns: epochNs(), what, ...more }),
    requests: () => requests.toSorted((a, b) => a.i - b.i),
    events: () => events,
  };
};

const toTruth = (i: number, plan: RequestPlan, address: string, seen: Exchange): RequestTruth => {
  const answer = readAnswer(seen.body);
  const error = seen.resetByClient ? undefined : answer.error;
  return {
    i,
    kind: plan.kind,
    method: plan.method,
    path: plan.path,
    model: plan.model,
    stream: plan.stream,
    client_addr: address,
    client_port: seen.clientPort,
    prompt_bytes: plan.promptBytes,
    options: plan.options,
    keep_alive: plan.keepAlive,
    note: plan.note,
    start_ns: seen.startNs,
    first_byte_ns: seen.firstByteNs,
    end_ns: seen.endNs,
    status: seen.status,
    bytes: Buffer.byteLength(seen.body),
    outcome: outcomeOf(seen, answer.error),
    ...(error === undefined ? {} : { error }),
    ...answer.counts,
  };
};

const outcomeOf = (seen: Exchange, error: string | undefined): Outcome => {
  if (seen.resetByClient) return 'client_disconnect';
  if (seen.status === null || seen.status >= 400) return 'http_error';
  return error === undefined && !seen.cutShort ? 'ok' : 'stream_error';
};
