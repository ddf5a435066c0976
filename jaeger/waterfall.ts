// A trace as text: what Jaeger would draw, for the terminal and for goldens. Pure; one block per root span, children as
// a tree with offset, duration and, where there is room, a bar. Everything it says it says without colour.
import type { AttributeKey } from '../otel/catalogue/attributes.ts';
import type { AttributeValue, SpanSignal } from '../otel/signal.ts';
import { isoInstant, nsBetween } from '../otel/time.ts';
import { durationText, rateText } from './amounts.ts';
import { cellsOf, cut, fitLeft, fitRight, printable } from './cells.ts';
import { type Paint, paintWith } from './paint.ts';

export type WaterfallOptions = {
  /** Terminal cells; what is narrower than WIDTH_MIN is drawn as WIDTH_MIN. */
  readonly width: number;
  readonly colour: boolean;
};

/** Below this, names and durations cannot both be read. */
export const WIDTH_MIN = 40;
/** From here on there is room for the whole trace id, which people copy. */
const WIDTH_WHOLE_ID = 90;
/** A bar shorter than this says nothing; one longer than that is hard to follow by eye. */
const BAR_MIN = 12;
const BAR_MAX = 32;
/** What a phase's detail (`121 tok  1651 tok/s`) needs beside a bar. */
const DETAIL_CELLS = 24;
const NAME_MAX = 28;
const OFFSET_CELLS = 9;
const DURATION_CELLS = 9;
/** A deeper tree is drawn flat: names must keep room. Ours are three levels deep. */
const DEPTH_MAX = 6;

type Row = { readonly span: SpanSignal; readonly tree: string };
type Columns = { readonly name: number; readonly bar: number; readonly detail: number };

const attributeOf = (
  span: { readonly attributes: SpanSignal['attributes'] },
  key: AttributeKey,
): AttributeValue | undefined => span.attributes[key];
const numberOf = (span: SpanSignal, key: AttributeKey): number | undefined => {
  const value = attributeOf(span, key);
  return typeof value === 'number' ? value : undefined;
};
const textOf = (span: SpanSignal, key: AttributeKey): string | undefined => {
  const value = attributeOf(span, key);
  return value === undefined ? undefined : printable(String(value));
};

const lengthNs = (span: SpanSignal): number => Math.max(0, nsBetween(span.start, span.end));
const byStart = (a: SpanSignal, b: SpanSignal): number => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0);

/** `OK`, `ERROR 500`, or an outcome that is no error but no answer either. */
export const verdictOf = (span: SpanSignal): string => {
  if (span.status.code === 'error') return `ERROR ${textOf(span, 'error.type') ?? ''}`.trim();
  const outcome = textOf(span, 'ollama.request.outcome');
  return outcome === undefined || outcome === 'ok' ? 'OK' : outcome.replaceAll('_', ' ');
};

const isWeak = (confidence: number | undefined): boolean => confidence !== undefined && confidence < 0.9;

/** Outcomes at which a runner had the request: only there is a missing link worth a word. */
const LINKED: ReadonlySet<string> = new Set(['ok', 'error', 'client_aborted']);

/** The join method of requests whose server prints nothing that could be linked. */
const NOT_LOGGED = 'not_logged';

const joinText = (
  span: SpanSignal,
  what: string,
  method: AttributeKey,
  confidence: AttributeKey,
): string | undefined => {
  const sure = numberOf(span, confidence);
  const outcome = textOf(span, 'ollama.request.outcome');
  if (sure === undefined || !isWeak(sure) || (outcome !== undefined && !LINKED.has(outcome))) return undefined;
  if (textOf(span, method) === NOT_LOGGED) return undefined;
  return sure === 0 ? `? ${what} not linked` : `? ${what} ${sure.toFixed(2)} ${textOf(span, method) ?? ''}`.trim();
};

