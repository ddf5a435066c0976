// Found traces as a table: which, when, how long, what, how much, how it ended. Pure.
import type { AttributeKey } from '../otel/catalogue/attributes.ts';
import type { SpanSignal } from '../otel/signal.ts';
import { isoInstant, nsBetween } from '../otel/time.ts';
import { durationText } from './amounts.ts';
import { cut, printable, tableText } from './cells.ts';
import { tokensText, verdictOf } from './waterfall.ts';

/** Longer names of operation and model are cut. */
const NAME_MAX = 40;

/** The span that a trace is about: the one without a parent in it, else the earliest. */
export const rootOf = (trace: readonly SpanSignal[]): SpanSignal | undefined => {
  const ids = new Set(trace.map((span) => span.spanId));
  return trace.find(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId)) ?? trace[0];
};

const FAULT: AttributeKey = 'error.type';

/** `xid.79` of every fault that touched the request. */
const faultsOf = (trace: readonly SpanSignal[]): readonly string[] => [
  ...new Set(
    trace.flatMap(({ events }) =>
      events
        .filter(({ name }) => name === 'nvidia.gpu.fault')
        .map(({ attributes }) => String(attributes[FAULT] ?? '?')),
    ),
  ),
];

const cellsFor = (trace: readonly SpanSignal[]): readonly string[] | undefined => {
  const root = rootOf(trace);
  if (root === undefined) return undefined;
  const faults = faultsOf(trace);
  return [
    root.traceId,
    isoInstant(root.start),
    durationText(nsBetween(root.start, root.end)),
    cut(printable(root.name), NAME_MAX),
    tokensText(root) ?? '',
    [verdictOf(root), ...(faults.length === 0 ? [] : [`hit by ${faults.join(', ')}`])].join(', '),
  ];
};

const HEAD = ['trace', 'when', 'duration', 'name', 'tokens', 'outcome'] as const;
const DURATION_COLUMN = 2;

export const traceTable = (traces: readonly (readonly SpanSignal[])[]): string =>
  tableText([HEAD, ...traces.map(cellsFor).filter((cells) => cells !== undefined)], DURATION_COLUMN);
