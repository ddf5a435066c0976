// Tables: which fields a query gives, and the transformations that make columns of them. Fields that nobody asked for are
// dropped; those that are kept get their title, unit and links.
import { TableCellHeight, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { DataTransformerConfig, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import type { Column, TablePanel } from './panel-form.ts';
import type { AnyBuilder } from './panel-parts.ts';

/** Grafana names the time and text of a log line differently with and without its newer frame format; both are taken. */
export const RECORD_TIME = ['timestamp', 'Time'] as const;
export const RECORD_TEXT = ['body', 'Line'] as const;

const synonymsOf = (field: string): readonly string[] => {
  if (field === RECORD_TIME[0]) return RECORD_TIME;
  return field === RECORD_TEXT[0] ? RECORD_TEXT : [field];
};

/** Only these fields, in this order, under these titles. */
const arranged = (columns: readonly Column[]): readonly DataTransformerConfig[] => {
  const named = columns.flatMap(({ field, title }) => synonymsOf(field).map((name) => ({ name, title })));
  return [
    { id: 'filterFieldsByName', options: { include: { names: named.map(({ name }) => name) } } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(named.map(({ name }, index) => [name, index])),
        renameByName: Object.fromEntries(named.map(({ name, title }) => [name, title])),
      },
    },
  ];
};

const transformationsOf = (spec: TablePanel): readonly DataTransformerConfig[] => {
  if (spec.rows === 'traces') return arranged(spec.columns);
  if (spec.rows === 'records')
    return [
      { id: 'extractFields', options: { source: 'labels', format: 'auto', replace: false, keepTime: false } },
      ...arranged(spec.columns),
    ];
  return spec.queries.length > 1 ? [{ id: 'merge', options: {} }, ...arranged(spec.columns)] : arranged(spec.columns);
};

const propertiesOf = (column: Column): DynamicConfigValue[] => [
  ...(column.unit === undefined ? [] : [{ id: 'unit', value: column.unit }]),
  ...(column.decimals === undefined ? [] : [{ id: 'decimals', value: column.decimals }]),
  ...(column.width === undefined ? [] : [{ id: 'custom.width', value: column.width }]),
  ...(column.links === undefined ? [] : [{ id: 'links', value: column.links }]),
  ...(column.thresholds === undefined
    ? []
    : [
        {
          id: 'thresholds',
          value: {
            mode: 'absolute',
            steps: column.thresholds.map(({ from, color }) => ({ value: from, color })),
          },
        },
        { id: 'color', value: { mode: 'thresholds' } },
        { id: 'custom.cellOptions', value: { type: 'color-text' } },
      ]),
];

/** The value column of query A, B, … once they are merged; alone it is `Value`. */
export const cellOf = (refId: string): string => `Value #${refId}`;

export const tableBuilder = (spec: TablePanel): AnyBuilder => {
  const builder = new TableBuilder()
    .showHeader(true)
    .cellHeight(TableCellHeight.Sm)
    .filterable(true)
    .transformations([...transformationsOf(spec)]);
  for (const column of spec.columns) {
    const properties = propertiesOf(column);
    if (properties.length > 0) builder.overrideByName(column.title, properties);
  }
  if (spec.sortBy !== undefined)
    builder.sortBy([new TableSortByFieldStateBuilder().displayName(spec.sortBy.title).desc(spec.sortBy.descending)]);
  return builder;
};
