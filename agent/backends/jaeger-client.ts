// Questions to a Jaeger that somebody runs, in the forms that 2.13 and 2.20 both take: `/api/v3` with names in snake case, and
// for tags the older `/api/traces`, which `/api/v3` of 2.13 does not look at. From 2.21 on only `/api/v3` is there, and looks.
import type { TraceQuery } from '../../jaeger/searches/index.ts';
import { spansIn, traceIdsIn, tracesIn } from '../../jaeger/trace-json.ts';
import type { SpanSignal } from '../../otel/signal.ts';
import { isoInstant, NS_PER_SECOND, nsBetween } from '../../otel/time.ts';
import { askBackend, type Backend, type Problem } from './backend.ts';
import type { TimeSpan } from './time-span.ts';

export type Trace = readonly SpanSignal[];

/** Searches that look through what Jaeger found take this many of the newest traces. */
const LOOKED_THROUGH_MAX = 500;
const NS_PER_US = 1_000n;
const NANOSECOND_DIGITS = 9;

/** No spans: Jaeger does not know the trace. */
export const traceById = async (backend: Backend, id: string, signal: AbortSignal): Promise<Trace | Problem> => {
  const reply = await askBackend(backend, `/api/v3/traces/${id}`, {}, signal);
  if ('none' in reply) return [];
  if ('absent' in reply) return reply.absent;
  return 'problem' in reply ? reply : spansIn(reply.json);
};

const saysTag = ({ attributes, events }: SpanSignal, key: string, value: string): boolean =>
  [attributes, ...events.map((event) => event.attributes)].some((known) => String(known[key]) === value);

/** One span must fit all of it. Jaeger's storage on disk is content when several spans of a trace do so together. */
const fits = (query: TraceQuery, span: SpanSignal): boolean =>
  (query.operation === undefined || span.name === query.operation) &&
  (query.minSeconds === undefined || nsBetween(span.start, span.end) >= query.minSeconds * NS_PER_SECOND) &&
  Object.entries(query.tags).every(([key, value]) => saysTag(span, key, value)) &&
  (query.has === undefined || span.attributes[query.has] !== undefined) &&
  (query.failed === undefined || span.status.code === 'error');

/** Whether Jaeger may find more than is meant, so that more must be asked for. */
const isLookedThrough = ({ operation, minSeconds, tags, has, failed }: TraceQuery): boolean =>
  has !== undefined ||
  failed !== undefined ||
  (minSeconds !== undefined && (operation !== undefined || Object.keys(tags).length > 0));

const secondsText = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : `${seconds}s`;

type Question = { readonly query: TraceQuery; readonly span: TimeSpan; readonly count: number };

/** Path and parameters of a search. */
type Asked = readonly [path: string, parameters: { readonly [name: string]: string | number | undefined }];

const newForm = ({ query, span, count }: Question): Asked => [
  '/api/v3/traces',
  {
    'query.service_name': query.service,
    'query.operation_name': query.operation,
    'query.duration_min': secondsText(query.minSeconds),
    'query.start_time_min': isoInstant(span.from, NANOSECOND_DIGITS),
    'query.start_time_max': isoInstant(span.to, NANOSECOND_DIGITS),
    'query.num_traces': count,
    'query.attributes': Object.keys(query.tags).length === 0 ? undefined : JSON.stringify(query.tags),
  },
];

const oldForm = ({ query, span, count }: Question): Asked => [
  '/api/traces',
  {
    service: query.service,
    operation: query.operation,
    tags: JSON.stringify(query.tags),
    minDuration: secondsText(query.minSeconds),
    start: String(span.from / NS_PER_US),
    end: String(span.to / NS_PER_US),
    limit: count,
  },
];

const tracesOf = async (
  backend: Backend,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Trace[] | Problem> => {
  const traces = await Promise.all(ids.map((id) => traceById(backend, id, signal)));
  const problem = traces.find((trace): trace is Problem => 'problem' in trace);
  if (problem !== undefined) return problem;
  const found = traces.filter((trace): trace is Trace => !('problem' in trace) && trace.length > 0);
  return found.sort((a, b) => Number((b[0]?.start ?? 0n) - (a[0]?.start ?? 0n)));
};

/** The newest traces first, `limit` of them at most. */
export const searchTraces = async (
  backend: Backend,
  query: TraceQuery,
  { span, limit }: { readonly span: TimeSpan; readonly limit: number },
  signal: AbortSignal,
): Promise<readonly Trace[] | Problem> => {
  const question = { query, span, count: isLookedThrough(query) ? Math.max(limit, LOOKED_THROUGH_MAX) : limit };
  const hasTags = Object.keys(query.tags).length > 0;
  const old = hasTags ? await askBackend(backend, ...oldForm(question), signal) : undefined;
  const found = old === undefined || 'absent' in old ? await askBackend(backend, ...newForm(question), signal) : old;
  if ('none' in found) return [];
  if ('absent' in found) return found.absent;
  if ('problem' in found) return found;
  const traces = found === old ? await tracesOf(backend, traceIdsIn(found.json), signal) : tracesIn(found.json);
  return 'problem' in traces
    ? traces
    : traces.filter((trace) => trace.some((span) => fits(query, span))).slice(0, limit);
};
