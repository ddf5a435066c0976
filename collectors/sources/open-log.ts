// Opening a log file for reading, with every way in which that can fail told in words: what was expected, what was found,
// what to do. Looks before it opens: opening a pipe would block.
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { binaryFormOf, HEAD_BYTES } from './content.ts';

/** `missing` may come later and is no fault; `unusable` needs somebody. */
export type LogProblem = { readonly kind: 'missing' | 'unusable'; readonly detail: string };
export type OpenedLog = {
  readonly handle: FileHandle;
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
};

const isErrno = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error;

/** The system's short name of an error: `ENOENT`, `EACCES`, or `unknown`. */
export const errnoOf = (error: unknown): string => (isErrno(error) ? (error.code ?? 'unknown') : 'unknown');

export const MISSING = 'expected a log file, found nothing there: waiting for it to appear';

const problemOf = (error: unknown): LogProblem => {
  const code = errnoOf(error);
  switch (code) {
    case 'ENOENT':
      return { kind: 'missing', detail: MISSING };
    case 'ENOTDIR':
      return { kind: 'missing', detail: 'expected a log file, found a file where a folder should be: check the path' };
    case 'EACCES':
    case 'EPERM':
      return {
        kind: 'unusable',
        detail: 'expected a readable log file, found one without permission: give this user read access (group or ACL)',
      };
    default:
      return {
        kind: 'unusable',
        detail: `expected a readable log file, the system answered ${code}: waiting for it to change`,
      };
  }
};

const kindOf = (stats: BigIntStats): string | undefined => {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a directory: name the log file inside it';
  if (stats.isFIFO()) return 'a named pipe: pipe it into standard input instead';
  if (stats.isSocket()) return 'a socket: a log file or standard input is needed';
  return 'a device: a log file or standard input is needed';
};

const headOf = async (handle: FileHandle): Promise<Uint8Array> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
};

/** Opens a regular text file. The caller closes the handle. */
export const openLog = async (path: string): Promise<OpenedLog | LogProblem> => {
  let handle: FileHandle | undefined;
  try {
    const other = kindOf(await stat(path, { bigint: true }));
    if (other !== undefined) return { kind: 'unusable', detail: `expected a log file, found ${other}` };
    handle = await open(path, 'r');
    const form = binaryFormOf(await headOf(handle));
    if (form !== undefined) {
      await handle.close();
      return { kind: 'unusable', detail: `expected a text log, found ${form}: unpack or export it first` };
    }
    const stats = await handle.stat({ bigint: true });
    return { handle, device: stats.dev, inode: stats.ino, sizeBytes: Number(stats.size) };
  } catch (error) {
    await handle?.close();
    return problemOf(error);
  }
};
