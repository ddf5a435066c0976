// What counts as a failed request, and the objectives that dashboards show.
import { type GroupKey, shareOf, type Where } from './expressions.ts';

/** The objectives of prometheus/rules/slo.yaml, in which a user changes them; a test holds these to those. */
export const AVAILABILITY = 0.99;
export const FIRST_TOKEN_SECONDS = 2.5;
export const FIRST_TOKEN_SHARE = 0.95;

const REQUESTS = 'ollama.requests.finished';
/** What the alerts call failed: the server's own doing. Clients that err or leave are not counted. */
const FAILED = { 'ollama.request.outcome': '=~"error|rejected"' } as const;
const COUNTED = { 'ollama.request.outcome': '=~"ok|error|rejected"' } as const;

/** `inRange` or `recently` of expressions.ts. */
type Count = (
  name: typeof REQUESTS,
  keys: readonly GroupKey<typeof REQUESTS>[],
  where: Where<typeof REQUESTS>,
) => string;

export const countedRequests = (count: Count, keys: readonly GroupKey<typeof REQUESTS>[] = []): string =>
  count(REQUESTS, keys, COUNTED);

export const failedShare = (count: Count, keys: readonly GroupKey<typeof REQUESTS>[] = []): string =>
  shareOf(count(REQUESTS, keys, FAILED), countedRequests(count, keys));
