// What the runbooks tell somebody to paste at three in the morning: it parses, and every name in it exists.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { searches } from '../../jaeger/searches/index.ts';
import { logqlOf, queries, queryNamed } from '../../loki/queries/index.ts';
import { parseLogql } from '../support/logql.ts';
import { expressionProblems } from '../support/promql.ts';
import { nameProblems, recordedNames } from '../support/promql-names.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'prometheus', 'runbooks');
const pages = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

const blocksOf = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, code]) =>
    found === language && code !== undefined ? [code.trim()] : [],
  );

describe('runbooks', () => {
  it('hold PromQL that parses and names what there is', () => {
    const recorded = recordedNames();
    const problems = pages.flatMap(({ name, text }) =>
      blocksOf(text, 'promql').flatMap((expr) =>
        [...expressionProblems(expr), ...nameProblems(expr, recorded)].map((problem) => `${name}: ${problem}`),
      ),
    );
    expect(problems).toEqual([]);
  });

  it('hold LogQL that parses', () => {
    const problems = pages.flatMap(({ name, text }) =>
      blocksOf(text, 'logql').flatMap((query) => parseLogql(query).errors.map((error) => `${name}: ${error}`)),
    );
    expect(problems).toEqual([]);
  });

  it('name queries and searches of the libraries', () => {
    const known = {
      query: new Set(queries.map(({ name }) => name)),
      trace: new Set(searches.map(({ name }) => name)),
    };
    const problems = pages.flatMap(({ name, text }) =>
      [...text.matchAll(/ollascope (query|trace) ([a-z][a-z-]+)/g)].flatMap(([all, command, asked = '']) =>
        known[command === 'trace' ? 'trace' : 'query'].has(asked) ? [] : [`${name}: ${all}`],
      ),
    );
    expect(problems).toEqual([]);
  });

  it('give each query the parameters without which it is refused', () => {
    const asked = pages.flatMap(({ name, text }) =>
      [...text.matchAll(/ollascope query ([a-z][a-z-]+)(.*)/g)].map(([all, query = '', rest = '']) => ({
        where: `${name}: ${all}`,
        query: queryNamed(query),
        given: Object.fromEntries([...rest.matchAll(/--param (\w+)=(\S+)/g)].map(([, key, value]) => [key, value])),
      })),
    );
    const problems = asked.flatMap(({ where, query, given }) => {
      const filled = query === undefined ? { problems: ['no such query'] } : logqlOf(query, given, 60);
      return 'problems' in filled ? filled.problems.map((problem) => `${where}: ${problem}`) : [];
    });
    expect(asked.length).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it('ask `stack` for logs: `docker compose` alone finds no file, and an empty answer looks like good news', () => {
    expect(pages.filter(({ text }) => text.includes('docker compose')).map(({ name }) => name)).toEqual([]);
  });

  it('name only runbooks that are there', () => {
    const there = new Set(pages.map(({ name }) => name.replace('.md', '')));
    const problems = pages.flatMap(({ name, text }) =>
      [
        ...text
          .replace(/```[\s\S]*?```/g, '')
          .matchAll(/\b(?:Gpu|Ollama|Ollascope|Host|Container|Collector)[A-Z]\w+\b/g),
      ]
        .filter(([word]) => !there.has(word))
        .map(([word]) => `${name}: ${word}`),
    );
    expect(problems).toEqual([]);
  });
});
