// Every status that a client can provoke, and every moment at which one can hang up. One slot, one resident model and a
// queue of two make the crowded cases certain. Delays here are part of the plan: a hang-up has to fall into a phase.

import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from './random.ts';
import { emptyPrompt, inference, plain, promptOf, type RequestPlan } from './requests.ts';
import type { TrafficSettings } from './scenario-traffic.ts';
import type { Driver } from './truth.ts';

/** Far more than the client waits for. */
const ENDLESS = { num_predict: 3_500 };
/** Some hundred milliseconds on a fast machine, which the crowd needs; half a minute on a slow one. */
const HOLDING = { num_predict: 1_800 };
/** Loading takes Ollama at least one poll of 250 ms. */
const DURING_LOAD_MS = 100;
const WHILE_GENERATING_MS = 150;

export const errors = async (driver: Driver, settings: TrafficSettings): Promise<void> => {
  const random = seededRandom(settings.seed);
  const prompt = (words = 3): string => promptOf(random, words);
  for (const plan of [...refused(prompt), ...oddButAnswered(prompt)]) await driver.send(plan);
  await hangUps(driver, prompt);
  await fullQueue(driver, prompt);
  await driver.send(
    inference('generate', 'tiny', { prompt: prompt(), options: { num_predict: 5 }, note: 'after the storm' }),
  );
};

type Prompt = (words?: number) => string;

const refused = (prompt: Prompt): RequestPlan[] => {
  const broken = (path: string, body: string | null, note: string): RequestPlan =>
    plain('broken', 'POST', path, body, note);
  const tools = [
    {
      type: 'function',
      function: { name: 'f', description: prompt(), parameters: { type: 'object', properties: {} } },
    },
  ];
  return [
    inference('generate', 'tiny', { prompt: prompt(), options: { num_predict: 5 }, note: 'warm tiny' }),
    inference('generate', 'nosuch', { prompt: prompt(), note: 'unknown model' }),
    inference('chat', 'nosuch:7b', { prompt: prompt(), stream: true, note: 'unknown model, stream' }),
    inference('v1', 'nosuch', { prompt: prompt(), stream: true, note: 'unknown model, OpenAI' }),
    inference('embed', 'nosuch', { prompt: prompt(), note: 'unknown model, embed' }),
    broken('/api/show', JSON.stringify({ model: 'nosuch' }), 'unknown model, show'),
    broken('/api/generate', `{"model":"tiny","prompt":"${prompt()}`, 'truncated JSON'),
    broken('/api/chat', `not JSON ${prompt()}`, 'not JSON'),
    broken('/api/chat', null, 'empty body'),
    broken('/api/generate', JSON.stringify({ model: 'tiny', prompt: 5 }), 'wrong type'),
    broken('/v1/chat/completions', JSON.stringify({ model: 'tiny' }), 'OpenAI, no messages'),
    broken('/api/generate', JSON.stringify({ prompt: prompt() }), 'no model'),
    plain('wrong_method', 'GET', '/api/generate', null, 'wrong method'),
    plain('wrong_path', 'GET', '/nope?x=%0a%1b%5b31m|%20200%20|', null, 'unknown path with escapes'),
    plain('wrong_method', 'OPTIONS', '/api/tags', null, 'OPTIONS'),
    inference('embed', 'tiny', { prompt: prompt(), note: 'embed on a model without pooling' }),
    inference('generate', 'tiny', {
      prompt: prompt(),
      options: { num_predict: 'many' },
      note: 'option of a wrong type',
    }),
    inference('chat', 'tiny', { prompt: prompt(), more: { tools }, note: 'tools on a model without' }),
  ];
};

const oddButAnswered = (prompt: Prompt): RequestPlan[] => {
  const options = { num_predict: 8 };
  const format = { type: 'object', properties: { word: { type: 'string', maxLength: 8 } }, required: ['word'] };
  return [
    inference('generate', 'tiny', {
      prompt: prompt(),
      options: { ...options, no_such_option: 1 },
      note: 'unknown option',
    }),
    inference('generate', 'tiny', { prompt: prompt(400), options, note: 'prompt longer than num_ctx, generate' }),
    inference('chat', 'tiny', { prompt: prompt(400), options, note: 'prompt longer than num_ctx, chat' }),
    inference('v1', 'tiny2', { prompt: prompt(400), options, note: 'prompt longer than num_ctx, OpenAI' }),
    inference('embed', 'tinyembed', { prompt: prompt(900), note: 'embed input longer than the context' }),
    inference('chat', 'tiny', {
      prompt: prompt(),
      options: { num_predict: 40 },
      more: { format },
      note: 'JSON schema format',
    }),
  ];
};

const hangUps = async (driver: Driver, prompt: Prompt): Promise<void> => {
  const afterPieces = { afterPieces: 5 };
  const endless = (note: string) => ({ prompt: prompt(6), options: HOLDING, note });
  const plans = [
    inference('generate', 'slow', { prompt: prompt(), options: { num_predict: 3 }, note: 'warm slow' }),
    inference('generate', 'slow', { ...endless('client resets mid-stream'), stream: true, hangUp: afterPieces }),
    inference('chat', 'slow', { ...endless('client resets mid-stream, chat'), stream: true, hangUp: afterPieces }),
    inference('generate', 'slow', {
      ...endless('client resets, not streaming'),
      hangUp: { afterMs: WHILE_GENERATING_MS },
    }),
    inference('v1', 'slow', { ...endless('client resets mid-stream, OpenAI'), stream: true, hangUp: afterPieces }),
    emptyPrompt('slow', 0, 'unload slow'),
  ];
  for (const plan of plans) await driver.send(plan);
  const unloaded = { prompt: prompt(), options: { num_predict: 20 }, note: 'client resets during load' };
  await driver.send(inference('generate', 'slow', { ...unloaded, stream: true, hangUp: { afterMs: DURING_LOAD_MS } }));
};

/** One request holds the only slot; one waits for it and leaves; eight want another model, of which the queue takes two. */
const fullQueue = async (driver: Driver, prompt: Prompt): Promise<void> => {
  const options = { num_predict: 10 };
  await driver.send(
    inference('generate', 'slow', { prompt: prompt(), options: { num_predict: 3 }, note: 'slow again' }),
  );
  const holder = driver.send(
    inference('generate', 'slow', { prompt: prompt(), options: ENDLESS, note: 'holds the only slot' }),
  );
  await delay(WHILE_GENERATING_MS);
  await driver.send(
    inference('generate', 'slow', {
      prompt: prompt(),
      options,
      note: 'client resets while waiting for a slot',
      hangUp: { afterMs: 80 },
    }),
  );
  const crowd = Array.from({ length: 8 }, (_, k) =>
    driver.send(
      inference(k % 2 === 0 ? 'generate' : 'chat', 'tiny', {
        prompt: prompt(),
        options,
        note: 'needs another model while slow is busy',
      }),
    ),
  );
  await Promise.all([holder, ...crowd]);
};
