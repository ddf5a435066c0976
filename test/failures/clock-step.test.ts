import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createArrivals } from '../../collectors/sources/arrivals.ts';
import { addSeconds, NS_PER_SECOND, nsBetween } from '../../otel/time.ts';
import { hasText, kindsOf, noticeOf } from '../collectors/sources/reader.ts';
import { createManualClock, START } from '../support/manual-clock.ts';
import { followLog } from './following.ts';

test('a clock set back is told once in the stream, and arrivals go on forward', async () => {
  const { log, clock, reader, finish } = followLog();
  log.append('a\n');
  await reader.until(hasText('a\n'));
  clock.set(addSeconds(clock.now(), -3_600));
  log.append('b\n');
  await reader.until(hasText('b\n'));
  log.append('c\n');
  await reader.until(hasText('c\n'));
  await finish();
  expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'clock_step', 'bytes']);
  expect(noticeOf(reader.events, 'clock_step')).toMatchObject({ detail: expect.stringContaining('3600.0 s') });
  const times = reader.events.map((event) => (event.type === 'chunk' ? event.arrival : event.at));
  expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
});

test('arrivals are strictly increasing whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -7_200, max: 7_200 })), (steps) => {
      const clock = createManualClock();
      const arrivals = createArrivals(clock);
      let last = arrivals.next();
      for (const step of steps) {
        clock.set(addSeconds(clock.now(), step));
        const next = arrivals.next();
        expect(next).toBeGreaterThan(last);
        last = next;
      }
    }),
  );
});

test('after a step back arrivals converge on the clock again', () => {
  const clock = createManualClock();
  const arrivals = createArrivals(clock);
  arrivals.next();
  clock.set(addSeconds(START, -10));
  arrivals.next();
  for (let second = 0; second < 21; second += 1) {
    clock.advance(1_000);
    arrivals.next();
  }
  expect(nsBetween(clock.now(), arrivals.next())).toBeLessThan(NS_PER_SECOND);
  expect(arrivals.takeStepSeconds()).toBe(10);
  expect(arrivals.takeStepSeconds()).toBe(0);
});
