// More GPUs and processes than the fold remembers: told once, never grown beyond.
import { describe, expect, test } from 'vitest';
import { GPU_PROCESSES_MAX, GPUS_MAX } from '../../processors/limits.ts';
import { createWorld, query, reading, UUID_A } from './gpu-readings.ts';

describe('bounds', () => {
  test('GPUs beyond the bound are told once and ignored', () => {
    const world = createWorld();
    for (let i = 0; i < GPUS_MAX + 3; i += 1)
      world.feed(reading(1, 'gpu.sample', { index: i, columns: { sm: 1 }, absent: [], cycle: 0 }, false));
    expect(world.of('gpu.sampled')).toHaveLength(GPUS_MAX);
    expect(world.of('source.changed').map(({ notice: { kind } }) => kind)).toEqual(['gap']);
  });

  test('processes beyond the bound are told once and ignored', () => {
    const world = createWorld();
    world.feed(query(0.5, { index: 0, uuid: UUID_A }));
    for (let pid = 1; pid <= GPU_PROCESSES_MAX + 2; pid += 1)
      world.feed(reading(1, 'gpu.process', { index: 0, pid, type: 'C', command: 'p', columns: {} }));
    expect(world.of('gpu.process_sampled')).toHaveLength(GPU_PROCESSES_MAX);
    expect(world.of('source.changed')).toHaveLength(1);
  });
});
