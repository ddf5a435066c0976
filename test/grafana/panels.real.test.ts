// Every query of every dashboard, asked of the real Prometheus, Loki and Jaeger as Grafana would ask it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getJson, jaegerTrace, lokiQuery, promExemplars, promQuery, promRange, urlOf } from '../real/backends/ask.ts';
import { answersTo, filledIn, type View } from './as-grafana.ts';
import { type Asked, asked, askedOf, dashboards, labelValues } from './checked-in.ts';
import { forSpan, traceToMetrics } from './provisioned.ts';
import { startToldMachine, type ToldMachine } from './told-machine.ts';

/** Queries to which nothing is the right answer here, with the reason. Anything else that is empty is a fault. */
const RIGHTLY_EMPTY: ReadonlyMap<string, string> = new Map([
  ['ollascope-cost / Models that nobody asked for / A', 'every model of the recordings was asked for'],
  ['ollascope-pipeline / Cells without a metric / A', 'the catalogue takes every column of the recording'],
  ['ollascope-pipeline / Series / B', 'no metric is at its limit'],
  ['ollascope-pipeline / Series / C', 'every value is a number'],
  ['ollascope-pipeline / Refused and failed / D', 'no exporter of the Collector failed'],
  ['ollascope-pipeline / Refused and failed / E', 'no exporter of the Collector failed'],
  ['ollascope-pipeline / Refused and failed / F', 'no exporter of the Collector failed'],
  ['ollascope-pipeline / Lines that Loki refused / A', 'Loki refused nothing'],
]);

let machine: ToldMachine;
let view: View;

beforeAll(async () => {
  machine = await startToldMachine();
  view = machine.view;
});
afterAll(() => machine?.stop());

const labelOf = ({ kind, dashboard, target }: Asked): string | undefined => {
  if (kind !== 'variable') return undefined;
  const variable = dashboard.templating.list.find(({ name }) => name === target.refId);
  return variable === undefined ? undefined : labelValues(variable)?.label;
};

const expressionOf = (where: string): { readonly question: Asked; readonly expr: string } => {
  const question = asked.find((each) => each.where === where);
  if (question === undefined) throw new Error(`${where}: no such query`);
  return { question, expr: filledIn(question.target.expr ?? '', question.dashboard, view) };
};

describe('queries of the dashboards', () => {
  test.for(dashboards.map(({ uid }) => [uid] as const))('%s: each is answered, with data', async ([uid]) => {
    const empty: string[] = [];
    for (const question of asked.filter(({ dashboard }) => dashboard.uid === uid)) {
      const found = await answersTo(view, question, labelOf(question));
      if (found === 0 && !RIGHTLY_EMPTY.has(question.where)) empty.push(question.where);
    }
    expect(empty).toEqual([]);
  });

  test('the list of those that are rightly empty is as short as it can be', async () => {
    const filled: string[] = [];
    for (const where of RIGHTLY_EMPTY.keys()) {
      const { question } = expressionOf(where);
      if ((await answersTo(view, question)) > 0) filled.push(`${where} has data: take it off the list`);
    }
    expect(filled).toEqual([]);
  });
});

