// Cuts a source's bytes into lines, whatever the chunking: the same bytes give the same lines. The surprising rule: a line
// arrives with the chunk that held its last byte, so that a live follower's lines carry the time at which they were whole.
import type { Instant } from '../otel/time.ts';
import { type Chunk, LINE_BYTES_MAX, type Line, type Notice, type NoticeKind, type SourceInfo } from './line.ts';
import { cleanText, createWideFramer } from './wide.ts';

type EmitLine = (line: Line) => void;

export type Framer = {
  readonly push: (chunk: Chunk, emit: EmitLine) => void;
  /** Ends a partial line where the stream broke (rotation, truncation, exit); told before the notice itself. */
  readonly notice: (notice: Notice, emit: EmitLine) => void;
  /** The source is over: what is left is a line too. */
  readonly end: (emit: EmitLine) => void;
};

const LF = 10;
const CR = 13;
const NUL = '\0';
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** After these, following bytes do not continue the line before them. */
const BREAKS: ReadonlySet<NoticeKind> = new Set([
  'opened',
  'rotated',
  'truncated',
  'deleted',
  'gap',
  'exited',
  'restarted',
  'ended',
]);

/** Cuts at LINE_BYTES_MAX without splitting a UTF-8 sequence. */
const cutBytes = (bytes: Uint8Array): Uint8Array => {
  if (bytes.length <= LINE_BYTES_MAX) return bytes;
  let end = LINE_BYTES_MAX;
  while (end > LINE_BYTES_MAX - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
};

/** The unfinished last line: at most LINE_BYTES_MAX bytes (and a few to see a cut sequence) are kept, all are counted. */
type Tail = {
  parts: Uint8Array[];
  kept: number;
  sizeBytes: number;
  position: number;
  arrival: Instant;
  observed: boolean;
};

const appendTail = (tail: Tail, bytes: Uint8Array): void => {
  tail.sizeBytes += bytes.length;
  const room = LINE_BYTES_MAX + 4 - tail.kept;
  if (room <= 0) return;
  // A copy: the source may reuse its buffer.
  const kept = bytes.slice(0, room);
  tail.parts.push(kept);
  tail.kept += kept.length;
};

const joined = (parts: readonly Uint8Array[], length: number): Uint8Array => {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const lineOfBytes = (source: SourceInfo, tail: Tail, terminated: boolean): Line => {
  const whole = joined(tail.parts, tail.kept);
  const contentBytes = tail.sizeBytes - (terminated ? 1 : 0);
  const content = contentBytes < whole.length ? whole.subarray(0, contentBytes) : whole;
  return {
    source,
    text: cleanText(UTF8.decode(cutBytes(content))),
    position: tail.position,
    sizeBytes: tail.sizeBytes,
    arrival: tail.arrival,
    observed: tail.observed,
    truncated: contentBytes > LINE_BYTES_MAX,
  };
};

/**
 * Cuts whole lines out of `bytes`, which end with LF. Decoding first and cutting the text is several times faster than
 * decoding line by line; line ends of text and bytes agree because UTF-8 decoding never swallows an LF.
 */
const cutWhole = (chunk: Chunk, bytes: Uint8Array, position: number, emit: EmitLine): void => {
  const text = UTF8.decode(bytes);
  // Decoding gives at most one character per byte, so equal lengths mean that positions agree.
  const aligned = text.length === bytes.length;
  const odd = !aligned || text.includes(NUL);
  const { source, arrival, observed } = chunk;
  let from = 0;
  let fromByte = 0;
  while (from < text.length) {
    const to = text.indexOf('\n', from);
    const toByte = aligned ? to : bytes.indexOf(LF, fromByte);
    const sizeBytes = toByte + 1 - fromByte;
    const truncated = sizeBytes - 1 > LINE_BYTES_MAX;
    let raw: string;
    if (truncated) raw = cleanText(UTF8.decode(cutBytes(bytes.subarray(fromByte, toByte))));
    else if (odd) raw = cleanText(text.slice(from, to));
    else raw = text.slice(from, text.charCodeAt(to - 1) === CR && to > from ? to - 1 : to);
    emit({ source, text: raw, position: position + fromByte, sizeBytes, arrival, observed, truncated });
    from = to + 1;
    fromByte = toByte + 1;
  }
};

/** UTF-16 (Windows PowerShell's `>`) is known by its mark at the start of the stream. */
const MARK = [0xff, 0xfe] as const;

export const createFramer = (source: SourceInfo): Framer => {
  let tail: Tail | undefined;
  let fresh = true;
  let wide: Framer | undefined;

  const flush = (emit: EmitLine, terminated: boolean): void => {
    if (tail === undefined) return;
    const line = lineOfBytes(source, tail, terminated);
    tail = undefined;
    emit(line);
  };

  /** A framer for UTF-16 when the stream's first two bytes, which may come one by one, are its mark. */
  const wideFrom = (chunk: Chunk): Framer | undefined => {
    const { bytes } = chunk;
    const before = tail?.parts[0];
    if (before === undefined && bytes.length === 1 && bytes[0] === MARK[0]) return undefined;
    fresh = false;
    if (before === undefined)
      return bytes[0] === MARK[0] && bytes[1] === MARK[1] ? createWideFramer(source) : undefined;
    if (bytes[0] !== MARK[1]) return undefined;
    const framer = createWideFramer(source);
    framer.push({ ...chunk, bytes: before, position: chunk.position - before.length }, () => undefined);
    tail = undefined;
    return framer;
  };

  const push = (chunk: Chunk, emit: EmitLine): void => {
    const { bytes } = chunk;
    if (bytes.length === 0) return;
    if (fresh) wide = wideFrom(chunk);
    if (wide !== undefined) {
      wide.push(chunk, emit);
      return;
    }
    let from = 0;
    if (tail !== undefined) {
      const to = bytes.indexOf(LF);
      from = to < 0 ? bytes.length : to + 1;
      appendTail(tail, bytes.subarray(0, from));
      tail.arrival = chunk.arrival;
      tail.observed = chunk.observed;
      if (to < 0) return;
      flush(emit, true);
    }
    const last = bytes.lastIndexOf(LF);
    if (last >= from) cutWhole(chunk, bytes.subarray(from, last + 1), chunk.position + from, emit);
    const rest = last >= from ? last + 1 : from;
    if (rest >= bytes.length) return;
    const { arrival, observed } = chunk;
    tail = { parts: [], kept: 0, sizeBytes: 0, position: chunk.position + rest, arrival, observed };
    appendTail(tail, bytes.subarray(rest));
  };

  const restart = (emit: EmitLine): void => {
    flush(emit, false);
    wide?.end(emit);
    wide = undefined;
    fresh = true;
  };

  return {
    push,
    notice: (notice, emit) => {
      if (BREAKS.has(notice.kind)) restart(emit);
    },
    end: restart,
  };
};
