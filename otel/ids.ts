// Derived identifiers: the same bytes at the same place give the same ids after a re-read, a restart and in a replay.
// They are hashes of (source identity, position, line), never random: docs in the design, "Ids are derived".
import { hash } from 'node:crypto';

/** 32 lower-case hex digits. */
export type TraceId = string;
/** 16 lower-case hex digits. */
export type SpanId = string;
export type SpanRef = { readonly traceId: TraceId; readonly spanId: SpanId };

/** In one call: a hash object for each id costs several times the hashing. */
const digest = (...parts: readonly string[]): string => hash('sha256', `${parts.join('\0')}\0`, 'hex');

/** `position` counts all bytes ever read from that source, so two equal lines at one file offset differ. */
export const traceIdOf = (sourceIdentity: string, position: number, text: string): TraceId =>
  digest('trace', sourceIdentity, String(position), text).slice(0, 32);

/** The span of `name` inside a trace; `ordinal` tells apart spans of one name. */
export const spanIdOf = (traceId: TraceId, name: string, ordinal = 0): SpanId =>
  digest('span', traceId, name, String(ordinal)).slice(0, 16);

/** A short stable identity for sources and hosts (16 hex digits): what travels instead of a path. */
export const identityOf = (...parts: readonly string[]): string => digest('identity', ...parts).slice(0, 16);