export const tokensText = (span: SpanSignal): string | undefined => {
  const input = numberOf(span, 'gen_ai.usage.input_tokens');
  const cached = numberOf(span, 'gen_ai.usage.cache_read.input_tokens');
  const output = numberOf(span, 'gen_ai.usage.output_tokens');
  if (input === undefined && output === undefined) return undefined;
  const from =
    input === undefined ? '?' : cached === undefined || cached === 0 ? `${input}` : `${input} (${cached} cached)`;
  if (textOf(span, 'gen_ai.operation.name') === 'embeddings') return `${from} tok`;
  return `${from} → ${output ?? '?'} tok`;
};

/** What is worth a line under the root: time, call, tokens, energy, and every link that is not sure. */
const rootDetails = (span: SpanSignal): readonly string[] => {
  const status = textOf(span, 'http.response.status_code');
  const call = [textOf(span, 'http.request.method'), textOf(span, 'http.route'), status].filter(
    (part) => part !== undefined,
  );
  const energy = numberOf(span, 'ollama.request.energy');
  const client = textOf(span, 'client.address');
  return [
    isoInstant(span.start),
    call.join(' '),
    client === undefined ? undefined : `from ${client}`,
    tokensText(span),
    energy === undefined ? undefined : `≈${energy.toFixed(energy < 10 ? 1 : 0)} J`,
    joinText(span, 'task', 'ollascope.join.method', 'ollascope.join.confidence'),
    joinText(span, 'model', 'ollascope.model.join.method', 'ollascope.model.join.confidence'),
  ].filter((part): part is string => part !== undefined && part !== '');
};

/** Joins parts with ` · `, starting a new line where the next part does not fit. */
const wrap = (parts: readonly string[], width: number, indent: string): readonly string[] => {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? undefined : `${last} · ${part}`;
    if (joined !== undefined && cellsOf(joined) <= width) lines[lines.length - 1] = joined;
    else lines.push(cut(indent + part, width));
  }
  return lines;
};

/** Tokens generated, or prompt tokens that were really evaluated: the cached ones took no time. */
const phaseTokens = (span: SpanSignal): number | undefined => {
  const input = numberOf(span, 'gen_ai.usage.input_tokens');
  const cached = numberOf(span, 'gen_ai.usage.cache_read.input_tokens') ?? 0;
  return (
    numberOf(span, 'gen_ai.usage.output_tokens') ?? (input === undefined ? undefined : Math.max(0, input - cached))
  );
};

/** Tokens and rate of a phase; `?` where its link is weak. */
const phaseDetail = (span: SpanSignal): string => {
  const tokens = phaseTokens(span);
  const rate = tokens === undefined ? undefined : rateText(tokens, lengthNs(span));
  const sure = isWeak(numberOf(span, 'ollascope.join.confidence')) ? '?' : undefined;
  return [tokens === undefined ? undefined : `${tokens} tok`, rate, sure]
    .filter((part) => part !== undefined)
    .join('  ');
};

const barOf = (root: SpanSignal, span: SpanSignal, cells: number): string => {
  const total = Math.max(1, lengthNs(root));
  const share = (ns: number): number => Math.min(1, Math.max(0, ns / total));
  const from = Math.min(cells - 1, Math.floor(share(nsBetween(root.start, span.start)) * cells));
  const to = Math.min(cells, Math.max(from + 1, Math.round(share(nsBetween(root.start, span.end)) * cells)));
  return fitLeft(`${' '.repeat(from)}${'█'.repeat(to - from)}`, cells);
};

const rowsUnder = (
  parent: SpanSignal,
  children: ReadonlyMap<string, readonly SpanSignal[]>,
  indent: string,
  depth: number,
): readonly Row[] => {
  const own = depth > DEPTH_MAX ? [] : (children.get(parent.spanId) ?? []);
  return own.flatMap((span, index) => {
    const last = index === own.length - 1;
    const row = { span, tree: `${indent}${last ? '└─ ' : '├─ '}` };
    return [row, ...rowsUnder(span, children, `${indent}${last ? '   ' : '│  '}`, depth + 1)];
  });
};

