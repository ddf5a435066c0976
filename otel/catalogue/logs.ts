// Every event name a log record can have, and the readings or facts it says. Line events keep the severity of the line;
// `severity` is the default where the line has none, and the severity of events that are made from facts.
import type { Severity } from '../signal.ts';
import type { AttributeKey } from './attributes.ts';
import { factEvents } from './logs-facts.ts';
import { readingEvents } from './logs-readings.ts';

export type LogEventDef = {
  readonly severity: Severity;
  readonly brief: string;
  /** The kind of reading whose lines carry this event name. */
  readonly reading?: string;
  /** The fact that is told under this event name, once per fact. */
  readonly fact?: string;
  /** Attributes the record may have beside those of every record. */
  readonly attributes: readonly AttributeKey[];
};

/** Attributes that every record made from a line may have. */
export const lineAttributes = [
  'log.record.uid',
  'ollascope.source',
  'ollascope.line.class',
  'ollascope.line.name',
  'ollascope.line.kind',
  'ollascope.line.truncated',
  'ollascope.timing',
  'ollascope.join.method',
  'ollascope.join.confidence',
] as const satisfies readonly AttributeKey[];

export const logEvents = { ...readingEvents, ...factEvents };

export type LogEventName = keyof typeof logEvents;

export const logEventRow = (name: LogEventName): LogEventDef => logEvents[name];

/** In the order of the catalogue. */
export const logEventNames: readonly LogEventName[] = Object.keys(logEvents).filter((name): name is LogEventName =>
  Object.hasOwn(logEvents, name),
);

type Rows = typeof logEvents;
/** Kinds of readings that have an event name. */
export type NamedReading = {
  [N in LogEventName]: Rows[N] extends { readonly reading: infer K extends string } ? K : never;
}[LogEventName];

/** The event name of a kind of reading; undefined for kinds that are metrics only. */
export const eventNameOf: { readonly [kind: string]: LogEventName } = Object.fromEntries(
  logEventNames.flatMap((name) => {
    const kind = logEventRow(name).reading;
    return kind === undefined ? [] : [[kind, name]];
  }),
);
