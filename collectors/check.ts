// Counts physical lines by what they were read as. A line counts once, by its most severe class: a torn record in a line
// whose rest was read is still a torn line. Pure: the command reads the files and prints the report.
import { createVersionDetector, type VersionFamily } from './detect.ts';
import type { Dialect, Line } from './line.ts';
import { classOf, type LineClass, type RecordReading } from './reading.ts';

/** The totals that `check --json` prints; the first seven keys are exactly these. */
export type CheckTotals = {
  readonly files: number;
  readonly lines: number;
  readonly matched: number;
  readonly noise: number;
  readonly continuation: number;
  readonly unmatched: number;
  readonly malformed: number;
};

/** One example line of a class; its text is shown on this host only. */
export type CheckExample = {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly text: string;
};

export type CheckFile = {
  readonly path: string;
  readonly dialect: Dialect;
  readonly versionFamily: VersionFamily;
  readonly version?: string;
  readonly lines: number;
  /** Matched readings by kind: one line can hold several. */
  readonly kinds: { readonly [kind: string]: number };
};

export type CheckReport = CheckTotals & {
  readonly perFile: readonly CheckFile[];
  /** Readings by kind over all files. */
  readonly kinds: { readonly [kind: string]: number };
  /** Lines by class and name (`noise: prompt_cache`), for all classes but matched. */
  readonly names: { readonly [classAndName: string]: number };
  readonly examples: { readonly unmatched: readonly CheckExample[]; readonly malformed: readonly CheckExample[] };
};

/** Examples kept per class and name, so that one flood does not hide the others; and over all of a class. */
const EXAMPLES_PER_NAME_MAX = 10;
const EXAMPLES_MAX = 100;
const EXAMPLE_CHARACTERS_MAX = 200;
/** A broken record can be told some lines late; its line is counted again within this many. */
const LATE_LINES_MAX = 128;

const severity: { readonly [C in LineClass]: number } = {
  unmatched: 4,
  malformed: 3,
  matched: 2,
  continuation: 1,
  noise: 0,
};

type Counted = { readonly number: number; class: LineClass | undefined; readonly text: string };
type Counts = Map<string, number>;

const add = (counts: Counts, key: string, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};
const sorted = (counts: Counts): { readonly [key: string]: number } =>
  Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));

export type CheckingFile = {
  /** Before the line is parsed. */
  readonly line: (line: Line) => void;
  /** Every reading, also those told late. */
  readonly reading: (reading: RecordReading) => void;
};

export type Check = {
  readonly file: (path: string, dialect: Dialect) => CheckingFile;
  readonly report: () => CheckReport;
  /** The report for people. */
  readonly render: () => string;
};

type OpenFile = {
  path: string;
  dialect: Dialect;
  lines: number;
  kinds: Counts;
  version: ReturnType<typeof createVersionDetector>;
};

export const createCheck = (): Check => {
  const totals = { matched: 0, noise: 0, continuation: 0, unmatched: 0, malformed: 0 };
  const names: Counts = new Map();
  const kinds: Counts = new Map();
  const files: OpenFile[] = [];
  const examples = { unmatched: [] as CheckExample[], malformed: [] as CheckExample[] };
  const examplesByName: Counts = new Map();

  const keepExample = (cls: LineClass, example: CheckExample): void => {
    if (cls !== 'unmatched' && cls !== 'malformed') return;
    const key = `${cls} ${example.name}`;
    if ((examplesByName.get(key) ?? 0) >= EXAMPLES_PER_NAME_MAX || examples[cls].length >= EXAMPLES_MAX) return;
    add(examplesByName, key);
    examples[cls].push(example);
  };

  const file = (path: string, dialect: Dialect): CheckingFile => {
    const open: OpenFile = { path, dialect, lines: 0, kinds: new Map(), version: createVersionDetector() };
    files.push(open);
    const recent = new Map<number, Counted>();

    const classify = (counted: Counted, cls: LineClass, name: string): void => {
      if (counted.class !== undefined && severity[counted.class] >= severity[cls]) return;
      if (counted.class !== undefined) totals[counted.class]--;
      counted.class = cls;
      totals[cls]++;
      keepExample(cls, { file: path, line: counted.number, name, text: counted.text });
    };

    return {
      line: (line) => {
        open.lines++;
        if (dialect === 'ollama') open.version.see(line.text);
        recent.set(line.position, {
          number: open.lines,
          class: undefined,
          text: line.text.slice(0, EXAMPLE_CHARACTERS_MAX),
        });
        if (recent.size <= LATE_LINES_MAX) return;
        for (const oldest of recent.keys()) {
          recent.delete(oldest);
          break;
        }
      },
      reading: (reading) => {
        const cls = classOf(reading);
        const name = reading.type === 'line' ? reading.name : reading.kind;
        if (reading.type === 'line') add(names, `${cls}: ${name}`);
        else {
          add(open.kinds, name);
          add(kinds, name);
        }
        const counted = recent.get(reading.line.position);
        if (counted !== undefined) classify(counted, cls, name);
      },
    };
  };

  const report = (): CheckReport => ({
    files: files.length,
    lines: files.reduce((sum, one) => sum + one.lines, 0),
    ...totals,
    perFile: files.map(({ path, dialect, lines, kinds: own, version }) => {
      const { family, version: printed } = version.seen();
      const shown = { path, dialect, versionFamily: family, lines, kinds: sorted(own) };
      return printed === undefined ? shown : { ...shown, version: printed };
    }),
    kinds: sorted(kinds),
    names: sorted(names),
    examples,
  });

  return { file, report, render: () => renderCheck(report()) };
};

const percent = (count: number, of: number): string => (of === 0 ? '-' : `${((100 * count) / of).toFixed(2)} %`);

/** Text for people: totals, files with their version family, and an example of what was not read. */
export const renderCheck = (report: CheckReport): string => {
  const { lines } = report;
  const rows = (['matched', 'noise', 'continuation', 'unmatched', 'malformed'] as const).map(
    (cls) => `  ${cls.padEnd(13)}${String(report[cls]).padStart(10)}  ${percent(report[cls], lines).padStart(9)}`,
  );
  const perFile = report.perFile.map(({ path, dialect, versionFamily, version, lines: count }) => {
    const family =
      dialect === 'ollama' ? `, Ollama ${versionFamily}${version === undefined ? '' : ` (${version})`}` : '';
    return `  ${path}: ${count} lines, ${dialect}${family}`;
  });
  const shown = [...report.examples.unmatched, ...report.examples.malformed].map(
    ({ file, line, name, text }) => `  ${file}:${line} (${name}) ${text.replaceAll(/[\x00-\x1f\x7f]/g, '·')}`,
  );
  const parts = [`${report.files} files, ${lines} lines`, ...rows, 'Files', ...perFile];
  return `${[...parts, ...(shown.length === 0 ? [] : ['Not read (examples)', ...shown])].join('\n')}\n`;
};
