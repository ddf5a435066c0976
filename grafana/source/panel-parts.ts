// What every kind of panel shares: title, description, queries, unit, thresholds, value texts, links, place in the grid.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  type DataSourceRef,
  SortOrder,
  TooltipDisplayMode,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  DashboardLinkType,
  type FieldColor,
  FieldColorBuilder,
  FieldColorModeId,
  type GridPos,
  MappingType,
  type Panel,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataLink } from './links.ts';
import type { PanelSpec, Threshold } from './panel-form.ts';
import { sources, targetOf } from './queries.ts';

/** The part of the SDK's panel builders that is the same in all of them. */
export type AnyBuilder = {
  id(id: number): AnyBuilder;
  title(title: string): AnyBuilder;
  description(text: string): AnyBuilder;
  datasource(source: DataSourceRef): AnyBuilder;
  gridPos(place: GridPos): AnyBuilder;
  interval(interval: string): AnyBuilder;
  withTarget(target: cog.Builder<cog.Dataquery>): AnyBuilder;
  unit(unit: string): AnyBuilder;
  decimals(decimals: number): AnyBuilder;
  min(min: number): AnyBuilder;
  max(max: number): AnyBuilder;
  mappings(mappings: ValueMapping[]): AnyBuilder;
  thresholds(thresholds: cog.Builder<ThresholdsConfig>): AnyBuilder;
  colorScheme(color: cog.Builder<FieldColor>): AnyBuilder;
  dataLinks(links: cog.Builder<DashboardLink>[]): AnyBuilder;
  noValue(text: string): AnyBuilder;
  build(): Panel;
};

/** The agent exports every 10 s by default; finer steps would show the same point twice. */
const MIN_INTERVAL = '10s';
/** Where each step counts what happened in it, it must be long enough for several exports. */
const MIN_COUNTED_INTERVAL = '1m';

const countsSteps = (spec: PanelSpec): boolean =>
  spec.kind === 'heatmap' || (spec.kind === 'graph' && spec.style === 'bars');

/** Without the SDK's `placement`, which belongs to links in a dashboard's head. */
const linksOf = (links: readonly DataLink[]): cog.Builder<DashboardLink>[] =>
  links.map(({ title, url, targetBlank = false }) => ({
    build: () => ({
      title,
      type: DashboardLinkType.Link,
      icon: '',
      tooltip: '',
      url,
      tags: [],
      asDropdown: false,
      targetBlank,
      includeVars: false,
      keepTime: false,
    }),
  }));

const thresholdsOf = (steps: readonly Threshold[]): cog.Builder<ThresholdsConfig> =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, color }) => ({ value: from, color })));

export const tooltipOf = (): VizTooltipOptionsBuilder =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

const mappingsOf = (spec: PanelSpec): ValueMapping[] =>
  spec.states === undefined
    ? []
    : [
        {
          type: MappingType.ValueToText,
          options: Object.fromEntries(
            spec.states.map(({ value, text, color }, index) => [String(value), { text, color, index }]),
          ),
        },
      ];

/** Lines are told apart by colour; single values are judged by it. */
const coloursByThreshold = (spec: PanelSpec): boolean =>
  spec.kind === 'stat' || spec.kind === 'bars' || spec.kind === 'timeline';

export const dressed = (builder: AnyBuilder, spec: PanelSpec, id: number, place: GridPos): AnyBuilder => {
  builder.id(id).title(spec.title).description(spec.what).noValue(spec.none).gridPos(place).unit(spec.unit);
  const first = spec.queries[0];
  if (first !== undefined) builder.datasource(sources[first.source]);
  if (spec.queries.some(({ source }) => source === 'prometheus'))
    builder.interval(countsSteps(spec) ? MIN_COUNTED_INTERVAL : MIN_INTERVAL);
  spec.queries.forEach((query, index) => {
    builder.withTarget(targetOf(query, index));
  });
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  if (spec.min !== undefined) builder.min(spec.min);
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.thresholds !== undefined) builder.thresholds(thresholdsOf(spec.thresholds));
  if (spec.states !== undefined) builder.mappings(mappingsOf(spec));
  if (spec.links !== undefined) builder.dataLinks(linksOf(spec.links));
  builder.colorScheme(
    new FieldColorBuilder().mode(
      coloursByThreshold(spec) ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassicByName,
    ),
  );
  return builder;
};
