// The form of a metric's row. A row is the whole truth about a metric: what it is, and which columns of nvidia-smi fill it.
// One rule to know: points of counters are INCREMENTS, points of gauges and updowncounters are current values.
import type { ScopeName } from '../signal.ts';
import type { AttributeKey } from './attributes.ts';

export type Instrument = 'gauge' | 'counter' | 'updowncounter' | 'histogram';

/** How a printed number becomes a value: `value = printed * times` or `printed / per` (a division keeps 57 % at 0.57). */
type Scale = { readonly times?: number; readonly per?: number };

/** Attributes that a column sets. */
export type SetAttributes = { readonly [K in AttributeKey]?: string };

/** One column of dmon or pmon, by its printed name. */
export type ColumnMapping = Scale & {
  readonly column: string;
  readonly set?: SetAttributes;
  /** The column is a running total of the driver: the point says `cumulative`. */
  readonly cumulative?: true;
};

/** One field of `--query-gpu`, by its canonical name. */
export type QueryMapping = Scale & {
  readonly field: string;
  readonly set?: SetAttributes;
  readonly cumulative?: true;
  /** The value is divided by this field of the same row. */
  readonly over?: string;
  /** This field of the same row is added. */
  readonly plus?: string;
  /** The cell is a text: `P8` gives 8, `Yes` gives 1 and `No` gives 0. */
  readonly text?: 'pstate' | 'yes_no';
  /** The cell is one word of a set: the series of that word is 1, the others 0. Printed word → attribute value. */
  readonly states?: { readonly attribute: AttributeKey; readonly words: { readonly [printed: string]: string } };
};

export type MetricDef = {
  readonly instrument: Instrument;
  /** UCUM. Empty where the number has none. */
  readonly unit: string;
  readonly brief: string;
  readonly scope: ScopeName;
  /** `convention`: name, unit and instrument are OpenTelemetry's. */
  readonly source: 'convention' | 'own';
  /** Which fact, or which part of the agent, fills it. */
  readonly from: string;
  /** Attributes every point has. */
  readonly attributes: readonly AttributeKey[];
  /** Attributes a point may have: set where known or where something failed. */
  readonly optional?: readonly AttributeKey[];
  /** Upper bounds of a histogram's buckets, ascending. */
  readonly buckets?: readonly number[];
  /** Every point of this counter is a running total of its source, not an increment. */
  readonly cumulative?: true;
  /** A point of it does not wait for the metric interval: somebody may be paged because of it. */
  readonly urgent?: true;
  readonly dmon?: readonly ColumnMapping[];
  readonly pmon?: readonly ColumnMapping[];
  readonly query?: readonly QueryMapping[];
};

export type MetricTable = { readonly [name: string]: MetricDef };
