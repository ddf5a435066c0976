// The compatibility packs held against the catalogue, their own tests and their page. What the rules compute is promtool's.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { attributeOfLabel, metricOfPrometheusName } from '../../otel/names.ts';
import { expressionProblems, labelsOf, selectorsOf } from '../support/promql.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'prometheus', 'compat');
const TESTS = join(FOLDER, 'tests');
const read = (...path: readonly string[]): string => readFileSync(join(FOLDER, ...path), 'utf8');

type Rule = { readonly record: string; readonly expr: string };
type Pack = { readonly name: string; readonly rules: readonly Rule[] };
type File = { readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[] };

const packs: readonly Pack[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, rules: (parse(read(name)) as File).groups.flatMap(({ rules }) => rules) }));

/** `level:metric:operation`: a step on the way, not a name of another exporter. */
const isStep = (name: string): boolean => name.includes(':');
const recorded = packs.flatMap(({ rules }) => rules.map(({ record }) => record)).filter((name) => !isStep(name));

const familyOf = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
const isOwn = (name: string): boolean => metricOfPrometheusName.has(name) || metricOfPrometheusName.has(familyOf(name));

/** Of Prometheus, and of histograms. */
const FOREIGN_LABELS: readonly string[] = ['job', 'instance', 'le'];

describe.each(packs)('$name', ({ name, rules }) => {
  test('every expression parses', () => {
    expect(rules.flatMap(({ record, expr }) => expressionProblems(expr).map((told) => `${record}: ${told}`))).toEqual(
      [],
    );
  });

  test('every metric is one of the agent, or one recorded in this file', () => {
    const own = new Set(rules.map(({ record }) => record));
    const named = rules.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric ?? '(no name)'));
    expect(named.filter((metric) => !own.has(metric) && !isOwn(metric))).toEqual([]);
  });

  test('every label is one of the agent, of Prometheus, or made by the pack', () => {
    const made = new Set(rules.flatMap(({ expr }) => [...expr.matchAll(/,\s*"(\w+)", "/g)].map(([, label]) => label)));
    const known = (label: string): boolean =>
      attributeOfLabel.has(label) || FOREIGN_LABELS.includes(label) || made.has(label);
    expect(rules.flatMap(({ expr }) => labelsOf(expr)).filter((label) => !known(label))).toEqual([]);
  });

  test('every name is tested with its value', () => {
    const tests = readFileSync(join(TESTS, name.replace(/\.yaml$/, '.test.yaml')), 'utf8');
    const expressions = [...tests.matchAll(/expr: (.+)/g)].map(([, expr]) => expr).join('\n');
    const names = rules.map(({ record }) => record).filter((record) => !isStep(record));
    expect(names.filter((record) => !new RegExp(`\\b${record}\\b`).test(expressions))).toEqual([]);
  });
});

describe('all packs', () => {
  test('no name is one of the agent, and none is recorded twice', () => {
    expect(recorded.filter(isOwn)).toEqual([]);
    expect(new Set(recorded).size).toBe(recorded.length);
  });

  const page = read('README.md');
  const section = (title: string): string => page.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
  const firstCells = (title: string): readonly string[] =>
    [...section(title).matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );

  test('README lists exactly what is filled', () => {
    expect([...firstCells('Filled')].sort()).toEqual([...recorded].sort());
  });

  test('README says of what is not recorded whether the agent has it', () => {
    const told = firstCells('Told by the agent');
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((name) => !isOwn(name))).toEqual([]);
    const absent = firstCells('Absent');
    expect(absent.filter((name) => isOwn(name) || recorded.includes(name))).toEqual([]);
  });

  test('README names where each comes from', () => {
    const sources = [...section('Filled').matchAll(/^\| `\w+` \| [^|]+ \| `(\w+)` \|/gm)].map(
      ([, source = '']) => source,
    );
    expect(sources.filter((source) => !isOwn(source) && !recorded.includes(source))).toEqual([]);
  });
});
