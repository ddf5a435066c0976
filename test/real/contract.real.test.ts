// The names that the catalogue promises, against real servers with the project's own configuration: the same metric by OTLP and
// by scrape, only the intended labels in Loki, every way to find a trace in Jaeger, and exemplars that lead to it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetricName, metricNames } from '../../otel/catalogue/metrics.ts';
import { metricOfPrometheusName, prometheusName } from '../../otel/names.ts';
import {
  type JaegerSearch,
  type JaegerSpan,
  jaegerSearch,
  jaegerServices,
  jaegerTrace,
  lokiMetric,
  lokiQuery,
  lokiSeries,
  promExemplars,
  promQuery,
  until,
} from './backends/ask.ts';
import { isExternal } from './backends/stack.ts';
import { HOST, type Machine, SERVICE, startMachine } from './contract/machine.ts';
import {
  agentSeries,
  boundsAsNumbers,
  differences,
  familyOf,
  nameOf,
  pageSeries,
  type Series,
} from './contract/series.ts';

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
});
afterAll(() => machine?.stop());

const isRoot = ({ parentSpanId }: { readonly parentSpanId: string }): boolean => parentSpanId === '';

/** Only a live agent tells of itself; live.real.test.ts and contract-live.real.test.ts have one. */
const OF_A_LIVE_AGENT =
  /^(process\.|ollascope\.(delivery|series)\.|ollascope\.source\.delay$|ollascope\.smi\.unknown_columns$)/;

describe('metrics', () => {
  const byOtlp = (): Promise<Series> => agentSeries(machine.stack.prometheusUrl, SERVICE, machine.endedAt, 1);
  const byScrape = (): Promise<Series> => agentSeries(machine.stack.prometheusUrl, 'ollascope', Date.now() / 1_000, 5);
  /** The page says its resource once, in target_info; the target's labels bring it to every series. */
  const onPage = (): Series => pageSeries(machine.page, { service_name: SERVICE, host_name: HOST });

  /** Not the moments among the values: the replay moved them, the page did not. */
  const unmoved = (series: Series): Series =>
    new Map([...series].filter(([key]) => nameOf(key) !== prometheusName('ollascope.source.last_line.time')));

  it('come by OTLP with the names, labels, buckets and values of the agent’s own page', async () => {
    const wanted = unmoved(onPage());
    const got = async (): Promise<Series> => unmoved(await byOtlp());
    const found = await until('the whole last snapshot', got, { holds: (series) => series.size >= wanted.size });
    expect(wanted.size).toBeGreaterThan(1_000);
    expect(differences(wanted, found)).toEqual([]);
  });

  /** A Prometheus that runs already does not know the page of this test. */
  const isScraped = !isExternal();

  it.skipIf(!isScraped)('come by scrape with exactly the same ones', async () => {
    const otlp = unmoved(await byOtlp());
    const got = async (): Promise<Series> => unmoved(await byScrape());
    const scraped = await until('a scrape of the page', got, { holds: (series) => series.size >= otlp.size });
    expect(differences(boundsAsNumbers(otlp), boundsAsNumbers(scraped))).toEqual([]);
  });

  it.skipIf(!isScraped)(
    'write a bucket’s bound as Prometheus does, "1.0" when scraped and "1" by OTLP: never match `le` as text',
    async () => {
      const bounds = (series: Series): Set<string> =>
        new Set([...series.keys()].flatMap((key) => /\ble="([^"]+)"/.exec(key)?.[1] ?? []));
      const [otlp, scraped] = [bounds(await byOtlp()), bounds(await byScrape())];
      expect([otlp.has('1'), otlp.has('1.0'), scraped.has('1'), scraped.has('1.0')]).toEqual([
        true,
        false,
        false,
        true,
      ]);
      expect([otlp.has('2.56'), scraped.has('2.56')]).toEqual([true, true]);
    },
  );

  it('are all in the catalogue, and all of the catalogue that a recording can tell is there', async () => {
    const families = new Set([...(await byOtlp()).keys()].map(familyOf));
    expect([...families].filter((name) => !metricOfPrometheusName.has(name))).toEqual([]);
    const missing = metricNames.filter((name: MetricName) => !families.has(prometheusName(name)));
    expect(missing.filter((name) => !OF_A_LIVE_AGENT.test(name))).toEqual([]);
  });

  it('keep the whole history, not only the end: the sent snapshots lie in the past, in order', async () => {
    const counts = await promQuery(
      machine.stack.prometheusUrl,
      `count_over_time(ollama_requests_active{job="${SERVICE}"}[20m])`,
    );
    const sent = machine.told.metrics.filter(({ name }) => name === 'ollama.requests.active').length;
    expect(counts.map(({ value }) => value)).toEqual([sent]);
  });
});

