// The rows of the catalogue agree with each other and with what the collectors and folds name; and what must not compile does not.
import { describe, expect, test } from 'vitest';
import type { NvidiaKind } from '../../collectors/nvidia/kinds.ts';
import type { OllamaKind } from '../../collectors/ollama/kinds.ts';
import type { ApiKind } from '../../collectors/reading.ts';
import { type AttributeDef, attributes, isAttributeKey, labelAttributes } from '../../otel/catalogue/attributes.ts';
import { fieldAttributes, fieldsOfKind, mappingOf } from '../../otel/catalogue/log-fields.ts';
import {
  eventNameOf,
  lineAttributes,
  logEventNames,
  logEventRow,
  type NamedReading,
} from '../../otel/catalogue/logs.ts';
import { type AttributesOf, type MetricPoint, metricNames, metricRow } from '../../otel/catalogue/metrics.ts';
import { type SpanAttributesOf, spanEvents, spans } from '../../otel/catalogue/spans.ts';
import { instant } from '../../otel/time.ts';
import type { FactType } from '../../processors/fact.ts';

const at = instant(1n);

describe('metrics', () => {
  test('every row is whole: known attributes, each once, buckets exactly where they belong and ascending', () => {
    for (const name of metricNames) {
      const row = metricRow(name);
      const keys = [...row.attributes, ...(row.optional ?? [])];
      expect(new Set(keys).size, name).toBe(keys.length);
      for (const key of keys) expect(isAttributeKey(key), `${name}: ${key}`).toBe(true);
      expect(row.buckets !== undefined, name).toBe(row.instrument === 'histogram');
      expect(
        [...(row.buckets ?? [])].sort((a, b) => a - b),
        name,
      ).toEqual(row.buckets ?? []);
      if (row.cumulative === true) expect(row.instrument, name).toBe('counter');
      expect(row.brief.endsWith('.'), name).toBe(true);
    }
  });

  test("a column sets every required attribute but the GPU's and the process's own, and sets nothing else", () => {
    for (const name of metricNames) {
      const { attributes: required, dmon = [], pmon = [], query = [], cumulative, instrument } = metricRow(name);
      for (const mapping of [...dmon, ...pmon, ...query]) {
        const set = Object.keys(mapping.set ?? {});
        const states = 'states' in mapping && mapping.states !== undefined ? [mapping.states.attribute] : [];
        const open = required.filter((key) => key !== 'hw.id' && key !== 'process.pid');
        expect([...set, ...states].sort(), name).toEqual([...open].sort());
        expect(mapping.times === undefined || mapping.per === undefined, name).toBe(true);
        if (mapping.cumulative === true) expect(instrument, name).toBe('counter');
        if (cumulative === true) expect(mapping.cumulative, name).toBe(true);
      }
    }
  });

  test('no two metrics or attribute sets take the same series from different columns', () => {
    for (const name of metricNames) {
      const { dmon = [], pmon = [], query = [] } = metricRow(name);
      const series = [...dmon, ...pmon, ...query].map((mapping) => JSON.stringify(mapping.set ?? {}));
      expect(new Set(series).size, name).toBe(series.length);
    }
  });

  test('where a metric comes from is a fact, or a named part of the agent', () => {
    const facts = new Set<string>([
      'request.finished',
      'request.abandoned',
      'requests.under_way',
      'server.started',
      'model.loaded',
      'model.cpu_fallback',
      'model.load_failed',
      'model.unloaded',
      'model.evicted',
      'models.resident',
      'runner.crashed',
      'prompt.truncated',
      'context.shifted',
      'draft.accepted',
      'gpu.described',
      'gpu.sampled',
      'gpu.process_sampled',
      'gpu.throttled',
      'gpu.xid',
      'gpu.fault_raised',
      'request.fault_hit',
      'gpu.fault_settled',
      'gpu.state_changed',
      'smi.failed',
      'lines.counted',
      'source.changed',
    ] satisfies readonly FactType[]);
    const parts = new Set(['agent', 'aggregation', 'delivery']);
    for (const name of metricNames) {
      for (const from of metricRow(name).from.split(', '))
        expect(facts.has(from) || parts.has(from), `${name}: ${from}`).toBe(true);
    }
  });
});

describe('attributes', () => {
  test('labels are resource attributes with few values; every row has a sentence and an example of its type', () => {
    expect(labelAttributes).toContain('service.name');
    expect(labelAttributes).not.toContain('k8s.pod.name');
    for (const [key, row] of Object.entries<AttributeDef>(attributes)) {
      expect(row.brief.endsWith('.'), key).toBe(true);
      expect(row.examples.length, key).toBeGreaterThan(0);
      const wanted =
        row.type === 'int' || row.type === 'double' || row.type === 'int[]'
          ? 'number'
          : row.type === 'boolean'
            ? 'boolean'
            : 'string';
      for (const example of row.examples) expect(typeof example, key).toBe(wanted);
      expect(key, 'keys are dotted lower case').toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/);
    }
  });
});

