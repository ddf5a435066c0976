// The two things that the exporters say only as diagnostics, in the words of the pinned versions.
import { diag } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { diagnostics } from '../../otel/export/diagnostics.ts';

describe('diagnostics of the exporters', () => {
  const { takePartialSuccess, takeRetryAfterMs } = diagnostics();

  test('a partial success is taken once, and is no message', () => {
    const messages: string[] = [];
    diagnostics().onMessage = (level, text) => messages.push(`${level} ${text}`);
    diag.warn('Received Partial Success response:', '{"rejectedSpans":1}');
    diag.warn('something else', 7);
    diag.error('worse');
    expect([takePartialSuccess(), takePartialSuccess()]).toEqual(['{"rejectedSpans":1}', undefined]);
    expect(messages).toEqual(['warn something else 7', 'error worse']);
    diagnostics().onMessage = undefined;
  });

  test("a wait longer than the exporters' own is the receiver's wish, a shorter one may be theirs", () => {
    diag.info('Export retry time 4639ms exceeds remaining timeout 900ms, not retrying further.');
    expect(takeRetryAfterMs()).toBeUndefined();
    diag.info('Export retry time 42000ms exceeds remaining timeout 9993ms, not retrying further.');
    expect([takeRetryAfterMs(), takeRetryAfterMs()]).toEqual([42_000, undefined]);
  });
});
