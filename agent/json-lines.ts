// Structured output on stdout: one JSON object per log record, written by pino, in the form
// {"timestamp","level","component","message","metadata","trace_id","span_id"}. The time is the event's, never the wall clock's.
import { pino } from 'pino';
import type { LogSignal, ScopeName, Severity } from '../otel/signal.ts';
import { isoInstant } from '../otel/time.ts';

/** Which part of the system speaks. */
const components: { readonly [S in ScopeName]: string } = {
  'ollascope/ollama': 'ollama',
  'ollascope/nvidia': 'nvidia',
  'ollascope/self': 'ollascope',
};

/** The form has no level above ERROR: a lost GPU is an ERROR there, and `metadata.severity` keeps the difference. */
const levels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
} as const satisfies {
  readonly [S in Severity]: string;
};

export type JsonLines = { readonly log: (signal: LogSignal) => void };

/** `write` gets whole lines, terminator included, synchronously and in order. */
export const createJsonLines = (write: (line: string) => void): JsonLines => {
  const logger = pino(
    {
      base: null,
      level: 'trace',
      timestamp: false,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    { write },
  );
  return {
    log: (signal) => {
      const metadata = {
        ...(signal.eventName === undefined ? {} : { 'event.name': signal.eventName }),
        ...(signal.severity === 'FATAL' ? { severity: 'FATAL' } : {}),
        ...signal.attributes,
      };
      logger[levels[signal.severity]]({
        timestamp: isoInstant(signal.at),
        component: components[signal.scope],
        message: signal.body,
        metadata,
        ...(signal.spanRef === undefined ? {} : { trace_id: signal.spanRef.traceId, span_id: signal.spanRef.spanId }),
      });
    },
  };
};
