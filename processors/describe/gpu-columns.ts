// Columns of dmon and pmon and fields of the query, as points: an index over the catalogue's rows, built once. A column
// that no row takes is counted under its name, so that a driver's new column is seen to be missing.
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import {
  type ColumnMapping,
  type MetricName,
  metricNames,
  metricRow,
  type QueryMapping,
} from '../../otel/catalogue/metrics.ts';
import type { Attributes, AttributeValue } from '../../otel/signal.ts';
import type { Instant } from '../../otel/time.ts';
import { type EmitSignal, pointFromRow, tellTo } from './points.ts';

type Taken<M> = { readonly name: MetricName; readonly mapping: M; readonly attributes: readonly AttributeKey[] };
type Cells = { readonly [field: string]: number | string };

const indexBy = <M>(
  mappingsOf: (name: MetricName) => readonly M[],
  keyOf: (mapping: M) => string,
): ReadonlyMap<string, readonly Taken<M>[]> => {
  const index = new Map<string, Taken<M>[]>();
  for (const name of metricNames) {
    const { attributes, optional = [] } = metricRow(name);
    for (const mapping of mappingsOf(name)) {
      const taken = { name, mapping, attributes: [...attributes, ...optional] };
      index.set(keyOf(mapping), [...(index.get(keyOf(mapping)) ?? []), taken]);
    }
  }
  return index;
};

const columnOf = ({ column }: ColumnMapping): string => column;
const byDmonColumn = indexBy((name) => metricRow(name).dmon ?? [], columnOf);
const byPmonColumn = indexBy((name) => metricRow(name).pmon ?? [], columnOf);
const byQueryField = indexBy(
  (name) => metricRow(name).query ?? [],
  ({ field }: QueryMapping) => field,
);

const scaled = (printed: number, { times = 1, per = 1 }: { readonly times?: number; readonly per?: number }): number =>
  (printed * times) / per;

/** Only attributes that the row has, and those that the mapping sets: a series' identity is the row's business. */
const pick = (series: Attributes, allowed: readonly AttributeKey[], set?: Attributes): Attributes => {
  // Filled one by one: this is done for every cell of every GPU, every second.
  const picked: { [key: string]: AttributeValue } = {};
  for (const key of allowed) {
    const value = set?.[key] ?? series[key];
    if (value !== undefined) picked[key] = value;
  }
  return picked;
};

const describeColumns = (
  index: ReadonlyMap<string, readonly Taken<ColumnMapping>[]>,
  columns: { readonly [name: string]: number },
  series: Attributes,
  at: Instant,
  emit: EmitSignal,
): void => {
  const tell = tellTo(emit);
  for (const column in columns) {
    const printed = columns[column] ?? Number.NaN;
    const taken = index.get(column);
    if (taken === undefined) tell('ollascope.smi.unknown_columns', 1, at, { 'nvidia.smi.column': column });
    for (const { name, mapping, attributes } of taken ?? []) {
      const value = scaled(printed, mapping);
      if (!Number.isFinite(value)) continue;
      emit(pointFromRow(name, value, at, pick(series, attributes, mapping.set), mapping.cumulative === true));
    }
  }
};

/** One dmon row. */
export const describeDmonColumns = (
  columns: { readonly [name: string]: number },
  series: Attributes,
  at: Instant,
  emit: EmitSignal,
): void => describeColumns(byDmonColumn, columns, series, at, emit);

/** One pmon row. */
export const describePmonColumns = (
  columns: { readonly [name: string]: number },
  series: Attributes,
  at: Instant,
  emit: EmitSignal,
): void => describeColumns(byPmonColumn, columns, series, at, emit);

const PSTATE = /^P(\d{1,2})$/;
const wordValue = (cell: string, text: QueryMapping['text']): number | undefined => {
  if (text === 'yes_no') return cell === 'Yes' ? 1 : cell === 'No' ? 0 : undefined;
  const state = text === 'pstate' ? PSTATE.exec(cell)?.[1] : undefined;
  return state === undefined ? undefined : Number(state);
};

const numberAt = (cells: Cells, field: string): number | undefined => {
  const cell = cells[field];
  return typeof cell === 'number' ? cell : undefined;
};

/** Undefined where the cell, or a cell it is combined with, is absent or of another form. */
const queryValue = (cells: Cells, mapping: QueryMapping): number | undefined => {
  const cell = cells[mapping.field];
  const printed = typeof cell === 'string' ? wordValue(cell, mapping.text) : cell;
  if (printed === undefined) return undefined;
  const added = mapping.plus === undefined ? 0 : numberAt(cells, mapping.plus);
  const divisor = mapping.over === undefined ? 1 : numberAt(cells, mapping.over);
  if (added === undefined || divisor === undefined || divisor === 0) return undefined;
  return scaled(printed + added, mapping) / divisor;
};

const describeState = (
  taken: Taken<QueryMapping>,
  cell: number | string,
  series: Attributes,
  at: Instant,
  emit: EmitSignal,
): void => {
  const { states } = taken.mapping;
  const current = states?.words[String(cell)];
  if (states === undefined || current === undefined) return;
  for (const word of new Set(Object.values(states.words))) {
    const attributes = { ...pick(series, taken.attributes), [states.attribute]: word };
    emit(pointFromRow(taken.name, word === current ? 1 : 0, at, attributes, false));
  }
};

/** One row of `--query-gpu`. Fields without a row (names, ids, the ones others use) say nothing here. */
export const describeQueryCells = (cells: Cells, series: Attributes, at: Instant, emit: EmitSignal): void => {
  for (const [field, cell] of Object.entries(cells)) {
    for (const taken of byQueryField.get(field) ?? []) {
      if (taken.mapping.states !== undefined) {
        describeState(taken, cell, series, at, emit);
        continue;
      }
      const value = queryValue(cells, taken.mapping);
      if (value === undefined || !Number.isFinite(value)) continue;
      const attributes = pick(series, taken.attributes, taken.mapping.set);
      emit(pointFromRow(taken.name, value, at, attributes, taken.mapping.cumulative === true));
    }
  }
};
