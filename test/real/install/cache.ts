// Where installed servers live, and the two things that make an install cheap and safe to ask for again:
// a stamp keyed on everything that went in, and a lock so that two processes never build the same thing at once.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from './command.ts';

/** `$OLLASCOPE_CACHE`, or `.cache/real` in the repository (not kept by git). */
const cacheRoot = (): string =>
  resolve(process.env['OLLASCOPE_CACHE'] ?? join(import.meta.dirname, '..', '..', '..', '.cache', 'real'));

/** All real servers together took half an hour on two busy cores, and the last of them waits for all others. */
const LOCK_WAIT_SECONDS = 5_400;
const LOCK_POLL_MS = 250;
/** Between making the folder and writing the id into it a lock has no holder yet; older than this it is a wreck. */
const LOCK_WITHOUT_HOLDER_MS = 5_000;

const isStamped = (directory: string, key: string): boolean => {
  try {
    return readFileSync(join(directory, 'stamp'), 'utf8') === key;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
};

export const isErrorCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * Calls `make(directory)` unless `<cache>/<name>` already carries this `key`. The stamp is written last,
 * so that an install cut short is made again from an empty folder. Answers the folder.
 */
export const cached = async (
  name: string,
  key: string,
  make: (directory: string) => Promise<void>,
): Promise<string> => {
  const directory = join(cacheRoot(), name);
  if (isStamped(directory, key)) return directory;
  return locked(name, async () => {
    if (isStamped(directory, key)) return directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    await make(directory);
    const stamp = join(directory, 'stamp');
    writeFileSync(`${stamp}.new`, key);
    renameSync(`${stamp}.new`, stamp);
    return directory;
  });
};

/** Runs `body` while no other process runs one under the same name. */
export const locked = async <Result>(name: string, body: () => Promise<Result>): Promise<Result> => {
  mkdirSync(cacheRoot(), { recursive: true });
  const release = await lock(join(cacheRoot(), `${name}.lock`));
  try {
    return await body();
  } finally {
    release();
  }
};

const lock = async (path: string): Promise<() => void> => {
  const polls = (LOCK_WAIT_SECONDS * 1_000) / LOCK_POLL_MS;
  for (let poll = 0; poll < polls; poll += 1) {
    try {
      mkdirSync(path);
      writeFileSync(join(path, 'pid'), String(process.pid));
      return () => rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (!isErrorCode(error, 'EEXIST')) throw error;
    }
    if (isAbandoned(path)) rmSync(path, { recursive: true, force: true });
    else if (poll === 0) say(`waiting for another install: ${path}`);
    await delay(LOCK_POLL_MS);
  }
  throw new Error(`${path} was held for ${LOCK_WAIT_SECONDS} s by a living process. If nothing installs, remove it.`);
};

const isAbandoned = (path: string): boolean => {
  try {
    const pid = Number(readFileSync(join(path, 'pid'), 'utf8'));
    process.kill(pid, 0);
    return false;
  } catch (error) {
    if (isErrorCode(error, 'ESRCH')) return true;
    if (isErrorCode(error, 'EPERM')) return false;
    if (!isErrorCode(error, 'ENOENT')) throw error;
    return isOld(path);
  }
};

const isOld = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > LOCK_WITHOUT_HOLDER_MS;
};
