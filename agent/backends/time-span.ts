// `--since 1h --until now` as two instants: durations back from now, or RFC 3339 times.
import { durationSeconds, isDuration } from '../../loki/parameters.ts';
import { addSeconds, type Instant, parseRfc3339, secondsBetween } from '../../otel/time.ts';

export type TimeSpan = { readonly from: Instant; readonly to: Instant };

/** A server's clock, or ours, may be behind: what is told "now" must be inside. */
const AHEAD_SECONDS = 60;

const pointIn = (text: string, now: Instant): Instant | undefined =>
  text === 'now' ? now : isDuration(text) ? addSeconds(now, -durationSeconds(text)) : parseRfc3339(text)?.at;

/** `standard` is how far back to look where `since` says `auto`: back from the end, not from now. */
export const timeSpan = (
  { since, until }: { readonly since: string; readonly until: string },
  standard: string,
  now: Instant,
): TimeSpan | string => {
  const to = until === 'now' ? addSeconds(now, AHEAD_SECONDS) : pointIn(until, now);
  const from = since === 'auto' ? to && addSeconds(to, -durationSeconds(standard)) : pointIn(since, now);
  const expected = 'a duration back from now such as 90m or 7d, or an RFC 3339 time';
  if (from === undefined)
    return `--since: expected ${expected}, found ${JSON.stringify(since)}. What to do: for example --since 24h.`;
  if (to === undefined)
    return `--until: expected ${expected}, found ${JSON.stringify(until)}. What to do: for example --until 1h.`;
  return from < to
    ? { from, to }
    : '--since, --until: expected a begin before its end, found the end first. What to do: exchange them.';
};

export const spanSeconds = ({ from, to }: TimeSpan): number => secondsBetween(from, to);
