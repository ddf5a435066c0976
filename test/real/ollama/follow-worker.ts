// A live reader of a log in a thread of its own, so that the client's work does not delay its reads: it notes when each
// piece of the file came into sight. Whole pieces are read to the end at every wake-up, as any follower would.

import { closeSync, openSync, readSync, watch, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { epochNs } from './epoch.ts';

const PIECE_BYTES = 64 * 1_024;
/** A notification can be missed while one is being handled; then this finds the rest. */
const POLL_MS = 50;

const follow = (path: string, arrivalsPath: string, port: NonNullable<typeof parentPort>): void => {
  const file = openSync(path, 'a+');
  const piece = Buffer.alloc(PIECE_BYTES);
  const arrivals: string[] = [];
  let offsetBytes = 0;
  const readOn = (): void => {
    for (;;) {
      const length = readSync(file, piece, 0, PIECE_BYTES, offsetBytes);
      if (length === 0) return;
      arrivals.push(`${epochNs()}\t${offsetBytes}\t${length}\n`);
      offsetBytes += length;
    }
  };
  const watcher = watch(path, readOn);
  const poll = setInterval(readOn, POLL_MS);
  port.on('message', () => {
    clearInterval(poll);
    watcher.close();
    readOn();
    closeSync(file);
    writeFileSync(arrivalsPath, arrivals.join(''));
    port.close();
  });
  port.postMessage('following');
};

const isPair = (data: unknown): data is { path: string; arrivalsPath: string } =>
  typeof data === 'object' && data !== null && 'path' in data && 'arrivalsPath' in data;

if (parentPort !== null && isPair(workerData)) follow(workerData.path, workerData.arrivalsPath, parentPort);
