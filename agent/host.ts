// What discovery and doctor ask of the machine, as one interface that a test fakes: files, links, programs, ports. Every
// question has an answer; nothing here throws.
import { access, constants as fsConstants, open, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KMSG_PATH } from '../collectors/sources/kmsg.ts';
import { type Output, outputOf } from '../collectors/sources/launch.ts';
import { errnoOf } from '../collectors/sources/open-log.ts';
import type { Clock } from '../otel/clock.ts';
import { fromMillis, type Instant } from '../otel/time.ts';

export type FileFacts = { readonly isFile: boolean; readonly sizeBytes: number; readonly changedAt: Instant };

export type Host = {
  readonly platform: string;
  readonly homeDir: string;
  readonly nodeVersion: string;
  /** Own user id; undefined where there is none. */
  readonly userId: number | undefined;
  environment(name: string): string | undefined;
  /** Undefined where it cannot be read. At most TEXT_BYTES_MAX are given. */
  read(path: string): Promise<string | undefined>;
  facts(path: string): Promise<FileFacts | undefined>;
  link(path: string): Promise<string | undefined>;
  list(folder: string): Promise<readonly string[]>;
  canRead(path: string): Promise<boolean>;
  /** Undefined when a record of the kernel's log could be read, else the system's name of the error. */
  kernelRingError(): Promise<string | undefined>;
  /** Full path of a program on the search path. */
  find(program: string): Promise<string | undefined>;
  /** Undefined when it could not be started or took longer than `timeoutMs`. */
  run(file: string, args: readonly string[], timeoutMs: number): Promise<Output | undefined>;
  /** Undefined when the port can be listened on, else the system's name of the error. */
  listenError(host: string, port: number): Promise<string | undefined>;
  /** Undefined when a TCP connection was made, else the system's name of the error. */
  connectError(host: string, port: number): Promise<string | undefined>;
  now(): Instant;
};

/** Files of /proc and the like are small; a log is never read here. */
const TEXT_BYTES_MAX = 262_144;
const CONNECT_TIMEOUT_MS = 2_000;
const OUTPUT_BYTES_MAX = 1_048_576;

const answer = async <T>(question: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await question();
  } catch {
    return undefined; // not there or not allowed: the caller tells which of both matters
  }
};

const kernelRingError = async (): Promise<string | undefined> => {
  try {
    const handle = await open(KMSG_PATH, fsConstants.O_RDONLY | fsConstants.O_NONBLOCK);
    try {
      await handle.read(Buffer.alloc(8_192), 0, 8_192, null);
    } finally {
      await handle.close();
    }
    return undefined;
  } catch (error) {
    const code = errnoOf(error);
    return code === 'EAGAIN' || code === 'EPIPE' ? undefined : code; // readable, with nothing or too much in it
  }
};

const listenError = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errnoOf(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

const connectError = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const finish = (result: string | undefined): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => finish('ETIMEDOUT'));
    socket.once('connect', () => finish(undefined)).once('error', (error) => finish(errnoOf(error)));
  });

const firstBytes = async (path: string): Promise<string> =>
  (await readFile(path)).subarray(0, TEXT_BYTES_MAX).toString('utf8');

/** The machine itself. `environment` is handed in by the one file that may read it. */
export const createHost = (clock: Clock, environment: { readonly [name: string]: string | undefined }): Host => {
  const canRead = async (path: string): Promise<boolean> =>
    (await answer(async () => {
      await access(path, fsConstants.R_OK);
      return true;
    })) ?? false;
  const isProgram = async (path: string): Promise<boolean> =>
    (await answer(async () => {
      await access(path, fsConstants.X_OK);
      return (await stat(path)).isFile();
    })) ?? false;
  return {
    platform: process.platform,
    homeDir: homedir(),
    nodeVersion: process.versions.node,
    userId: process.getuid?.(),
    environment: (name) => environment[name],
    read: (path) => answer(() => firstBytes(path)),
    facts: (path) =>
      answer(async () => {
        const stats = await stat(path);
        return { isFile: stats.isFile(), sizeBytes: stats.size, changedAt: fromMillis(stats.mtimeMs) };
      }),
    link: (path) => answer(() => readlink(path)),
    list: async (folder) => (await answer(() => readdir(folder))) ?? [],
    canRead,
    kernelRingError,
    find: async (program) => {
      const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
      for (const folder of folders) {
        const path = join(folder, program);
        if (await isProgram(path)) return path;
      }
      return undefined;
    },
    run: async (file, args, timeoutMs) => {
      const limits = { clock, signal: new AbortController().signal, timeoutMs, bytesMax: OUTPUT_BYTES_MAX };
      const output = await outputOf({ program: { file }, args }, limits);
      return output?.exit.type === 'not_started' ? undefined : output;
    },
    listenError,
    connectError,
    now: () => clock.now(),
  };
};
