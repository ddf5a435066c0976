// Every followed line as a log record: its own time, severity, place and allowed fields, and its text only where the
// grammar vouches for it. A line without such a text is told by class and length: `unmatched slog line, 312 bytes`.

import type { Dialect } from '../../collectors/line.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import type { AttributeKey } from '../../otel/catalogue/attributes.ts';
import type { LogSignal, ScopeName } from '../../otel/signal.ts';
import type { FactOf } from '../fact.ts';
import { eventOfKind, type Told, writeFields } from './line-fields.ts';
import type { EmitSignal } from './points.ts';

const scopes: { readonly [D in Dialect]: ScopeName } = {
  ollama: 'ollascope/ollama',
  api: 'ollascope/ollama',
  dmon: 'ollascope/nvidia',
  pmon: 'ollascope/nvidia',
  'query-gpu': 'ollascope/nvidia',
  'query-apps': 'ollascope/nvidia',
  kernel: 'ollascope/nvidia',
};

const classText = (reading: RecordReading): string => {
  const size = `${reading.line.sizeBytes} bytes`;
  if (reading.type !== 'line') return `${reading.kind} line, ${size}`;
  return reading.class === 'continuation'
    ? `continuation of ${reading.name}, ${size}`
    : `${reading.class} ${reading.name} line, ${size}`;
};

/** An unmatched line's text travels only where somebody has asked for it: it can hold a prompt. */
const bodyOf = (reading: RecordReading, sendUnmatchedText: boolean): string => {
  if (reading.body !== undefined) return reading.body;
  return sendUnmatchedText && reading.type === 'line' && reading.class === 'unmatched'
    ? reading.line.text
    : classText(reading);
};

const own = <K extends AttributeKey>(key: K): K => key;
const UID = own('log.record.uid');
const SOURCE = own('ollascope.source');
const CLASS = own('ollascope.line.class');
const NAME = own('ollascope.line.name');
const KIND = own('ollascope.line.kind');
const TIMING = own('ollascope.timing');
const TRUNCATED = own('ollascope.line.truncated');
const METHOD = own('ollascope.join.method');
const CONFIDENCE = own('ollascope.join.confidence');

/** `<identity>:<position>`, with `+offset` for a record glued behind another one into the same line. */
export const recordUid = ({ line, offset }: RecordReading): string =>
  `${line.source.identity}:${line.position}${offset === 0 ? '' : `+${offset}`}`;

const attributesOfLine = ({ reading, join }: FactOf<'line.read'>): Told => {
  const { line } = reading;
  const told: Told = { [UID]: recordUid(reading), [SOURCE]: line.source.name };
  if (reading.type === 'line') {
    told[CLASS] = reading.class;
    told[NAME] = reading.name;
  } else {
    told[CLASS] = 'matched';
    told[KIND] = reading.kind;
  }
  told[TIMING] = reading.timing;
  if (line.truncated) told[TRUNCATED] = true;
  writeFields(told, reading);
  if (join !== undefined) {
    told[METHOD] = join.method;
    told[CONFIDENCE] = join.confidence;
  }
  return told;
};

type Draft = { -readonly [K in keyof LogSignal]: LogSignal[K] };

/** `at` is the record's own time, `observedAt` when its last byte arrived. */
export const describeLine = (fact: FactOf<'line.read'>, emit: EmitSignal, sendUnmatchedText: boolean): void => {
  const { reading, ref } = fact;
  const log: Draft = {
    signal: 'log',
    scope: scopes[reading.line.source.dialect],
    at: reading.at,
    observedAt: reading.line.arrival,
    severity: reading.severity,
    body: bodyOf(reading, sendUnmatchedText),
    attributes: attributesOfLine(fact),
  };
  const eventName = reading.type === 'line' ? undefined : eventOfKind(reading.kind);
  if (eventName !== undefined) log.eventName = eventName;
  if (ref !== undefined) log.spanRef = ref;
  emit(log);
};
