// The header of dmon and pmon output, which is the schema of every row after it: order, width and number of columns follow
// the options and the driver, so nothing is known before it. Columns are found by whitespace, never by position (driver 525
// printed rows that do not line up with their header).
import { parseDate, parseTime, type RowStamp } from './row-clock.ts';

export type Schema = {
  /** Stamps in front of the index, in printed order. */
  readonly stamps: readonly ('date' | 'time')[];
  /** Metric columns after the index, old names replaced. */
  readonly names: readonly string[];
  readonly csv: boolean;
};

export type HeaderLine =
  | { readonly type: 'names'; readonly schema: Schema }
  /** `width`: cells, to be held against the names. */
  | { readonly type: 'units'; readonly width: number };

/** `> \# gpu …` as quoted in a post: the quote mark and the escape are no part of the output. */
export const unquote = (text: string): string => {
  const inner = text.startsWith('> ') ? text.slice(2) : text === '>' ? '' : text;
  return inner.startsWith('\\#') ? inner.slice(1) : inner;
};

const CELL_SEPARATOR = /\s+/;

/** Words of plain ASCII text, which is what nvidia-smi prints; undefined for any other. A row is cut several times faster than by the expression. */
const asciiWords = (text: string): string[] | undefined => {
  const words: string[] = [];
  let start = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 126) return undefined;
    const isSpace = code === 32 || (code >= 9 && code <= 13);
    if (!isSpace && start < 0) start = at;
    else if (isSpace && start >= 0) {
      words.push(text.slice(start, at));
      start = -1;
    }
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
};

/** Cells of a line: by commas where the header had them (`--format csv`), else by whitespace. */
export const splitCells = (text: string, csv: boolean): string[] => {
  const words = csv ? undefined : asciiWords(text);
  if (words !== undefined) return words;
  const trimmed = text.trim();
  if (trimmed === '') return [];
  return csv ? trimmed.split(',').map((cell) => cell.trim()) : trimmed.split(CELL_SEPARATOR);
};

/** `gtemp`, `GPM:%`; a unit in brackets behind a name is dropped. */
const NAME = /^[A-Za-z][\w:%/.-]{0,39}(?: ?[[(][^\])]{0,20}[\])])?$/;
const bare = (cell: string): string => {
  const cut = cell.search(/ ?[[(]/);
  return cut === -1 ? cell : cell.slice(0, cut);
};
/** `temp` became `gtemp` when memory temperature was added (between 390 and 418). */
const RENAMED: ReadonlyMap<string, string> = new Map([['temp', 'gtemp']]);
/** Wider than any real header (22 metrics, GPM adds up to some 200). A longer one is not ours. */
const COLUMNS_MAX = 512;

/**
 * Reads `# gpu    pwr  gtemp …`, `#Date       Time        gpu …`, `#Time  gpu …`, their units lines
 * (`# Idx …`, `#YYYYMMDD   HH:MM:SS    Idx …`) and comma forms of them; undefined for any other line.
 */
export const parseHeader = (line: string): HeaderLine | undefined => {
  // A row of values has neither mark nor comma: it is told apart without being cut.
  if (!line.includes('#') && !line.includes(',')) return undefined;
  const text = unquote(line).trim();
  const marked = text.startsWith('#');
  const csv = text.includes(',');
  if (!marked && !csv) return undefined;
  const cells = splitCells(marked ? text.slice(1) : text, csv);
  if (cells.length < 2 || cells.length > COLUMNS_MAX) return undefined;
  const index = cells.slice(0, 3).findIndex((cell) => cell === 'Idx' || bare(cell) === 'gpu');
  if (index === -1) return undefined;
  if (cells[index] === 'Idx') return { type: 'units', width: cells.length };
  const stamps: ('date' | 'time')[] = [];
  for (const cell of cells.slice(0, index)) {
    if (cell !== 'Date' && cell !== 'Time') return undefined;
    stamps.push(cell === 'Date' ? 'date' : 'time');
  }
  const names = cells.slice(index + 1);
  if (!names.every((name) => NAME.test(name))) return undefined;
  return { type: 'names', schema: { stamps, names: names.map((name) => RENAMED.get(bare(name)) ?? bare(name)), csv } };
};

/** Reads the stamps in front of a row's index; undefined when a cell is no stamp. */
export const readStamps = (schema: Schema, cells: readonly string[]): RowStamp | undefined => {
  let stamp: RowStamp = {};
  for (const [position, kind] of schema.stamps.entries()) {
    const cell = cells[position] ?? '';
    if (kind === 'date') {
      const daySeconds = parseDate(cell);
      if (daySeconds === undefined) return undefined;
      stamp = { ...stamp, daySeconds };
    } else {
      const time = parseTime(cell);
      if (time === undefined) return undefined;
      stamp = { ...stamp, ...time };
    }
  }
  return stamp;
};

const NUMBER = /^-?\d{1,15}(?:\.\d{1,6})?$/;
const INDEX = /^\d{1,3}$/;
const ABSENT: ReadonlySet<string> = new Set(['-', 'N/A', '[N/A]', '']);

export const parseIndex = (cell: string | undefined): number | undefined =>
  cell !== undefined && INDEX.test(cell) ? Number(cell) : undefined;

const WHOLE_DIGITS_MAX = 15;

/** Nearly every cell is a few digits: those are read without an expression. -1 for anything else. */
const parseWhole = (cell: string): number => {
  if (cell.length === 0 || cell.length > WHOLE_DIGITS_MAX) return -1;
  let value = 0;
  for (let at = 0; at < cell.length; at += 1) {
    const digit = cell.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
};

/** A cell's number, `null` for the printed `-` (unsupported or failed: the tool does not tell which), undefined for anything else. */
export const parseValue = (cell: string): number | null | undefined => {
  const whole = parseWhole(cell);
  if (whole >= 0) return whole;
  if (ABSENT.has(cell)) return null;
  return NUMBER.test(cell) ? Number(cell) : undefined;
};
