// `trace [ID|SEARCH]`: an id draws the trace from Jaeger, and below it what Loki has about it and about the faults that hit it; the
// name of a search lists the traces it finds.

import { parametersOf, type Search, searches, searchNamed, traceQueryOf } from '../../jaeger/searches/index.ts';
import { rootOf, traceTable } from '../../jaeger/trace-table.ts';
import { renderWaterfall } from '../../jaeger/waterfall.ts';
import { type LokiRecord, recordsText } from '../../loki/answer.ts';
import { recordFields } from '../../loki/fields.ts';
import type { Given } from '../../loki/parameters.ts';
import { logqlOf, queryNamed } from '../../loki/queries/index.ts';
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import { addSeconds, isoInstant } from '../../otel/time.ts';
import {
  didYouMean,
  givenIn,
  isProblem,
  listText,
  openJaeger,
  openLoki,
  parameterProblem,
  tellProblem,
} from '../backends/asking.ts';
import type { Problem } from '../backends/backend.ts';
import { searchTraces, type Trace, traceById } from '../backends/jaeger-client.ts';
import { askLoki } from '../backends/loki-client.ts';
import { type TimeSpan, timeSpan } from '../backends/time-span.ts';
import type { CommandContext, CommandFunction, ExitCode } from '../command.ts';

/** What a settled fault or a late line says comes after the request; a load before it. */
const AROUND_SECONDS = 900;
/** Where Jaeger does not know the trace, Loki is asked this far back. */
const SINCE = '24h';

const TRACE_ID = /^[0-9a-fA-F]{32}$/;
const INCIDENT: AttributeKey = 'nvidia.fault.incident';

const list = ({ out, settings }: CommandContext): ExitCode => {
  const listed = (search: Search) => ({ name: search.name, what: search.what, parameters: parametersOf(search) });
  if (settings.json) out(`${JSON.stringify(searches.map(listed))}\n`);
  else {
    out(`Searches\n${listText(searches.map(listed))}\n`);
    out('ollascope trace NAME --param name=value --since 24h; ollascope trace ID draws one.\n');
  }
  return 0;
};

type Logs = { readonly records: readonly LokiRecord[]; readonly faults: readonly LokiRecord[] };

const recordsOf = async (
  context: CommandContext,
  name: 'trace' | 'incident',
  given: Given,
  span: TimeSpan,
): Promise<readonly LokiRecord[] | Problem> => {
  const { settings, signal } = context;
  const backend = openLoki(context);
  if (isProblem(backend)) return backend;
  const query = queryNamed(name);
  const filled = query === undefined ? { problems: [name] } : logqlOf(query, given, 0);
  if ('problems' in filled) throw new Error(filled.problems.join('; '));
  const answer = await askLoki(backend, { logql: filled.text, span, limit: settings.limit }, signal);
  if (isProblem(answer)) return answer;
  return answer.kind === 'records' ? answer.records : [];
};

const incidentsOf = (trace: Trace): readonly string[] => [
  ...new Set(
    trace.flatMap(({ events, attributes }) =>
      [attributes, ...events.map((event) => event.attributes)].flatMap((known) =>
        known[INCIDENT] === undefined ? [] : [String(known[INCIDENT])],
      ),
    ),
  ),
];

const logsOf = async (context: CommandContext, id: string, trace: Trace, span: TimeSpan): Promise<Logs | Problem> => {
  const records = await recordsOf(context, 'trace', { trace: id }, span);
  if (isProblem(records)) return records;
  const faults: LokiRecord[] = [];
  for (const incident of incidentsOf(trace)) {
    const story = await recordsOf(context, 'incident', { incident }, span);
    if (isProblem(story)) return story;
    // What names this trace is among its own lines already.
    faults.push(...story.filter(({ metadata }) => metadata[recordFields.trace] !== id));
  }
  return { records, faults };
};

