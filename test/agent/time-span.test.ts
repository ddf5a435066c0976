// `--since` and `--until` as two instants.
import { expect, it } from 'vitest';
import { timeSpan } from '../../agent/backends/time-span.ts';
import { isoInstant, parseRfc3339 } from '../../otel/time.ts';

const now = parseRfc3339('2026-11-20T12:00:00Z')?.at;
if (now === undefined) throw new Error('expected a time');
const spanOf = (since: string, until: string): string => {
  const span = timeSpan({ since, until }, '24h', now);
  return typeof span === 'string' ? span : `${isoInstant(span.from, 0)} ${isoInstant(span.to, 0)}`;
};

it.each([
  ['auto', 'now', '2026-11-19T12:01:00Z 2026-11-20T12:01:00Z'],
  ['90m', 'now', '2026-11-20T10:30:00Z 2026-11-20T12:01:00Z'],
  ['1h30m', '1h', '2026-11-20T10:30:00Z 2026-11-20T11:00:00Z'],
  ['auto', '2026-11-01T00:00:00Z', '2026-10-31T00:00:00Z 2026-11-01T00:00:00Z'],
  ['2026-11-20T08:00:00+02:00', '2d', '--since, --until: expected a begin before its end'],
  ['soon', 'now', '--since: expected a duration back from now'],
  ['1h', 'later', '--until: expected a duration back from now'],
])('--since %s --until %s', (since, until, expected) => {
  expect(spanOf(since, until)).toContain(expected);
});
