import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Exit } from '../../collectors/sources/backoff.ts';
import { createChildSource } from '../../collectors/sources/child.ts';
import type { Launch } from '../../collectors/sources/launch.ts';
import { createSmiSource } from '../../collectors/sources/nvidia-smi.ts';
import { NS_PER_SECOND, nsBetween } from '../../otel/time.ts';
import { createContext, createReader, hasNotice, kindsOf } from '../collectors/sources/reader.ts';
import { START } from '../support/manual-clock.ts';

const info = { name: 'dmon', dialect: 'dmon', identity: 'd0' } as const;

test('what cannot be started is told once, and tried again later and later', async () => {
  const context = createContext();
  const starts: number[] = [];
  let enough = (): void => undefined;
  const tried = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const missing: Launch = () => {
    starts.push(nsBetween(START, context.clock.now()) / NS_PER_SECOND);
    if (starts.length === 6) enough();
    const exit = Promise.resolve<Exit>({ type: 'not_started', errno: 'ENOENT' });
    return {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      exit,
      kill: () => undefined,
      release: () => undefined,
    };
  };
  const source = createSmiSource(
    { info, mode: 'dmon', program: { file: 'x' }, intervalSeconds: 1, launch: missing },
    context,
  );
  const reader = createReader(source, context.clock, 1_000);
  await reader.until(hasNotice('unavailable'));
  const pulled = reader.next();
  await tried;
  await reader.close();
  await pulled;
  expect(kindsOf(reader.events)).toEqual(['unavailable']);
  expect(starts.slice(0, 6)).toEqual([0, 10, 30, 70, 130, 190]);
});

test('child in D state: signalled twice in all, told, never started a second time, and let go of at the end', async () => {
  const signals: string[] = [];
  let starts = 0;
  const stdout = new PassThrough();
  const stuck: Launch = () => {
    starts += 1;
    return {
      stdout,
      stderr: new PassThrough(),
      exit: new Promise<Exit>(() => undefined),
      kill: (signal) => signals.push(signal),
      release: () => stdout.destroy(),
    };
  };
  const context = createContext();
  const next = () => ({ program: { file: 'nvidia-smi' }, args: [] });
  const source = createChildSource({ info, title: 'nvidia-smi dmon', next, stallSeconds: 15, launch: stuck }, context);
  const reader = createReader(source, context.clock, 1_000);
  await reader.until(
    (events) => events.filter((event) => event.type === 'notice' && event.kind === 'stalled').length === 2,
  );
  const pulled = reader.next();
  context.clock.advance(3_600_000);
  await reader.close();
  await pulled;
  expect(signals).toEqual(['SIGTERM', 'SIGKILL']);
  expect(starts).toBe(1);
  expect(reader.events.at(-1)).toMatchObject({ kind: 'stalled', detail: expect.stringContaining('left alone') });
});
