// What the GPUs fold tells of rows, queries, processes, ends and bounds.
import { describe, expect, test } from 'vitest';
import { gpuKey } from '../../processors/gpus/identity.ts';
import { NAME_WAIT_SECONDS } from '../../processors/limits.ts';
import { readText } from '../support/ollama-lines.ts';
import {
  BUS_A,
  BUS_B,
  createWorld,
  notice,
  query,
  reading,
  sample,
  secondsOf,
  UUID_A,
  UUID_B,
  xid,
} from './gpu-readings.ts';

describe('identity', () => {
  test('rows that come before the first snapshot wait for the name it gives: no series lives under the index', () => {
    const world = createWorld();
    world.feed(
      sample(1, 0, { pwr: 50 }),
      reading(1, 'gpu.process', { index: 0, pid: 7, type: 'C', command: 'worker', columns: { sm: 9 } }),
      query(1.2, { index: 0, uuid: UUID_A, bus: BUS_A }, { name: 'Board X' }),
      sample(2, 0, { pwr: 50 }),
    );
    expect(world.of('gpu.sampled')).toMatchObject([
      { gpu: { uuid: UUID_A, bus: BUS_A, name: 'Board X' }, energyJoules: 50 },
    ]);
    expect(world.of('gpu.process_sampled')).toEqual([]);
    expect(world.of('gpu.stale')).toEqual([]);
  });

  test('where nobody names the GPU its rows are told by index; a later snapshot ends those series', () => {
    const world = createWorld();
    for (const s of [1, 2, 3]) world.feed(sample(s, 0, { pwr: 50 }));
    expect(world.of('gpu.sampled').map(({ gpu, at: told }) => [gpuKey(gpu), secondsOf(told)])).toEqual([
      ['index:0', 3],
    ]);
    world.feed(query(3.5, { index: 0, uuid: UUID_A }), sample(4, 0, { pwr: 50 }));
    expect(world.of('gpu.stale')).toMatchObject([{ reason: 'renamed', gpu: { index: 0 } }]);
    expect(world.of('gpu.stale')[0]?.gpu.uuid).toBeUndefined();
    expect(world.of('gpu.sampled').at(-1)?.gpu.uuid).toBe(UUID_A);
  });

  test('rows of a file wait for nobody', () => {
    const world = createWorld();
    world.feed(reading(1, 'gpu.sample', { index: 0, columns: { pwr: 50 }, absent: [], cycle: 0 }, false));
    expect(world.of('gpu.sampled').map(({ gpu }) => gpuKey(gpu))).toEqual(['index:0']);
  });

  test('the energy told under the index is not told again under the uuid', () => {
    const world = createWorld();
    world.feed(
      sample(-1, 0, { pwr: 50 }),
      sample(0, 0, { pwr: 50 }),
      sample(1, 0, { pwr: 50 }),
      sample(2, 0, { pwr: 50 }),
      query(2.5, { index: 0, uuid: UUID_A }),
      sample(3, 0, { pwr: 50 }),
      sample(4, 0, { pwr: 50 }),
    );
    expect(world.of('gpu.sampled').map(({ gpu, energyJoules }) => [gpuKey(gpu), energyJoules])).toEqual([
      ['index:0', 100],
      ['index:0', 150],
      [UUID_A, 50],
      [UUID_A, 100],
    ]);
  });

  test('the kernel alone links bus and uuid, and a later query gives that GPU its index', () => {
    const world = createWorld();
    world.feed(
      reading(1, 'kernel.gpu_identity', { bus: BUS_A, uuid: UUID_A }),
      query(2, { index: 3, uuid: UUID_A }),
      sample(3, 3, { sm: 1 }),
    );
    expect(world.of('gpu.described')[0]).toMatchObject({ gpu: { bus: BUS_A, uuid: UUID_A }, cells: {} });
    expect(world.of('gpu.sampled')[0]?.gpu).toMatchObject({ index: 3, uuid: UUID_A, bus: BUS_A });
    expect(world.of('gpu.stale')).toEqual([]);
  });

  test('a GPU that a log named by its bus ends under that name when its uuid is known', () => {
    const world = createWorld();
    const line = `time=2026-03-04T05:06:07.890Z level=INFO source=types.go:50 msg="inference compute" id=0 filter_id=0 library=CUDA compute=8.9 name=CUDA0 description="NVIDIA T9" libdirs=ollama driver=13.0 pci_id=${BUS_A}.0 type=discrete total="15.0 GiB" available="14.0 GiB"`;
    for (const said of readText(line)) if (said.type === 'ollama') world.pass(said);
    world.feed(
      sample(-1, 0, { pwr: 50 }),
      sample(2, 0, { pwr: 50 }),
      query(2.5, { index: 0, uuid: UUID_A, bus: BUS_A }),
    );
    expect(world.of('gpu.described')[0]).toMatchObject({ gpu: { bus: BUS_A } });
    expect(world.of('gpu.stale').map(({ gpu, reason }) => [gpuKey(gpu), reason])).toEqual([
      ['index:0', 'renamed'],
      [BUS_A, 'renamed'],
    ]);
  });

  test('after a restart of dmon the index means nothing: its rows wait for the next snapshot', () => {
    const world = createWorld();
    world.feed(
      query(1, { index: 0, uuid: UUID_A, bus: BUS_A }),
      query(1, { index: 1, uuid: UUID_B, bus: BUS_B }),
      sample(2, 0, { sm: 1 }),
    );
    world.feed(notice(2.5, 'restarted', 'dmon'), sample(3, 0, { sm: 2 }));
    world.feed(
      query(3.5, { index: 0, uuid: UUID_B, bus: BUS_B }),
      query(3.5, { index: 1, uuid: UUID_A, bus: BUS_A }),
      sample(4, 0, { sm: 3 }),
    );
    expect(world.of('gpu.sampled').map(({ gpu }) => gpuKey(gpu))).toEqual([UUID_A, UUID_B]);
    expect(world.gpus.gpus.census()).toBe(2);
  });

  test('a driver load in a backlog does not take names away, a live one does', () => {
    const world = createWorld();
    world.feed(
      query(1, { index: 0, uuid: UUID_A }),
      reading(2, 'kernel.driver_loaded', { version: '999.1' }, false),
      sample(3, 0, { sm: 1 }),
    );
    world.feed(reading(4, 'kernel.driver_loaded', { version: '999.1' }), sample(5, 0, { sm: 1 }));
    expect(world.of('gpu.sampled').map(({ gpu }) => gpuKey(gpu))).toEqual([UUID_A]);
    world.feed(sample(5 + NAME_WAIT_SECONDS, 0, { sm: 1 }));
    expect(world.of('gpu.sampled').map(({ gpu }) => gpuKey(gpu))).toEqual([UUID_A, 'index:0']);
  });

  test('eight GPUs keep apart, and the census counts them', () => {
    const world = createWorld();
    for (let i = 0; i < 8; i += 1) world.feed(query(1, { index: i, uuid: `GPU-${i}`, bus: `0000:0${i}:00` }));
    for (let i = 0; i < 8; i += 1) world.feed(sample(2, i, { pwr: 100 + i }));
    expect(world.of('gpu.sampled').map(({ gpu, columns }) => [gpu.uuid, columns['pwr']])).toEqual(
      Array.from({ length: 8 }, (_, i) => [`GPU-${i}`, 100 + i]),
    );
    expect(world.gpus.gpus.census()).toBe(8);
    expect(world.gpus.gpus.only()).toBeUndefined();
  });
});

