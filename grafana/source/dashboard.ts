// A dashboard: rows of panels laid out on Grafana's grid of 24 columns, with variables, annotations and links in its head.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQuery,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type DashboardName, headLinks, TITLES, uids } from './links.ts';
import type { PanelSpec } from './panel-form.ts';
import { panelOf, sizeOf } from './panels.ts';
import { COMMON, type VariableName, variablesOf } from './variables.ts';

export type RowSpec = { readonly title: string; readonly panels: readonly PanelSpec[] };

export type DashboardSpec = {
  readonly name: DashboardName;
  readonly description: string;
  /** Beside the common ones. */
  readonly variables?: readonly VariableName[];
  readonly annotations?: readonly cog.Builder<AnnotationQuery>[];
  readonly rows: readonly RowSpec[];
  readonly from?: string;
};

const COLUMNS = 24;

type Placed = { readonly panels: readonly (Panel | RowPanel)[]; readonly nextId: number; readonly nextY: number };

/** Panels side by side until a line is full; the tallest of a line says where the next begins. */
const placed = (row: RowSpec, firstId: number, firstY: number): Placed => {
  const panels: (Panel | RowPanel)[] = [
    new RowBuilder(row.title).id(firstId).gridPos({ x: 0, y: firstY, w: COLUMNS, h: 1 }).build(),
  ];
  let [x, y, tallest, id] = [0, firstY + 1, 0, firstId + 1];
  for (const spec of row.panels) {
    const { width, height } = sizeOf(spec);
    if (x + width > COLUMNS) [x, y, tallest] = [0, y + tallest, 0];
    panels.push(panelOf(spec, id, { x, y, w: width, h: height }));
    [x, tallest, id] = [x + width, Math.max(tallest, height), id + 1];
  }
  return { panels, nextId: id, nextY: y + tallest };
};

/** Panel ids are counted from 1 in the order of the file: stable as long as nothing is put before them. */
export const dashboardOf = (spec: DashboardSpec): Dashboard => {
  const builder = new DashboardBuilder(`ollascope · ${TITLES[spec.name] ?? spec.name}`)
    .uid(uids[spec.name])
    .description(spec.description)
    .tags(['ollascope'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from ?? 'now-1h', to: 'now' })
    .refresh('30s')
    .editable()
    .variables(variablesOf([...COMMON, ...(spec.variables ?? [])]))
    .annotations([...(spec.annotations ?? [])])
    .links(headLinks(spec.name).map((link) => ({ build: () => link })));
  const panels: (Panel | RowPanel)[] = [];
  let [id, y] = [1, 0];
  for (const row of spec.rows) {
    const line = placed(row, id, y);
    panels.push(...line.panels);
    [id, y] = [line.nextId, line.nextY];
  }
  return { ...builder.build(), panels };
};
