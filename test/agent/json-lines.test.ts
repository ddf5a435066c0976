// Structured lines on stdout: the documented form, the event's time, valid JSON whatever the text.
import { describe, expect, test } from 'vitest';
import { createJsonLines } from '../../agent/json-lines.ts';
import type { LogSignal, ScopeName, Severity } from '../../otel/signal.ts';
import { addNs } from '../../otel/time.ts';
import { at, ref } from '../processors/describe-facts.ts';

const log = (more: Partial<LogSignal> = {}): LogSignal => ({
  signal: 'log',
  scope: 'ollascope/ollama',
  at: addNs(at(1), 85_999_999),
  observedAt: at(2),
  severity: 'INFO',
  body: 'model loaded',
  attributes: { 'gen_ai.request.model': 'llama3.2:3b', 'ollama.load.duration': 1.1 },
  ...more,
});
const written = (signal: LogSignal): string => {
  const lines: string[] = [];
  createJsonLines((line) => lines.push(line)).log(signal);
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
};
const parsed = (signal: LogSignal): unknown => JSON.parse(written(signal));

describe('structured lines', () => {
  test('one object per record, in the documented form, at the time of the event', () => {
    expect(written(log({ eventName: 'ollama.model.loaded', spanRef: ref }))).toBe(
      '{"level":"INFO","timestamp":"2026-03-01T12:00:01.085Z","component":"ollama","message":"model loaded",' +
        '"metadata":{"event.name":"ollama.model.loaded","gen_ai.request.model":"llama3.2:3b","ollama.load.duration":1.1},' +
        '"trace_id":"5f0c7e2a9b1d4c3e8f6071829304a5b6","span_id":"1122334455667788"}\n',
    );
  });

  test('a record without a trace has no ids: not empty ones', () => {
    expect(Object.keys(parsed(log()) as object)).toEqual(['level', 'timestamp', 'component', 'message', 'metadata']);
  });

  test.each([
    ['TRACE', 'TRACE'],
    ['DEBUG', 'DEBUG'],
    ['INFO', 'INFO'],
    ['WARN', 'WARN'],
    ['ERROR', 'ERROR'],
  ] as const satisfies readonly (readonly [Severity, string])[])('%s is the level %s', (severity, level) => {
    expect(parsed(log({ severity }))).toMatchObject({ level });
    expect(parsed(log({ severity }))).not.toHaveProperty('metadata.severity');
  });

  test('the form ends at ERROR: a FATAL record is one, and says so', () => {
    expect(parsed(log({ severity: 'FATAL' }))).toMatchObject({ level: 'ERROR', metadata: { severity: 'FATAL' } });
  });

  test.each([
    ['ollascope/ollama', 'ollama'],
    ['ollascope/nvidia', 'nvidia'],
    ['ollascope/self', 'ollascope'],
  ] as const satisfies readonly (readonly [ScopeName, string])[])('%s speaks as %s', (scope, component) => {
    expect(parsed(log({ scope }))).toMatchObject({ component });
  });

  test('any text stays one line of valid JSON', () => {
    for (const body of ['a\nb\u0000c', '"quoted"', '\u001b[31m', 'lone \ud800 surrogate', '\u2028']) {
      expect(written(log({ body })).split('\n')).toHaveLength(2);
      expect(parsed(log({ body }))).toMatchObject({
        message: body.toWellFormed() === body ? body : expect.any(String),
      });
    }
  });
});