describe('absent stays absent', () => {
  test('columns that were not printed are in no fact, and no power means no energy', () => {
    const world = createWorld();
    world.feed(query(0.5, { index: 0, uuid: UUID_A }));
    world.feed(sample(1, 0, { gtemp: 40 }), sample(2, 0, { gtemp: 41 }));
    expect(world.of('gpu.sampled').map(({ columns, energyJoules }) => [columns, energyJoules])).toEqual([
      [{ gtemp: 40 }, undefined],
      [{ gtemp: 41 }, undefined],
    ]);
  });

  test('a row of dashes is no sign of life', () => {
    const world = createWorld();
    world.feed(query(0.5, { index: 0, uuid: UUID_A }));
    world.feed(sample(1, 0, { sm: 1 }), sample(2, 0, {}), sample(3, 0, {}));
    world.tickTo(8);
    expect(world.of('gpu.sampled')).toHaveLength(1);
    expect(world.of('gpu.stale')).toMatchObject([{ reason: 'stalled' }]);
  });

  test('cells with a status are left out of the description', () => {
    const world = createWorld();
    world.feed(
      reading(1, 'gpu.query', {
        index: 0,
        uuid: UUID_A,
        cells: { 'fan.speed': { absent: '[N/A]' }, pstate: { value: 'P8' } },
      }),
    );
    expect(world.of('gpu.described')[0]?.cells).toEqual({ pstate: 'P8' });
  });
});

