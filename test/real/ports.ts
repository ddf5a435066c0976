// Free loopback ports for servers that a test starts.
// Below Linux's range for outgoing connections (32768 and up), so that no client of anybody's takes a server's port while
// that server is stopped in the middle of an outage test.

import { createServer, type Server } from 'node:net';

const LOWEST = 20_000;
const HIGHEST = 31_999;
/** With a dozen stacks on a machine nine of ten tries succeed; this many in a row do not fail by chance. */
const TRIES = 200;

const hold = (port: number): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });

const letGo = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** Ports that differ from each other; another process may still take one before the server binds it. */
export const freePorts = async (count: number): Promise<number[]> => {
  const held = new Map<number, Server>();
  for (let tries = 0; held.size < count && tries < TRIES + count; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    const server = held.has(port) ? undefined : await hold(port);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all([...held.values()].map(letGo));
  if (held.size < count) {
    throw new Error(
      `expected ${count} free ports between ${LOWEST} and ${HIGHEST}, found ${held.size}; what listens there?`,
    );
  }
  return [...held.keys()];
};

export const freePort = async (): Promise<number> => (await freePorts(1))[0] ?? 0;
