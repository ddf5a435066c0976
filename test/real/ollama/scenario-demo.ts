// A minute of an ordinary day in twelve seconds, for the bundled recording: cold loads, a crowd over two models, a prompt that
// is cut, an unknown model, a model evicted by a third, one unloaded.

import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from './random.ts';
import { emptyPrompt, inference, promptOf } from './requests.ts';
import type { TrafficSettings } from './scenario-traffic.ts';
import type { Driver } from './truth.ts';

/** People think between questions; a recording without pauses shows nothing one by one. */
const PAUSE_MS = 400;
const CROWD = 10;
const CROWD_GAP_MS = 60;
/** More words than fit into the context of `tiny`. */
const LONG_PROMPT_WORDS = 900;

export const demo = async (driver: Driver, settings: TrafficSettings): Promise<void> => {
  const random = seededRandom(settings.seed);
  const ask = (words: number, tokens: number) => ({
    prompt: promptOf(random, words),
    stream: true,
    options: { num_predict: tokens },
  });
  const crowd = async (): Promise<void> => {
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < CROWD; i += 1) {
      const model = i % 3 === 0 ? 'tiny2' : 'slow';
      sent.push(driver.send(inference(i % 2 === 0 ? 'chat' : 'v1', model, ask(10 + i, model === 'slow' ? 250 : 60))));
      await delay(CROWD_GAP_MS);
    }
    await Promise.all(sent);
  };
  await driver.send(inference('chat', 'slow', ask(12, 400)));
  await delay(PAUSE_MS);
  await driver.send(inference('chat', 'slow', ask(20, 600)));
  await delay(PAUSE_MS);
  await driver.send(inference('generate', 'tiny2', ask(8, 80)));
  await delay(PAUSE_MS);
  await crowd();
  await delay(PAUSE_MS);
  await driver.send(inference('chat', 'no-such-model', ask(3, 10)));
  await delay(PAUSE_MS);
  await driver.send(inference('generate', 'tiny', ask(LONG_PROMPT_WORDS, 20)));
  await delay(PAUSE_MS);
  await driver.send(inference('embed', 'tinyembed', { prompt: promptOf(random, 30) }));
  await delay(PAUSE_MS);
  await driver.send(inference('chat', 'slow', ask(15, 300)));
  await delay(PAUSE_MS);
  await driver.send(emptyPrompt('slow', 0, 'unload'));
  await delay(PAUSE_MS);
};
