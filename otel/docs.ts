// The reference pages, made from the catalogue: what may be said, in words. Nothing here is written by hand, so nothing can
// lie; prose about why stands in the DECISIONS.md of each folder.
import { type AttributeDef, attributes } from './catalogue/attributes.ts';
import { lineAttributes, logEventNames, logEventRow } from './catalogue/logs.ts';
import { type MetricDef, type MetricName, metricNames, metricRow } from './catalogue/metrics.ts';
import { type SpanType, spanEvents, spanRow, spans } from './catalogue/spans.ts';
import { labelName, prometheusName } from './names.ts';

export type DocPage = { readonly path: string; readonly text: string };

const MADE = '<!-- Made from the catalogue by `npm run docs`: change otel/catalogue, not this page. -->';

const code = (text: string): string => `\`${text}\``;
const codes = (words: readonly string[]): string => words.map(code).join(', ');
/** A `|` would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), `|${' --- |'.repeat(head.length)}`, ...rows].join('\n');
const page = (...parts: readonly string[]): string => `${parts.join('\n\n')}\n`;

const columnsOf = (def: MetricDef): string => {
  const columns = [
    ...(def.dmon ?? []).map(({ column }) => `dmon ${code(column)}`),
    ...(def.pmon ?? []).map(({ column }) => `pmon ${code(column)}`),
    ...(def.query ?? []).map(({ field, over, plus }) => {
      const other = over === undefined ? (plus === undefined ? '' : ` + ${code(plus)}`) : ` / ${code(over)}`;
      return `query ${code(field)}${other}`;
    }),
  ];
  return [def.from, ...columns].join('; ');
};

const attributesCell = (def: {
  readonly attributes: readonly string[];
  readonly optional?: readonly string[];
}): string =>
  [
    codes(def.attributes),
    def.optional === undefined || def.optional.length === 0 ? '' : `optional ${codes(def.optional)}`,
  ]
    .filter((part) => part !== '')
    .join('; ') || '—';

const metricLine = (name: MetricName): string => {
  const def = metricRow(name);
  const source = def.source === 'convention' ? ' (semantic convention)' : '';
  return row(
    `${code(name)}${source}`,
    code(prometheusName(name)),
    `${def.instrument}${def.cumulative === true ? ', running total' : ''}`,
    def.unit === '' ? '—' : code(def.unit),
    attributesCell(def),
    def.brief,
    columnsOf(def),
  );
};

const METRIC_HEAD = ['Metric', 'In Prometheus', 'Instrument', 'Unit', 'Attributes', 'What', 'From'];
const scopeTitles = {
  'ollascope/ollama': 'Requests, models, runners',
  'ollascope/nvidia': 'GPUs',
  'ollascope/self': 'The agent itself',
} as const;

const metricsOf = (scope: MetricDef['scope']): string =>
  `## ${scopeTitles[scope]}\n\n${table(METRIC_HEAD, metricNames.filter((name) => metricRow(name).scope === scope).map(metricLine))}`;

const bucketLines = (): string => {
  const rows = metricNames.flatMap((name) => {
    const { buckets } = metricRow(name);
    return buckets === undefined ? [] : [row(code(name), buckets.join(' '))];
  });
  return `## Buckets\n\n${table(['Histogram', 'Upper bounds, in its unit'], rows)}`;
};

const attributeLine = ([key, def]: readonly [string, AttributeDef]): string =>
  row(
    code(key),
    def.label === true ? `${code(labelName(key))} (label)` : code(labelName(key)),
    def.type,
    def.source === 'own' ? 'own' : `convention, ${def.source}`,
    def.brief,
    def.examples.map((example) => code(String(example))).join(', '),
    def.cardinality ?? '',
  );

const metricsPage = (): string =>
  page(
    MADE,
    '# Metrics',
    `${metricNames.length} metrics. Names and units are OpenTelemetry's; the second column is what Prometheus calls them, scraped or received as OTLP. ` +
      'Ratios run from 0 to 1, sizes are bytes, times seconds. What is not known is absent, never 0. ' +
      'Beyond the series limit of a metric, one series with `otel_metric_overflow="true"` takes the rest.',
    metricsOf('ollascope/ollama'),
    metricsOf('ollascope/nvidia'),
    metricsOf('ollascope/self'),
    bucketLines(),
    '## Attributes\n\nOf metrics, spans and log records alike. Resource attributes marked as label may become a label of every series and log stream.\n\n' +
      table(
        ['Attribute', 'In Prometheus and Loki', 'Type', 'Source', 'What', 'Examples', 'How many values'],
        Object.entries(attributes).map(attributeLine),
      ),
  );

const isSpanType = (name: string): name is SpanType => Object.hasOwn(spans, name);

const spansPage = (): string => {
  const rows = Object.keys(spans)
    .filter(isSpanType)
    .map((type) => {
      const def = spanRow(type);
      return row(
        code(def.name),
        def.kind,
        def.parent === undefined ? 'root' : code(def.parent),
        def.brief,
        attributesCell(def),
      );
    });
  const events = Object.entries(spanEvents).map(([name, def]) =>
    row(code(name), def.brief, codes(def.attributes) || '—'),
  );
  return page(
    MADE,
    '# Spans',
    'One trace per inference request. Trace and span ids are derived from the place of the access line in its source: reading it again gives the same ids. ' +
      'Each span says how its bounds are known (`logged`, `observed`, `derived`) and how far off they may be. Requests that are not inference get no trace.',
    table(['Span', 'Kind', 'Parent', 'What', 'Attributes'], rows),
    `## Events on spans\n\n${table(['Event', 'What', 'Attributes'], events)}`,
  );
};

const logsPage = (): string => {
  const line = (name: (typeof logEventNames)[number]): string => {
    const def = logEventRow(name);
    return row(code(name), def.severity, def.brief, codes(def.attributes) || '—');
  };
  const made = logEventNames.filter((name) => logEventRow(name).fact !== undefined);
  const read = logEventNames.filter((name) => logEventRow(name).reading !== undefined);
  const labels = Object.entries(attributes).flatMap(([key, def]: readonly [string, AttributeDef]) =>
    def.label === true ? [labelName(key)] : [],
  );
  return page(
    MADE,
    '# Log records',
    'Every followed line becomes a log record; what is known from many lines becomes a record of its own. The event name is in `event_name`, `trace_id` and `span_id` where the link is good enough. ' +
      'A line that no pattern matched is told by class and length: its text stays on the host.',
    `Stream labels: ${codes(labels)}. Everything else is structured metadata.`,
    `## On every line\n\n${codes(lineAttributes)}`,
    `## What is known\n\n${table(['Event', 'Severity', 'What', 'Attributes'], made.map(line))}`,
    `## What a line says\n\nThe severity is the line's own; the one here holds where it has none.\n\n${table(['Event', 'Severity', 'What', 'Attributes'], read.map(line))}`,
  );
};

/** Paths are relative to the repository's root. */
export const renderDocs = (): readonly DocPage[] => [
  { path: 'otel/METRICS.md', text: metricsPage() },
  { path: 'otel/SPANS.md', text: spansPage() },
  { path: 'loki/LOGS.md', text: logsPage() },
];
