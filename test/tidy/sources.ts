// Reads the project's own TypeScript as text, once, for the tidy tests: files, their imports, their functions.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Tracked and new files that git does not ignore, relative to the root. */
export const projectFiles = (): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export type SourceFile = {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Value and type imports, project paths resolved relative to the root, packages as written. */
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[];
};

const IMPORT = /^(?:import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?'([^']+)';?$/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

const importsOf = (path: string, text: string): SourceFile['imports'] => {
  const folder = path.split('/').slice(0, -1).join('/');
  const resolve = (target: string): string => (target.startsWith('.') ? normalize(join(folder, target)) : target);
  const found = [...text.matchAll(IMPORT)].map((m) => ({ target: resolve(m[2] ?? ''), typeOnly: m[1] !== undefined }));
  const lazy = [...text.matchAll(DYNAMIC)].map((m) => ({ target: resolve(m[1] ?? ''), typeOnly: false }));
  return [...found, ...lazy];
};

export const sourceFiles = (): readonly SourceFile[] =>
  projectFiles()
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => {
      const text = read(path);
      return { path, text, lines: text.split('\n'), imports: importsOf(path, text) };
    });

export type FunctionSpan = { readonly name: string; readonly line: number; readonly ownLines: number };

const FUNCTION_START =
  /^(\s*)(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\*?\s+(\w+)|const\s+(\w+)\s*(?::[^=]+)?=\s*(?:async\s*)?(?:<[^>]+>)?\(?|(\w+):\s*(?:async\s*)?\(|(?:async\s+)?\*?(\w+)\()/;

/**
 * Functions by indentation, which the formatter guarantees: a block that opens on a function line ends at the first later
 * line with the same indentation that starts with `}`. `ownLines` leaves out the lines of functions inside.
 */
export const functionsOf = (file: SourceFile): readonly FunctionSpan[] => {
  const spans: { name: string; from: number; to: number }[] = [];
  file.lines.forEach((line, index) => {
    const start = FUNCTION_START.exec(line);
    const name = start?.[2] ?? start?.[3] ?? start?.[4] ?? start?.[5];
    if (start === null || name === undefined || ['if', 'for', 'while', 'switch', 'return', 'catch'].includes(name))
      return;
    const indent = start[1] ?? '';
    let open = index;
    while (open < index + 25 && !/(=>|\))\s*(?::\s*[^{]+)?\{$/.test(file.lines[open] ?? '')) {
      if (open > index && (file.lines[open] ?? '').startsWith(`${indent}}`)) return;
      if (/;$/.test(file.lines[open] ?? '')) return;
      open += 1;
    }
    if (open >= index + 25) return;
    const to = file.lines.findIndex((l, i) => i > open && l.startsWith(`${indent}}`));
    if (to > 0) spans.push({ name, from: index, to });
  });
  return spans.map((span) => {
    const inside = spans.filter((s) => s !== span && s.from > span.from && s.to <= span.to);
    const direct = inside.filter((s) => !inside.some((o) => o !== s && o.from <= s.from && o.to >= s.to));
    const nested = direct.reduce((sum, s) => sum + (s.to - s.from + 1), 0);
    return { name: span.name, line: span.from + 1, ownLines: span.to - span.from + 1 - nested };
  });
};
