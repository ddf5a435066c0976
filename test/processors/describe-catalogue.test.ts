// Everything told, from every type of fact, is what the catalogue says it is: names, attributes, types.
import { describe, expect, test } from 'vitest';
import { type AttributeKey, attributes, isAttributeKey } from '../../otel/catalogue/attributes.ts';
import { lineAttributes, logEventNames, logEventRow } from '../../otel/catalogue/logs.ts';
import { metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import { type SpanDef, type SpanType, spanEvents, spans } from '../../otel/catalogue/spans.ts';
import type { Attributes, AttributeValue, LogSignal, Signal, SpanSignal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import type { Fact } from '../../processors/fact.ts';
import { allFacts } from './describe-further.ts';
import { sampleFacts } from './describe-samples.ts';

const told = (facts: readonly Fact[]): readonly Signal[] => {
  const signals: Signal[] = [];
  for (const fact of facts) tell(fact, (signal) => signals.push(signal));
  return signals;
};

const typeOf = (value: AttributeValue): string => (Array.isArray(value) ? `${typeof value[0]}[]` : typeof value);
const formOf = (key: AttributeKey): readonly string[] =>
  ({
    string: ['string'],
    int: ['number'],
    double: ['number'],
    boolean: ['boolean'],
    'string[]': ['string[]'],
    'int[]': ['number[]'],
  })[attributes[key].type];

const expectTypes = (given: Attributes): void => {
  for (const [key, value] of Object.entries(given)) {
    if (!isAttributeKey(key)) throw new Error(`${key} is not in the catalogue`);
    expect(formOf(key), `type of ${key}`).toContain(typeOf(value));
    if (attributes[key].type === 'int') expect(Number.isInteger(value), `${key} is an integer`).toBe(true);
  }
};

const rowOfSpan = (span: SpanSignal): SpanDef =>
  span.kind === 'internal'
    ? ((Object.values(spans) as readonly SpanDef[]).find(({ name }) => name === span.name) ?? spans.queue)
    : span.name.startsWith('abandoned')
      ? spans.abandoned
      : spans.request;

describe('everything told is in the catalogue', () => {
  const signals = told(allFacts);

  test('every type of fact but the internal one tells something', () => {
    const silent = Object.entries(sampleFacts).filter(([, facts]) => told(facts).length === 0);
    expect(silent.map(([type]) => type)).toEqual(['request.closed']);
  });

  test('metric points have the attributes of their row, no others, and finite values', () => {
    const points = signals.filter((signal) => signal.signal === 'metric');
    expect(points.length).toBeGreaterThan(60);
    for (const { name, value, attributes: given } of points) {
      const { attributes: required, optional = [] } = metricRow(name);
      expect(Number.isFinite(value), name).toBe(true);
      expect(
        Object.keys(given).filter((key) => !([...required, ...optional] as string[]).includes(key)),
        name,
      ).toEqual([]);
      expect(
        required.filter((key) => !(key in given)),
        name,
      ).toEqual([]);
      expectTypes(given);
    }
  });

  test('spans have the attributes of their row', () => {
    for (const span of signals.filter((signal) => signal.signal === 'span')) {
      const { attributes: required, optional } = rowOfSpan(span);
      expect(
        Object.keys(span.attributes).filter((key) => !([...required, ...optional] as string[]).includes(key)),
        span.name,
      ).toEqual([]);
      expect(
        required.filter((key) => !(key in span.attributes)),
        span.name,
      ).toEqual([]);
      expectTypes(span.attributes);
      for (const event of span.events) {
        const allowed: readonly string[] = spanEvents['nvidia.gpu.fault'].attributes;
        expect(event.name in spanEvents).toBe(true);
        expect(Object.keys(event.attributes).filter((key) => !allowed.includes(key))).toEqual([]);
      }
    }
  });

  test('what a row promises is told: no metric, span or attribute stands in the catalogue for nothing', () => {
    const said = new Set<string>();
    for (const signal of signals) {
      if (signal.signal !== 'metric' && signal.signal !== 'span') continue;
      const name =
        signal.signal === 'metric'
          ? signal.name
          : Object.keys(spans).find((key) => spans[key as SpanType] === rowOfSpan(signal));
      for (const key of ['', ...Object.keys(signal.attributes)]) said.add(`${name} ${key}`);
    }
    const ofFacts = metricNames.filter((name) => !/^(agent|aggregation|delivery)$/.test(metricRow(name).from));
    const promised = [...ofFacts.map((name) => [name, metricRow(name)] as const), ...Object.entries(spans)].flatMap(
      ([name, row]) => ['', ...(row.optional ?? [])].map((key) => `${name} ${key}`),
    );
    expect(promised.filter((promise) => !said.has(promise))).toEqual([]);
  });

  test('log records have the attributes of their event', () => {
    const logs: readonly LogSignal[] = signals.filter((signal) => signal.signal === 'log');
    for (const { eventName, attributes: given } of logs) {
      const own = eventName === undefined ? [] : logEventRow(eventName).attributes;
      const allowed: readonly string[] = [...own, ...lineAttributes];
      expect(
        Object.keys(given).filter((key) => !allowed.includes(key)),
        eventName,
      ).toEqual([]);
      expectTypes(given);
    }
  });

  test('every event that is a fact is told by some fact, under its name', () => {
    const names = new Set(signals.flatMap((signal) => (signal.signal === 'log' ? (signal.eventName ?? []) : [])));
    const ofFacts = logEventNames.filter(
      (name) => logEventRow(name).fact !== undefined && !name.startsWith('ollascope.source.'),
    );
    expect(ofFacts.filter((name) => !names.has(name))).toEqual([]);
  });

  test('the same fact gives the same signals', () => {
    expect(told(allFacts)).toEqual(signals);
  });
});
