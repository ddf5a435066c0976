// A real process in nvidia-smi's place. It does what its test says over a local socket: writes, hangs, ends with a code.
// Started by the code under test as `node fake-nvidia-smi.ts SOCKET ARGUMENTS…`; nothing in it waits for time.

import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../collectors/sources/launch.ts';

/** What a test tells the process. `ignoreTerm`: SIGTERM is not obeyed from now on. */
export type Order =
  | { readonly do: 'write'; readonly text: string }
  | { readonly do: 'complain'; readonly text: string }
  | { readonly do: 'exit'; readonly code: number }
  | { readonly do: 'ignoreTerm' };

/** One start of the fake. */
export type FakeRun = {
  readonly args: readonly string[];
  readonly pid: number;
  /** Resolves when the process has carried the order out. */
  order(order: Order): Promise<void>;
  readonly gone: Promise<void>;
};
export type FakeSmi = {
  readonly program: Program;
  /** The next start, as soon as it has reported. */
  nextRun(): Promise<FakeRun>;
  readonly starts: () => number;
  close(): Promise<void>;
};

const linesOf = (socket: Socket, onLine: (line: string) => void): void => {
  let held = '';
  socket.setEncoding('utf8');
  socket.on('data', (text) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
};

const runOf = (socket: Socket, hello: string): FakeRun => {
  const { args, pid } = JSON.parse(hello) as { args: string[]; pid: number };
  const waiting: (() => void)[] = [];
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const done of waiting.splice(0)) done();
      resolve();
    });
  });
  socket.on('acknowledged', () => waiting.shift()?.());
  const order = (what: Order): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      socket.write(`${JSON.stringify(what)}\n`);
    });
  return { args, pid, order, gone };
};

/** Opens the socket that fakes report to. */
export const createFakeSmi = async (): Promise<FakeSmi> => {
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-smi-'));
  const path = join(folder, 'control');
  const runs: FakeRun[] = [];
  const waiting: ((run: FakeRun) => void)[] = [];
  const sockets = new Set<Socket>();
  let starts = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let run: FakeRun | undefined;
    socket.on('error', () => socket.destroy());
    linesOf(socket, (line) => {
      if (run !== undefined) {
        socket.emit('acknowledged');
        return;
      }
      run = runOf(socket, line);
      starts += 1;
      const next = waiting.shift();
      if (next === undefined) runs.push(run);
      else next(run);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return {
    program: { file: process.execPath, firstArguments: [import.meta.filename, path] },
    nextRun: () => {
      const run = runs.shift();
      return run === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(run);
    },
    starts: () => starts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Writing blocks when nobody reads, as nvidia-smi's own does: that is what a test of back-pressure looks at. */
const writeAll = (descriptor: number, text: string): void => {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
};

const play = (socketPath: string, args: readonly string[]): void => {
  const socket = createConnection(socketPath);
  socket.on('error', () => process.exit(1));
  socket.on('close', () => process.exit(0));
  linesOf(socket, (line) => {
    const order = JSON.parse(line) as Order;
    if (order.do === 'write') writeAll(1, order.text);
    if (order.do === 'complain') writeAll(2, order.text);
    if (order.do === 'ignoreTerm') process.on('SIGTERM', () => socket.write(''));
    socket.write('done\n', () => {
      if (order.do === 'exit') process.exit(order.code);
    });
  });
  socket.write(`${JSON.stringify({ args, pid: process.pid })}\n`);
};

if (import.meta.main) {
  const [socketPath, ...args] = process.argv.slice(2);
  if (socketPath !== undefined) play(socketPath, args);
}
