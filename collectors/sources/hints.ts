// Hints that a file may have changed: notifications about its folder where the filesystem sends them. They only shorten
// the wait; the poll decides. The folder is watched, not the file, so that one watcher survives rotation.
import { type FSWatcher, watch } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Filesystem magic numbers whose changes from the other side send no notification (statfs(2)): 9p (`/mnt/c` of WSL2), NFS, SMB, CIFS, SMB2, FUSE. */
const SILENT_FILESYSTEMS: ReadonlySet<number> = new Set([
  0x01021997, 0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546,
]);

/** `none`: this filesystem or this machine gives no hints, do not ask again. `later`: the folder is not there yet. */
export type Hints = { readonly kind: 'none' | 'later' } | { readonly kind: 'open'; close(): void };

/** Calls `onHint` when something happens to the path. */
export const openHints = async (path: string, onHint: () => void): Promise<Hints> => {
  const folder = dirname(path);
  const name = basename(path);
  try {
    if (SILENT_FILESYSTEMS.has((await statfs(folder)).type)) return { kind: 'none' };
  } catch {
    return { kind: 'later' };
  }
  let watcher: FSWatcher;
  try {
    watcher = watch(folder, { persistent: false }, (_, changed) => {
      if (changed === null || changed === name) onHint();
    });
  } catch {
    return { kind: 'none' }; // no inotify instance left: polling is slower, not worse
  }
  watcher.on('error', () => watcher.close());
  return { kind: 'open', close: () => watcher.close() };
};
