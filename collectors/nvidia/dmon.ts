// Reads `nvidia-smi dmon` of every generation and option, by its header. A `-` is absent, never 0. A last row that is cut
// off is kept back and told when the stream ends: dmon writes cell by cell and hangs in the driver with the GPU it reads.
import type { Line, Notice, NoticeKind, SourceInfo } from '../line.ts';
import type { Emit, NvidiaReading, Parser, RecordReading } from '../reading.ts';
import { createOtherSmi, type OtherSmi } from './other-smi.ts';
import { common, isTerminated, lineReading, type Stamp } from './readings.ts';
import { createRowClock, type RowClock } from './row-clock.ts';
import { parseHeader, parseIndex, parseValue, readStamps, type Schema, splitCells, unquote } from './table.ts';

/** After these no byte completes a row: the process or the file is gone, or hangs. */
const ROW_ENDS: ReadonlySet<NoticeKind> = new Set([
  'exited',
  'restarted',
  'ended',
  'deleted',
  'rotated',
  'truncated',
  'stalled',
]);
/** After these a new process speaks, with its own header. */
const PROCESS_ENDS: ReadonlySet<NoticeKind> = new Set(['exited', 'restarted']);

type Row = {
  readonly line: Line;
  readonly stamp: Stamp;
  readonly index: number;
  readonly cells: readonly string[];
  readonly cycle: number;
};
/** A row that may be the stream's last, cut one. */
type HeldRow = { readonly row: Row; readonly expected: number };

const sampleOf = (row: Row, names: readonly string[], body: string): RecordReading => {
  const columns: Record<string, number> = {};
  const absent: string[] = [];
  for (let position = 0; position < names.length; position += 1) {
    const name = names[position] ?? '';
    const value = parseValue(row.cells[position] ?? '');
    if (value === undefined) return lineReading(row.line, row.stamp, 'malformed', 'dmon.cell');
    if (value === null) absent.push(name);
    else columns[name] = value;
  }
  const fields = { index: row.index, columns, absent, cycle: row.cycle };
  return { ...common(row.line, row.stamp, 'INFO', body), type: 'nvidia', kind: 'gpu.sample', fields };
};

const truncatedOf = ({ row, expected }: HeldRow): NvidiaReading => ({
  ...common(row.line, row.stamp, 'WARN', row.line.text.trim()),
  type: 'nvidia',
  kind: 'gpu.sample_truncated',
  fields: { index: row.index, columnsRead: row.cells.length, columnsExpected: expected },
});

type State = {
  readonly clock: RowClock;
  readonly other: OtherSmi;
  /** Schema of a stream without header, as the source asked for it. */
  readonly given: Schema | undefined;
  schema: Schema | undefined;
  previousIndex: number | undefined;
  cycle: number;
  /** Characters of the last complete row: a last row without a line end that is shorter lost its tail. */
  rowLength: number;
  held: HeldRow | undefined;
};

const readHeader = (state: State, line: Line): RecordReading | undefined => {
  const header = parseHeader(line.text);
  if (header === undefined || (header.type === 'names' && header.schema.names.includes('pid'))) return undefined;
  state.other.close();
  const stamp = state.clock.between(line);
  const { schema } = state;
  if (header.type === 'names') state.schema = header.schema;
  // A names line that was cut off would give rows wrong names; its units line tells.
  else if (schema !== undefined && !schema.csv && header.width !== schema.stamps.length + 1 + schema.names.length) {
    state.schema = undefined;
    return lineReading(line, stamp, 'malformed', 'dmon.header');
  }
  return lineReading(line, stamp, 'noise', 'dmon.header');
};

const NO_SCHEMA: Schema = { stamps: [], names: [], csv: false };
const areValues = (cells: readonly string[]): boolean => cells.every((cell) => parseValue(cell) !== undefined);

const readRow = (state: State, line: Line): RecordReading | HeldRow | undefined => {
  const text = unquote(line.text).trimEnd();
  const layout = state.schema ?? NO_SCHEMA;
  const all = splitCells(text, layout.csv || (state.schema === state.given && text.includes(',')));
  const stamps = readStamps(layout, all);
  const index = parseIndex(all[layout.stamps.length]);
  if (stamps === undefined || index === undefined) return undefined;
  const cells = all.slice(layout.stamps.length + 1);
  if (state.schema === undefined) {
    const isRow = cells.length > 0 && areValues(cells);
    return isRow ? lineReading(line, state.clock.between(line), 'malformed', 'dmon.no_header') : undefined;
  }
  const newCycle = state.previousIndex === undefined || index <= state.previousIndex;
  if (newCycle) state.cycle++;
  state.previousIndex = index;
  const row: Row = { line, stamp: state.clock.row(line, stamps, newCycle), index, cells, cycle: state.cycle };
  const expected = layout.names.length;
  const lostTail = !isTerminated(line) && text.length < state.rowLength;
  if ((cells.length < expected || lostTail) && areValues(cells)) return { row, expected };
  if (cells.length !== expected) return lineReading(line, row.stamp, 'malformed', 'dmon.width');
  state.rowLength = text.length;
  return sampleOf(row, layout.names, text.trim());
};

const resolveHeld = (state: State, emit: Emit<RecordReading>, streamEnded: boolean): void => {
  const { held } = state;
  if (held === undefined) return;
  state.held = undefined;
  emit(streamEnded ? truncatedOf(held) : lineReading(held.row.line, held.row.stamp, 'malformed', 'dmon.width'));
};

/** `columns`: names for a stream made with `--format noheader` (without stamps), in the order of its `-s` letters. */
export const createDmonParser = (source: SourceInfo, columns?: readonly string[]): Parser => {
  const given: Schema | undefined = columns === undefined ? undefined : { ...NO_SCHEMA, names: columns };
  const state: State = {
    clock: createRowClock(source),
    other: createOtherSmi(),
    given,
    schema: given,
    previousIndex: undefined,
    cycle: -1,
    rowLength: 0,
    held: undefined,
  };
  const parse = (line: Line, emit: Emit<RecordReading>): void => {
    if (line.text.trim() !== '') resolveHeld(state, emit, false);
    const result = readHeader(state, line) ?? readRow(state, line) ?? state.other.read(line, state.clock.between(line));
    if ('row' in result) state.held = result;
    else emit(result);
  };
  const notice = (told: Notice, emit: Emit<RecordReading>): void => {
    if (ROW_ENDS.has(told.kind)) resolveHeld(state, emit, true);
    if (!PROCESS_ENDS.has(told.kind)) return;
    state.schema = given;
    state.previousIndex = undefined;
    state.rowLength = 0;
  };
  return { parse, notice, tick: () => undefined, end: (emit) => resolveHeld(state, emit, true) };
};
