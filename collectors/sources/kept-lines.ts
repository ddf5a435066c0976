// A source of which only some lines are told: the kernel's log says much that is nobody's business but the machine's, so
// what is not about a GPU never leaves the source. Positions count the bytes that are told.
import type { Chunk } from '../line.ts';
import type { Source, SourceEvent } from './source.ts';

const LF = 0x0a;
/** An unfinished line longer than any record of the kernel or its journal envelope is dropped. */
const HELD_BYTES_MAX = 65_536;

export const keepLines = (source: Source, isKept: (line: string) => boolean): Source => {
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    let held = Buffer.alloc(0);
    let position = 0;
    const kept = (chunk: Chunk): Chunk | undefined => {
      const bytes = Buffer.concat([held, chunk.bytes]);
      const end = bytes.lastIndexOf(LF) + 1;
      held = bytes.length - end > HELD_BYTES_MAX ? Buffer.alloc(0) : bytes.subarray(end);
      const lines: Uint8Array[] = [];
      for (let from = 0; from < end; ) {
        const next = bytes.indexOf(LF, from) + 1;
        const line = bytes.subarray(from, next);
        if (isKept(line.toString('utf8'))) lines.push(line);
        from = next;
      }
      if (lines.length === 0) return undefined;
      const told = { ...chunk, bytes: Buffer.concat(lines), position };
      position += told.bytes.length;
      return told;
    };
    for await (const event of source.events(signal)) {
      const told = event.type === 'chunk' ? kept(event) : event;
      if (told !== undefined) yield told;
    }
  }
  return { info: source.info, events };
};
