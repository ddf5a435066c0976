// Cuts UTF-16LE streams (Windows PowerShell's `>` and Out-File) into the same lines as UTF-8 ones. Rare, so it is simple:
// a line ends at the aligned pair 0A 00.
import type { Framer } from './frame.ts';
import { type Chunk, LINE_BYTES_MAX, type Line, type SourceInfo } from './line.ts';

const UTF16 = new TextDecoder('utf-16le', { ignoreBOM: true });
const LF = 10;
const CR = 13;
const NUL = '\0';
const BYTE_ORDER_MARK = 0xfeff;

/** The text of one line: without CR before the LF, without a byte order mark, without NUL runs (left by copytruncate). */
export const cleanText = (raw: string): string => {
  let text = raw;
  if (text.charCodeAt(text.length - 1) === CR) text = text.slice(0, -1);
  if (text.includes(NUL)) text = text.replaceAll(NUL, '');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
};

export const createWideFramer = (source: SourceInfo): Framer => {
  let parts: number[] = [];
  let sizeBytes = 0;
  let position = 0;
  let last: Chunk | undefined;
  let previous = -1;

  const flush = (emit: (line: Line) => void): void => {
    if (last === undefined || sizeBytes === 0) return;
    const text = cleanText(UTF16.decode(Uint8Array.from(parts)).replace(/\n$/, ''));
    const { arrival, observed } = last;
    emit({ source, text, position, sizeBytes, arrival, observed, truncated: sizeBytes - 2 > LINE_BYTES_MAX });
    position += sizeBytes;
    parts = [];
    sizeBytes = 0;
  };

  const push = (chunk: Chunk, emit: (line: Line) => void): void => {
    if (last === undefined) position = chunk.position;
    last = chunk;
    for (const byte of chunk.bytes) {
      sizeBytes++;
      if (parts.length < LINE_BYTES_MAX) parts.push(byte);
      // The pair is judged by the bytes themselves: `parts` may have stopped growing.
      if (sizeBytes % 2 === 0 && byte === 0 && previous === LF) flush(emit);
      previous = byte;
    }
  };
  return {
    push,
    notice: (_notice, emit) => flush(emit),
    end: flush,
  };
};
