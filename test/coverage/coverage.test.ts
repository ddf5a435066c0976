// COVERAGE.md cannot lie: everything that the five documents name has one row, each row says one of five words, and whatever a row
// points to is there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/program.ts';
import { countsTable, coverage, namesIn, placesIn, type Row, rows, statuses } from './document.ts';
import { placeProblems, proseProblem } from './places.ts';

type Reviewed = { readonly [document: string]: { readonly [kind: string]: readonly string[] } };
const reviewed = parse(readFileSync(join(import.meta.dirname, 'reviewed.yaml'), 'utf8')) as Reviewed;

const told = (of: readonly Row[], problemsOf: (row: Row) => readonly string[]): readonly string[] =>
  of.flatMap((row) => problemsOf(row).map((problem) => `${row.place}: ${problem}`));
const having = (...wanted: readonly string[]): readonly Row[] => rows.filter(({ is }) => wanted.includes(is));

describe('what the documents name', () => {
  test('each has exactly one row, and no row is about anything else', () => {
    const keys = (of: readonly (readonly [string, string, string])[]): readonly string[] =>
      of.map((key) => key.join(' / ')).sort();
    const listed = Object.entries(reviewed).flatMap(([document, kinds]) =>
      Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => [document, kind, name] as const)),
    );
    expect(keys(rows.map(({ document, kind, what }) => [document, kind, what]))).toEqual(keys(listed));
    expect(new Set(keys(listed)).size).toBe(listed.length);
  });

  test('all 25 alerts are among them', () => {
    expect(rows.filter(({ kind }) => kind === 'alerts')).toHaveLength(25);
  });
});

describe('every row', () => {
  test('says one of five words', () => {
    expect(
      told(rows, ({ is }) => (statuses.some((status) => status === is) ? [] : [`"${is}" is none of them`])),
    ).toEqual([]);
  });

  test('that is there says where and what proves it', () => {
    const incomplete = told(having('kept', 'corrected', 'replaced'), ({ where, proof }) => [
      ...(placesIn(where).length === 0 ? ['nowhere'] : []),
      ...(placesIn(proof).length === 0 ? ['no test'] : []),
    ]);
    expect(incomplete).toEqual([]);
  });

  test('that corrects, waits or refuses says why', () => {
    expect(told(having('corrected', 'waiting', 'refused'), ({ note }) => (note === '' ? ['no note'] : []))).toEqual([]);
  });

  test('that waits says where it will live, or for what', () => {
    const WAITS_FOR = /`(k8s|gateway|processors)\/`|[Cc]omes? with|(?:are|is) to come|As above|later work/;
    expect(told(having('waiting'), ({ note }) => (WAITS_FOR.test(note) ? [] : [note]))).toEqual([]);
  });

  test('points to what is there', () => {
    const wrong = told(rows, ({ where, note }) =>
      [...placesIn(where), ...placesIn(note).map((place) => ({ ...place, names: [] }))].flatMap(placeProblems),
    );
    expect(wrong).toEqual([]);
  });

  test('is proven by a test', () => {
    const wrong = told(rows, ({ proof }) =>
      placesIn(proof).flatMap((place) => [
        ...placeProblems(place),
        ...(/\.test\.(ts|yaml)$/.test(place.path) ? [] : [`${place.path} is no test`]),
      ]),
    );
    expect(wrong).toEqual([]);
  });

  test('that names a rule is proven by a unit test that names it too, where rules are what it links', () => {
    const wrong = told(rows, ({ where, proof }) => {
      const proofs = placesIn(proof).filter(({ path }) => path.endsWith('.test.yaml'));
      if (proofs.length === 0) return [];
      const text = proofs.map(({ path }) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
      return placesIn(where)
        .filter(({ path }) => /^prometheus\/(rules|compat)\//.test(path))
        .flatMap(({ names }) => names.filter((name) => !text.includes(name)).map((name) => `no test of ${name}`));
    });
    expect(wrong).toEqual([]);
  });

  test('names in its note only what there is', () => {
    const wrong = told(rows, ({ note }) => namesIn(note).flatMap((name) => proseProblem(name) ?? []));
    expect(wrong).toEqual([]);
  });
});

describe('the page', () => {
  test('counts its rows rightly at the top', () => {
    expect(coverage).toContain(`\n${countsTable()}\n`);
  });

  test('says what cannot be seen, and what is nearest', () => {
    const [section = ''] = /^## What cannot be seen[\s\S]*?(?=^## )/m.exec(coverage) ?? [];
    const lines = section
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.flatMap((line) => placesIn(line).flatMap(placeProblems))).toEqual([]);
  });
});