describe('what the panels say', () => {
  test('a counter that appears counts in full: as many requests hit in Prometheus as in Loki', async () => {
    const { expr } = expressionOf('ollascope-overview / Requests hit by faults / A');
    const [counted] = await promQuery(view.stack.prometheusUrl, expr, view.to);
    const told = await lokiQuery(view.stack.lokiUrl, '{service_name=~".+"} | event_name="ollama.request.fault_hit"', {
      from: view.from,
      to: view.to,
    });
    expect(told.length).toBeGreaterThan(0);
    expect(Math.round(counted?.value ?? 0)).toBe(told.length);
  });

  test('bars count nothing twice: together they are what the time range has', async () => {
    const { expr } = expressionOf('ollascope-correlation / Requests hit by faults / A');
    const bars = await promRange(view.stack.prometheusUrl, expr, { from: view.from, to: view.to, step: 60 });
    const drawn = bars.flatMap(({ values }) => values.map(([, value]) => value)).reduce((sum, value) => sum + value, 0);
    const stat = expressionOf('ollascope-overview / Requests hit by faults / A').expr;
    const [counted] = await promQuery(view.stack.prometheusUrl, stat, view.to);
    expect(Math.round(drawn)).toBe(Math.round(counted?.value ?? 0));
  });

  test('a GPU that was known by its index first counts once', async () => {
    const { expr } = expressionOf('ollascope-overview / GPUs / A');
    const [gpus] = await promQuery(view.stack.prometheusUrl, expr, view.to);
    const [boards] = await promQuery(view.stack.prometheusUrl, 'count(count by (hw_id) (nvidia_gpu_info))', view.to);
    expect(gpus?.value).toBe(boards?.value);
  });

  test('a process that is gone is gone: no more of them than Prometheus would look back to', async () => {
    const { expr } = expressionOf('ollascope-gpu / Processes / A');
    const lookingBack = expr.replace(/last_over_time\((.*?)\[40s\]\)/, '$1');
    expect(lookingBack).not.toBe(expr);
    const most = async (query: string): Promise<number> => {
      const series = await promRange(view.stack.prometheusUrl, query, { from: view.from, to: view.to, step: 15 });
      return Math.max(...series.flatMap(({ values }) => values.map(([, value]) => value)));
    };
    expect(await most(expr)).toBeLessThan(await most(lookingBack));
  });

  test('a dot on a graph leads to a trace that Jaeger has', async () => {
    for (const question of askedOf('prometheus').filter(({ target }) => target.exemplar === true)) {
      const expr = filledIn(question.target.expr ?? '', question.dashboard, view);
      const series = await promExemplars(view.stack.prometheusUrl, expr, view.from, view.to);
      const traces = series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''));
      expect(traces.length, question.where).toBeGreaterThan(0);
      const answer = await getJson(urlOf(view.stack.jaegerUrl, `/api/traces/${traces[0]}`));
      expect(answer, question.where).toMatchObject({ data: [{ traceID: traces[0] }] });
    }
  });

  test('a row of "Requests hit by a fault" leads to its trace and its log lines', async () => {
    const { expr } = expressionOf('ollascope-correlation / Requests hit by a fault / A');
    const rows = await lokiQuery(view.stack.lokiUrl, expr, { from: view.from, to: view.to });
    for (const { metadata } of rows) {
      const trace = metadata['trace_id'] ?? '';
      const answer = await getJson(urlOf(view.stack.jaegerUrl, `/api/traces/${trace}`));
      expect(answer).toMatchObject({ data: [{ traceID: trace }] });
      const lines = await lokiQuery(view.stack.lokiUrl, `{service_name=~".+"} | trace_id="${trace}"`, {
        from: view.from,
        to: view.to,
      });
      expect(lines.length, trace).toBeGreaterThan(1);
    }
  });

  test('a span leads to the series of its machine and model', async () => {
    const trace = await jaegerTrace(view.stack.jaegerUrl, view.chosen['trace'] ?? '');
    const root = trace?.find(({ parentSpanId }) => parentSpanId === '');
    const labels = {
      service_name: String(root?.resource['service.name']),
      host_name: String(root?.resource['host.name']),
    };
    const tags = { 'gen_ai.request.model': String(root?.attributes['gen_ai.request.model']) };
    for (const { name, query } of traceToMetrics()) {
      const expr = forSpan(query, labels, { traceId: root?.traceId ?? '', tags });
      const series = await promRange(view.stack.prometheusUrl, expr, { from: view.from, to: view.to, step: 15 });
      expect(series.length, `${name}: ${expr}`).toBeGreaterThan(0);
    }
  });
});
