// The pairs of requests and faults that are told one by one: what a page and a search start from.
import { expect, test } from 'vitest';
import type { NvidiaReading } from '../../collectors/reading.ts';
import { at, BUS_A, onHost, request, secondsOf, xid } from './gpu-readings.ts';

test('each request and fault is told once as a pair: with the request, or as soon as a late line makes it known', () => {
  const world = onHost(1);
  world.close(20, request(10, 20));
  world.tickTo(21);
  world.feed({ ...xid(21.5, BUS_A, 79), at: at(20.2) } as NvidiaReading);
  world.feed({ ...xid(21.6, BUS_A, 79), at: at(20.3) } as NvidiaReading);
  world.close(23, request(19, 23, { ref: { traceId: 'b'.repeat(32), spanId: 'b'.repeat(16) } }));
  world.tickTo(60);
  const pairs = world.of('request.fault_hit');
  expect(pairs.map(({ at: told, request: { end } }) => [secondsOf(told), secondsOf(end.at)])).toEqual([
    [21.5, 20],
    [23, 23],
  ]);
  expect(new Set(pairs.map(({ fault }) => fault.incident)).size).toBe(1);
});
