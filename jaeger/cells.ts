// Text in terminal cells: how wide it is, and how it is cut and padded to a column. Whatever comes from a log is made
// printable first: control characters, escapes and direction overrides become U+FFFD, so no log can drive a terminal.

/** C0, DEL, C1, zero-width and bidirectional controls, line and paragraph separators, lone surrogates, BOM. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

export const printable = (text: string): string => text.replace(UNPRINTABLE, '\ufffd');

/** Ranges that terminals draw two cells wide (East Asian Wide, emoji): coarse, erring on the wide side. */
const isWide = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0xffe0 && code <= 0xffe6) ||
  (code >= 0x1f300 && code <= 0x1faff) ||
  (code >= 0x20000 && code <= 0x3fffd);

const COMBINING = /^\p{M}$/u;
const cellsOfCharacter = (character: string): number => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  return COMBINING.test(character) ? 0 : isWide(code) ? 2 : 1;
};

/** Terminal cells of printable text. */
export const cellsOf = (text: string): number => {
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
};

/** At most `width` cells; what is cut ends in `…`. */
export const cut = (text: string, width: number): string => {
  if (cellsOf(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let cells = 0;
  for (const character of text) {
    cells += cellsOfCharacter(character);
    if (cells > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
};

/** Exactly `width` cells, cut or padded on the right. */
export const fitLeft = (text: string, width: number): string => {
  const kept = cut(text, width);
  return kept + ' '.repeat(Math.max(0, width - cellsOf(kept)));
};

/** Exactly `width` cells, padded on the left. */
export const fitRight = (text: string, width: number): string => {
  const kept = cut(text, width);
  return ' '.repeat(Math.max(0, width - cellsOf(kept))) + kept;
};

/** Rows as lines: each column as wide as its widest cell. The column of numbers is padded on the left. */
export const tableText = (rows: readonly (readonly string[])[], numbersAt: number): string => {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => cellsOf(row[column] ?? ''))));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => (column === numbersAt ? fitRight : fitLeft)(cell, widths[column] ?? 0));
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
};
