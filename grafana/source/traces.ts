// Tables of traces: a stored search of jaeger/searches as Grafana's Jaeger data source asks for it, and its columns.

import { searches, traceQueryOf } from '../../jaeger/searches/index.ts';
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import { linksOfTrace } from './links.ts';
import { type Column, type Given, type PanelSpec, type TablePanel, table } from './panel-form.ts';
import type { JaegerQuery } from './queries.ts';
import { unit } from './units.ts';
import { none } from './words.ts';

const TRACES_SHOWN = 20;
/** Jaeger searches one service at a time: a variable of its own. */
const SERVICE = '$traces_of';

/** logfmt, as in the form of Grafana's Jaeger data source. */
const logfmt = (tags: { readonly [key: string]: string }): string =>
  Object.entries(tags)
    .map(([key, value]) => `${key}=${/[\s"=]/.test(value) ? JSON.stringify(value) : value}`)
    .join(' ');

/** A search that needs no looking through afterwards: Grafana shows what Jaeger finds. */
export const storedSearch = (name: string, given: { readonly [parameter: string]: string } = {}): JaegerQuery => {
  const search = searches.find((each) => each.name === name);
  if (search === undefined) throw new Error(`no stored search ${name}: expected one of jaeger/SEARCHES.md`);
  const filled = traceQueryOf(search, given);
  if ('problems' in filled) throw new Error(`${name}: ${filled.problems.join('; ')}`);
  const { operation, tags, minSeconds, has, failed } = filled.query;
  if (has !== undefined || failed !== undefined)
    throw new Error(
      `${name} is looked through after Jaeger answered, which Grafana does not do: choose another search`,
    );
  return {
    source: 'jaeger',
    search: {
      service: SERVICE,
      ...(operation === undefined ? {} : { operation }),
      ...(Object.keys(tags).length === 0 ? {} : { tags: logfmt(tags) }),
      ...(minSeconds === undefined ? {} : { minDuration: `${minSeconds}s` }),
      limit: TRACES_SHOWN,
    },
  };
};

/** Traces with these attributes, for what the library asks otherwise. */
export const tracesWith = (tags: { readonly [K in AttributeKey]?: string }): JaegerQuery => ({
  source: 'jaeger',
  search: { service: SERVICE, tags: logfmt(tags), limit: TRACES_SHOWN },
});

const columns: readonly Column[] = [
  {
    field: 'traceID',
    title: 'Trace',
    links: linksOfTrace,
  },
  { field: 'traceName', title: 'Request' },
  { field: 'startTime', title: 'Start', width: 180 },
  { field: 'duration', title: 'Duration', unit: unit.microseconds, width: 110 },
];

type TraceTable = Pick<Given<TablePanel>, 'title' | 'what' | 'width' | 'height'> & {
  readonly search: JaegerQuery;
  /** Title of the column, highest or newest first. */
  readonly sortBy: 'Start' | 'Duration';
};

export const traceTable = ({ search, sortBy, ...spec }: TraceTable): PanelSpec =>
  table({
    ...spec,
    none: none.traces,
    unit: unit.none,
    rows: 'traces',
    queries: [search],
    columns,
    sortBy: { title: sortBy, descending: true },
  });
