// Which requests a fault reaches, by which method and how surely.
import { describe, expect, test } from 'vitest';
import type { NvidiaReading } from '../../collectors/reading.ts';
import type { FinishedRequest } from '../../processors/fact.ts';
import {
  at,
  BUS_A,
  BUS_B,
  createWorld,
  finishedOf,
  onHost,
  query,
  reading,
  request,
  secondsOf,
  UUID_A,
  UUID_B,
  type World,
  xid,
} from './gpu-readings.ts';

describe('requests that a fault reaches', () => {
  const chatOn = (start: number, end: number, uuid: string, more: Partial<FinishedRequest> = {}) =>
    request(start, end, { gpus: [{ uuid }], ...more });

  test('in flight on that GPU: yes; on another, before, or never on a GPU: no', () => {
    const world = onHost(2);
    world.feed(xid(20, BUS_A, 79));
    world.close(22, chatOn(18, 22, UUID_A));
    world.close(22.1, chatOn(18, 22, UUID_B));
    world.close(22.2, chatOn(10, 15, UUID_A));
    world.close(22.2, chatOn(18, 22, UUID_A, { status: 503, outcome: 'rejected' }));
    const { operation: _, ...list } = request(19, 21, { route: '/api/tags' });
    world.close(22.2, list);
    world.tickTo(30);
    expect(finishedOf(world).map(({ faults }) => faults.length)).toEqual([1, 0, 0, 0, 0]);
    expect(finishedOf(world)[0]?.faults[0]).toMatchObject({
      errorType: 'xid.79',
      severity: 'FATAL',
      action: 'RESTART_BM',
      at: at(20),
      gpu: { uuid: UUID_A, bus: BUS_A },
      join: { method: 'gpu_uuid', confidence: 0.99 },
    });
    expect(world.of('gpu.fault_settled')[0]?.hit.map(({ ref, join }) => [ref, join.method])).toEqual([
      [finishedOf(world)[0]?.ref, 'gpu_uuid'],
    ]);
  });

  test('the method says how the GPU was matched, the confidence how sure', () => {
    const join = (world: World, more: Partial<FinishedRequest>) => {
      world.feed(xid(20, BUS_A, 79));
      world.close(22, request(18, 22, more));
      world.tickTo(24);
      return finishedOf(world)[0]?.faults[0]?.join;
    };
    expect(join(onHost(2), { gpus: [{ bus: BUS_A }] })).toEqual({ method: 'gpu_bus', confidence: 0.99 });
    expect(join(onHost(0), { gpus: [{ bus: BUS_A }] })).toEqual({ method: 'gpu_bus', confidence: 0.99 });
    expect(join(onHost(2), { gpus: [{ index: 0 }] })).toEqual({ method: 'gpu_index', confidence: 0.6 });
    expect(join(onHost(2), { gpus: [{ index: 1 }] })).toBeUndefined();
    expect(join(onHost(1), {})).toEqual({ method: 'only_gpu', confidence: 0.95 });
    expect(join(onHost(2), {})).toEqual({ method: 'any_gpu', confidence: 0.5 });
    expect(join(onHost(0), {})).toEqual({ method: 'any_gpu', confidence: 0.5 });
    expect(
      join(onHost(2), { gpus: [{ uuid: UUID_A }], modelJoin: { method: 'assignment', confidence: 0.8 } })?.confidence,
    ).toBeCloseTo(0.792, 9);
  });

  test("a finished request names its GPU as the GPU's series do", () => {
    const world = onHost(2);
    world.close(22, request(18, 22, { gpus: [{ bus: BUS_B }, { uuid: UUID_A }, { index: 1 }, { bus: '0000:99:00' }] }));
    world.tickTo(24);
    expect(finishedOf(world)[0]?.gpus).toEqual([
      { uuid: UUID_B, bus: BUS_B, index: 1 },
      { uuid: UUID_A, bus: BUS_A, index: 0 },
      { index: 1 },
      { bus: '0000:99:00' },
    ]);
  });

  test('on a host of eight GPUs an unknown one is no link', () => {
    const world = createWorld();
    for (let i = 0; i < 8; i += 1) world.feed(query(1, { index: i, uuid: `GPU-${i}`, bus: `0000:0${i}:00` }));
    world.feed(xid(20, '0000:03:00', 79));
    world.close(22, request(18, 22));
    world.close(22, request(18, 22, { gpus: [{ uuid: 'GPU-2' }, { uuid: 'GPU-3' }] }));
    world.tickTo(24);
    expect(finishedOf(world).map(({ faults }) => faults.length)).toEqual([0, 1]);
  });

  test('just outside of the request is a weaker link', () => {
    const world = onHost(1);
    world.feed(xid(20, BUS_A, 79));
    world.close(20.6, request(20.5, 20.6));
    world.close(25, request(21.5, 25));
    world.tickTo(26);
    expect(finishedOf(world).map(({ faults }) => faults.map(({ join }) => join.confidence))).toEqual([
      [0.95 * 0.6],
      [],
    ]);
  });

  test('a MIG instance and an estimated time make it weaker too', () => {
    const world = onHost(1);
    world.feed(xid(20, BUS_A, 31, { gpuInstance: 5, process: 'ollama' }));
    world.close(22, request(18, 22));
    world.tickTo(24);
    expect(finishedOf(world)[0]?.faults[0]?.join.confidence).toBe(0.5);
    const bare = onHost(1);
    bare.feed({ ...xid(20, BUS_A, 79), timing: 'estimated' });
    bare.close(22, request(18, 22));
    bare.close(22, request(21.5, 22));
    bare.tickTo(24);
    expect(finishedOf(bare).map(({ faults }) => faults[0]?.join.confidence)).toEqual([0.95 * 0.6, 0.95 * 0.6]);
  });

  test("a program's fault: the runner it names, not its neighbour, and others' programs only faintly", () => {
    const load = (key: string, pid: number) =>
      ({
        type: 'model.loaded',
        at: at(1),
        start: { at: at(1), from: 'logged', uncertaintySeconds: 0 },
        runner: { key, pid },
        model: {},
        durationSeconds: 1,
        gpus: [{ uuid: UUID_A }],
      }) as const;
    const world = onHost(1);
    world.fact(2, load('1/1', 100));
    world.fact(2, load('1/2', 200));
    world.feed(
      xid(20, BUS_A, 31, { pid: 100, process: 'ollama' }),
      xid(60, BUS_A, 31, { pid: 900, process: 'browser' }),
    );
    world.close(61, request(18, 22, { runner: { key: '1/1', pid: 100 }, gpus: [{ uuid: UUID_A }] }));
    world.close(61, request(18, 22, { runner: { key: '1/2', pid: 200 }, gpus: [{ uuid: UUID_A }] }));
    world.close(61, request(58, 61, { runner: { key: '1/2', pid: 200 }, gpus: [{ uuid: UUID_A }] }));
    world.tickTo(62);
    expect(
      finishedOf(world).map(({ faults }) =>
        faults.map(({ join, severity }) => [join.method, join.confidence, severity]),
      ),
    ).toEqual([[['runner_pid', 0.99, 'WARN']], [], [['gpu_uuid', 0.99 * 0.3, 'WARN']]]);
  });

  test('a runner without layers on a GPU is not touched', () => {
    const world = onHost(1);
    world.fact(2, {
      type: 'model.loaded',
      at: at(1),
      start: { at: at(1), from: 'logged', uncertaintySeconds: 0 },
      runner: { key: '1/1' },
      model: {},
      durationSeconds: 1,
      gpus: [],
      layersOffloaded: 0,
      layersTotal: 33,
    });
    world.feed(xid(20, BUS_A, 79));
    world.close(22, request(18, 22, { runner: { key: '1/1' } }));
    world.tickTo(24);
    expect(finishedOf(world)[0]?.faults).toEqual([]);
  });

  test('a request that closes minutes later still gets it, and the incident is told again with it', () => {
    const world = onHost(1);
    world.feed(xid(20, BUS_A, 48));
    world.close(400, request(10, 400));
    world.tickTo(420);
    expect(finishedOf(world)[0]?.faults).toHaveLength(1);
    expect(world.of('gpu.fault_settled').map((fact) => [secondsOf(fact.at), fact.hit.length, fact.records])).toEqual([
      [25, 0, 1],
      [400.5, 1, 1],
    ]);
  });

  test('the settled incident waits for requests that were under way', () => {
    const world = onHost(1);
    world.fact(15, { type: 'requests.under_way', at: at(15), active: 1, queued: 0 });
    world.feed(xid(20, BUS_A, 48));
    world.close(38, request(14, 38));
    world.tickTo(60);
    expect(world.of('gpu.fault_settled').map((fact) => [secondsOf(fact.at), fact.hit.length])).toEqual([[38.5, 1]]);
  });

  test('it does not wait longer than thirty seconds', () => {
    const world = onHost(1);
    world.fact(15, { type: 'requests.under_way', at: at(15), active: 3, queued: 0 });
    world.feed(xid(20, BUS_A, 48));
    world.tickTo(100);
    expect(world.of('gpu.fault_settled').map((fact) => secondsOf(fact.at))).toEqual([50]);
  });

  test('a request that was told before the line came is listed, its span is not touched again', () => {
    const world = onHost(1);
    world.close(20, request(10, 20));
    world.tickTo(21);
    world.feed({ ...xid(21.5, BUS_A, 79), at: at(20.2) } as NvidiaReading);
    world.tickTo(60);
    expect(finishedOf(world)).toHaveLength(1);
    expect(finishedOf(world)[0]?.faults).toEqual([]);
    expect(world.of('gpu.fault_settled')[0]?.hit).toMatchObject([
      { join: { method: 'only_gpu', confidence: 0.95 * 0.6 } },
    ]);
  });

  test('a runner that dies soon after takes the requests that began in between with it', () => {
    const world = onHost(1);
    world.fact(2, {
      type: 'model.loaded',
      at: at(1),
      start: { at: at(1), from: 'logged', uncertaintySeconds: 0 },
      runner: { key: '1/1' },
      model: {},
      durationSeconds: 1,
      gpus: [{ uuid: UUID_A }],
    });
    world.feed(xid(20, BUS_A, 79));
    world.fact(27, { type: 'runner.crashed', at: at(27), runner: { key: '1/1' }, model: {}, errorType: 'cuda.error' });
    world.close(27.1, request(25, 27, { runner: { key: '1/1' }, gpus: [{ uuid: UUID_A }] }));
    world.close(27.1, request(25, 27, { runner: { key: '1/2' }, gpus: [{ uuid: UUID_A }] }));
    world.tickTo(60);
    expect(finishedOf(world).map(({ faults }) => faults.length)).toEqual([1, 0]);
    expect(world.of('gpu.fault_settled').at(-1)).toMatchObject({ runnersCrashed: 1, hit: [{}] });
  });

  test('a fault of a switch reaches only runners that span GPUs', () => {
    const world = onHost(2);
    world.feed(
      reading(20, 'sxid', { bus: '0000:06:00', code: 20_034, severity: 'Fatal', switch: 'nvidia-nvswitch0', link: 1 }),
    );
    world.close(22, request(18, 22, { gpus: [{ uuid: UUID_A }, { uuid: UUID_B }] }));
    world.close(22, request(18, 22, { gpus: [{ uuid: UUID_A }] }));
    world.tickTo(24);
    expect(finishedOf(world).map(({ faults }) => faults.map(({ join }) => join))).toEqual([
      [{ method: 'any_gpu', confidence: 0.5 }],
      [],
    ]);
  });
});
