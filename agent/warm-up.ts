// Where to begin reading a log whose past is wanted for knowledge only (which models are loaded, in which zone it is): at the
// last start of the server within reach, else at the first whole line.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** At debug level about an hour of a busy server; read and parsed in well under a second. */
export const WARM_UP_BYTES = 16 * 1_024 * 1_024;
/** The first line that every supported version prints when it starts. */
const SERVER_START = Buffer.from('msg="server config"');
const LF = 10;

/** Opening a pipe would block, reading a folder fails: whatever is no file, its source tells. */
const openFile = (path: string): number | undefined => {
  try {
    return statSync(path).isFile() ? openSync(path, 'r') : undefined;
  } catch {
    return undefined; // the file source tells what is wrong, and waits for it to change
  }
};

/** Byte offset of a line's beginning; 0 where the file is short or cannot be read (its source then says why). */
export const warmUpOffset = (path: string): number => {
  const descriptor = openFile(path);
  if (descriptor === undefined) return 0;
  try {
    const { size } = fstatSync(descriptor);
    const from = Math.max(0, size - WARM_UP_BYTES);
    const tail = Buffer.allocUnsafe(size - from);
    const bytes = tail.subarray(0, readSync(descriptor, tail, 0, tail.length, from));
    const start = bytes.lastIndexOf(SERVER_START);
    if (start >= 0) return from + bytes.lastIndexOf(LF, start) + 1;
    return from === 0 ? 0 : from + bytes.indexOf(LF) + 1;
  } catch {
    return 0; // a disk that fails: the file source tells it when it reads
  } finally {
    closeSync(descriptor);
  }
};
