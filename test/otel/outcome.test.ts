// What an error of the exporters means: not now or never, after the specification's lists, whatever the trailers hold.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outcomeOfError, outcomeOfPartialSuccess, retryInfoMs } from '../../otel/export/outcome.ts';

const errorWith = (properties: { readonly code?: unknown; readonly metadata?: unknown }): Error =>
  Object.assign(new Error('why'), properties);
const trailers = (bytes: Uint8Array) => ({
  get: (name: string) => (name === 'grpc-status-details-bin' ? [Buffer.from(bytes)] : []),
});
/** Status { code: 8, details: [Any { RetryInfo { Duration { seconds: 7, nanos: 500000000 } } }] } */
const RETRY_IN_7500_MS = Buffer.concat([
  Buffer.from([0x08, 0x08, 0x1a, 0x36, 0x0a, 0x28]),
  Buffer.from('type.googleapis.com/google.rpc.RetryInfo'),
  Buffer.from([0x12, 0x0a, 0x0a, 0x08, 0x08, 0x07, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]),
]);

describe('outcomes', () => {
  test.each([1, 4, 10, 11, 14, 15])('gRPC code %i may be tried again', (code) => {
    expect(outcomeOfError(errorWith({ code }), 3, undefined)).toEqual({ result: 'retry', reason: `${code}: why` });
  });

  test.each([2, 3, 5, 7, 8, 12, 13, 16])('gRPC code %i never can be taken', (code) => {
    expect(outcomeOfError(errorWith({ code }), 3, undefined)).toEqual({
      result: 'rejected',
      reason: `${code}: why`,
      count: 3,
    });
  });

  test.each([408, 429, 502, 503, 504])('HTTP %i may be tried again, when the receiver says', (code) => {
    expect(outcomeOfError(errorWith({ code }), 3, 2_000)).toEqual({
      result: 'retry',
      reason: `${code}: why`,
      afterMs: 2_000,
    });
  });

  test.each([400, 401, 403, 404, 413, 500, 501])('HTTP %i never can be taken', (code) => {
    expect(outcomeOfError(errorWith({ code }), 3, undefined)).toMatchObject({ result: 'rejected', count: 3 });
  });

  test('network words and errors without a code are tried again', () => {
    expect(outcomeOfError(errorWith({ code: 'ECONNREFUSED' }), 3, undefined)).toEqual({
      result: 'retry',
      reason: 'ECONNREFUSED: why',
    });
    const spoken = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4318'), { code: 'ECONNREFUSED' });
    expect(outcomeOfError(spoken, 3, undefined)).toEqual({
      result: 'retry',
      reason: 'connect ECONNREFUSED 127.0.0.1:4318',
    });
    expect(outcomeOfError(errorWith({}), 3, 42_000)).toEqual({ result: 'retry', reason: 'why', afterMs: 42_000 });
  });

  test('an exhausted receiver that says when is a retry', () => {
    const error = errorWith({ code: 8, metadata: trailers(RETRY_IN_7500_MS) });
    expect(retryInfoMs(error)).toBe(7_500);
    expect(outcomeOfError(error, 3, undefined)).toEqual({ result: 'retry', reason: '8: why', afterMs: 7_500 });
  });

  test('trailers that are no RetryInfo are no wait, and nothing breaks', () => {
    expect(retryInfoMs(errorWith({}))).toBeUndefined();
    expect(retryInfoMs(errorWith({ metadata: { get: () => 'text' } }))).toBeUndefined();
    const cut = fc.nat(RETRY_IN_7500_MS.length).map((length) => Uint8Array.from(RETRY_IN_7500_MS.subarray(0, length)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), cut), (bytes) => {
        const wait = retryInfoMs(errorWith({ code: 14, metadata: trailers(bytes) }));
        expect(wait === undefined || Number.isFinite(wait)).toBe(true);
      }),
    );
  });
});

describe('partial success', () => {
  test.each([
    ['{"rejectedSpans":3,"errorMessage":"too old"}', { result: 'rejected', reason: 'too old', count: 3 }],
    ['{"rejectedLogRecords":"2"}', { result: 'rejected', reason: '', count: 2 }],
    ['{"rejectedDataPoints":0,"errorMessage":"slow down"}', { result: 'accepted' }],
    ['{}', { result: 'accepted' }],
  ])('%s', (text, outcome) => {
    expect(outcomeOfPartialSuccess(text)).toEqual(outcome);
  });

  test('one that cannot be read is told, for the payload was taken', () => {
    expect(outcomeOfPartialSuccess('{')).toMatchObject({ result: 'rejected', count: 0 });
  });
});
