// What the GPUs fold tells of processes, throttling and health.
import { describe, expect, test } from 'vitest';
import { createWorld, notice, query, reading, sample, secondsOf, UUID_A } from './gpu-readings.ts';

describe('processes', () => {
  test('are told as they are seen, and as gone when they are not', () => {
    const world = createWorld();
    world.feed(sample(1, 0, { sm: 1 }));
    for (let s = 1; s <= 40; s += 1) {
      world.feed(
        sample(s, 0, { sm: 1 }),
        reading(s, 'gpu.process', { index: 0, pid: 7, type: 'C', command: 'worker', columns: { sm: 9 } }),
      );
      if (s <= 5) world.feed(reading(s, 'gpu.process', { index: 0, pid: 8, type: 'C', command: 'other', columns: {} }));
    }
    const gone = world.of('gpu.process_sampled').filter((fact) => fact.gone);
    expect(gone.map(({ pid, command, at }) => [pid, command, secondsOf(at)])).toEqual([[8, 'other', 20.25]]);
  });

  test('memory of the compute query joins the process that pmon named first', () => {
    const world = createWorld();
    world.feed(
      query(1, { index: 0, uuid: UUID_A }),
      reading(2, 'gpu.process', { index: 0, pid: 7, type: 'C', command: 'llama-server', columns: {} }),
    );
    world.feed(
      reading(3, 'gpu.app', { uuid: UUID_A, pid: 7, command: 'llama-server-long-name', usedBytes: 512 * 1_048_576 }),
    );
    expect(world.of('gpu.process_sampled').at(-1)).toMatchObject({
      pid: 7,
      command: 'llama-server',
      columns: { fb: 512 },
      gpu: { index: 0 },
    });
  });

  test('go when their GPU goes', () => {
    const world = createWorld();
    world.feed(
      query(0.5, { index: 0, uuid: UUID_A }),
      sample(1, 0, { sm: 1 }),
      reading(1, 'gpu.process', { index: 0, pid: 7, type: 'C', command: 'worker', columns: {} }),
    );
    world.feed(notice(2, 'ended', 'dmon'));
    expect(world.of('gpu.process_sampled').at(-1)).toMatchObject({ pid: 7, gone: true });
  });
});

describe('throttling', () => {
  test('counters in microseconds win over flags and columns, and a reset counter counts from there', () => {
    const world = createWorld();
    const at = (s: number, us: number) =>
      query(
        s,
        { index: 0, uuid: UUID_A },
        { 'clocks_event_reasons_counters.sw_power_cap': us, 'clocks_event_reasons.sw_power_cap': 'Active' },
      );
    world.feed(at(1, 1_000_000), sample(2, 0, { pviol: 50 }), at(31, 3_500_000), at(61, 200_000), at(91, 700_000));
    expect(world.of('gpu.throttled').map(({ reason, seconds }) => [reason, seconds])).toEqual([
      ['sw_power_cap', 2.5],
      ['sw_power_cap', 0.5],
    ]);
  });

  test('flags count the interval, half of it at each end', () => {
    const world = createWorld();
    const at = (s: number, flag: string) =>
      query(
        s,
        { index: 0, uuid: UUID_A },
        { 'clocks_throttle_reasons.hw_thermal_slowdown': flag, 'clocks_throttle_reasons.gpu_idle': 'Active' },
      );
    world.feed(at(0, 'Not Active'), at(30, 'Active'), at(60, 'Active'), at(90, 'Not Active'), at(120, 'Not Active'));
    expect(world.of('gpu.throttled').map(({ reason, seconds }) => [reason, seconds])).toEqual([
      ['hw_thermal_slowdown', 15],
      ['hw_thermal_slowdown', 30],
      ['hw_thermal_slowdown', 15],
    ]);
  });

  test('violation columns are the last resort', () => {
    const world = createWorld();
    world.feed(query(0.5, { index: 0, uuid: UUID_A }));
    world.feed(sample(1, 0, { pviol: 25, tviol: 0 }), sample(2, 0, { pviol: 0, tviol: 1 }));
    expect(world.of('gpu.throttled').map(({ reason, seconds }) => [reason, seconds])).toEqual([
      ['power_violation', 0.25],
      ['thermal_violation', 1],
    ]);
  });
});

describe('health', () => {
  test('is told first and when it changes', () => {
    const world = createWorld();
    const at = (s: number, action: string, pending: string) =>
      query(s, { index: 0, uuid: UUID_A }, { gpu_recovery_action: action, 'remapped_rows.pending': pending });
    world.feed(
      at(1, 'None', 'No'),
      at(31, 'None', 'No'),
      at(61, 'None', 'Yes'),
      at(91, 'Drain P2P', 'Yes'),
      at(121, 'Reset', 'Yes'),
    );
    expect(world.of('gpu.state_changed').map(({ state, action }) => [state, action])).toEqual([
      ['ok', 'None'],
      ['predicted_failure', 'Reset'],
      ['degraded', 'Drain P2P'],
      ['failed', 'Reset'],
    ]);
  });
});
