// What a panel is, before it becomes Grafana's JSON. A dashboard file is a table of these; the forms leave no way to forget
// a description, a unit or the text shown when there is no data.
import type { DataLink } from './links.ts';
import type { Query } from './queries.ts';
import { unit } from './units.ts';

export type Threshold = { readonly from: number | null; readonly color: string };

type Common = {
  readonly title: string;
  /** What is shown, and how to read it. Shown behind the (i). */
  readonly what: string;
  /** Shown instead of an empty panel: what it means that there is nothing. */
  readonly none: string;
  readonly queries: readonly Query[];
  readonly unit: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: readonly Threshold[];
  readonly links?: readonly DataLink[];
  /** Of 24 columns; each kind has a default. */
  readonly width?: number;
  readonly height?: number;
  /** Number → text and colour, for states. */
  readonly states?: readonly { readonly value: number; readonly text: string; readonly color: string }[];
};

export type GraphPanel = Common & {
  readonly kind: 'graph';
  readonly style?: 'lines' | 'bars' | 'steps';
  readonly stacked?: true;
  /** Series drawn as dashed limits: a regular expression on the legend. */
  readonly limits?: string;
};

export type StatPanel = Common & {
  readonly kind: 'stat';
  /** `value`: the number alone; `background`: the whole tile takes the threshold's colour. */
  readonly paint?: 'value' | 'background';
  /** `last` value, or the name of the series (versions, GPU names). */
  readonly show?: 'value' | 'name';
  readonly sparkline?: false;
};

export type BarsPanel = Common & { readonly kind: 'bars' };
export type PiePanel = Common & { readonly kind: 'pie' };
export type HeatmapPanel = Common & { readonly kind: 'heatmap' };
export type TimelinePanel = Common & { readonly kind: 'timeline' };
export type LogsPanel = Common & { readonly kind: 'logs' };
export type TracePanel = Common & { readonly kind: 'trace' };

/** A column: the field that Grafana makes of the query, and how it is shown. */
export type Column = {
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  readonly links?: readonly DataLink[];
  readonly thresholds?: readonly Threshold[];
};

export type TablePanel = Common & {
  readonly kind: 'table';
  /**
   * `values`: one Prometheus query per column, joined by their labels. `records`: log lines, their structured metadata as
   * columns. `traces`: what Jaeger's search gives.
   */
  readonly rows: 'values' | 'records' | 'traces';
  readonly columns: readonly Column[];
  readonly sortBy?: { readonly title: string; readonly descending: boolean };
};

export type PanelSpec =
  | GraphPanel
  | StatPanel
  | BarsPanel
  | PiePanel
  | HeatmapPanel
  | TimelinePanel
  | LogsPanel
  | TracePanel
  | TablePanel;

/** What is left to say of a panel whose kind is known. */
export type Given<P extends Common> = Omit<P, 'kind'>;

export const graph = (spec: Given<GraphPanel>): PanelSpec => ({ kind: 'graph', ...spec });
/** How many in each step, for `perStep` and `countPerStep`: bars have steps that are long enough to count in. */
export const countBars = (spec: Omit<Given<GraphPanel>, 'style' | 'unit'>): PanelSpec =>
  graph({ ...spec, style: 'bars', unit: unit.count });

export const stat = (spec: Given<StatPanel>): PanelSpec => ({ kind: 'stat', ...spec });
export const bars = (spec: Given<BarsPanel>): PanelSpec => ({ kind: 'bars', ...spec });
export const pie = (spec: Given<PiePanel>): PanelSpec => ({ kind: 'pie', ...spec });
export const heatmap = (spec: Given<HeatmapPanel>): PanelSpec => ({ kind: 'heatmap', ...spec });
export const timeline = (spec: Given<TimelinePanel>): PanelSpec => ({ kind: 'timeline', ...spec });
export const logs = (spec: Given<LogsPanel>): PanelSpec => ({ kind: 'logs', ...spec });
export const trace = (spec: Given<TracePanel>): PanelSpec => ({ kind: 'trace', ...spec });
export const table = (spec: Given<TablePanel>): PanelSpec => ({ kind: 'table', ...spec });

/** Green up to the first bound, orange up to the second, red above. */
export const rising = (orange: number, red: number): readonly Threshold[] => [
  { from: null, color: 'green' },
  { from: orange, color: 'orange' },
  { from: red, color: 'red' },
];

/** Red below the first bound, orange below the second, green from there. */
export const falling = (orange: number, green: number): readonly Threshold[] => [
  { from: null, color: 'red' },
  { from: orange, color: 'orange' },
  { from: green, color: 'green' },
];

/** Anything above zero is bad. */
export const anyIsBad: readonly Threshold[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'red' },
];

/** Anything above zero deserves a look. */
export const anyIsOdd: readonly Threshold[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'orange' },
];

/** The number says nothing good or bad. */
export const plain: readonly Threshold[] = [{ from: null, color: 'blue' }];
