// The repository tests itself: direction, sizes, banned calls, dead files, dangling links. Every message says what to do.
import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bannedCalls,
  directionRules,
  entryFiles,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  TABLE_LINES_MAX,
  tableFiles,
} from './rules.ts';
import { functionsOf, projectFiles, ROOT, read, sourceFiles } from './sources.ts';

const files = sourceFiles();

describe('tidy', () => {
  test('imports keep the direction of the design', () => {
    const problems: string[] = [];
    for (const file of files) {
      const rule = directionRules.find((r) => r.folder.test(file.path));
      if (rule === undefined) continue;
      for (const { target, typeOnly } of file.imports) {
        const allowed = typeOnly ? [...rule.values, ...(rule.types ?? [])] : rule.values;
        if (allowed.some((pattern) => pattern.test(target))) continue;
        problems.push(`${file.path} imports ${target}: ${rule.why}. Move the code, or pass it in from agent/.`);
      }
    }
    expect(problems).toEqual([]);
  });

  test('@opentelemetry packages appear under otel/export only', () => {
    const elsewhere = files
      .filter((file) => !/^(otel\/export|test|bench)\//.test(file.path))
      .filter((file) => file.imports.some(({ target }) => target.startsWith('@opentelemetry/')))
      .map((file) => `${file.path}: map to the packages' types in otel/export/ instead`);
    expect(elsewhere).toEqual([]);
  });

  test('files and functions stay short', () => {
    const problems: string[] = [];
    for (const file of files) {
      const max = tableFiles.test(file.path) ? TABLE_LINES_MAX : FILE_LINES_MAX;
      if (file.lines.length - 1 > max)
        problems.push(`${file.path}: ${file.lines.length - 1} lines, at most ${max}: cut it by concern`);
      if (file.path.startsWith('test/') || file.path.startsWith('bench/')) continue;
      for (const fn of functionsOf(file)) {
        if (fn.ownLines <= FUNCTION_LINES_MAX) continue;
        problems.push(
          `${file.path}:${fn.line} ${fn.name}: ${fn.ownLines} lines of its own, at most ${FUNCTION_LINES_MAX}: name its parts`,
        );
      }
    }
    expect(problems).toEqual([]);
  });

  test('every file says what it is for', () => {
    // A test file's `describe` and test names say it already.
    const silent = files
      .filter((file) => !file.path.endsWith('.test.ts'))
      .filter((file) => !/^(#!.*\n)?\/\//.test(file.text))
      .map((file) => `${file.path}: open with a comment of one to three sentences`);
    expect(silent).toEqual([]);
  });

  test('clocks, randomness, the environment and the console stay in the shell', () => {
    const problems: string[] = [];
    for (const file of files) {
      for (const { pattern, allowed, instead } of bannedCalls) {
        if (allowed.test(file.path)) continue;
        file.lines.forEach((line, index) => {
          const code = line.replace(/^\s*(\/\/|\*|\/\*).*$/, '');
          if (pattern.test(code)) problems.push(`${file.path}:${index + 1} ${pattern.source}: ${instead}`);
        });
      }
    }
    expect(problems).toEqual([]);
  });

  test('no file is dead', () => {
    const imported = new Set(files.flatMap((file) => file.imports.map(({ target }) => target)));
    const dead = files
      .filter((file) => !entryFiles.test(file.path) && !imported.has(file.path))
      .map((file) => `${file.path}: nothing imports it, delete it`);
    expect(dead).toEqual([]);
  });

  test('links in documents lead somewhere', () => {
    const dangling: string[] = [];
    for (const path of projectFiles().filter((p) => p.endsWith('.md'))) {
      for (const [, target = ''] of read(path).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const resolved = normalize(join(path, '..', decodeURIComponent(target)));
        if (!existsSync(join(ROOT, resolved))) dangling.push(`${path}: link to ${target} leads nowhere`);
      }
    }
    expect(dangling).toEqual([]);
  });

  test('README stays under 200 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
  });

  test('the repository names no path of a machine and no package registry', () => {
    const forbidden =
      /(?:^|[\s"'(=])\/(?:work|farm|root)\/|registry\.npmjs|proxy\.golang|pypi\.org|deb\.debian\.org|repo\.maven/;
    const found = projectFiles()
      .filter((path) => !path.startsWith('test/tidy/') && /\.(ts|md|json|ya?ml|sh|mod|tsv|txt)$|^\.ci\//.test(path))
      .filter((path) => forbidden.test(read(path)))
      .map((path) => `${path}: remove the machine path or host name`);
    expect(found).toEqual([]);
  });
});
