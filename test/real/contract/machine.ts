// One machine's story told to real backends in both ways at once: a replay of the composed recording sends OTLP, moved so
// that it ends now, and a page with the same last snapshot is scraped.

import { join } from 'node:path';
import { type Scrape, startScrape } from '../../../otel/export/scrape.ts';
import type { Received } from '../../support/otlp-received.ts';
import { ROOT, runProgram } from '../../support/program.ts';
import { replayed } from '../../support/replayed.ts';
import { toldBy } from '../../support/told.ts';
import { promQuery, until } from '../backends/ask.ts';
import { isExternal, type Stack, type StackOptions, startStack } from '../backends/stack.ts';

export const RECORDING = join(ROOT, 'recordings', 'composed-two-gpus');
export const SERVICE = 'ollama';
export const HOST = 'composed-host';
/** What a scrape adds where OTLP brings it in the resource. */
const AGENT_LABELS = { service_name: SERVICE, host_name: HOST };

export type Machine = {
  readonly stack: Stack;
  /** What the same recording tells, as it was recorded: other times and ids, same facts. */
  readonly told: Received;
  /** The last snapshot as an agent's /metrics has it. */
  readonly page: string;
  /** Epoch seconds of the last metric sent. */
  readonly endedAt: number;
  readonly stop: () => Promise<void>;
};

/** A family that every snapshot has: its newest sample is the newest snapshot. */
const HEARTBEAT = `ollama_requests_active{job="${SERVICE}"}`;

const newestSample = async (stack: Stack): Promise<number> =>
  (await promQuery(stack.prometheusUrl, `max(timestamp(${HEARTBEAT}))`))[0]?.value ?? 0;

/** The last snapshot of a replay sent after `since` has arrived; answers its time. */
export const lastSnapshot = (stack: Stack, since: number, seconds = 30): Promise<number> =>
  until('the last metrics of the replay in Prometheus', () => newestSample(stack), {
    holds: (at) => at >= since,
    seconds,
  });

export const sendReplay = async (stack: Stack): Promise<number> => {
  const since = Date.now() / 1_000;
  const args = ['replay', RECORDING, '--otlp', 'on', '--times', 'end-now', '--output', 'none'];
  const { code, stderr } = await runProgram(args, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.otlpGrpcUrl } });
  if (code !== 0) throw new Error(`the replay ended with ${code}: ${stderr}`);
  return since;
};

export const startMachine = async (options: StackOptions = {}): Promise<Machine> => {
  const { scrape: page } = replayed(RECORDING);
  const server: Scrape = await startScrape({ host: '127.0.0.1', port: 0, text: () => page, setting: 'this test' });
  const agents = [{ targets: [new URL(server.url).host], labels: AGENT_LABELS }];
  const [stack, told] = await Promise.all([
    startStack({ promInterval: '1s', ...(isExternal() ? {} : { agents }), ...options }),
    toldBy([RECORDING]),
  ]);
  const stop = async (): Promise<void> => {
    await stack.stop();
    await server.close();
  };
  try {
    const endedAt = await lastSnapshot(stack, await sendReplay(stack));
    return { stack, told, page, endedAt, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