describe('log events and spans', () => {
  test('no attribute is there for nothing', () => {
    const fields = [
      ...Object.values(fieldAttributes),
      ...Object.values(fieldsOfKind).flatMap((kind) => Object.values(kind)),
    ];
    const used = new Set<string>([
      ...metricNames.flatMap((name) => [...metricRow(name).attributes, ...(metricRow(name).optional ?? [])]),
      ...logEventNames.flatMap((name) => logEventRow(name).attributes),
      ...lineAttributes,
      ...Object.values(spans).flatMap((row) => [...row.attributes, ...row.optional]),
      ...Object.values(spanEvents).flatMap((row) => row.attributes),
      ...fields.flatMap((mapping) =>
        mapping === undefined ? [] : typeof mapping === 'object' ? mapping.key : mapping,
      ),
      'otel.metric.overflow',
    ]);
    const ofResource = /^(service|deployment|telemetry|host|os|k8s)\./;
    expect(Object.keys(attributes).filter((key) => !used.has(key) && !ofResource.test(key))).toEqual([]);
  });

  test('where a field of a reading goes is an attribute its event may have', () => {
    for (const [kind, fields] of Object.entries(fieldsOfKind)) {
      const event = eventNameOf[kind];
      expect(event, kind).toBeDefined();
      if (event === undefined) continue;
      for (const mapping of Object.values(fields)) {
        const key = typeof mapping === 'object' ? mapping.key : mapping;
        if (key !== undefined) expect(logEventRow(event).attributes, kind).toContain(key);
      }
    }
  });

  test('every attribute they name is in the table', () => {
    for (const name of logEventNames)
      for (const key of logEventRow(name).attributes) expect(isAttributeKey(key), `${name}: ${key}`).toBe(true);
    for (const key of lineAttributes) expect(isAttributeKey(key)).toBe(true);
    for (const row of Object.values(spans))
      for (const key of [...row.attributes, ...row.optional]) expect(isAttributeKey(key), key).toBe(true);
    for (const row of Object.values(spanEvents))
      for (const key of row.attributes) expect(isAttributeKey(key), key).toBe(true);
  });

  test('a reading has one event name, and fields go where that event may have them', () => {
    expect(eventNameOf['http.access']).toBe('ollama.request.access');
    expect(new Set(Object.values(eventNameOf)).size).toBe(Object.keys(eventNameOf).length);
    expect(mappingOf('http.access', 'latencyNs')).toEqual({ key: 'ollama.request.duration', per: 1e9 });
    expect(mappingOf('server.listening', 'port')).toBe('server.port');
    expect(mappingOf('runner.listening', 'port')).toBe('ollama.runner.port');
    expect(mappingOf('http.access', 'toString')).toBeUndefined();
    for (const mapping of [
      ...Object.values(fieldAttributes),
      ...Object.values(fieldsOfKind).flatMap((fields) => Object.values(fields)),
    ]) {
      const key = typeof mapping === 'object' ? mapping.key : mapping;
      if (key !== undefined) expect(isAttributeKey(key), key).toBe(true);
    }
  });

  test('every kind of reading is an event, except those that are metrics only', () => {
    // A kind that is new in collectors/ must get a row in otel/catalogue/logs-readings.ts, or its place here.
    type MetricsOnly =
      | 'gpu.sample'
      | 'gpu.process'
      | 'gpu.query'
      | 'gpu.app'
      | 'api.version'
      | 'api.resident'
      | 'api.models';
    type Missing = Exclude<OllamaKind | NvidiaKind | ApiKind, NamedReading | MetricsOnly>;
    type Superfluous = Exclude<NamedReading, OllamaKind | NvidiaKind | ApiKind>;
    const missing: [Missing] extends [never] ? true : Missing = true;
    const superfluous: [Superfluous] extends [never] ? true : Superfluous = true;
    expect([missing, superfluous]).toEqual([true, true]);
  });
});

describe('what does not compile', () => {
  const point = <P extends MetricPoint>(made: P): P => made;

  test('a wrong name, a missing, a superfluous or an ill-typed attribute', () => {
    point({ signal: 'metric', name: 'hw.power', value: 1, at, attributes: { 'hw.id': 'GPU-a', 'hw.type': 'gpu' } });
    point({
      signal: 'metric',
      name: 'hw.power',
      value: 1,
      at,
      attributes: { 'hw.id': 'GPU-a', 'hw.type': 'gpu', 'hw.name': 'x' },
    });
    // @ts-expect-error there is no such metric
    point({ signal: 'metric', name: 'hw.powr', value: 1, at, attributes: {} });
    // @ts-expect-error hw.type is missing
    point({ signal: 'metric', name: 'hw.power', value: 1, at, attributes: { 'hw.id': 'GPU-a' } });
    // @ts-expect-error hw.power has no task
    const superfluous: AttributesOf<'hw.power'> = { 'hw.id': 'a', 'hw.type': 'gpu', 'hw.gpu.task': 'x' };
    // @ts-expect-error a code is a number
    const illTyped: AttributesOf<'nvidia.gpu.xid.events'> = { 'hw.id': 'a', 'nvidia.xid.code': '79' };
    const gauge: MetricPoint = {
      signal: 'metric',
      name: 'hw.power',
      value: 1,
      at,
      // @ts-expect-error only counters can be running totals
      cumulative: true,
      attributes: { 'hw.id': 'a', 'hw.type': 'gpu' },
    };
    // @ts-expect-error absent is absent, not undefined
    const absent: AttributesOf<'hw.power'> = { 'hw.id': 'a', 'hw.type': 'gpu', 'hw.name': undefined };
    expect([superfluous['hw.id'], illTyped['hw.id'], gauge.name, absent['hw.id']]).toHaveLength(4);
  });

  test('a span of a phase without its bounds', () => {
    const bounds = {
      'ollascope.start.from': 'logged',
      'ollascope.start.uncertainty_ms': 0.1,
      'ollascope.end.from': 'observed',
      'ollascope.end.uncertainty_ms': 0.1,
    };
    const whole: SpanAttributesOf<'prefill'> = { ...bounds, 'ollama.slot.id': 0 };
    // @ts-expect-error the bounds are missing
    const bare: SpanAttributesOf<'prefill'> = { 'ollama.slot.id': 0 };
    expect([whole['ollama.slot.id'], bare['ollama.slot.id']]).toEqual([0, 0]);
  });
});
