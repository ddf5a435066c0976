// Every stored LogQL query, by name; and a query with its parameters put in, for Loki or for a panel of Grafana.
import { type Filled, fill, type Given } from '../parameters.ts';
import { gpuQueries } from './gpus.ts';
import { modelQueries } from './models.ts';
import { operationQueries } from './operations.ts';
import { type Query, queryParameters } from './query.ts';
import { requestQueries } from './requests.ts';

export type { Query, QueryAnswer } from './query.ts';
export { queryParameters } from './query.ts';

/** By what they are about, in the order in which they are shown. */
export const queryGroups: readonly { readonly title: string; readonly queries: readonly Query[] }[] = [
  { title: 'Requests', queries: requestQueries },
  { title: 'GPUs and their faults', queries: gpuQueries },
  { title: 'Models and runners', queries: modelQueries },
  { title: 'The server and what is read of it', queries: operationQueries },
];

export const queries: readonly Query[] = queryGroups.flatMap((group) => group.queries);

export const queryNamed = (name: string): Query | undefined => queries.find((query) => query.name === name);

/** For Loki: every parameter put in. A table's window is the whole span that is asked about. */
export const logqlOf = (query: Query, given: Given, spanSeconds: number): Filled => {
  const isWhole = query.answer === 'table' && given['window'] === undefined && query.expr.includes('$window');
  const all = isWhole ? { ...given, window: `${Math.max(1, Math.ceil(spanSeconds))}s` } : given;
  return fill(query.expr, queryParameters, all, query.needs);
};

/** Parameters that dashboards have as variables of the same name. */
const VARIABLES: ReadonlySet<string> = new Set(['service', 'host', 'model', 'gpu', 'trace', 'incident']);

/**
 * For a panel of Grafana: its variables stay, `$window` becomes the panel's own step or range, and the other parameters
 * take what is given or their defaults.
 */
export const grafanaLogqlOf = (query: Query, given: Given = {}): string => {
  const window = query.answer === 'series' ? '$__auto' : '$__range';
  return query.expr.replace(/\$([a-z_]+)/g, (whole, name: string) => {
    if (name === 'window') return given['window'] ?? window;
    if (VARIABLES.has(name) && given[name] === undefined) return whole;
    const filled = fill(whole, queryParameters, given[name] === undefined ? {} : { [name]: given[name] });
    if ('problems' in filled) throw new Error(filled.problems.join('; '));
    return filled.text;
  });
};
