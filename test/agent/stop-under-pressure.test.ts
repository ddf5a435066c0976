// A receiver that takes nothing makes reading wait, for hours if need be. Whoever ends the program must not have to wait with it.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createCore } from '../../agent/core.ts';
import { flowsOrStops } from '../../agent/flow.ts';
import { runLive } from '../../agent/live.ts';
import { replayableRecording } from '../../agent/replay.ts';
import { createArrivals } from '../../collectors/sources/arrivals.ts';
import { createFileSource } from '../../collectors/sources/file.ts';
import { ollamaLog } from '../cli/composed.ts';
import { createManualClock, START } from '../support/manual-clock.ts';
import { ROOT } from '../support/program.ts';
import { defaultSettings } from '../support/replayed.ts';
import { createScratch } from '../support/scratch.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const coreFrom = (startAt: typeof START) =>
  createCore({ settings: defaultSettings, xidOverrides: new Map(), outputs: [], startAt });

/** An output that never takes more; `asked` resolves when reading waits for it. */
const neverFlows = () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  return {
    asked,
    pressure: (): Promise<void> => {
      resolve();
      return new Promise(() => undefined);
    },
  };
};

test('a live run ends when told to, although its output takes nothing', async () => {
  const clock = createManualClock();
  const arrivals = createArrivals(clock);
  const path = scratch.write('server.log', ollamaLog());
  const spec = { name: 'ollama', dialect: 'ollama', path, startAt: 'beginning', hints: false } as const;
  const stop = new AbortController();
  const { asked, pressure } = neverFlows();
  const ended = runLive({
    sources: [createFileSource(spec, { clock, arrivals })],
    core: coreFrom(START),
    pressure,
    clock,
    now: arrivals.next,
    signal: stop.signal,
  });
  await asked;
  stop.abort();
  await expect(ended).resolves.toBeUndefined();
});

test('a replay ends when told to, although its output takes nothing', async () => {
  const recording = replayableRecording(join(ROOT, 'recordings', 'demo'));
  const stop = new AbortController();
  const { asked, pressure } = neverFlows();
  const pace = { speed: 'max', clock: createManualClock(), signal: stop.signal, pressure } as const;
  const ended = recording.feed(coreFrom(recording.startAt), pace);
  await asked;
  stop.abort();
  await expect(ended).resolves.toBeUndefined();
});

test('what flows again is waited for, and leaves nothing behind on the signal', async () => {
  const { signal } = new AbortController();
  await flowsOrStops(Promise.resolve(), signal);
  expect(flowsOrStops(undefined, signal)).toBeUndefined();
  expect(flowsOrStops(new Promise(() => undefined), AbortSignal.abort())).toBeUndefined();
});
