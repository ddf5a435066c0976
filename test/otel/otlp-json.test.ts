// OTLP requests as lines: the JSON form of protobuf, with the same bytes every time.
import { describe, expect, test } from 'vitest';
import { createOtlpJson } from '../../otel/export/otlp-json.ts';
import { receivedOf } from '../support/otlp-received.ts';
import { childSample, logSample, resource, START, sec, snapshotSample, spanSample } from './samples.ts';

const json = createOtlpJson(resource, '1.2.3');

describe('OTLP requests as lines', () => {
  test('one request is one line; nothing is no line', () => {
    for (const text of [
      json.traces([spanSample(), childSample()]),
      json.logs([logSample()]),
      json.metrics(snapshotSample()),
    ]) {
      expect(text.endsWith('\n')).toBe(true);
      expect(text.indexOf('\n')).toBe(text.length - 1);
    }
    expect(json.traces([])).toBe('');
    expect(json.logs([])).toBe('');
  });

  test('ids are hex, nanoseconds and 64-bit integers are strings, as the JSON form of protobuf wants', () => {
    const span = json.traces([spanSample()]);
    expect(span).toContain(
      `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"ollama"}}`,
    );
    expect(span).toContain(`"traceId":"${spanSample().traceId}"`);
    expect(span).toContain('"startTimeUnixNano":"1767225600123456789"');
    expect(span).toContain('{"key":"gen_ai.usage.input_tokens","value":{"intValue":"121"}}');
    expect(span).toContain('{"key":"ollascope.join.confidence","value":{"doubleValue":0.98}}');
    const metrics = json.metrics(snapshotSample());
    expect(metrics).toContain('"count":"3"');
    expect(metrics).toMatch(/"bucketCounts":\["0","0",/);
    expect(`${span}${metrics}${json.logs([logSample()])}`).not.toMatch(/"(intValue|count|asInt)":-?\d/);
  });

  test('a text that looks like a number field is left as it is', () => {
    const body = '{"intValue":7,"count":8,"bucketCounts":[1,2]}';
    const request: unknown = JSON.parse(json.logs([{ ...logSample(), body }]));
    expect(receivedOf(request as { [key: string]: unknown }).logs[0]?.body).toBe(body);
  });

  test('what is written reads back the same, and the same bytes come every time', () => {
    const parse = (line: string) => receivedOf(JSON.parse(line) as { [key: string]: unknown });
    expect(parse(json.traces([spanSample()])).spans[0]).toMatchObject({
      start: START,
      end: sec(1.5),
      attributes: spanSample().attributes,
    });
    expect(parse(json.logs([logSample()])).logs[0]).toMatchObject({ at: START, eventName: 'ollama.prompt.truncated' });
    expect(parse(json.metrics(snapshotSample())).metrics.find(({ name }) => name === 'hw.errors')).toMatchObject({
      kind: 'sum',
      monotonic: true,
    });
    expect(createOtlpJson(resource, '1.2.3').metrics(snapshotSample())).toBe(json.metrics(snapshotSample()));
  });
});
