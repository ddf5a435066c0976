// Asks the servers what Grafana would ask: variables filled in as Grafana does, the same endpoints, the same time range.
import { getJson, lokiMetric, lokiQuery, lokiRange, promQuery, promRange, urlOf } from '../real/backends/ask.ts';
import type { Stack } from '../real/backends/stack.ts';
import type { Asked, Dashboard, Target, Variable } from './checked-in.ts';

export type View = {
  readonly stack: Stack;
  /** Epoch seconds: the time range of the dashboard. */
  readonly from: number;
  readonly to: number;
  /** Values of single-valued variables; those with All stand for everything. */
  readonly chosen: { readonly [variable: string]: string };
};

/** About what a graph of half the screen gets for half an hour. */
const STEP_SECONDS = 15;
/** The shortest step of panels that count what happened in each. */
const COUNTED_STEP_SECONDS = 60;
/** Grafana: four times the interval of the data source, or the step and one interval. */
const RATE_INTERVAL = '40s';

const everything = (variable: Variable): string => variable.allValue ?? '.*';

/** Several values become `(a|b)` in both query languages; All becomes the variable's own pattern. */
export const filledIn = (text: string, dashboard: Dashboard, view: View): string => {
  const values = new Map<string, string>([
    ['__rate_interval', RATE_INTERVAL],
    ['__range', `${Math.round(view.to - view.from)}s`],
    ['__auto', `${STEP_SECONDS}s`],
    ['__interval', `${COUNTED_STEP_SECONDS}s`],
  ]);
  for (const variable of dashboard.templating.list)
    values.set(variable.name, view.chosen[variable.name] ?? everything(variable));
  return text.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) => {
    const value = values.get(braced ?? bare ?? '');
    if (value === undefined) throw new Error(`${dashboard.uid}: ${whole} is no variable of this dashboard: ${text}`);
    return value;
  });
};

/** How many numbers that are numbers. */
const numbers = (values: readonly number[]): number => values.filter((value) => !Number.isNaN(value)).length;

const askPrometheus = async (view: View, target: Target, expr: string): Promise<number> => {
  const { prometheusUrl } = view.stack;
  if (target.instant === true)
    return numbers((await promQuery(prometheusUrl, expr, view.to)).map(({ value }) => value));
  const step = target.expr?.includes('[$__interval]') === true ? COUNTED_STEP_SECONDS : STEP_SECONDS;
  const series = await promRange(prometheusUrl, expr, { from: view.from, to: view.to, step });
  return numbers(series.flatMap(({ values }) => values.map(([, value]) => value)));
};

const isMetric = (expr: string): boolean => !expr.startsWith('{');

const askLoki = async (view: View, target: Target, expr: string): Promise<number> => {
  const { lokiUrl } = view.stack;
  if (!isMetric(expr))
    return (await lokiQuery(lokiUrl, expr, { from: view.from, to: view.to, limit: target.maxLines ?? 1_000 })).length;
  if (target.queryType === 'instant') return (await lokiMetric(lokiUrl, expr, view.to)).length;
  return (await lokiRange(lokiUrl, expr, { from: view.from, to: view.to, step: STEP_SECONDS })).length;
};

type JaegerAnswer = { readonly data: readonly unknown[] | null };

/** The API that Grafana's Jaeger data source calls, which is not the one that our own code calls. */
const askJaeger = async (view: View, dashboard: Dashboard, target: Target): Promise<number> => {
  const { jaegerUrl } = view.stack;
  const filled = (text: string): string => filledIn(text, dashboard, view);
  if (target.query !== undefined) {
    const path = `/api/traces/${encodeURIComponent(filled(target.query))}`;
    return ((await getJson(urlOf(jaegerUrl, path))) as JaegerAnswer).data?.length ?? 0;
  }
  const tags = Object.fromEntries(
    (target.tags ?? '')
      .split(' ')
      .filter((tag) => tag !== '')
      .map((tag) => tag.split('=')),
  );
  const parameters = {
    service: filled(target.service ?? ''),
    ...(target.operation === undefined ? {} : { operation: target.operation }),
    ...(Object.keys(tags).length === 0 ? {} : { tags: JSON.stringify(tags) }),
    ...(target.minDuration === undefined ? {} : { minDuration: target.minDuration }),
    limit: target.limit,
    lookback: 'custom',
    start: Math.round(view.from * 1e6),
    end: Math.round(view.to * 1e6),
  };
  return ((await getJson(urlOf(jaegerUrl, '/api/traces', parameters))) as JaegerAnswer).data?.length ?? 0;
};

/** What `label_values(selector, label)` offers to choose from. */
const askVariable = async (view: View, { dashboard, target }: Asked, label: string): Promise<number> => {
  const match = filledIn(target.expr ?? '', dashboard, view);
  const parameters = { 'match[]': match, start: view.from, end: view.to };
  const answer = await getJson(urlOf(view.stack.prometheusUrl, `/api/v1/label/${label}/values`, parameters));
  return (answer as { readonly data: readonly string[] }).data.length;
};

/** How much came back: numbers, lines, traces, or values to choose from. Fails where the server refuses the question. */
export const answersTo = async (view: View, question: Asked, label?: string): Promise<number> => {
  const { dashboard, target } = question;
  if (label !== undefined) return askVariable(view, question, label);
  if (target.datasource.type === 'jaeger') return askJaeger(view, dashboard, target);
  const expr = filledIn(target.expr ?? '', dashboard, view);
  return target.datasource.type === 'loki' ? askLoki(view, target, expr) : askPrometheus(view, target, expr);
};
