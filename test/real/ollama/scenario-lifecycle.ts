// Models that come and go: unloads, swaps, reloads, bursts on a cold model, and runners killed in mid-request.
// Whether a runner is gone is seen from the process table, because asking the server would put lines into its log.

import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { signalProcess } from './processes.ts';
import { seededRandom } from './random.ts';
import { emptyPrompt, inference, plain, promptOf } from './requests.ts';
import type { TrafficSettings } from './scenario-traffic.ts';
import type { Driver } from './truth.ts';

const GONE_SECONDS = 20;
const GONE_POLL_MS = 20;

const runnersGone = async (driver: Driver): Promise<void> => {
  for (let waitedMs = 0; waitedMs < GONE_SECONDS * 1_000; waitedMs += GONE_POLL_MS) {
    if (driver.server.runnerPids().length === 0) return;
    await delay(GONE_POLL_MS);
  }
  throw new Error(
    `expected every runner to end within ${GONE_SECONDS} s, found ${driver.server.runnerPids().join(', ')}`,
  );
};

export const loadUnload = async (driver: Driver, settings: TrafficSettings): Promise<void> => {
  const random = seededRandom(settings.seed);
  const ask = (note: string, stream = false) => ({
    prompt: promptOf(random, 4),
    stream,
    options: { num_predict: 12 },
    note,
  });
  for (let k = 0; k < 5; k += 1) {
    await driver.send(inference('generate', 'tiny', { ...ask('cold, keep_alive 0'), keepAlive: 0 }));
    await runnersGone(driver);
  }
  for (let k = 0; k < 3; k += 1) {
    await driver.send(inference('chat', 'tiny', ask('swap models, one at a time', k === 0)));
    await driver.send(inference('generate', 'tiny2', ask('swap models, one at a time', k === 1)));
  }
  await driver.send(emptyPrompt('tiny', null, 'load only (empty prompt)'));
  await driver.send(plain('ps', 'GET', '/api/ps'));
  await driver.send(emptyPrompt('tiny', 0, 'unload request'));
  await runnersGone(driver);
  await driver.send(plain('ps', 'GET', '/api/ps'));
  await driver.send(inference('generate', 'tiny2', { ...ask('keep_alive 1s'), keepAlive: '1s' }));
  await runnersGone(driver);
  const context = (tokens: number) => ({ options: { num_predict: 12, num_ctx: tokens } });
  await driver.send(inference('generate', 'tiny2', { ...ask('cold, num_ctx 512'), ...context(512) }));
  await driver.send(inference('generate', 'tiny2', { ...ask('same model, other num_ctx: reload'), ...context(768) }));
  const burst = [
    inference('generate', 'tiny', ask('burst on a cold model')),
    inference('chat', 'tiny', ask('burst on a cold model')),
    inference('chat', 'tiny', ask('burst on a cold model', true)),
    inference('chat', 'slow', ask('burst, another model')),
  ];
  await Promise.all(burst.map((plan) => driver.send(plan)));
};

const CRASHES = [
  { signal: 'SIGKILL', stream: false },
  { signal: 'SIGKILL', stream: true },
  { signal: 'SIGABRT', stream: true },
  { signal: 'SIGSEGV', stream: false },
] as const;
/** Long after the first token, long before the last of several thousand. */
const INTO_THE_ANSWER_MS = 200;

export const crash = async (driver: Driver, settings: TrafficSettings): Promise<void> => {
  const random = seededRandom(settings.seed);
  const ask = (note: string, tokens: number, stream = false) => ({
    prompt: promptOf(random, 4),
    stream,
    options: { num_predict: tokens },
    note,
  });
  for (const { signal, stream } of CRASHES) {
    await driver.send(inference('generate', 'slow', ask('(re)load before a crash', 3)));
    const hit = driver.send(
      inference('generate', 'slow', ask(`runner ended by ${signal} in mid-request`, 8_000, stream)),
    );
    await delay(INTO_THE_ANSWER_MS);
    const [pid] = driver.server.runnerPids();
    if (pid === undefined) throw new Error('expected a runner in mid-request, found none');
    driver.note('signal to runner', { pid, sig: constants.signals[signal] });
    signalProcess(pid, signal);
    await hit;
    await driver.send(inference('generate', 'slow', ask('next request after the crash', 5)));
  }
};
