// Cells of a query's CSV row. The tool quotes nothing, so a comma inside a name makes a row too wide; a cell in square
// brackets, a bare `N/A` and an empty one are a status (absent), never a number.
import type { Cell } from './kinds.ts';
import { isTextField, type QueryField } from './query-fields.ts';

const NUMBER = /^-?\d{1,18}(?:\.\d{1,9})?$/;
/** Units as printed behind a value when neither `nounits` nor the header's own unit tells: `81559 MiB`, `26 %`, `0 us`. */
const WITH_UNIT = /^(-?\d{1,18}(?:\.\d{1,9})?) (?:%|MiB|GiB|KiB|MB|W|MHz|us|ms|C|KB\/s|MB\/s)$/;
const STATUS = /^\[.*\]$/;
const BARE_STATUS: ReadonlySet<string> = new Set(['N/A', '', 'ERR!', 'Not Supported', 'Unknown Error']);

export const isStatus = (text: string): boolean => STATUS.test(text) || BARE_STATUS.has(text);

/** One cell by its field: a number without its unit, a text, or absent with the printed status. */
export const parseCell = (field: QueryField, raw: string): Cell => {
  const text = raw.trim();
  if (isStatus(text)) return { absent: text };
  if (isTextField(field.name)) return { value: text };
  const value =
    field.unit !== undefined && text.endsWith(` ${field.unit}`) ? text.slice(0, -field.unit.length - 1) : text;
  if (NUMBER.test(value)) return { value: Number(value) };
  const number = WITH_UNIT.exec(text)?.[1];
  return { value: number === undefined ? text : Number(number) };
};

/** Texts that may hold a comma, the likeliest first: a process path before a product name. */
const FREE_TEXTS: readonly string[] = ['process_name', 'name'];

/**
 * Cells of a row for these fields, or undefined when their number does not fit. Surplus commas are given back to the one
 * field that may hold them.
 */
export const splitRow = (text: string, fields: readonly QueryField[]): readonly string[] | undefined => {
  const trimmed = text.trim();
  const separator = trimmed.includes(', ') ? ', ' : ',';
  // The last cell is empty where trimming took the blank behind the last comma.
  const padded = separator === ', ' && trimmed.endsWith(',') ? `${trimmed} ` : trimmed;
  const cells = padded.split(separator);
  const surplus = cells.length - fields.length;
  if (surplus === 0) return cells;
  if (surplus < 0) return undefined;
  for (const name of FREE_TEXTS) {
    const at = fields.findIndex((field) => field.name === name);
    if (at === -1) continue;
    return [...cells.slice(0, at), cells.slice(at, at + surplus + 1).join(separator), ...cells.slice(at + surplus + 1)];
  }
  return undefined;
};

/** True for a cell that no other program's line begins with: an index, a status, a query's timestamp, `P8`, or a value with its unit. */
const ROW_START =
  /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|-?\d{1,18}(?:\.\d{1,9})?(?: [A-Za-z%/]{1,6})?|P\d{1,2}|GPU-[0-9a-f-]{4,36}|[0-9a-fA-F]{8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7])$/;
export const beginsLikeRow = (cell: string): boolean => isStatus(cell) || ROW_START.test(cell);
