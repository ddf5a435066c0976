// Reads the CSV of `--query-gpu` and `--query-compute-apps`, with or without header, once or in a loop. Loops print other
// lines in between (ECC and Xid events during the sleep), so a line that does not fit is classed, never forced into cells.
import type { Line, Notice, SourceInfo } from '../line.ts';
import type { Emit, Parser, RecordReading } from '../reading.ts';
import { normaliseBus } from './bus.ts';
import { createKernelParser } from './kernel.ts';
import type { Cell, NvidiaFields } from './kinds.ts';
import { createOtherSmi, type OtherSmi } from './other-smi.ts';
import { baseNameOf } from './process-name.ts';
import { beginsLikeRow, parseCell, splitRow } from './query-cells.ts';
import { canonicalField, parseQueryHeader, type QueryField } from './query-fields.ts';
import { common, lineReading, type Stamp } from './readings.ts';
import { createRowClock, parseDate, parseTime, type RowClock, type RowStamp } from './row-clock.ts';

const BYTES_PER_MIB = 1_048_576;
/** Rows of one cycle kept to see where the next begins: 16 GPUs, or their processes. */
const CYCLE_ROWS_MAX = 4_096;

type Cells = { readonly [field: string]: Cell };
type Writable<T> = { -readonly [K in keyof T]: T[K] };

const textOf = (cells: Cells, ...names: string[]): string | undefined => {
  for (const name of names) {
    const cell = cells[name];
    if (cell !== undefined && 'value' in cell) return String(cell.value);
  }
  return undefined;
};
const numberOf = (cells: Cells, name: string): number | undefined => {
  const cell = cells[name];
  return cell !== undefined && 'value' in cell && typeof cell.value === 'number' ? cell.value : undefined;
};

/** `2026/07/14 08:12:53.353` in the `timestamp` cell. */
const stampOf = (cells: Cells): RowStamp => {
  const [date = '', time = ''] = (textOf(cells, 'timestamp') ?? '').split(' ');
  const daySeconds = parseDate(date);
  const ofDay = parseTime(time);
  return daySeconds === undefined || ofDay === undefined ? {} : { daySeconds, ...ofDay };
};

const gpuFields = (cells: Cells): NvidiaFields['gpu.query'] => {
  const fields: Writable<NvidiaFields['gpu.query']> = { cells };
  const index = numberOf(cells, 'index');
  const uuid = textOf(cells, 'uuid');
  const bus = normaliseBus(textOf(cells, 'pci.bus_id') ?? '');
  if (index !== undefined) fields.index = index;
  if (uuid !== undefined) fields.uuid = uuid;
  if (bus !== undefined) fields.bus = bus;
  return fields;
};

const appFields = (cells: Cells): NvidiaFields['gpu.app'] => {
  const fields: Writable<NvidiaFields['gpu.app']> = {};
  const uuid = textOf(cells, 'uuid');
  const bus = normaliseBus(textOf(cells, 'pci.bus_id') ?? '');
  const pid = numberOf(cells, 'pid');
  const command = textOf(cells, 'process_name');
  const usedMib = numberOf(cells, 'used_gpu_memory');
  if (uuid !== undefined) fields.uuid = uuid;
  if (bus !== undefined) fields.bus = bus;
  if (pid !== undefined) fields.pid = pid;
  if (command !== undefined) fields.command = baseNameOf(command);
  if (usedMib !== undefined) fields.usedBytes = usedMib * BYTES_PER_MIB;
  return fields;
};

/** Fields that are numbers whatever the driver. */
const COUNTS: ReadonlySet<string> = new Set(['index', 'pid', 'count']);
/** A text where a number belongs: a foreign line with the right number of commas, or a torn row. */
const isUnsound = (field: QueryField, cell: Cell): boolean =>
  'value' in cell && typeof cell.value !== 'number' && (COUNTS.has(field.name) || field.unit !== undefined);

type RowReading = (line: Line, stamp: Stamp, cells: Cells) => RecordReading;

const gpuRow: RowReading = (line, stamp, cells) => ({
  ...common(line, stamp, 'INFO', line.text.trim()),
  type: 'nvidia',
  kind: 'gpu.query',
  fields: gpuFields(cells),
});

