// Follows a growing log and writes when each piece of it was seen: `<epoch ns>\t<byte offset>\t<length>` per read.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Starts following (the file is made when absent); the answer stops it and writes `arrivalsPath`. */
export const recordArrivals = async (path: string, arrivalsPath: string): Promise<() => Promise<void>> => {
  const worker = new Worker(new URL('./follow-worker.ts', import.meta.url), { workerData: { path, arrivalsPath } });
  await once(worker, 'message');
  return async () => {
    const ended = once(worker, 'exit');
    worker.postMessage('stop');
    await ended;
  };
};
