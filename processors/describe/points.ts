// The one way a metric point is made: name, value and exactly the attributes of its catalogue row, checked by the compiler.
// A value that is no finite number makes no point: absent is absent, and nothing is ever told as NaN.
import type { AttributesOf, MetricName, MetricPoint } from '../../otel/catalogue/metrics.ts';
import type { Attributes, Signal } from '../../otel/signal.ts';
import type { Instant } from '../../otel/time.ts';

export type EmitSignal = (signal: Signal) => void;

/** `value` may be undefined, which tells nothing. Counters take increments, gauges and updowncounters current values. */
export type TellPoint = <N extends MetricName>(
  name: N,
  value: number | undefined,
  at: Instant,
  attributes: AttributesOf<N>,
) => void;

/** The named seam: the signature has checked name against attributes, which the compiler cannot follow into the union. */
const asPoint = (name: MetricName, value: number, at: Instant, attributes: Attributes): MetricPoint =>
  ({ signal: 'metric', name, value, at, attributes }) as MetricPoint;

export const tellTo =
  (emit: EmitSignal): TellPoint =>
  (name, value, at, attributes) => {
    if (value !== undefined && Number.isFinite(value)) emit(asPoint(name, value, at, attributes));
  };

/** For points whose name and attributes come from rows of the catalogue instead of from code. */
export const pointFromRow = (
  name: MetricName,
  value: number,
  at: Instant,
  attributes: Attributes,
  cumulative: boolean,
): MetricPoint =>
  cumulative
    ? ({ ...asPoint(name, value, at, attributes), cumulative: true } as MetricPoint)
    : asPoint(name, value, at, attributes);
