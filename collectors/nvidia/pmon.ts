// Reads `nvidia-smi pmon` of every generation and option, by its header. The command is the rest of the line (Windows names
// have blanks); a row of dashes says that a GPU is idle and is noise; a `-` means "no sample in this window", not 0.
import type { Line, Notice, SourceInfo } from '../line.ts';
import type { Emit, Parser, RecordReading } from '../reading.ts';
import { createOtherSmi, type OtherSmi } from './other-smi.ts';
import { baseNameOf } from './process-name.ts';
import { common, lineReading, type Stamp } from './readings.ts';
import { createRowClock, type RowClock } from './row-clock.ts';
import { parseHeader, parseIndex, parseValue, readStamps, type Schema, splitCells, unquote } from './table.ts';

/** Rows of one cycle kept to see where the next begins: more processes than this on one host's GPUs are unheard of. */
const CYCLE_ROWS_MAX = 4_096;
/** `C`, `G`, `C+G`, `M`, `M+C` (MPS), `-`. */
const TYPE = /^(?:[A-Z](?:\+[A-Z]){0,2}|-)$/;
const PID = /^\d{1,10}$/;

type PmonCells = { readonly cells: readonly string[]; readonly rest: string };
/** The first `count` cells and the rest of the line, blanks inside it kept. */
const splitRow = (text: string, count: number, csv: boolean): PmonCells | undefined => {
  const cells: string[] = [];
  let at = 0;
  const isGap = (char: string): boolean => char === ' ' || char === '\t';
  for (let found = 0; found < count; found++) {
    while (isGap(text[at] ?? '')) at++;
    let end = at;
    while (end < text.length && (csv ? text[end] !== ',' : !isGap(text[end] ?? ''))) end++;
    if (end === at) return undefined;
    cells.push(text.slice(at, end).trim());
    at = csv ? end + 1 : end;
  }
  return { cells, rest: text.slice(at).trim() };
};

type State = {
  readonly clock: RowClock;
  readonly other: OtherSmi;
  schema: Schema | undefined;
  previousIndex: number;
  /** `index/pid` of the rows of this cycle. */
  readonly seen: Set<string>;
};

const beginsCycle = (state: State, index: number, pid: string): boolean => {
  const key = `${index}/${pid}`;
  const begins = index < state.previousIndex || state.seen.has(key) || state.seen.size >= CYCLE_ROWS_MAX;
  if (begins) state.seen.clear();
  state.seen.add(key);
  state.previousIndex = index;
  return begins;
};

const readHeader = (state: State, line: Line): RecordReading | undefined => {
  const header = parseHeader(line.text);
  if (header === undefined) return undefined;
  if (header.type === 'names') {
    const { names } = header.schema;
    if (names[0] !== 'pid' || names[1] !== 'type' || names.at(-1) !== 'command') return undefined;
    state.schema = header.schema;
    state.other.close();
  }
  return lineReading(line, state.clock.between(line), 'noise', 'pmon.header');
};

const looksLikeRow = (text: string): boolean => {
  const [index, pid = '', type = ''] = splitCells(text, text.includes(','));
  return parseIndex(index) !== undefined && (pid === '-' || PID.test(pid)) && TYPE.test(type);
};

const processOf = (
  line: Line,
  stamp: Stamp,
  index: number,
  row: PmonCells,
  names: readonly string[],
): RecordReading => {
  const [pid = '', type = '', ...values] = row.cells;
  if (pid === '-') return lineReading(line, stamp, 'noise', 'pmon.idle');
  const columns: Record<string, number> = {};
  for (const [position, cell] of values.entries()) {
    const value = parseValue(cell);
    if (value === undefined) return lineReading(line, stamp, 'malformed', 'pmon.cell');
    if (value !== null) columns[names[position + 2] ?? ''] = value;
  }
  if (!PID.test(pid) || !TYPE.test(type)) return lineReading(line, stamp, 'malformed', 'pmon.cell');
  const command = baseNameOf(row.rest);
  const body = `${index} ${row.cells.join(' ')} ${command}`;
  const fields = { index, pid: Number(pid), type, command, columns };
  return { ...common(line, stamp, 'INFO', body), type: 'nvidia', kind: 'gpu.process', fields };
};

const readRow = (state: State, line: Line): RecordReading | undefined => {
  const text = unquote(line.text);
  const { schema, clock } = state;
  if (schema === undefined) {
    return looksLikeRow(text) ? lineReading(line, clock.between(line), 'malformed', 'pmon.no_header') : undefined;
  }
  const before = schema.stamps.length;
  const index = parseIndex(splitRow(text, before + 1, schema.csv)?.cells.at(-1));
  if (index === undefined) return undefined;
  // Index and all columns but the last: the command takes the rest.
  const row = splitRow(text, before + schema.names.length, schema.csv);
  const stamps = row === undefined ? undefined : readStamps(schema, row.cells);
  if (row === undefined || stamps === undefined || row.rest === '') {
    return lineReading(line, clock.between(line), 'malformed', 'pmon.width');
  }
  const cells = row.cells.slice(before + 1);
  const stamp = clock.row(line, stamps, beginsCycle(state, index, cells[0] ?? ''));
  return processOf(line, stamp, index, { cells, rest: row.rest }, schema.names);
};

export const createPmonParser = (source: SourceInfo): Parser => {
  const state: State = {
    clock: createRowClock(source),
    other: createOtherSmi(),
    schema: undefined,
    previousIndex: -1,
    seen: new Set(),
  };
  const parse = (line: Line, emit: Emit<RecordReading>): void =>
    emit(readHeader(state, line) ?? readRow(state, line) ?? state.other.read(line, state.clock.between(line)));
  const notice = (told: Notice): void => {
    if (told.kind !== 'exited' && told.kind !== 'restarted') return;
    state.schema = undefined;
    state.previousIndex = -1;
    state.seen.clear();
  };
  return { parse, notice, tick: () => undefined, end: () => undefined };
};
