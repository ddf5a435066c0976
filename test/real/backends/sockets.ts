// Which TCP sockets a process has, from /proc: what it listens on and whom it talks to.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type Socket = {
  readonly address: string;
  readonly port: number;
  readonly isListening: boolean;
  readonly peer: string;
};

const LISTENING = '0A';

/** The kernel prints addresses as 32-bit words in the machine's byte order, which is little-endian on all that we run on. */
const addressOf = (hex: string): string => {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join('.');
  const isLoopback = bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
  return isLoopback ? '::1' : bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

const socketsByInode = (): Map<string, Socket> => {
  const sockets = new Map<string, Socket>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').trim().split('\n').slice(1)) {
      const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      const [peer = ''] = remote.split(':');
      sockets.set(inode, {
        address: addressOf(address),
        port: Number.parseInt(port, 16),
        isListening: state === LISTENING,
        peer: addressOf(peer),
      });
    }
  }
  return sockets;
};

export const socketsOf = (pid: number): Socket[] => {
  const sockets = socketsByInode();
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    return sockets.get(inode ?? '') ?? [];
  });
};

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    // Closed between listing and reading: then it is no socket of the process any more.
    return '';
  }
};

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