describe('the end of series', () => {
  test('silence for five seconds, told once, and samples bring the GPU back', () => {
    const world = createWorld();
    for (let s = 1; s <= 4; s += 1) world.feed(sample(s, 0, { sm: 1 }));
    world.tickTo(9);
    expect(world.of('gpu.stale')).toEqual([]);
    world.tickTo(30);
    expect(world.of('gpu.stale').map(({ reason, at }) => [reason, secondsOf(at)])).toEqual([['stalled', 9.25]]);
    world.feed(sample(31, 0, { sm: 2 }));
    world.tickTo(60);
    expect(world.of('gpu.stale')).toHaveLength(2);
  });

  test('a slow stream has five of its own intervals, once two rows have told the pace', () => {
    const world = createWorld();
    for (let s = 10; s <= 50; s += 10) world.feed(sample(s, 0, { sm: 1 }));
    world.tickTo(99);
    expect(world.of('gpu.stale').map((fact) => secondsOf(fact.at))).toEqual([15.25]);
    world.tickTo(101);
    expect(world.of('gpu.stale').map((fact) => secondsOf(fact.at))).toEqual([15.25, 100.25]);
  });

  test.each([
    ['Xid 79', xid(3, BUS_A, 79)],
    ['fallen off the bus', reading(3, 'kernel.gpu_lost', { bus: BUS_A, duringProbe: false })],
    ['nvidia-smi says lost', reading(3, 'smi.failed', { errorType: 'lost', bus: BUS_A })],
  ])('%s ends them at once, and a row in the pipe does not bring them back', (_, line) => {
    const world = createWorld();
    world.feed(query(1, { index: 0, uuid: UUID_A, bus: BUS_A }), query(1, { index: 1, uuid: UUID_B, bus: BUS_B }));
    world.feed(
      sample(2, 0, { sm: 1 }),
      sample(2, 1, { sm: 1 }),
      line,
      sample(3.1, 0, { sm: 1 }),
      sample(3.1, 1, { sm: 1 }),
    );
    expect(world.of('gpu.stale')).toMatchObject([{ reason: 'lost', gpu: { uuid: UUID_A } }]);
    expect(world.of('gpu.sampled')).toHaveLength(3);
    world.feed(sample(9, 0, { sm: 1 }));
    expect(world.of('gpu.sampled')).toHaveLength(4);
  });

  test('an old kernel line of a backlog does not end a GPU that lives', () => {
    const world = createWorld();
    world.feed(query(1, { index: 0, uuid: UUID_A, bus: BUS_A }), sample(5, 0, { sm: 1 }));
    world.feed(xid(2, BUS_A, 79, {}, false));
    expect(world.of('gpu.stale')).toEqual([]);
  });

  test('the end of the source and a row that broke off end them too', () => {
    const world = createWorld();
    world.feed(sample(1, 0, { sm: 1 }), sample(1, 1, { sm: 1 }));
    world.feed(
      reading(2, 'gpu.sample_truncated', { index: 1, columnsRead: 4, columnsExpected: 15 }),
      notice(3, 'exited', 'dmon'),
    );
    expect(world.of('gpu.stale').map(({ gpu, reason }) => [gpu.index, reason])).toEqual([
      [1, 'stalled'],
      [0, 'source_ended'],
    ]);
    expect(world.of('source.changed')).toHaveLength(1);
  });
});

test('failures of nvidia-smi are told by class', () => {
  const world = createWorld();
  world.feed(reading(1, 'smi.failed', { errorType: 'driver_mismatch' }));
  expect(world.of('smi.failed')).toMatchObject([{ errorType: 'driver_mismatch' }]);
});
