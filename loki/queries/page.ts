// loki/QUERIES.md, made from the stored queries: each with a text that can be pasted as it is.
import { renderParameters } from '../parameter-table.ts';
import { parametersIn } from '../parameters.ts';
import { logqlOf, type Query, queryGroups, queryParameters } from './index.ts';

const MADE = '<!-- Made from the queries by `npm run docs`: change loki/queries, not this page. -->';

const answers = {
  lines: 'log records',
  table: 'one number per row, over the whole span',
  series: 'one number per row and step',
} as const;

const HOUR_SECONDS = 3_600;

/** Only what has no default of its own takes its example: what is pasted must work. */
const pasted = (query: Query): string => {
  const table: { readonly [name: string]: { readonly example: string; readonly default?: string } } = queryParameters;
  const needed = parametersIn(query.expr).filter(
    (name) => table[name]?.default === undefined || query.needs?.some((need) => need === name),
  );
  const filled = logqlOf(
    query,
    Object.fromEntries(needed.map((name) => [name, table[name]?.example ?? ''])),
    HOUR_SECONDS,
  );
  if ('problems' in filled) throw new Error(`${query.name}: ${filled.problems.join('; ')}`);
  return filled.text.replace('[3600s]', '[1h]');
};

const section = (query: Query): string => {
  const parameters = parametersIn(query.expr).map((name) => `\`${name}\``);
  return [
    `### \`${query.name}\``,
    `${query.what} Answers ${answers[query.answer]}; looks back ${query.since} unless told. Parameters: ${parameters.join(', ')}.`,
    ...(query.note === undefined ? [] : [query.note]),
    `\`\`\`logql\n${pasted(query)}\n\`\`\``,
  ].join('\n\n');
};

export const renderQueries = (): string =>
  `${[
    MADE,
    '# Queries for Loki',
    'Questions that people ask of the logs, in LogQL. `ollascope query NAME --param model=llama3.2:3b` asks one from a terminal, `ollascope query` lists them; the text under each name can be pasted into Grafana or `logcli`. What the names mean stands in [LOGS.md](LOGS.md).',
    renderParameters(queryParameters),
    ...queryGroups.flatMap(({ title, queries }) => [`## ${title}`, ...queries.map(section)]),
  ].join('\n\n')}\n`;
