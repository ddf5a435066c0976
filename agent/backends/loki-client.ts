// Questions to a Loki that somebody runs: log records or numbers over a span of time.
import { type LokiAnswer, lokiAnswer } from '../../loki/answer.ts';
import { askBackend, type Backend, type Problem } from './backend.ts';
import type { TimeSpan } from './time-span.ts';

export type LokiQuestion = {
  readonly logql: string;
  readonly span: TimeSpan;
  /** Log records at most, the newest ones. */
  readonly limit: number;
  /** For numbers step by step: seconds of one. Left out, there is one number per row. */
  readonly stepSeconds?: number;
};

/** Keeps structured metadata apart from the labels of a stream. */
const APART = { 'x-loki-response-encoding-flags': 'categorize-labels' };

/** LogQL that begins with a selector, or a comment before it, asks for records. */
const asksForRecords = (logql: string): boolean => /^\s*(#.*\n\s*)*\{/.test(logql);

export const askLoki = async (
  backend: Backend,
  { logql, span, limit, stepSeconds }: LokiQuestion,
  signal: AbortSignal,
): Promise<LokiAnswer | Problem> => {
  const { from, to } = span;
  const isInstant = !asksForRecords(logql) && stepSeconds === undefined;
  const range = { start: String(from), end: String(to), limit, step: stepSeconds, direction: 'backward' };
  const reply = await askBackend(
    { ...backend, headers: { ...backend.headers, ...APART } },
    isInstant ? '/loki/api/v1/query' : '/loki/api/v1/query_range',
    { query: logql, ...(isInstant ? { time: String(to), limit } : range) },
    signal,
  );
  if ('absent' in reply) return reply.absent;
  if ('problem' in reply) return reply;
  const answer = 'json' in reply ? lokiAnswer(reply.json) : undefined;
  return (
    answer ?? {
      problem: `--loki-url (OLLASCOPE_LOKI_URL): expected Loki at ${backend.address}, found a server with other answers. What to do: check host and port.`,
      exit: 3,
    }
  );
};