describe('logs', () => {
  const all = `{service_name="${SERVICE}"}`;

  it('arrive all, under two labels: where they come from and nothing else', async () => {
    const { lokiUrl } = machine.stack;
    const sent = machine.told.logs.length;
    const counted = await until('all log records', () => lokiMetric(lokiUrl, `sum(count_over_time(${all}[1h]))`), {
      holds: ([sum]) => (sum?.value ?? 0) >= sent,
    });
    expect(counted[0]?.value).toBe(sent);
    expect(await lokiSeries(lokiUrl, '{service_name=~".+"}')).toEqual([{ service_name: SERVICE, host_name: HOST }]);
  });

  it('have the trace id as structured metadata, and it leads to the trace', async () => {
    const { lokiUrl, jaegerUrl } = machine.stack;
    const hits = await lokiQuery(lokiUrl, `${all} | event_name="ollama.request.fault_hit"`);
    expect(hits.length).toBe(
      machine.told.logs.filter(({ eventName }) => eventName === 'ollama.request.fault_hit').length,
    );
    expect(hits.length).toBeGreaterThan(0);
    for (const { metadata, labels } of hits) {
      expect(Object.keys(labels).sort()).toEqual(['host_name', 'service_name']);
      const trace = await jaegerTrace(jaegerUrl, metadata['trace_id'] ?? '');
      expect(trace?.map(({ spanId }) => spanId)).toContain(metadata['span_id']);
      expect(trace?.find(isRoot)?.attributes['nvidia.fault.hit']).toBe(true);
    }
  });

  it('are as many with a trace id as the agent told', async () => {
    const linked = await lokiMetric(machine.stack.lokiUrl, `sum(count_over_time(${all} | trace_id!="" [1h]))`);
    expect(linked[0]?.value).toBe(machine.told.logs.filter(({ traceId }) => traceId !== '').length);
  });
});

