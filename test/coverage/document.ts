// COVERAGE.md as data: its sections, the rows of its tables, and in each cell the links with the names to look for behind them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/program.ts';

export const statuses = ['kept', 'corrected', 'replaced', 'waiting', 'refused'] as const;

/** `[text](path#anchor)` and the names in backticks that follow it in the same cell. */
export type Place = { readonly path: string; readonly anchor: string; readonly names: readonly string[] };

export type Row = {
  readonly document: string;
  readonly kind: string;
  /** As the document names it, without backticks. */
  readonly what: string;
  readonly is: string;
  readonly where: string;
  readonly proof: string;
  readonly note: string;
  /** For messages. */
  readonly place: string;
};

export const coverage = readFileSync(join(ROOT, 'COVERAGE.md'), 'utf8');

const EMPTY = '—';
const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
    .map((cell) => (cell === EMPTY ? '' : cell));

const HEADING = /^### (?<document>[^:]+): (?<kind>.+)$/;

const read = (): readonly Row[] => {
  const rows: Row[] = [];
  let section: { readonly document: string; readonly kind: string } | undefined;
  let head = 0;
  coverage.split('\n').forEach((line, index) => {
    const { document, kind } = HEADING.exec(line)?.groups ?? {};
    if (document !== undefined && kind !== undefined) section = { document, kind };
    else if (line.startsWith('#')) section = undefined;
    head = line.startsWith('|') ? head + 1 : 0;
    // The first two lines of a table are its head.
    if (section === undefined || head <= 2) return;
    const [what = '', is = '', where = '', proof = '', note = '', ...more] = cellsOf(line);
    const place = `COVERAGE.md:${index + 1} ${what}`;
    if (more.length > 0) throw new Error(`${place}: expected five cells, found ${5 + more.length}`);
    rows.push({ ...section, what: what.replaceAll('`', ''), is, where, proof, note, place });
  });
  return rows;
};

export const rows = read();

const LINK_OR_NAME = /\[[^\]]*\]\((?<path>[^)#\s]*)(?:#(?<anchor>[^)\s]+))?\)|`(?<name>[^`]+)`/g;

export const placesIn = (cell: string): readonly Place[] => {
  const places: { path: string; anchor: string; names: string[] }[] = [];
  for (const { groups } of cell.matchAll(LINK_OR_NAME)) {
    const { path, anchor, name } = groups ?? {};
    if (name !== undefined) places.at(-1)?.names.push(name);
    else places.push({ path: decodeURIComponent(path ?? ''), anchor: anchor ?? '', names: [] });
  }
  return places;
};

/** Names in backticks, whether behind a link or not. */
export const namesIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** How many rows of each status every document has, as it stands at the top of the page. */
export const countsTable = (): string => {
  const documents = [...new Set(rows.map(({ document }) => document))];
  const counts = (of: readonly Row[]): string =>
    [...statuses.map((status) => of.filter(({ is }) => is === status).length), of.length].join(' | ');
  const lines = documents.map((document) => {
    const link = `[${document}](#${document.toLowerCase().replaceAll(' ', '-')})`;
    return `| ${link} | ${counts(rows.filter((row) => row.document === document))} |`;
  });
  const head = `| Document | ${statuses.join(' | ')} | rows |\n| --- |${' ---: |'.repeat(statuses.length + 1)}`;
  return [head, ...lines, `| together | ${counts(rows)} |`].join('\n');
};
