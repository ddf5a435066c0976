// From a panel's form to the SDK's: one function per kind of panel.
import { PanelBuilder as BarsBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  AxisPlacement,
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { type GridPos, type Panel, PanelBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapTooltipBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import {
  PanelBuilder as PieBuilder,
  PieChartLegendOptionsBuilder,
  PieChartType,
} from '@grafana/grafana-foundation-sdk/piechart';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type {
  BarsPanel,
  GraphPanel,
  HeatmapPanel,
  LogsPanel,
  PanelSpec,
  PiePanel,
  StatPanel,
  TimelinePanel,
  TracePanel,
} from './panel-form.ts';
import { type AnyBuilder, dressed, tooltipOf } from './panel-parts.ts';
import { tableBuilder } from './tables.ts';

const FILL = { lines: 8, bars: 60, steps: 8 } as const;
/** Points apart by less than this are joined: a pushed series may miss an interval. */
const JOIN_GAPS_MS = 120_000;

/** Limits: dashed, unfilled, out of any stack. */
const limitProperties = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.stacking', value: { mode: 'none', group: 'limit' } },
];

const graphBuilder = (spec: GraphPanel): AnyBuilder => {
  const style = spec.style ?? 'lines';
  const builder = new GraphBuilder()
    .drawStyle(style === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineInterpolation(style === 'steps' ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .lineWidth(1)
    .fillOpacity(spec.stacked === true && style === 'lines' ? FILL.bars / 2 : FILL[style])
    .showPoints(VisibilityMode.Auto)
    .spanNulls(JOIN_GAPS_MS)
    .tooltip(tooltipOf())
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(style === 'bars' ? ['sum'] : ['lastNotNull', 'max']),
    );
  if (spec.stacked === true) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (spec.thresholds !== undefined)
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  if (spec.limits !== undefined) builder.overrideByRegexp(spec.limits, limitProperties);
  return builder;
};

const statBuilder = (spec: StatPanel): AnyBuilder =>
  new StatBuilder()
    .graphMode(
      spec.sparkline === false || spec.show === 'name' || spec.queries.some((q) => 'instant' in q)
        ? BigValueGraphMode.None
        : BigValueGraphMode.Area,
    )
    .colorMode(spec.paint === 'background' ? BigValueColorMode.Background : BigValueColorMode.Value)
    .textMode(spec.show === 'name' ? BigValueTextMode.Name : BigValueTextMode.Auto)
    .orientation(VizOrientation.Auto)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false));

const barsBuilder = (_spec: BarsPanel): AnyBuilder =>
  new BarsBuilder()
    .displayMode(BarGaugeDisplayMode.Gradient)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false));

const pieBuilder = (_spec: PiePanel): AnyBuilder =>
  new PieBuilder()
    .pieType(PieChartType.Donut)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .tooltip(tooltipOf())
    .legend(
      new PieChartLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Right)
        .calcs([]),
    );

const heatmapBuilder = (spec: HeatmapPanel): AnyBuilder =>
  new HeatmapBuilder()
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(spec.unit).axisPlacement(AxisPlacement.Left))
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true));

const timelineBuilder = (_spec: TimelinePanel): AnyBuilder =>
  new TimelineBuilder()
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(70)
    .tooltip(tooltipOf())
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    );

const logsBuilder = (_spec: LogsPanel): AnyBuilder =>
  new LogsBuilder()
    .showTime(true)
    .showLabels(false)
    .showCommonLabels(false)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending);

/** Grafana's own waterfall; the SDK has no builder for it. */
const traceBuilder = (_spec: TracePanel): AnyBuilder => new PanelBuilder().type('traces');

const builderOf = (spec: PanelSpec): AnyBuilder => {
  switch (spec.kind) {
    case 'graph':
      return graphBuilder(spec);
    case 'stat':
      return statBuilder(spec);
    case 'bars':
      return barsBuilder(spec);
    case 'pie':
      return pieBuilder(spec);
    case 'heatmap':
      return heatmapBuilder(spec);
    case 'timeline':
      return timelineBuilder(spec);
    case 'logs':
      return logsBuilder(spec);
    case 'trace':
      return traceBuilder(spec);
    case 'table':
      return tableBuilder(spec);
  }
};

export const panelOf = (spec: PanelSpec, id: number, place: GridPos): Panel =>
  dressed(builderOf(spec), spec, id, place).build();

const SIZES: { readonly [K in PanelSpec['kind']]: { readonly width: number; readonly height: number } } = {
  graph: { width: 12, height: 8 },
  stat: { width: 4, height: 4 },
  bars: { width: 8, height: 8 },
  pie: { width: 8, height: 8 },
  heatmap: { width: 12, height: 8 },
  timeline: { width: 12, height: 8 },
  logs: { width: 24, height: 10 },
  trace: { width: 24, height: 14 },
  table: { width: 12, height: 8 },
};

export const sizeOf = (spec: PanelSpec): { readonly width: number; readonly height: number } => ({
  width: spec.width ?? SIZES[spec.kind].width,
  height: spec.height ?? SIZES[spec.kind].height,
});