const columnsFor = (rows: readonly Row[], width: number): Columns => {
  const rest = width - OFFSET_CELLS - 2 - DURATION_CELLS - 1;
  const wanted = Math.max(...rows.map((row) => cellsOf(row.tree) + cellsOf(printable(row.span.name))));
  const name = Math.min(wanted, NAME_MAX, rest);
  const spare = rest - name - 2;
  const bar = spare - DETAIL_CELLS - 2 < BAR_MIN ? 0 : Math.min(BAR_MAX, spare - DETAIL_CELLS - 2);
  return { name, bar, detail: Math.max(0, bar === 0 ? spare : spare - bar - 2) };
};

const rowLine = (root: SpanSignal, { span, tree }: Row, columns: Columns, paint: Paint): string => {
  const offset = fitRight(`+${durationText(nsBetween(root.start, span.start))}`, OFFSET_CELLS);
  const name = fitLeft(tree + printable(span.name), columns.name);
  const bar = columns.bar === 0 ? '' : `  ${paint('bar', barOf(root, span, columns.bar))}`;
  const detail = cut(phaseDetail(span), columns.detail);
  const duration = fitRight(durationText(lengthNs(span)), DURATION_CELLS);
  return `${paint('dim', offset)}  ${name} ${duration}${bar}${detail === '' ? '' : `  ${detail}`}`.trimEnd();
};

const eventLines = (root: SpanSignal, width: number, paint: Paint): readonly string[] =>
  root.events.map((event) => {
    const said = (key: AttributeKey): string => printable(String(attributeOf(event, key) ?? ''));
    const parts = [
      `! ${printable(event.name)}`,
      `error.type=${said('error.type')}`,
      said('nvidia.fault.severity'),
      `+${durationText(nsBetween(root.start, event.at))}`,
      `hw.id=${said('hw.id')}`,
    ];
    return paint('error', cut(`  ${parts.filter((part) => part !== '').join(' ')}`, width));
  });

/** Name on the left, duration and verdict on the right; where it is narrow the error's type goes first, then the id. */
const headLine = (root: SpanSignal, width: number, paint: Paint): string => {
  const verdict = verdictOf(root);
  const duration = durationText(lengthNs(root));
  const name = printable(root.name);
  const id = width >= WIDTH_WHOLE_ID ? root.traceId : `${root.traceId.slice(0, 8)}…`;
  const rights = [`${duration}  ${verdict}`, `${duration}  ${verdict.split(' ')[0]}`];
  const lefts = [`trace ${id}  ${name}`, name];
  const pairs = lefts.flatMap((left) => rights.map((right) => ({ left, right })));
  const fits = pairs.find(({ left, right }) => cellsOf(left) + cellsOf(right) < width);
  const { left, right } = fits ?? { left: name, right: rights[1] ?? duration };
  const shade = root.status.code === 'error' ? 'error' : verdict === 'OK' ? 'good' : 'warn';
  return `${fitLeft(left, width - cellsOf(right) - 1)} ${paint(shade, right)}`;
};

/** The spans of one trace, in any order, as lines without a trailing newline. Spans without a known parent are roots. */
export const renderWaterfall = (spans: readonly SpanSignal[], options: WaterfallOptions): string => {
  const width = Math.max(WIDTH_MIN, Math.floor(options.width));
  const paint = paintWith(options.colour);
  const ids = new Set(spans.map((span) => span.spanId));
  const children = new Map<string, SpanSignal[]>();
  const roots: SpanSignal[] = [];
  for (const span of [...spans].sort(byStart)) {
    const parent = span.parentSpanId;
    if (parent === undefined || !ids.has(parent) || parent === span.spanId) roots.push(span);
    else children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const blockOf = (root: SpanSignal): readonly string[] => {
    const rows = rowsUnder(root, children, '', 1);
    const columns = rows.length === 0 ? { name: 0, bar: 0, detail: 0 } : columnsFor(rows, width);
    return [
      headLine(root, width, paint),
      ...wrap(rootDetails(root), width, '  ').map((line) => paint('dim', line)),
      ...rows.map((row) => rowLine(root, row, columns, paint)),
      ...eventLines(root, width, paint),
    ];
  };
  return roots.flatMap(blockOf).join('\n');
};
