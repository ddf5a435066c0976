// How benchmarks print: Markdown tables, and a line for every goal. bench/results.ts puts both into the page as they are.

export const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** The head of a table; all but its first column are numbers. */
export const head = (names: readonly string[]): string =>
  `${row(names)}\n${row(names.map((_, index) => (index === 0 ? '---' : '---:')))}`;

export const thousands = (value: number): string => Math.round(value).toLocaleString('en');
export const fixed = (value: number, digits = 1): string => value.toFixed(digits);
export const mebibytes = (bytes: number): string => fixed(bytes / 1_048_576);

/** The form in which a goal stands on the page; a goal that was missed says so. */
export const goal = (what: string, found: string, isHeld: boolean): string =>
  `* Goal: ${what}. Found: ${found}. **${isHeld ? 'Held' : 'MISSED'}.**`;
