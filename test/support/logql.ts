// LogQL as data: parsed with Grafana's own grammar, then the names it uses are listed and held against the catalogue.
// What the query makes itself (label_format, json, logfmt, pattern) is known from there on.
import { parser } from '@grafana/lezer-logql';
import type { SyntaxNode } from '@lezer/common';
import { errorFields, recordFields, streamLabels } from '../../loki/fields.ts';
import { logEventNames } from '../../otel/catalogue/logs.ts';
import { attributeOfLabel } from '../../otel/names.ts';

export type LogqlUse = {
  /** Places at which the grammar gave up, each with the text from there on; empty for a query that parses. */
  readonly errors: readonly string[];
  /** `logs` returns lines, `metric` numbers. */
  readonly kind: 'logs' | 'metric';
  /** Labels inside `{…}`. */
  readonly labels: readonly string[];
  /** Names asked for anywhere else: filters, unwrap, by, without, on, keep, drop, and `{{.name}}` of templates. */
  readonly fields: readonly string[];
  /** Names that the query makes itself. */
  readonly made: readonly string[];
  /** Values that `event_name` is compared with, regular expressions taken apart at `|`. */
  readonly events: readonly string[];
};

/** Grafana's variables where the grammar wants a duration or a number; inside strings they parse as they are. */
const withoutVariables = (query: string): string =>
  query
    .replace(/\[\s*\$(?:\{\w+(?::\w+)?\}|\w+)\s*\]/g, '[5m]')
    .replace(/([<>=!]=?\s*|\(\s*)\$(?:\{\w+(?::\w+)?\}|\w+)(?=[\s,)|]|$)/g, '$15');

const unquoted = (text: string): string => text.slice(1, -1).replaceAll('\\\\', '\\').replaceAll('\\"', '"');

const templateNames = (template: string): readonly string[] =>
  [...template.matchAll(/\.([a-zA-Z_]\w*)/g)].map(([, name]) => name ?? '');

type Found = { labels: Set<string>; fields: Set<string>; made: Set<string>; events: Set<string> };

const MAKERS: ReadonlySet<string> = new Set(['LabelFormatMatcher', 'LabelExtractionExpression']);
const TEMPLATES: ReadonlySet<string> = new Set(['LineFormatExpr', 'LabelFormatMatcher']);

const isVariable = (value: string): boolean => value.includes('$') || /^[.*+]*$/.test(value);

const noteName = (node: SyntaxNode, name: string, found: Found): void => {
  const parent = node.parent?.name ?? '';
  if (MAKERS.has(parent) && node.prevSibling === null) found.made.add(name);
  else if (parent === 'Matcher' && node.parent?.parent?.name === 'Matchers') found.labels.add(name);
  else found.fields.add(name);
};

const noteString = (node: SyntaxNode, value: string, query: string, found: Found): void => {
  const { parent } = node;
  if (TEMPLATES.has(parent?.name ?? '')) for (const name of templateNames(value)) found.fields.add(name);
  const left = parent?.getChild('Identifier');
  if (left === null || left === undefined || query.slice(left.from, left.to) !== recordFields.event) return;
  for (const event of value.split('|')) {
    if (!isVariable(event)) found.events.add(event.replaceAll('\\.', '.').replace(/^\(|\)$/g, ''));
  }
};

export const parseLogql = (text: string): LogqlUse => {
  const query = withoutVariables(text);
  const found: Found = { labels: new Set(), fields: new Set(), made: new Set(), events: new Set() };
  const errors: string[] = [];
  let isMetric = false;
  parser.parse(query).iterate({
    enter: ({ node, type, from, to }) => {
      if (type.isError) errors.push(`at ${from}: ${query.slice(from, from + 40) || 'end of query'}`);
      if (type.name === 'MetricExpr') isMetric = true;
      if (type.name === 'Identifier' || type.name === 'LabelName') noteName(node, query.slice(from, to), found);
      if (type.name === 'String') noteString(node, unquoted(query.slice(from, to)), query, found);
    },
  });
  return {
    errors,
    kind: isMetric ? 'metric' : 'logs',
    labels: [...found.labels],
    fields: [...found.fields],
    made: [...found.made],
    events: [...found.events],
  };
};

const known: ReadonlySet<string> = new Set([
  ...attributeOfLabel.keys(),
  ...Object.values(recordFields),
  ...errorFields,
]);

/** Everything wrong with a query, in words; empty when it parses and each name in it is one that can be there. */
export const logqlProblems = (text: string): readonly string[] => {
  const use = parseLogql(text);
  const events: ReadonlySet<string> = new Set(logEventNames);
  return [
    ...use.errors.map((error) => `does not parse ${error}`),
    ...use.labels
      .filter((label) => !streamLabels.includes(label))
      .map((label) => `${label}: expected a stream label (${streamLabels.join(', ')})`),
    ...use.fields
      .filter((name) => !known.has(name) && !use.made.includes(name))
      .map((name) => `${name}: expected an attribute of the catalogue or a field that Loki keeps`),
    ...use.events
      .filter((event) => !events.has(event))
      .map((event) => `${event}: expected an event name of the catalogue`),
  ];
};
