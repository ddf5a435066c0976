// Closed requests leave the faults fold as finished: each once, soon, with what struck them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUS_A, finishedOf, onHost, query, request, UUID_A, xid } from './gpu-readings.ts';

describe('closed requests leave as finished', () => {
  test('after at least 0.15 s and at most 0.4 s, with the fault that came in between', () => {
    for (const offset of [0, 0.05, 0.1, 0.15, 0.2, 0.24]) {
      const world = onHost(1);
      world.feed(query(19.75, { index: 0, uuid: UUID_A, bus: BUS_A }));
      world.close(20 + offset, request(18, 20));
      world.feed(query(20.001 + offset, { index: 0, uuid: UUID_A, bus: BUS_A }), xid(20.002 + offset, BUS_A, 79));
      let seconds = 20.25;
      while (finishedOf(world).length === 0) {
        world.tickTo(seconds);
        seconds += 0.25;
      }
      const heldSeconds = seconds - 0.25 - (20 + offset);
      expect(heldSeconds).toBeLessThanOrEqual(0.4);
      expect(heldSeconds).toBeGreaterThanOrEqual(0.14);
      expect(finishedOf(world)[0]?.faults).toHaveLength(1);
    }
  });

  test('each exactly once, none lost at the end, whatever comes in between', () => {
    const event = fc.oneof(
      fc.record({
        type: fc.constant('close' as const),
        seconds: fc.integer({ min: 40, max: 400 }),
        length: fc.integer({ min: 0, max: 120 }),
      }),
      fc.record({
        type: fc.constant('xid' as const),
        seconds: fc.integer({ min: 40, max: 400 }),
        length: fc.constantFrom(13, 31, 45, 48, 79, 119, 154),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, ticks) => {
        const world = onHost(1);
        const closed: string[] = [];
        for (const { type, seconds, length } of events.toSorted((a, b) => a.seconds - b.seconds)) {
          const now = seconds / 4;
          if (type === 'xid') world.feed(xid(now, BUS_A, length));
          else {
            const one = request(now - length / 4, now);
            closed.push(one.ref.traceId);
            world.close(now, one);
          }
        }
        if (ticks) world.tickTo(101);
        if (ticks) expect(finishedOf(world)).toHaveLength(closed.length);
        world.end();
        expect(finishedOf(world).map(({ ref }) => ref.traceId)).toEqual(closed);
        expect(world.of('request.closed')).toEqual([]);
        const hits = world
          .of('gpu.fault_settled')
          .flatMap(({ incident, hit }) => hit.map(({ ref }) => `${incident} ${ref.traceId}`));
        expect(new Set(hits).size).toBe(hits.length);
        const attached = finishedOf(world).flatMap(({ ref, faults }) =>
          faults.map(({ incident }) => `${incident} ${ref.traceId}`),
        );
        expect(attached.filter((one) => !hits.includes(one))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