describe('traces', () => {
  const roots = () => machine.told.spans.filter(isRoot);
  const search = (more: Omit<JaegerSearch, 'service'>): Promise<JaegerSpan[][]> =>
    jaegerSearch(machine.stack.jaegerUrl, { service: SERVICE, limit: 1_000, ...more });
  const names = (traces: readonly JaegerSpan[][]): (string | undefined)[] =>
    traces.map((spans) => spans.find(isRoot)?.name).sort();
  const told = (keep: (span: ReturnType<typeof roots>[number]) => boolean): string[] =>
    roots()
      .filter(keep)
      .map(({ name }) => name)
      .sort();

  it('arrive all, under the name of the service', async () => {
    const count = roots().length;
    const traces = await until('all traces', () => search({}), { holds: (found) => found.length >= count });
    expect(await jaegerServices(machine.stack.jaegerUrl)).toEqual([SERVICE]);
    expect(traces.flat().length).toBe(machine.told.spans.length);
    expect(names(traces)).toEqual(told(() => true));
  });

  it('are found by operation', async () => {
    const operation = 'chat llama3.2:3b';
    expect(names(await search({ operation }))).toEqual(told(({ name }) => name === operation));
    expect(told(({ name }) => name === operation).length).toBeGreaterThan(0);
  });

  it('are found by model', async () => {
    const model = 'mistral-small3.2:24b';
    const found = await search({ attributes: { 'gen_ai.request.model': model } });
    const wanted = told(({ attributes }) => attributes['gen_ai.request.model'] === model);
    expect(names(found)).toEqual(wanted);
    expect(wanted.length).toBeGreaterThan(0);
  });

  it('are found by the class of an error, on a span or on an event of it', async () => {
    const classes = new Set(
      roots().flatMap(({ attributes }) => (attributes['error.type'] as string | undefined) ?? []),
    );
    expect(classes.size).toBeGreaterThan(3);
    for (const error of classes) {
      const has = (owner: { attributes: Readonly<Record<string, unknown>> }): boolean =>
        owner.attributes['error.type'] === error;
      const hit = new Set(
        machine.told.spans.filter((span) => has(span) || span.events.some(has)).map(({ traceId }) => traceId),
      );
      expect(names(await search({ attributes: { 'error.type': error } })), error).toEqual(
        told(({ traceId }) => hit.has(traceId)),
      );
    }
  });

  it('have the status that was told, though the memory storage of Jaeger 2.13 finds nothing by error=true', async () => {
    const failed = (await search({})).flat().filter(({ status }) => status === 2);
    expect(failed.map(({ name }) => name).sort()).toEqual(
      machine.told.spans
        .filter(({ status }) => status.code === 2)
        .map(({ name }) => name)
        .sort(),
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(await search({ attributes: { error: 'true' } })).toEqual([]);
  });

  it('are found by duration', async () => {
    const seconds = ({ start, end }: { start: bigint; end: bigint }): number => Number(end - start) / 1e9;
    const slow = new Set(machine.told.spans.filter((span) => seconds(span) >= 10).map(({ traceId }) => traceId));
    expect(names(await search({ minDuration: '10s' }))).toEqual(told(({ traceId }) => slow.has(traceId)));
    expect(slow.size).toBeGreaterThan(0);
    expect(slow.size).toBeLessThan(roots().length);
  });

  it('are found by the fault that hit them', async () => {
    const found = await search({ attributes: { 'nvidia.fault.hit': 'true' } });
    expect(names(found)).toEqual(told(({ attributes }) => attributes['nvidia.fault.hit'] === true));
    expect(found.length).toBeGreaterThan(0);
  });
});

describe('span metrics', () => {
  it('count every span that was told, by name', async () => {
    const wanted = [...Map.groupBy(machine.told.spans, ({ name }) => name)]
      .map(([name, spans]) => `${name} ${spans.length}`)
      .sort();
    const sums = 'sum by (span_name) (traces_span_metrics_calls_total)';
    const counted = async () =>
      (await promQuery(machine.stack.prometheusUrl, sums))
        .map(({ metric, value }) => `${metric['span_name']} ${value}`)
        .sort();
    const found = await until('all spans counted', counted, { holds: (rows) => rows.join() === wanted.join() });
    expect(found).toEqual(wanted);
  });

  it('have exemplars that lead to the right trace: its span has the name and the duration', async () => {
    const { prometheusUrl, jaegerUrl } = machine.stack;
    const expr = 'traces_span_metrics_duration_seconds_bucket{span_kind="SPAN_KIND_SERVER"}';
    const series = await promExemplars(prometheusUrl, expr, machine.endedAt - 3_600, machine.endedAt + 600);
    const all = series.flatMap(({ series: labels, exemplars }) => exemplars.map((exemplar) => ({ labels, exemplar })));
    expect(all.length).toBeGreaterThan(10);
    for (const { labels, exemplar } of all) {
      const trace = await jaegerTrace(jaegerUrl, exemplar.labels['trace_id'] ?? '');
      const span = trace?.find(({ spanId }) => spanId === exemplar.labels['span_id']);
      expect(span?.name).toBe(labels['span_name']);
      expect(Number((span?.endNs ?? 0n) - (span?.startNs ?? 0n)) / 1e9).toBeCloseTo(exemplar.value, 6);
    }
  });
});
