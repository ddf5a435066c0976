// One HTTP request from one source address on a connection of its own, timed to the microsecond.
// The client may be told to hang up: with a reset, as a killed program or a closed tab behind a proxy does.

import { type ClientRequest, request } from 'node:http';
import { epochNs } from './epoch.ts';
import type { RequestPlan } from './requests.ts';

/** What was seen. A server that hangs up gives `cutShort` (after the head) or status null (before it). */
export type Exchange = {
  readonly startNs: bigint;
  readonly firstByteNs: bigint | null;
  readonly endNs: bigint;
  readonly status: number | null;
  readonly body: string;
  readonly clientPort: number | null;
  readonly resetByClient: boolean;
  readonly cutShort: boolean;
};

/** No scenario has a request that takes longer; a hang must not outlive the suite's limit. */
const EXCHANGE_SECONDS = 120;

export const exchange = (port: number, plan: RequestPlan, localAddress: string): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let firstByteNs: bigint | null = null;
    let status: number | null = null;
    let clientPort: number | null = null;
    let resetByClient = false;
    let hangUpTimer: NodeJS.Timeout | undefined;
    const headers = plan.body === null ? {} : { 'content-type': 'application/json' };
    const startNs = epochNs();
    const call = request({
      host: '127.0.0.1',
      port,
      localAddress,
      method: plan.method,
      path: plan.path,
      headers,
      agent: false,
    });
    const finish = (cutShort: boolean): void => {
      clearTimeout(hangUpTimer);
      clearTimeout(limit);
      const body = Buffer.concat(pieces).toString('utf8');
      resolve({ startNs, firstByteNs, endNs: epochNs(), status, body, clientPort, resetByClient, cutShort });
    };
    const hangUp = (): void => {
      resetByClient = true;
      reset(call);
      finish(true);
    };
    const limit = setTimeout(() => {
      reset(call);
      reject(
        new Error(`${plan.method} ${plan.path} (${plan.note ?? plan.kind}) took longer than ${EXCHANGE_SECONDS} s`),
      );
    }, EXCHANGE_SECONDS * 1_000);
    call.on('socket', (socket) => {
      socket.on('connect', () => {
        clientPort = socket.localPort ?? null;
        if (plan.hangUp?.afterMs !== undefined) hangUpTimer = setTimeout(hangUp, plan.hangUp.afterMs);
      });
    });
    call.on('response', (response) => {
      firstByteNs = epochNs();
      status = response.statusCode ?? null;
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        if (plan.hangUp?.afterPieces !== undefined && pieces.length >= plan.hangUp.afterPieces && !resetByClient)
          hangUp();
      });
      response.on('end', () => finish(false));
      response.on('error', () => finish(true));
    });
    call.on('error', () => finish(true));
    call.end(plan.body ?? undefined);
  });

const reset = (call: ClientRequest): void => {
  call.socket?.resetAndDestroy();
  call.destroy();
};