const spanAround = (context: CommandContext, trace: Trace): TimeSpan | string => {
  const root = rootOf(trace);
  if (root === undefined) return timeSpan(context.settings, SINCE, context.clock.now());
  return { from: addSeconds(root.start, -AROUND_SECONDS), to: addSeconds(root.end, AROUND_SECONDS) };
};

const title = (what: string, records: readonly LokiRecord[]): string => `\n${what}: ${records.length}\n`;

const draw = ({ out, terminal, settings }: CommandContext, id: string, trace: Trace, logs: Logs): void => {
  if (settings.json) {
    const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
    out(`${JSON.stringify({ traceId: id, spans: trace, ...logs }, plain)}\n`);
    return;
  }
  if (trace.length > 0) out(`${renderWaterfall(trace, { width: terminal.columns, colour: terminal.colour })}\n`);
  if (logs.records.length > 0) out(`${title('Log records of the trace', logs.records)}${recordsText(logs.records)}`);
  if (logs.faults.length > 0) out(`${title('Records of faults that hit it', logs.faults)}${recordsText(logs.faults)}`);
};

const one = async (context: CommandContext, id: string): Promise<ExitCode> => {
  const { signal, tell } = context;
  const backend = openJaeger(context);
  if (isProblem(backend)) return tellProblem(context, backend);
  const trace = await traceById(backend, id, signal);
  if (isProblem(trace)) return tellProblem(context, trace);
  const span = spanAround(context, trace);
  if (typeof span === 'string') return tellProblem(context, { problem: span, exit: 2 });
  const logs = await logsOf(context, id, trace, span);
  // The trace is worth showing without its lines; lines that could not be asked for are told.
  if (isProblem(logs)) tell(`${logs.problem}\n`);
  const known = isProblem(logs) ? { records: [], faults: [] } : logs;
  draw(context, id, trace, known);
  if (trace.length > 0) return 0;
  tell(
    known.records.length > 0
      ? `${id}: Jaeger at ${backend.address} does not know this trace, Loki has lines of it: it may not have arrived yet, or was sampled away.\n`
      : `${id}: expected a trace that Jaeger at ${backend.address} knows, found none. What to do: \`ollascope trace latest\` lists some; traces are kept for a limited time.\n`,
  );
  return known.records.length > 0 ? 0 : 1;
};

const many = async (context: CommandContext, search: Search, given: Given): Promise<ExitCode> => {
  const { settings, signal, clock, out, tell } = context;
  const filled = traceQueryOf(search, given);
  if ('problems' in filled) return tellProblem(context, parameterProblem(search.name, filled.problems));
  const span = timeSpan(settings, search.since, clock.now());
  if (typeof span === 'string') return tellProblem(context, { problem: span, exit: 2 });
  const backend = openJaeger(context);
  if (isProblem(backend)) return tellProblem(context, backend);
  const traces = await searchTraces(backend, filled.query, { span, limit: settings.limit }, signal);
  if (isProblem(traces)) return tellProblem(context, traces);
  if (settings.json) out(`${JSON.stringify(traces.map((spans) => spans[0]?.traceId))}\n`);
  else if (traces.length > 0) out(traceTable(traces));
  if (traces.length > 0) return 0;
  tell(
    `nothing found from ${isoInstant(span.from, 0)} to ${isoInstant(span.to, 0)} in service ${filled.query.service}. What to do: look further back with --since, or name another --param service=….\n`,
  );
  return 1;
};

const unknownName = (name: string): Problem => ({
  problem: `${name}: expected a trace id (32 hexadecimal digits) or the name of a search, found neither. What to do: ${didYouMean(name, searches, '`ollascope trace` lists the searches')}`,
  exit: 2,
});

export const trace: CommandFunction = async (context): Promise<ExitCode> => {
  const [asked] = context.paths;
  if (asked === undefined) return list(context);
  if (TRACE_ID.test(asked)) return one(context, asked.toLowerCase());
  const search = searchNamed(asked);
  if (search === undefined) return tellProblem(context, unknownName(asked));
  const given = givenIn(context.settings.param);
  return isProblem(given) ? tellProblem(context, given) : many(context, search, given);
};
