// Delivery: nothing is lost while the receiver is away, nothing is acknowledged before it is taken, every bound is told.
import { describe, expect, test } from 'vitest';
import { BACKOFF_MS_FIRST, BACKOFF_MS_MAX } from '../../otel/export/backoff.ts';
import { createDelivery } from '../../otel/export/delivery.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { ACCEPTED, logsAt, RETRY, setUp, spansAt, sumOf } from './delivery-setup.ts';
import { logSample, sec, snapshotSample, spanSample } from './samples.ts';

describe('delivery', () => {
  test('acknowledges what was read up to a batch only when all of it is taken', async () => {
    const { delivery, answer, acknowledged } = setUp();
    delivery.write({ ...spansAt(1), logs: [logSample()] });
    delivery.write(spansAt(2));
    expect(acknowledged).toEqual([]);
    await answer(ACCEPTED);
    expect(acknowledged).toEqual([]);
    await answer(ACCEPTED);
    expect(acknowledged).toEqual([sec(1)]);
    await answer(ACCEPTED);
    expect(acknowledged).toEqual([sec(1), sec(2)]);
  });

  test('a batch without spans and logs is acknowledged at once when nothing is open; metrics hold nothing back', () => {
    const { delivery, acknowledged } = setUp();
    delivery.write({ at: sec(1), spans: [], logs: [], snapshot: snapshotSample() });
    expect(acknowledged).toEqual([sec(1)]);
  });

  test('what is not taken for now is tried again, first, after a wait that grows; later items follow behind it', async () => {
    const { delivery, answer, requests, clock, messages } = setUp();
    delivery.write(spansAt(1));
    await answer(RETRY);
    delivery.write(spansAt(2));
    expect(requests).toHaveLength(1);
    clock.advance(BACKOFF_MS_FIRST / 2 - 1);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    await answer(RETRY);
    clock.advance(BACKOFF_MS_FIRST - 1);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    await answer(ACCEPTED);
    expect(requests.map((request) => request.items.length)).toEqual([1, 2, 2]);
    expect(requests[2]?.items).toEqual([spanSample(100), spanSample(200)]);
    expect(messages).toEqual([
      'warn traces: not taken for now (not now); kept and tried again',
      'info traces: taken again, 2 waiting',
    ]);
  });

  test('a wait the receiver asks for is kept', async () => {
    const { delivery, answer, requests, clock } = setUp();
    delivery.write(spansAt(1));
    await answer({ result: 'retry', reason: 'busy', afterMs: 42_000 });
    clock.advance(41_999);
    expect([clock.pending(), requests.length]).toEqual([1, 1]);
    clock.advance(1);
    await answer(ACCEPTED);
    expect(requests).toHaveLength(2);
  });

  test('refused for the same reason again and again: counted each time, told once until something is taken', async () => {
    const { delivery, answer, messages } = setUp();
    const wrongPath = { result: 'rejected', reason: '404: Not Found', count: 1 } as const;
    for (const [n, outcome] of [wrongPath, wrongPath, ACCEPTED, wrongPath].entries()) {
      delivery.write(logsAt(n + 1, 1));
      await answer(outcome);
    }
    expect(sumOf(delivery.takePoints(sec(9)), 'ollascope.delivery.exported', 'rejected')).toBe(3);
    expect(messages.filter((message) => message.includes('refused for good'))).toHaveLength(2);
  });

  test('what is refused for good is counted, told and not tried again', async () => {
    const { delivery, answer, requests, acknowledged, messages } = setUp();
    delivery.write(logsAt(1, 5));
    await answer({ result: 'rejected', reason: 'too old', count: 2 });
    const points = delivery.takePoints(sec(2));
    expect([
      sumOf(points, 'ollascope.delivery.exported', 'rejected'),
      sumOf(points, 'ollascope.delivery.exported', 'accepted'),
    ]).toEqual([2, 3]);
    expect(acknowledged).toEqual([sec(1)]);
    expect(requests).toHaveLength(1);
    expect(messages).toEqual(['warn logs: 2 refused for good (too old)']);
  });

  test('an exporter that breaks its promise loses nothing', async () => {
    const clock = createManualClock();
    let calls = 0;
    const delivery = createDelivery({
      exporter: {
        export: () => {
          calls += 1;
          return calls === 1 ? Promise.reject(new Error('boom')) : Promise.resolve(ACCEPTED);
        },
        shutdown: async () => undefined,
      },
      clock,
      random: () => 0,
    });
    delivery.write(spansAt(1));
    await clock.waiting();
    clock.advance(BACKOFF_MS_MAX);
    await delivery.close(0);
    expect(calls).toBe(2);
    expect(sumOf(delivery.takePoints(sec(1)), 'ollascope.delivery.exported', 'accepted')).toBe(1);
  });

  test('over the bound the oldest are given up and counted, and no longer hold the acknowledgement back', async () => {
    const { delivery, answer, requests, acknowledged, messages, clock } = setUp({
      itemsMax: 10,
      snapshotsMax: 2,
      requestItemsMax: 100,
    });
    delivery.write(spansAt(1, 4));
    await answer(RETRY);
    delivery.write(spansAt(2, 4));
    delivery.write(spansAt(3, 4));
    expect(acknowledged).toEqual([sec(1)]);
    const points = delivery.takePoints(sec(3));
    expect(sumOf(points, 'ollascope.delivery.dropped', 'queue_full')).toBe(4);
    expect(sumOf(points, 'ollascope.delivery.queue.size', 'traces')).toBe(8);
    expect(messages.at(-1)).toBe('warn traces: the queue is full at 10; the oldest are given up');
    clock.advance(BACKOFF_MS_MAX);
    await answer(ACCEPTED);
    expect(requests.at(-1)?.items).toHaveLength(8);
  });

  test('one batch larger than the bound is kept, for it is the newest', () => {
    const { delivery } = setUp({ itemsMax: 3, snapshotsMax: 2, requestItemsMax: 100 });
    delivery.write(logsAt(1, 7));
    expect(sumOf(delivery.takePoints(sec(1)), 'ollascope.delivery.queue.size', 'logs')).toBe(7);
  });

  test('items given up while their request was under way are not counted as taken as well', async () => {
    const { delivery, answer } = setUp({ itemsMax: 5, snapshotsMax: 2, requestItemsMax: 100 });
    delivery.write(spansAt(1, 5));
    delivery.write(spansAt(2, 5));
    await answer(ACCEPTED);
    const points = delivery.takePoints(sec(2));
    expect(sumOf(points, 'ollascope.delivery.dropped', 'queue_full')).toBe(5);
    expect(sumOf(points, 'ollascope.delivery.exported', 'accepted')).toBe(0);
  });

  test('snapshots go one per request, the oldest given up beyond the bound', async () => {
    const { delivery, answer, requests } = setUp({ itemsMax: 10, snapshotsMax: 2, requestItemsMax: 100 });
    for (const seconds of [1, 2, 3, 4])
      delivery.write({ at: sec(seconds), spans: [], logs: [], snapshot: { ...snapshotSample(), at: sec(seconds) } });
    await answer(ACCEPTED);
    await answer(ACCEPTED);
    await answer(ACCEPTED);
    expect(requests.map((request) => request.items.map((item) => ('at' in item ? item.at : undefined)))).toEqual([
      [sec(1)],
      [sec(3)],
      [sec(4)],
    ]);
    expect(sumOf(delivery.takePoints(sec(5)), 'ollascope.delivery.dropped', 'queue_full')).toBe(2);
  });

  test('pressure rises above half of the bound and ends at a quarter', async () => {
    const { delivery, answer } = setUp({ itemsMax: 8, snapshotsMax: 2, requestItemsMax: 2 });
    for (const seconds of [1, 2, 3]) delivery.write(spansAt(seconds, 2));
    let released = false;
    const pressure = delivery.pressure()?.then(() => {
      released = true;
    });
    expect(pressure).toBeDefined();
    await answer(ACCEPTED);
    expect(released).toBe(false);
    await answer(ACCEPTED);
    await pressure;
    expect(delivery.pressure()).toBeUndefined();
  });

  test('snapshots press a replay, which has no later one that says the same, and not a live agent', async () => {
    const bounds = { itemsMax: 8, snapshotsMax: 2, requestItemsMax: 2 };
    const snapshots = [1, 2].map((seconds) => ({ at: sec(seconds), spans: [], logs: [], snapshot: snapshotSample() }));
    const live = setUp(bounds);
    const replay = setUp(bounds, true);
    for (const { delivery } of [live, replay]) for (const snapshot of snapshots) delivery.write(snapshot);
    expect(live.delivery.pressure()).toBeUndefined();
    const pressure = replay.delivery.pressure();
    expect(pressure).toBeDefined();
    for (const _ of snapshots) await replay.answer(ACCEPTED);
    await pressure;
    expect(replay.delivery.pressure()).toBeUndefined();
  });

  test('closing tries at once what waits, and ends when all is taken', async () => {
    const { delivery, answer, clock, wasShutDown } = setUp();
    delivery.write(spansAt(1));
    await answer({ result: 'retry', reason: 'busy', afterMs: 60_000 });
    const closed = delivery.close(5_000);
    await answer(ACCEPTED);
    await closed;
    expect(wasShutDown()).toBe(true);
    expect(clock.pending()).toBe(0);
    expect(sumOf(delivery.takePoints(sec(1)), 'ollascope.delivery.dropped', 'shutdown')).toBe(0);
  });

  test('closing gives up at its deadline, also with a request that never ends, and counts what is lost', async () => {
    const { delivery, clock, wasShutDown, messages } = setUp();
    delivery.write(logsAt(1, 3));
    const closed = delivery.close(5_000);
    await clock.waiting();
    clock.advance(5_000);
    await closed;
    expect(wasShutDown()).toBe(true);
    expect(sumOf(delivery.takePoints(sec(1)), 'ollascope.delivery.dropped', 'shutdown')).toBe(3);
    expect(messages).toEqual(['warn logs: 3 not delivered before the deadline']);
    delivery.write(logsAt(2));
    expect(sumOf(delivery.takePoints(sec(2)), 'ollascope.delivery.queue.size', 'logs')).toBe(0);
  });
});
