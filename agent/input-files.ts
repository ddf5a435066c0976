// Files that a person names on the command line: what each is, or a message that says what was expected, found and what to do.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { binaryFormOf } from '../collectors/sources/content.ts';

export type InputFile =
  | { readonly kind: 'file'; readonly path: string; readonly head: Uint8Array }
  | { readonly kind: 'recording'; readonly path: string };
export type InputProblem = { readonly kind: 'problem'; readonly path: string; readonly message: string };

/** Enough for a dialect to show itself, small enough to read of anything. */
const HEAD_BYTES = 65_536;
const problem = (path: string, expected: string, found: string, whatToDo: string): InputProblem => ({
  kind: 'problem',
  path,
  message: `${path}: expected ${expected}, found ${found}. What to do: ${whatToDo}.`,
});

const WANTED = 'a log file or a recording';

const readHead = (path: string): Uint8Array => {
  const descriptor = openSync(path, 'r');
  try {
    const head = new Uint8Array(HEAD_BYTES);
    return head.subarray(0, readSync(descriptor, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
};

const problemOf = (path: string, error: unknown): InputProblem => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
  if (code === 'ENOENT')
    return problem(path, WANTED, 'nothing', 'check the path; `ollascope doctor` lists logs that exist');
  if (code === 'EACCES')
    return problem(path, 'a file that may be read', 'no permission', 'run as its owner or join its group');
  return problem(path, WANTED, code, 'check the path and the disk');
};

/** A recording is a folder with recording.json, or that file itself. Never throws. */
export const openInput = (path: string): InputFile | InputProblem => {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      if (existsSync(join(path, 'recording.json'))) return { kind: 'recording', path };
      return problem(path, WANTED, 'a folder without recording.json', 'name the file inside it');
    }
    if (basename(path) === 'recording.json') return { kind: 'recording', path: join(path, '..') };
    if (stat.isFIFO())
      return problem(
        path,
        WANTED,
        'a pipe',
        'write it to a file first; what is still growing is for `ollascope run --ollama-log -`',
      );
    if (!stat.isFile())
      return problem(
        path,
        WANTED,
        'a device, pipe or socket',
        'name a regular file; live streams are read by run --ollama-log -',
      );
    const head = readHead(path);
    const form = binaryFormOf(head);
    if (form !== undefined) return problem(path, 'text', form, 'unpack or export it first');
    return { kind: 'file', path, head };
  } catch (error) {
    return problemOf(path, error);
  }
};
