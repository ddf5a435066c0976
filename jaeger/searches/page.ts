// jaeger/SEARCHES.md, made from the stored searches: what to type in Jaeger's search form, or to ask its API.
import { renderParameters } from '../../loki/parameter-table.ts';
import { type Search, searches, searchParameters } from './index.ts';

const MADE = '<!-- Made from the searches by `npm run docs`: change jaeger/searches, not this page. -->';

const code = (text: string): string => `\`${text}\``;

/** As Jaeger's form takes tags: logfmt. */
const tagsText = (search: Search): string =>
  Object.entries(search.tags ?? {})
    .map(([key, value]) => code(`${key}=${value}`))
    .join(' ');

const lookedThrough = (search: Search): string =>
  [
    ...(search.has === undefined ? [] : [`has ${code(search.has)}`]),
    ...(search.failed === true ? ['status is ERROR'] : []),
  ].join(', ');

const rowOf = (search: Search): string => {
  const cells = [
    code(search.name),
    [search.what, search.note].filter((part) => part !== undefined).join(' '),
    search.operation === undefined ? '' : code(search.operation),
    tagsText(search),
    search.minDuration === undefined ? '' : code(search.minDuration),
    lookedThrough(search),
    search.since,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
};

export const renderSearches = (): string =>
  `${[
    MADE,
    '# Searches for Jaeger',
    '`ollascope trace NAME --param model=llama3.2:3b` asks one from a terminal, `ollascope trace ID` draws a trace. In the search form of Jaeger or of Grafana, choose the service and put in operation, tags and minimum duration as they stand here. What the tags mean stands in [SPANS.md](../otel/SPANS.md).',
    'Jaeger cannot ask whether an attribute is there, some storages find nothing by `error=true`, and the one on disk takes operation and duration of different spans for a match: `ollascope trace` looks through what it found, up to 500 of the newest traces of the span of time.',
    [
      '| Search | What | Operation | Tags | Min duration | Looked through for | Looks back |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...searches.map(rowOf),
    ].join('\n'),
    '## Parameters',
    renderParameters(searchParameters),
    '## The same by the API',
    'These forms are taken by Jaeger 2.13 and by 2.20. `query.num_traces` is required by the first, and its `/api/v3` does not look at tags: for tags both have the older `/api/traces`.',
    [
      '```sh',
      "curl -G http://127.0.0.1:16686/api/v3/traces --data-urlencode query.service_name=ollama --data-urlencode 'query.operation_name=load model' \\",
      '  --data-urlencode query.duration_min=5s --data-urlencode query.num_traces=20 \\',
      '  --data-urlencode query.start_time_min=2026-11-20T12:00:00Z --data-urlencode query.start_time_max=2026-11-20T13:00:00Z',
      'curl -G http://127.0.0.1:16686/api/traces --data-urlencode service=ollama --data-urlencode lookback=1h --data-urlencode limit=20 \\',
      `  --data-urlencode 'tags={"nvidia.fault.hit":"true"}'`,
      '```',
    ].join('\n'),
  ].join('\n\n')}\n`;
