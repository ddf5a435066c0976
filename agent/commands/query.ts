// `query [NAME|LOGQL]`: a stored query or any LogQL, asked of Loki; records as text, numbers as a table.

import { type LokiAnswer, numbersText, recordsText } from '../../loki/answer.ts';
import { durationSeconds, type Given, parametersIn } from '../../loki/parameters.ts';
import { logqlOf, type Query, queries, queryGroups, queryNamed, queryParameters } from '../../loki/queries/index.ts';
import { isoInstant } from '../../otel/time.ts';
import {
  didYouMean,
  givenIn,
  isProblem,
  listText,
  openLoki,
  parameterProblem,
  tellProblem,
} from '../backends/asking.ts';
import type { Problem } from '../backends/backend.ts';
import { askLoki, type LokiQuestion } from '../backends/loki-client.ts';
import { spanSeconds, timeSpan } from '../backends/time-span.ts';
import type { CommandContext, CommandFunction, ExitCode } from '../command.ts';

/** How far back LogQL that somebody typed looks. */
const SINCE = '1h';

const list = ({ out, settings }: CommandContext): ExitCode => {
  const listed = (query: Query) => ({
    name: query.name,
    what: query.what,
    parameters: parametersIn(query.expr).filter((name) => name !== 'service' && name !== 'host'),
  });
  if (settings.json) {
    out(`${JSON.stringify(queries.map((query) => ({ ...listed(query), answer: query.answer, expr: query.expr })))}\n`);
    return 0;
  }
  for (const group of queryGroups) out(`${group.title}\n${listText(group.queries.map(listed))}\n`);
  out('ollascope query NAME --param name=value --since 24h; every query also takes service and host.\n');
  return 0;
};

/** A name has lower case and dashes only; anything else is meant as LogQL. */
const isName = (text: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);

const unknownName = (name: string): Problem => ({
  problem: `${name}: expected a query of the library or LogQL, found neither. What to do: ${didYouMean(name, queries, '`ollascope query` lists them')}`,
  exit: 2,
});

const questionOf = ({ settings, clock }: CommandContext, asked: string, given: Given): LokiQuestion | Problem => {
  const query = queryNamed(asked);
  if (query === undefined && isName(asked)) return unknownName(asked);
  const span = timeSpan(settings, query?.since ?? SINCE, clock.now());
  if (typeof span === 'string') return { problem: span, exit: 2 };
  const common = { span, limit: settings.limit };
  if (query === undefined) {
    const extra = Object.keys(given)[0];
    return extra === undefined
      ? { logql: asked, ...common }
      : {
          problem: `--param ${extra}: expected no parameter beside LogQL. What to do: write it into the query.`,
          exit: 2,
        };
  }
  const filled = logqlOf(query, given, spanSeconds(span));
  if ('problems' in filled) return parameterProblem(query.name, filled.problems);
  const step =
    query.answer === 'series' ? durationSeconds(given['window'] ?? queryParameters.window.default) : undefined;
  return { logql: filled.text, ...common, ...(step === undefined ? {} : { stepSeconds: step }) };
};

const sizeOf = (answer: LokiAnswer): number =>
  answer.kind === 'records' ? answer.records.length : answer.numbers.length;

const jsonOf = ({ logql, span }: LokiQuestion, answer: LokiAnswer): string => {
  const timed = <T extends { readonly at: bigint }>({ at, ...rest }: T) => ({ time: String(at), ...rest });
  const rows = answer.kind === 'records' ? answer.records.map(timed) : answer.numbers.map(timed);
  return `${JSON.stringify({ query: logql, from: isoInstant(span.from), to: isoInstant(span.to), [answer.kind]: rows })}\n`;
};

const show = ({ out, tell, settings }: CommandContext, question: LokiQuestion, answer: LokiAnswer): ExitCode => {
  const size = sizeOf(answer);
  const { from, to } = question.span;
  if (settings.json) out(jsonOf(question, answer));
  else if (answer.kind === 'records') out(recordsText(answer.records));
  else if (size > 0) out(numbersText(answer.numbers, answer.isSeries));
  if (size === 0)
    tell(
      `nothing found from ${isoInstant(from, 0)} to ${isoInstant(to, 0)}. What to do: look further back with --since; the query was\n  ${question.logql}\n`,
    );
  if (answer.kind === 'records' && size >= question.limit)
    tell(
      `only the newest ${question.limit} are shown: --limit takes up to 5000, --since and --until narrow it down.\n`,
    );
  return size === 0 ? 1 : 0;
};

export const query: CommandFunction = async (context): Promise<ExitCode> => {
  const { settings, paths, signal } = context;
  const [asked] = paths;
  if (asked === undefined) return list(context);
  const given = givenIn(settings.param);
  if (isProblem(given)) return tellProblem(context, given);
  const question = questionOf(context, asked, given);
  if (isProblem(question)) return tellProblem(context, question);
  const backend = openLoki(context);
  if (isProblem(backend)) return tellProblem(context, backend);
  const answer = await askLoki(backend, question, signal);
  return isProblem(answer) ? tellProblem(context, answer) : show(context, question, answer);
};
