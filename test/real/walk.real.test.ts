// The walk through everything, replayed: the composed machine goes through the real Collector, and each metric, log event and
// span that it tells is looked for in the server that is to have it. Prints where each was found.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logEventNames } from '../../otel/catalogue/logs.ts';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { prometheusName } from '../../otel/names.ts';
import { jaegerSearch, lokiMetric, promMetricNames, until } from './backends/ask.ts';
import { type Machine, SERVICE, startMachine } from './contract/machine.ts';
import { createFoundTable, type FoundTable } from './walk/found.ts';

let machine: Machine;
const table: FoundTable = createFoundTable();
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(async () => {
  await machine?.stop();
  table.print('recordings/composed-two-gpus, replayed through the Collector:');
});

/** `x_bucket`, `x_sum`, `x_count` are series of the histogram x. */
const isOf = (family: string, series: string): boolean =>
  series === family || ['_bucket', '_sum', '_count'].some((suffix) => series === `${family}${suffix}`);
const countBy = <Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

test('every metric that the recording tells is in Prometheus', async () => {
  const there = await promMetricNames(machine.stack.prometheusUrl);
  const told = metricNames.filter((name) => machine.page.includes(`# TYPE ${prometheusName(name)} `));
  const missing: string[] = [];
  for (const name of told) {
    const family = prometheusName(name);
    const found = there.filter((series) => isOf(family, series));
    if (found.length === 0) missing.push(name);
    table.add('metric', name, 'Prometheus', found[0] ?? 'MISSING');
  }
  expect(missing).toEqual([]);
  expect(told.length).toBeGreaterThan(70);
});

test('every log event that the recording tells is in Loki, as often as it was told', async () => {
  const wanted = countBy(machine.told.logs, ({ eventName }) => eventName ?? '');
  const ask = (): ReturnType<typeof lokiMetric> =>
    lokiMetric(machine.stack.lokiUrl, `sum by (event_name) (count_over_time({service_name="${SERVICE}"}[1h]))`);
  const total = machine.told.logs.length;
  const found = await until('all log records', ask, {
    holds: (counts) => counts.reduce((sum, { value }) => sum + value, 0) >= total,
  });
  const there = new Map(found.map(({ metric, value }) => [metric['event_name'] ?? '', value]));
  for (const name of logEventNames.filter((event) => wanted.has(event)))
    table.add('log event', name, 'Loki', `${there.get(name) ?? 'MISSING'}`);
  expect(there).toEqual(wanted);
});

test('every span that the recording tells is in Jaeger, as often as it was told', async () => {
  const wanted = countBy(machine.told.spans, ({ name }) => name);
  const ask = (): ReturnType<typeof jaegerSearch> =>
    jaegerSearch(machine.stack.jaegerUrl, { service: SERVICE, limit: 1_000 });
  const traces = await until('all spans', ask, {
    holds: (found) => found.flat().length >= machine.told.spans.length,
  });
  const there = countBy(traces.flat(), ({ name }) => name);
  for (const [name, count] of [...there].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    table.add('span', name, 'Jaeger', `${count}`);
  expect(there).toEqual(wanted);
});
