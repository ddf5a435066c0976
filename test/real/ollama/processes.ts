// What /proc tells about the processes that a real Ollama starts. A runner is a child with `--model` on its command line:
// 0.24 also starts a child without it to look for GPUs, and 0.34's runner is called ld-linux-x86-64.so.2 by its first argument.

import { readdirSync, readFileSync } from 'node:fs';
import { isErrorCode } from '../install/cache.ts';

/** A process may end between being listed and being read: then the text is empty. */
const readProc = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ESRCH')) return '';
    throw error;
  }
};

/** The parent's id from `/proc/<pid>/stat`, `4242 (name with ) in it) S 4200 …`; -1 when the process is gone. */
const parentOf = (pid: number): number => {
  const stat = readProc(`/proc/${pid}/stat`);
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(afterName[1] ?? -1);
};

/** Ids of the runners that `serverPid` has now, oldest first. */
export const runnersOf = (serverPid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === serverPid && readProc(`/proc/${pid}/cmdline`).split('\0').includes('--model'))
    .sort((a, b) => a - b);

/** The most memory a process ever had resident, in KiB; undefined when it is gone. */
export const peakRssKib = (pid: number): number | undefined => {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`));
  return match === null ? undefined : Number(match[1]);
};

/** Signals a process by id (0 only asks); false when it had already ended. */
export const signalProcess = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (isErrorCode(error, 'ESRCH')) return false;
    throw error;
  }
};
