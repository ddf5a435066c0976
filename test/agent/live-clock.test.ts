// A live run whose wall clock is set back by an hour: requests are told at once all the same, and the step is told too.
import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { createCore } from '../../agent/core.ts';
import { runLive } from '../../agent/live.ts';
import { createArrivals } from '../../collectors/sources/arrivals.ts';
import { createFileSource } from '../../collectors/sources/file.ts';
import type { LogSignal, SpanSignal } from '../../otel/signal.ts';
import { addSeconds, secondsBetween } from '../../otel/time.ts';
import { chat, started } from '../cli/composed.ts';
import { createManualClock, START } from '../support/manual-clock.ts';
import { defaultSettings } from '../support/replayed.ts';
import { createScratch } from '../support/scratch.ts';

const scratch = createScratch();
afterAll(scratch.remove);

/** A request settles after 0.3 s of event time, which goes at half speed while it waits for the clock. */
const SECONDS_MAX = 3;
const STEP_MS = 250;

test('a clock set back by an hour holds no request back', async () => {
  const clock = createManualClock();
  const arrivals = createArrivals(clock);
  const told = { spans: [] as SpanSignal[], logs: [] as LogSignal[] };
  const core = createCore({
    settings: defaultSettings,
    xidOverrides: new Map(),
    outputs: [
      {
        write: ({ spans, logs }) => {
          told.spans.push(...spans);
          told.logs.push(...logs);
        },
        pressure: () => undefined,
        close: async () => undefined,
      },
    ],
    startAt: START,
  });
  const path = scratch.write('server.log', `${started().join('\n')}\n`);
  const spec = { name: 'ollama', dialect: 'ollama', path, startAt: 'beginning', hints: false } as const;
  const stop = new AbortController();
  const ended = runLive({
    sources: [createFileSource(spec, { clock, arrivals })],
    core,
    pressure: () => undefined,
    clock,
    now: arrivals.next,
    signal: stop.signal,
  });
  await clock.waiting();
  clock.set(addSeconds(clock.now(), -3_600));
  writeFileSync(path, `${chat(0, 16, 0.05).join('\n')}\n`, { flag: 'a' });
  const servers = (): readonly SpanSignal[] => told.spans.filter(({ kind }) => kind === 'server');
  let waitedSeconds = 0;
  for (; servers().length === 0 && waitedSeconds < SECONDS_MAX; waitedSeconds += STEP_MS / 1_000) {
    clock.advance(STEP_MS);
    await clock.waiting();
  }
  expect(servers()).toHaveLength(1);
  // Times went on where they were: the request is not an hour before the model that it ran on.
  expect(Math.abs(secondsBetween(START, servers()[0]?.end ?? START))).toBeLessThan(SECONDS_MAX);
  expect(told.logs.map(({ eventName }) => eventName)).toContain('ollascope.source.clock_step');
  stop.abort();
  await ended;
});
