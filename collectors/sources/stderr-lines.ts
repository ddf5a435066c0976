// A child's standard error, cut into complete lines that can be put between the lines of its output. Bounded per run:
// a child that repeats its complaint forever must not fill a recording.
import type { Readable } from 'node:stream';
import type { Bell } from './bell.ts';

/** nvidia-smi's longest failure text is under 300 bytes, and says all in a few lines. */
const STDERR_BYTES_MAX = 16_384;
const LF = 0x0a;

export type StderrLines = {
  sawOutput(bytes: Uint8Array): void;
  /** Lines that may be told now: not in the middle of an output line. `atExit` also gives the unfinished one. */
  take(atExit: boolean): Uint8Array | undefined;
};

export const createStderrLines = (stream: Readable, bell: Bell, isTold: boolean): StderrLines => {
  let held = Buffer.alloc(0);
  let leftBytes = STDERR_BYTES_MAX;
  let isMidLine = false;
  stream.on('data', (bytes: Buffer) => {
    const kept = bytes.subarray(0, isTold ? leftBytes : 0);
    leftBytes -= kept.length;
    held = Buffer.concat([held, kept]);
    if (kept.length > 0) bell.ring();
  });
  stream.on('error', bell.ring);
  return {
    sawOutput: (bytes) => {
      isMidLine = bytes.at(-1) !== LF;
    },
    take: (atExit) => {
      if (held.length === 0 || (isMidLine && !atExit)) return undefined;
      const end = atExit ? held.length : held.lastIndexOf(LF) + 1;
      if (end === 0) return undefined;
      // A row that hung half-way is ended here, or the complaint would be read as its rest.
      const lines = Buffer.concat([
        Buffer.from(isMidLine ? '\n' : ''),
        held.subarray(0, end),
        Buffer.from(held[end - 1] === LF ? '' : '\n'),
      ]);
      held = held.subarray(end);
      isMidLine = false;
      return lines;
    },
  };
};
