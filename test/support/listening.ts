// What a process listens on, as the system's own tables say: local addresses of its sockets in state LISTEN.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
/** As `/proc/net/tcp` writes them: bytes of each 32-bit word backwards. */
const LOOPBACK: ReadonlySet<string> = new Set(['0100007F', '00000000000000000000000001000000']);

export const canSeeListening = existsSync('/proc/net/tcp');

const inodesOf = (pid: number): ReadonlySet<string> => {
  const inodes = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined; // closed in the meantime
    }
  });
  return new Set(inodes.filter((inode) => inode !== undefined));
};

export const listeningOf = (pid: number): readonly { readonly port: number; readonly isLoopback: boolean }[] => {
  const inodes = inodesOf(pid);
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    existsSync(`/proc/${pid}/net/${table}`)
      ? readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1)
      : [],
  );
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    const [address = '', port = '0'] = local.split(':');
    if (state !== LISTEN || !inodes.has(inode)) return [];
    return [{ port: Number.parseInt(port, 16), isLoopback: LOOPBACK.has(address) }];
  });
};
