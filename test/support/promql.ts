// PromQL read by the grammar of Prometheus' own editor: does an expression parse, and which metrics and labels does it name?
// Rules, compatibility packs and panels are held against the catalogue with it. Grafana's variables are filled in first.
import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export type Matcher = { readonly label: string; readonly op: string; readonly value: string };

/** One `metric{label="value"}`. The name is absent where only `__name__` is matched by a pattern. */
export type Selector = { readonly metric: string | undefined; readonly matchers: readonly Matcher[] };

/** Labels of one `by`, `without`, `on`, `ignoring` or `group_left (…)`, with what they are taken from. */
export type Grouping = {
  readonly kind: string;
  readonly labels: readonly string[];
  readonly selectors: readonly Selector[];
  /** Labels that label_replace, label_join or count_values make beneath. */
  readonly made: readonly string[];
};

const DURATIONS = /^__(rate_interval|interval|range|auto)$/;
const VARIABLE = /\$\{(\w+)(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)(?::[^\]]*)?\]\]/g;

/** A value of the right kind: a duration, a word within quotes, a number elsewhere. `"$1"` of label_replace stays. */
export const withoutVariables = (expr: string): string =>
  expr.replace(VARIABLE, (all, braced: string | undefined, bare: string | undefined, old: string | undefined, at) => {
    const name = braced ?? bare ?? old ?? '';
    if (/^\d+$/.test(name)) return all;
    if (DURATIONS.test(name)) return '5m';
    const quotes = expr.slice(0, at).match(/(?<!\\)"/g)?.length ?? 0;
    return quotes % 2 === 1 ? 'value' : '1';
  });

const parsed = (expr: string): { readonly text: string; readonly tree: Tree } => {
  const text = withoutVariables(expr);
  return { text, tree: parser.parse(text) };
};

/** All nodes of these names at or beneath a node, outermost first. */
const nodesOf = (top: SyntaxNode, ...names: readonly string[]): readonly SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  top.cursor().iterate((node) => {
    if (names.includes(node.name)) found.push(node.node);
  });
  return found;
};

const unquoted = (text: string): string =>
  /^["'`]/.test(text) ? text.slice(1, -1).replace(/\\(["'\\])/g, '$1') : text;

const matcherOf = (text: string, node: SyntaxNode): Matcher => {
  const part = (...names: readonly string[]): string => {
    const found = nodesOf(node, ...names)[0];
    return found === undefined ? '' : text.slice(found.from, found.to);
  };
  const literals = nodesOf(node, 'StringLiteral');
  const value = literals.at(-1);
  return {
    label: unquoted(part('LabelName', 'QuotedLabelName')),
    op: part('MatchOp'),
    value: value === undefined ? '' : unquoted(text.slice(value.from, value.to)),
  };
};

const selectorOf = (text: string, node: SyntaxNode): Selector => {
  const matchers = nodesOf(node, 'UnquotedLabelMatcher', 'QuotedLabelMatcher').map((each) => matcherOf(text, each));
  const identifier = node.getChild('Identifier');
  const quoted = nodesOf(node, 'QuotedLabelName').find((each) => each.parent?.name === 'LabelMatchers');
  const named = matchers.find(({ label, op }) => label === '__name__' && op === '=')?.value;
  const name = identifier ?? quoted;
  return {
    metric: name === undefined || name === null ? named : unquoted(text.slice(name.from, name.to)),
    matchers: matchers.filter(({ label }) => label !== '__name__'),
  };
};

const selectorsUnder = (text: string, node: SyntaxNode): readonly Selector[] =>
  nodesOf(node, 'VectorSelector').map((each) => selectorOf(text, each));

const LABEL_MAKERS = /^(label_replace|label_join|count_values)$/;

const madeUnder = (text: string, top: SyntaxNode): readonly string[] =>
  nodesOf(top, 'FunctionCall', 'AggregateExpr').flatMap((node) => {
    const name = node.getChild('FunctionIdentifier') ?? node.getChild('AggregateOp');
    const body = node.getChild('FunctionCallBody');
    const target = body?.getChild('StringLiteral');
    if (name === null || target === null || target === undefined) return [];
    return LABEL_MAKERS.test(text.slice(name.from, name.to)) ? [unquoted(text.slice(target.from, target.to))] : [];
  });

/** What does not parse, with the place; none for a good expression. What Prometheus checks beyond grammar (types) is promtool's. */
export const expressionProblems = (expr: string): readonly string[] => {
  const { text, tree } = parsed(expr);
  const problems: string[] = [];
  if (text.trim() === '') return ['the expression is empty'];
  tree.iterate({
    enter: (node) => {
      if (!node.type.isError) return;
      problems.push(`does not parse at ${node.from}: …${text.slice(Math.max(0, node.from - 20), node.from + 20)}…`);
    },
  });
  return problems;
};

export const selectorsOf = (expr: string): readonly Selector[] => {
  const { text, tree } = parsed(expr);
  return selectorsUnder(text, tree.topNode);
};

export const groupingsOf = (expr: string): readonly Grouping[] => {
  const { text, tree } = parsed(expr);
  return nodesOf(tree.topNode, 'GroupingLabels').map((node) => {
    // The clause stands in its aggregation or binary operation: what that spans is where its labels come from.
    const owner = node.parent?.parent ?? tree.topNode;
    const before = node.prevSibling;
    return {
      kind: before === null ? '' : text.slice(before.from, before.to),
      labels: nodesOf(node, 'LabelName', 'QuotedLabelName').map((each) => unquoted(text.slice(each.from, each.to))),
      selectors: selectorsUnder(text, owner),
      made: madeUnder(text, owner),
    };
  });
};

/** Every label named anywhere, once. */
export const labelsOf = (expr: string): readonly string[] => [
  ...new Set([
    ...selectorsOf(expr).flatMap(({ matchers }) => matchers.map(({ label }) => label)),
    ...groupingsOf(expr).flatMap(({ labels }) => labels),
  ]),
];
