// What the walk prints: one line per thing that was looked for, where it was found, and under which key.
type Row = readonly [what: string, name: string, where: string, found: string];

export type FoundTable = {
  readonly add: (...row: Row) => void;
  readonly print: (title: string) => void;
};

export const createFoundTable = (): FoundTable => {
  const rows: Row[] = [];
  return {
    add: (...row) => {
      rows.push(row);
    },
    print: (title) => {
      const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
      const lines = rows.map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      );
      // Straight to the stream: console output of a passing test is folded away.
      process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
    },
  };
};
