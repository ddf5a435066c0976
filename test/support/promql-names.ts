// Is every metric and label of an expression one that somebody tells? The catalogue and the recording rules say what there
// is; what other programs tell stands in foreign-metrics.ts, reviewed by hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type AttributeKey, labelAttributes } from '../../otel/catalogue/attributes.ts';
import { metricRow } from '../../otel/catalogue/metrics.ts';
import { attributeOfLabel, labelName, metricOfPrometheusName } from '../../otel/names.ts';
import { foreignMetrics, foreignPatterns } from './foreign-metrics.ts';
import { ROOT } from './program.ts';
import { groupingsOf, type Selector, selectorsOf } from './promql.ts';

const RULE_FOLDERS = ['prometheus/rules', 'prometheus/compat'];

export type Rule = {
  readonly file: string;
  readonly group: string;
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
};

type RuleFile = {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Omit<Rule, 'file'>[] }[];
};

/** Every rule of the project's rule files, or of the folders given. */
export const rulesOf = (folders: readonly string[] = RULE_FOLDERS): readonly Rule[] =>
  folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
        .flatMap((entry) => {
          const file = `${folder}/${entry.name}`;
          const { groups }: RuleFile = parse(readFileSync(join(ROOT, file), 'utf8'));
          return groups.flatMap((group) => group.rules.map((rule) => ({ ...rule, file, group: group.name })));
        }),
    );

let recordedOnce: ReadonlySet<string> | undefined;

/** Names of all recording rules; read once. */
export const recordedNames = (): ReadonlySet<string> => {
  recordedOnce ??= new Set(rulesOf().flatMap(({ record }) => (record === undefined ? [] : [record])));
  return recordedOnce;
};

/** Labels that every series may have: identity by OTLP or scrape, and the mark of a full metric. */
const identityLabels: ReadonlySet<string> = new Set([
  ...labelAttributes.map(labelName),
  'job',
  'instance',
  'service_instance_id',
  'otel_metric_overflow',
  '__name__',
]);

/** What rules add to recorded series and alerts. */
const RULE_LABELS = [
  'slo',
  'machine',
  'alertname',
  'alertstate',
  'severity',
  'priority',
  'component',
  'quantile',
  'le',
];

const familyOf = (series: string): string | undefined => {
  if (metricOfPrometheusName.has(series)) return series;
  const family = series.replace(/_(bucket|sum|count)$/, '');
  const metric = metricOfPrometheusName.get(family);
  return metric !== undefined && metricRow(metric).instrument === 'histogram' ? family : undefined;
};

const catalogueLabels = (family: string): ReadonlySet<string> => {
  const metric = metricOfPrometheusName.get(family);
  if (metric === undefined) return new Set();
  const row = metricRow(metric);
  const keys: readonly AttributeKey[] = [...row.attributes, ...(row.optional ?? [])];
  return new Set([...keys.map(labelName), ...(row.instrument === 'histogram' ? ['le'] : [])]);
};

/** The labels a metric may have beside the identity; undefined: unknown metric; `any`: a recorded series. */
const labelsOfMetric = (metric: string, recorded: ReadonlySet<string>): ReadonlySet<string> | 'any' | undefined => {
  const family = familyOf(metric);
  if (family !== undefined) return catalogueLabels(family);
  if (recorded.has(metric) || metric === 'ALERTS' || metric === 'ALERTS_FOR_STATE') return 'any';
  const foreign = foreignMetrics.get(metric) ?? foreignPatterns.find(({ pattern }) => pattern.test(metric))?.labels;
  return foreign === undefined ? undefined : new Set(foreign);
};

const knownAnywhere = (label: string): boolean =>
  identityLabels.has(label) ||
  attributeOfLabel.has(label) ||
  RULE_LABELS.includes(label) ||
  [...foreignMetrics.values()].some((labels) => labels.includes(label));

const allowed = (label: string, { metric }: Selector, recorded: ReadonlySet<string>): boolean => {
  if (identityLabels.has(label)) return true;
  const labels = metric === undefined ? 'any' : labelsOfMetric(metric, recorded);
  if (labels === undefined) return true; // said once already, as an unknown metric
  return labels === 'any' ? knownAnywhere(label) : labels.has(label);
};

/** Unknown metrics, and labels that the metric beside them never has. */
export const nameProblems = (expr: string, recorded: ReadonlySet<string> = recordedNames()): readonly string[] => {
  const problems = new Set<string>();
  for (const selector of selectorsOf(expr)) {
    const { metric, matchers } = selector;
    if (metric !== undefined && labelsOfMetric(metric, recorded) === undefined)
      problems.add(`nobody tells ${metric}: see otel/METRICS.md, or add it to test/support/foreign-metrics.ts`);
    for (const { label } of matchers)
      if (!allowed(label, selector, recorded)) problems.add(`${metric ?? 'a selector'} has no label ${label}`);
  }
  for (const { kind, labels, selectors, made } of groupingsOf(expr))
    for (const label of labels)
      if (!made.includes(label) && !selectors.some((selector) => allowed(label, selector, recorded)))
        problems.add(`${kind} (${label}): none of the series beneath has this label`);
  return [...problems];
};
