// One line per GPU from a snapshot: how busy, how full, how hot. A part that was not sampled is left out, never shown as 0;
// a GPU without any sample has no line.
import type { Snapshot } from '../otel/aggregate.ts';
import type { AttributeKey } from '../otel/catalogue/attributes.ts';
import type { MetricName } from '../otel/catalogue/metrics.ts';
import type { Attributes } from '../otel/signal.ts';

type Wanted = { readonly [K in AttributeKey]?: string };

const BYTES_PER_GIB = 1_073_741_824;
const gib = (bytes: number): string => (bytes / BYTES_PER_GIB).toFixed(1);

const pointsOf = (snapshot: Snapshot, name: MetricName) =>
  snapshot.metrics.flatMap((metric) => (metric.kind === 'number' && metric.name === name ? metric.points : []));

const matches = (attributes: Attributes, wanted: Wanted): boolean =>
  Object.entries(wanted).every(([key, value]) => attributes[key] === value);

const SAMPLED: readonly MetricName[] = ['hw.gpu.utilization', 'hw.power', 'hw.temperature', 'hw.gpu.memory.usage'];

/** `gpu 0  97 % busy  5.2/24.0 GiB  212 W  64 °C`, in the order in which the snapshot lists them. */
export const gpuStatus = (snapshot: Snapshot): readonly string[] => {
  const ids = new Map<string, string>();
  for (const { attributes } of SAMPLED.flatMap((name) => pointsOf(snapshot, name))) {
    const id = String(attributes['hw.id' satisfies AttributeKey]);
    const index = attributes['nvidia.gpu.index' satisfies AttributeKey];
    if (!ids.has(id) || index !== undefined) ids.set(id, index === undefined ? id : String(index));
  }
  const valueOfGpu = (id: string, name: MetricName, wanted: Wanted = {}): number | undefined =>
    pointsOf(snapshot, name).find(({ attributes }) => matches(attributes, { 'hw.id': id, ...wanted }))?.value;
  return [...ids].map(([id, shown]) => {
    const busy = valueOfGpu(id, 'hw.gpu.utilization', { 'hw.gpu.task': 'general' });
    const used = valueOfGpu(id, 'hw.gpu.memory.usage');
    const limit = valueOfGpu(id, 'hw.gpu.memory.limit');
    const watts = valueOfGpu(id, 'hw.power');
    const celsius = valueOfGpu(id, 'hw.temperature', { 'hw.sensor_location': 'gpu' });
    return [
      `gpu ${shown}`,
      busy === undefined ? undefined : `${Math.round(busy * 100)} % busy`,
      used === undefined ? undefined : `${gib(used)}${limit === undefined ? '' : `/${gib(limit)}`} GiB`,
      watts === undefined ? undefined : `${Math.round(watts)} W`,
      celsius === undefined ? undefined : `${Math.round(celsius)} °C`,
    ]
      .filter((part) => part !== undefined)
      .join('  ');
  });
};