const appRow: RowReading = (line, stamp, cells) => {
  const fields = appFields(cells);
  const told = [fields.pid, fields.command, fields.usedBytes === undefined ? undefined : `${fields.usedBytes} B`];
  const body = told.filter((part) => part !== undefined).join(', ');
  return { ...common(line, stamp, 'INFO', body), type: 'nvidia', kind: 'gpu.app', fields };
};

type State = {
  readonly clock: RowClock;
  readonly other: OtherSmi;
  readonly toReading: RowReading;
  fields: readonly QueryField[] | undefined;
  /** Rows of this cycle. */
  readonly seen: Set<string>;
};

/** Without index, uuid, bus and name every row counts as a cycle of its own. */
const beginsCycle = (seen: Set<string>, cells: Cells): boolean => {
  const gpu = textOf(cells, 'index', 'uuid', 'pci.bus_id', 'name') ?? '';
  const key = `${gpu}/${textOf(cells, 'pid') ?? ''}`;
  const begins = seen.has(key) || seen.size >= CYCLE_ROWS_MAX;
  if (begins) seen.clear();
  seen.add(key);
  return begins;
};

const readRow = (state: State, line: Line): RecordReading | undefined => {
  const broken = (name: string): RecordReading | undefined => {
    const cells = line.text.trim().split(', ');
    const isRow = cells.length > 1 && beginsLikeRow(cells[0] ?? '');
    return isRow ? lineReading(line, state.clock.between(line), 'malformed', name) : undefined;
  };
  const { fields } = state;
  if (fields === undefined) return broken('query.no_header');
  const raw = splitRow(line.text, fields);
  if (raw === undefined) return broken('query.width');
  // One field takes any line without a comma: then the line must look like a cell.
  if (fields.length === 1 && !beginsLikeRow(line.text.trim())) return undefined;
  const cells: Record<string, Cell> = {};
  for (const [position, field] of fields.entries()) {
    const cell = parseCell(field, raw[position] ?? '');
    if (isUnsound(field, cell)) return broken('query.cell');
    cells[field.name] = cell;
  }
  return state.toReading(line, state.clock.row(line, stampOf(cells), beginsCycle(state.seen, cells)), cells);
};

const readLine = (state: State, line: Line): RecordReading => {
  const header = parseQueryHeader(line.text);
  if (header !== undefined) {
    state.fields = header;
    state.other.close();
    return lineReading(line, state.clock.between(line), 'noise', 'query.header');
  }
  const foreign = state.other.read(line, state.clock.between(line));
  const isKnown = foreign.type === 'nvidia' || foreign.class !== 'unmatched';
  return isKnown ? foreign : (readRow(state, line) ?? foreign);
};

const createQueryParser = (source: SourceInfo, toReading: RowReading, given?: readonly string[]): Parser => {
  const fixed: readonly QueryField[] | undefined = given?.map((name) => ({ name: canonicalField(name) }));
  const state: State = {
    clock: createRowClock(source),
    other: createOtherSmi(),
    toReading,
    fields: fixed,
    seen: new Set(),
  };
  const kernel = createKernelParser(source);
  const parse = (line: Line, emit: Emit<RecordReading>): void => {
    // ECC and Xid events of a loop: their form in nvidia-smi is not documented; the kernel's own text is read as such.
    if (line.text.includes('NVRM: ')) kernel.parse(line, emit);
    else emit(readLine(state, line));
  };
  const notice = (told: Notice): void => {
    if (told.kind !== 'exited' && told.kind !== 'restarted') return;
    state.fields = fixed;
    state.seen.clear();
  };
  return { parse, notice, tick: () => undefined, end: () => undefined };
};

/** `fields`: the list the source asked for, needed with `noheader`; aliases are rewritten as the tool does. */
export const createQueryGpuParser = (source: SourceInfo, fields?: readonly string[]): Parser =>
  createQueryParser(source, gpuRow, fields);

/** Rows of `--query-compute-apps`; of a process's path only the base name is told. */
export const createQueryAppsParser = (source: SourceInfo, fields?: readonly string[]): Parser =>
  createQueryParser(
    source,
    appRow,
    // `name` is the process here, the product in `--query-gpu`.
    fields?.map((name) => (name === 'name' ? 'process_name' : name)),
  );
