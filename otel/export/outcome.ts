// What an exporter's answer means: taken, not now, never. After the OTLP specification's lists of codes that may be tried
// again. A partial success reaches us only as a diagnostic message: it is printed in the same breath as the result.
import type { ExportOutcome } from './exporter.ts';

const HTTP_RETRYABLE: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS. */
const GRPC_RETRYABLE: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
/** Only where the receiver says when: otherwise it means that this payload is too large. */
const GRPC_RESOURCE_EXHAUSTED = 8;
const HTTP_STATUS_MIN = 100;

/** An error of the exporters: HTTP ones carry the status, gRPC ones the code and the trailers, network ones a word. */
type ExportError = Error & { readonly code?: unknown; readonly metadata?: unknown };

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

/** `grpc-status-details-bin` of the trailers: a google.rpc.Status whose details may hold a RetryInfo. */
export const retryInfoMs = (error: ExportError): number | undefined => {
  const get = propertyOf(error.metadata, 'get');
  if (typeof get !== 'function') return undefined;
  const values: unknown = get.call(error.metadata, 'grpc-status-details-bin');
  const details = Array.isArray(values) ? values.find(isBytes) : undefined;
  return details === undefined ? undefined : retryDelayMs(details);
};

const RETRY_INFO = 'google.rpc.RetryInfo';
const MS_PER_SECOND = 1_000;
const NS_PER_MS = 1_000_000;

/** Status { details = 3: Any { type_url = 1, value = 2: RetryInfo { retry_delay = 1: Duration { seconds = 1, nanos = 2 } } } } */
const retryDelayMs = (status: Uint8Array): number | undefined => {
  for (const any of bytesFields(status, 3)) {
    const type = bytesFields(any, 1)[0];
    if (type === undefined || !new TextDecoder().decode(type).endsWith(RETRY_INFO)) continue;
    const delay = bytesFields(bytesFields(any, 2)[0] ?? new Uint8Array(), 1)[0];
    if (delay === undefined) continue;
    const numbers = varintFields(delay);
    return (numbers.get(1) ?? 0) * MS_PER_SECOND + (numbers.get(2) ?? 0) / NS_PER_MS;
  }
  return undefined;
};

/** Walks a message; a broken one ends the walk, for a wait that cannot be read is a wait not given. */
const walk = (bytes: Uint8Array, each: (field: number, value: number | Uint8Array) => void): void => {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    const field = Math.floor(tag / 8);
    if (wire === 0) each(field, varint());
    else if (wire === 2) {
      const length = varint();
      each(field, bytes.subarray(at, at + length));
      at += length;
    } else return;
  }
};
const bytesFields = (bytes: Uint8Array, wanted: number): Uint8Array[] => {
  const found: Uint8Array[] = [];
  walk(bytes, (field, value) => {
    if (field === wanted && typeof value !== 'number') found.push(value);
  });
  return found;
};
const varintFields = (bytes: Uint8Array): ReadonlyMap<number, number> => {
  const found = new Map<number, number>();
  walk(bytes, (field, value) => {
    if (typeof value === 'number') found.set(field, value);
  });
  return found;
};

const retry = (reason: string, afterMs: number | undefined): ExportOutcome =>
  afterMs === undefined ? { result: 'retry', reason } : { result: 'retry', reason, afterMs };

/** `count` is the size of the payload; `askedMs` a Retry-After that was told beside the error. */
export const outcomeOfError = (error: ExportError, count: number, askedMs: number | undefined): ExportOutcome => {
  const { code } = error;
  const said = typeof code === 'number' || typeof code === 'string' ? String(code) : '';
  const reason = error.message.includes(said) ? error.message : `${said}: ${error.message}`;
  if (typeof code !== 'number') {
    // A word such as ECONNREFUSED, or no code: the exporters' own "retryable status", "concurrent export limit reached".
    return retry(reason, askedMs);
  }
  const isHttp = code >= HTTP_STATUS_MIN;
  const afterMs = isHttp ? askedMs : retryInfoMs(error);
  const retryable = isHttp
    ? HTTP_RETRYABLE.has(code)
    : GRPC_RETRYABLE.has(code) || (code === GRPC_RESOURCE_EXHAUSTED && afterMs !== undefined);
  return retryable ? retry(reason, afterMs) : { result: 'rejected', reason, count };
};

/** The exporters print `{"rejectedSpans":3,"errorMessage":"…"}`; protobuf counts come as numbers, JSON ones as strings. */
export const outcomeOfPartialSuccess = (text: string): ExportOutcome => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { result: 'rejected', reason: `partial success that cannot be read: ${String(error)}`, count: 0 };
  }
  const names = ['rejectedSpans', 'rejectedLogRecords', 'rejectedDataPoints'];
  const count = names.reduce((sum, name) => sum + Number(propertyOf(parsed, name) ?? 0), 0);
  const message = propertyOf(parsed, 'errorMessage');
  // Nothing rejected: the message is a warning about what was taken.
  return count === 0
    ? { result: 'accepted' }
    : { result: 'rejected', reason: typeof message === 'string' ? message : '', count };
};
