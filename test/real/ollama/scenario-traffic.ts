// Ordinary traffic: one request after the other over every route, and many at once over two models.
// Arrivals are planned from a seed before the first request goes out, so that two runs ask the same things at the same times.

import { setTimeout as delay } from 'node:timers/promises';
import type { OllamaVersion } from '../versions.ts';
import { seededRandom } from './random.ts';
import { type InferenceKind, inference, PLANTED_SECRET, plain, promptOf, type RequestPlan } from './requests.ts';
import type { Driver } from './truth.ts';

export type TrafficSettings = {
  readonly version: OllamaVersion;
  readonly seed: number;
  /** How many requests. */
  readonly n: number;
  /** So many clients that each wait for their answer (a closed loop); null: arrivals at random, however many that makes. */
  readonly concurrency: number | null;
};

const MEAN_GAP_MS = 90;
/** Between an answer and the same client's next question, in a closed loop. */
const MEAN_THINK_MS = 15;

export const sequential = async (driver: Driver, settings: TrafficSettings): Promise<void> => {
  const random = seededRandom(settings.seed);
  const ask = (stream: boolean, tokens: number) => ({
    prompt: promptOf(random, 3),
    stream,
    options: { num_predict: tokens },
  });
  const input = () => ({ prompt: promptOf(random, 4) });
  const show = JSON.stringify({ model: 'tiny', system: PLANTED_SECRET });
  const plans: RequestPlan[] = [
    plain('version', 'GET', '/api/version'),
    plain('tags', 'GET', '/api/tags'),
    inference('generate', 'tiny', ask(false, 20)),
    inference('generate', 'tiny', ask(true, 40)),
    inference('chat', 'tiny', ask(false, 30)),
    inference('chat', 'tiny', ask(true, 60)),
    plain('ps', 'GET', '/api/ps'),
    inference('v1', 'tiny2', ask(false, 25)),
    inference('v1', 'tiny2', ask(true, 45)),
    inference('v1_completion', 'tiny2', ask(false, 15)),
    inference('v1_completion', 'tiny2', ask(true, 15)),
    inference('embed', 'tinyembed', input()),
    inference('v1_embed', 'tinyembed', input()),
    inference('embeddings', 'tinyembed', input()),
    inference('generate', 'slow', { ...ask(true, 200), more: { system: PLANTED_SECRET } }),
    inference('chat', 'slow', ask(false, 150)),
    plain('show', 'POST', '/api/show', show),
    inference('chat', 'tiny', { ...ask(true, 10), note: 'same prompt twice' }),
    plain('models', 'GET', '/v1/models'),
    plain('ps', 'GET', '/api/ps'),
    plain('root', 'HEAD', '/'),
    inference('generate', 'tiny', { ...ask(false, 5), keepAlive: '10m' }),
  ];
  for (const plan of plans) await driver.send(plan);
};

const KINDS: readonly InferenceKind[] = ['generate', 'chat', 'chat', 'v1', 'generate'];
/** The engine built into 0.24 is some five times slower on the larger model. */
const SLOW_TOKENS = { '0.34.4': [60, 300], '0.24.0': [15, 80] } as const;
const TINY_TOKENS = [8, 60] as const;

type Planned = { readonly gapMs: number; readonly thinkMs: number; readonly plan: RequestPlan };

const planTraffic = (settings: TrafficSettings): Planned[] => {
  const random = seededRandom(settings.seed);
  const between = ([low, high]: readonly [number, number]): number => low + Math.floor(random() * (high - low + 1));
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  return Array.from({ length: settings.n }, () => {
    const model = random() < 0.5 ? 'tiny2' : 'slow';
    const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'chat';
    const tokens = between(model === 'slow' ? SLOW_TOKENS[settings.version] : TINY_TOKENS);
    const ask = {
      prompt: promptOf(random, between([1, 12])),
      stream: random() < 0.6,
      options: { num_predict: tokens },
    };
    return { gapMs: exponential(MEAN_GAP_MS), thinkMs: exponential(MEAN_THINK_MS), plan: inference(kind, model, ask) };
  });
};

export const concurrent = async (driver: Driver, settings: TrafficSettings): Promise<void> => {
  const planned = planTraffic(settings);
  if (settings.concurrency !== null) return closedLoop(driver, planned, settings.concurrency);
  const running: Promise<unknown>[] = [];
  for (const { gapMs, plan } of planned) {
    await delay(gapMs);
    running.push(driver.send(plan));
  }
  await Promise.all(running);
};

const closedLoop = async (driver: Driver, planned: readonly Planned[], clients: number): Promise<void> => {
  const queue = planned.values();
  const client = async (): Promise<void> => {
    for (const { thinkMs, plan } of queue) {
      await delay(thinkMs);
      await driver.send(plan);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
};
