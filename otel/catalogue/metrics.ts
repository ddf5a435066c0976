// Every metric there is, once, and the types that follow from the rows: a wrong name, a missing attribute or a superfluous
// one does not compile. Counter points are increments (running totals where the row or the point says `cumulative`),
// gauge and updowncounter points are current values, histogram points are single observations.
import type { Instant } from '../time.ts';
import type { AttributeKey, AttributesWith } from './attributes.ts';
import type { MetricDef } from './metric-form.ts';
import { gpuMetrics } from './metrics-gpu.ts';
import { nvidiaMetrics } from './metrics-nvidia.ts';
import { requestMetrics } from './metrics-requests.ts';
import { selfMetrics } from './metrics-self.ts';

export type { ColumnMapping, Instrument, MetricDef, QueryMapping, SetAttributes } from './metric-form.ts';

export const metrics = { ...requestMetrics, ...gpuMetrics, ...nvidiaMetrics, ...selfMetrics };

type Rows = typeof metrics;
export type MetricName = keyof Rows;

type OptionalOf<N extends MetricName> = Rows[N] extends { readonly optional: readonly (infer K extends AttributeKey)[] }
  ? K
  : never;

/** Exactly the attributes that points of this metric have. */
export type AttributesOf<N extends MetricName> = AttributesWith<Rows[N]['attributes'][number], OptionalOf<N>>;

export type PointOf<N extends MetricName> = {
  readonly signal: 'metric';
  readonly name: N;
  readonly value: number;
  readonly at: Instant;
  readonly attributes: AttributesOf<N>;
} & (Rows[N]['instrument'] extends 'counter'
  ? {
      /** The value is a running total of its source, not an increment. Implied where the row says so. */
      readonly cumulative?: true;
    }
  : unknown);

export type MetricPoint = { [N in MetricName]: PointOf<N> }[MetricName];

export const metricRow = (name: MetricName): MetricDef => metrics[name];

/** In the order of the catalogue. */
export const metricNames: readonly MetricName[] = Object.keys(metrics).filter((name): name is MetricName =>
  Object.hasOwn(metrics, name),
);
