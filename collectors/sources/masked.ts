// A source whose bytes are masked before anybody reads them: the live pipeline and the recording see the same bytes, so a
// replay gives what the live run gave. Works on complete lines: an unfinished one is held until it ends.
import type { Chunk } from '../line.ts';
import { LINE_BYTES_MAX } from '../line.ts';
import type { Mask } from './mask.ts';
import type { Source, SourceEvent } from './source.ts';

const LF = 0x0a;
const FILLER = 0x78;
/** `"MESSAGE":[84,104,105]`: journald writes text that is not clean UTF-8 as an array of bytes. */
const BYTE_ARRAY = /\[(\d{1,3}(?:,\d{1,3}){3,})\]/g;

/** Masks inside an array of bytes; changed bytes become others of as many decimal digits. */
const maskByteArrays = (line: string, mask: Mask): string =>
  line.replace(BYTE_ARRAY, (_, list: string) => {
    const cells = list.split(',');
    const text = Buffer.from(cells.map(Number)).toString('latin1');
    const masked = mask(text);
    const told = cells.map((cell, index) => {
      if (masked[index] === text[index]) return cell;
      return cell.length === 3 ? '120' : '88'.slice(0, cell.length);
    });
    return `[${told.join(',')}]`;
  });

const maskBytes = (bytes: Uint8Array, mask: Mask): Uint8Array => {
  const text = Buffer.from(bytes).toString('latin1');
  const masked = text
    .split('\n')
    .map((line) => maskByteArrays(mask(line), mask))
    .join('\n');
  return Buffer.from(masked, 'latin1');
};

/** Holds the unfinished line of one source. */
export const createByteMask = (mask: Mask) => {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let last: Chunk | undefined;
  /** The line is longer than any that is kept: the rest of it is blanked instead of held. */
  let overflowing = false;
  let isUtf16: boolean | undefined;

  const told = (chunk: Chunk, pieces: readonly Uint8Array[]): Chunk => {
    const bytes = Buffer.concat(pieces);
    const masked = isUtf16 === true ? Buffer.alloc(bytes.length) : maskBytes(bytes, mask);
    return { ...chunk, bytes: masked, position: chunk.position - heldBytes };
  };
  const release = (chunk: Chunk, bytes: Uint8Array): Chunk => {
    const released = told(chunk, [...held, bytes]);
    held = [];
    heldBytes = 0;
    return released;
  };
  const passOverflow = (chunk: Chunk): readonly Chunk[] => {
    const end = chunk.bytes.indexOf(LF);
    const blankBytes = end === -1 ? chunk.bytes.length : end;
    const blanked = { ...chunk, bytes: new Uint8Array(blankBytes).fill(FILLER) };
    if (end === -1) return [blanked];
    overflowing = false;
    return [blanked, ...push({ ...chunk, bytes: chunk.bytes.subarray(end), position: chunk.position + end })];
  };
  const push = (chunk: Chunk): readonly Chunk[] => {
    // UTF-16 (PowerShell's redirection) cannot be masked line by line here: nothing of it travels.
    isUtf16 ??=
      (chunk.bytes[0] === 0xff && chunk.bytes[1] === 0xfe) || (chunk.bytes[0] === 0xfe && chunk.bytes[1] === 0xff);
    last = chunk;
    if (overflowing) return passOverflow(chunk);
    const end = chunk.bytes.lastIndexOf(LF) + 1;
    const complete = end === 0 ? [] : [release(chunk, chunk.bytes.subarray(0, end))];
    const rest = chunk.bytes.subarray(end);
    const restChunk = { ...chunk, bytes: rest, position: chunk.position + end };
    if (heldBytes + rest.length > LINE_BYTES_MAX) {
      overflowing = true;
      return [...complete, release(restChunk, rest)];
    }
    if (rest.length > 0) held.push(rest);
    heldBytes += rest.length;
    return complete;
  };
  return {
    push,
    /** The unfinished line, told as it is: before a notice, and at the end. */
    flush: (): readonly Chunk[] => {
      overflowing = false;
      if (last === undefined || heldBytes === 0) return [];
      const end = last.position + last.bytes.length;
      return [release({ ...last, position: end }, new Uint8Array())];
    },
  };
};

export const maskSource = (source: Source, mask: Mask): Source => {
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const bytes = createByteMask(mask);
    for await (const event of source.events(signal)) {
      if (event.type === 'chunk') yield* bytes.push(event);
      else {
        yield* bytes.flush();
        yield event;
      }
    }
    yield* bytes.flush();
  }
  return { info: source.info, events };
};
