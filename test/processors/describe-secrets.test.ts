// A secret planted in every field that must not travel never shows up in anything told, whatever tells it.
import { describe, expect, test } from 'vitest';
import type { OllamaReading, RecordReading } from '../../collectors/reading.ts';
import { fieldAttributes, mappingOf } from '../../otel/catalogue/log-fields.ts';
import { eventNameOf, logEventRow } from '../../otel/catalogue/logs.ts';
import type { Signal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import { at, lineOf, ollama, unmatched } from './describe-facts.ts';

const SECRET = 'the-launch-code-is-0000';

const told = (reading: RecordReading): string => {
  const signals: Signal[] = [];
  tell({ type: 'line.read', at: at(0), reading }, (signal) => signals.push(signal));
  expect(signals).toHaveLength(1);
  return JSON.stringify(signals, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
};

/** A reading as a faulty grammar might make it: the line and fields that nobody foresaw hold the secret. */
const leaky = (kind: string, fields: { readonly [field: string]: unknown }): RecordReading =>
  ({
    type: 'ollama',
    kind,
    fields,
    at: at(0),
    timing: 'logged',
    severity: 'INFO',
    line: lineOf(ollama, `msg="${SECRET}"`),
    offset: 0,
    body: undefined,
  }) as unknown as OllamaReading;

describe('nothing that is not allowed travels', () => {
  test.each(['unmatched', 'malformed', 'noise', 'continuation'] as const)(
    'the text of an %s line stays here',
    (lineClass) => {
      const reading = {
        ...unmatched,
        class: lineClass,
        line: lineOf(ollama, `time=x msg="${SECRET}"`),
      } as RecordReading;
      expect(told(reading)).not.toContain(SECRET);
    },
  );

  test.each(Object.keys(eventNameOf))('%s: the line and unforeseen fields stay here', (kind) => {
    expect(
      told(leaky(kind, { prompt_text: SECRET, content: SECRET, nested: { deeper: SECRET }, messages: [SECRET] })),
    ).not.toContain(SECRET);
  });

  test.each(Object.keys(eventNameOf))('%s: a field that its event does not name stays here', (kind) => {
    const name = eventNameOf[kind];
    const allowed: readonly string[] = name === undefined ? [] : logEventRow(name).attributes;
    const kept = Object.keys(fieldAttributes).filter((field) => {
      const mapping = mappingOf(kind, field);
      const key = typeof mapping === 'string' ? mapping : mapping?.key;
      return key === undefined || !allowed.includes(key);
    });
    expect(kept.length).toBeGreaterThan(0);
    expect(told(leaky(kind, Object.fromEntries(kept.map((field) => [field, SECRET]))))).not.toContain(SECRET);
  });

  test('a kind of line that no event knows tells no field at all', () => {
    expect(told(leaky('future.kind', { model: SECRET, errorType: SECRET, runner: { model: SECRET } }))).not.toContain(
      SECRET,
    );
  });

  test('unforeseen keys of a runner stay here', () => {
    expect(
      told(leaky('request.finished_context', { runner: { environment: SECRET, sizeBytes: SECRET } })),
    ).not.toContain(SECRET);
  });
});
