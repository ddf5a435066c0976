// The stored LogQL queries as text: each parses, names only what the catalogue knows, and can be put into a panel.
import { describe, expect, it } from 'vitest';
import { type ParameterTable, parametersIn } from '../../loki/parameters.ts';
import { grafanaLogqlOf, logqlOf, queries, queryNamed, queryParameters } from '../../loki/queries/index.ts';
import { logqlProblems, parseLogql } from '../support/logql.ts';

const examples = Object.fromEntries(Object.entries(queryParameters).map(([name, { example }]) => [name, example]));
const givenTo = (expr: string): { readonly [name: string]: string } =>
  Object.fromEntries(parametersIn(expr).map((name) => [name, examples[name] ?? '']));

it('names each query once, in lower case with dashes', () => {
  const names = queries.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
});

it('uses every parameter there is', () => {
  const used = new Set(queries.flatMap(({ expr }) => parametersIn(expr)));
  expect([...used].sort()).toEqual(Object.keys(queryParameters).sort());
});

describe.each(queries.map((query) => [query.name, query] as const))('%s', (_, query) => {
  it('parses with its examples, names what is known, and answers what it says', () => {
    const filled = logqlOf(query, givenTo(query.expr), 3_600);
    if ('problems' in filled) throw new Error(filled.problems.join('; '));
    expect(logqlProblems(filled.text)).toEqual([]);
    expect(parseLogql(filled.text).kind).toBe(query.answer === 'lines' ? 'logs' : 'metric');
  });

  it('parses in a panel', () => {
    expect(logqlProblems(grafanaLogqlOf(query))).toEqual([]);
  });

  it('asks for what has no default, and for nothing else', () => {
    const table: ParameterTable = queryParameters;
    const missing = parametersIn(query.expr).some(
      (name) => table[name]?.default === undefined || query.needs?.some((needed) => needed === name),
    );
    expect('problems' in logqlOf(query, {}, 3_600)).toBe(missing);
  });
});

it('looks at the whole span where a table is asked for, and at steps where a series is', () => {
  const table = queryNamed('evictions');
  const series = queryNamed('gpu-errors-per-hour');
  if (table === undefined || series === undefined) throw new Error('expected both queries');
  expect(logqlOf(table, {}, 7_200.4)).toMatchObject({ text: expect.stringContaining('[7201s]') });
  expect(logqlOf(series, {}, 7_200)).toMatchObject({ text: expect.stringContaining('[1h]') });
  expect(grafanaLogqlOf(table)).toContain('[$__range]');
  expect(grafanaLogqlOf(series)).toContain('[$__auto]');
  expect(grafanaLogqlOf(series)).toContain('hw_id=~"$gpu"');
});
