// Faults: grouping into incidents, what is told of them, and which requests they reach with what confidence.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NvidiaReading } from '../../collectors/reading.ts';
import type { FinishedRequest } from '../../processors/fact.ts';
import { addStrike, type Strike } from '../../processors/incidents.ts';
import { FAULTS_MAX, STRIKES_MAX } from '../../processors/limits.ts';
import {
  at,
  BUS_A,
  BUS_B,
  createWorld,
  query,
  reading,
  request,
  secondsOf,
  UUID_A,
  UUID_B,
  xid,
} from './gpu-readings.ts';

type World = ReturnType<typeof createWorld>;
const onHost = (gpus: 0 | 1 | 2): World => {
  const world = createWorld();
  if (gpus > 0) world.feed(query(0.5, { index: 0, uuid: UUID_A, bus: BUS_A }));
  if (gpus > 1) world.feed(query(0.5, { index: 1, uuid: UUID_B, bus: BUS_B }));
  return world;
};
const incidents = (world: World): string[] => [
  ...new Set(world.of('gpu.fault_raised').map(({ incident }) => incident)),
];
const finished = (world: World): FinishedRequest[] => world.of('request.finished').map((fact) => fact.request);

describe('records become incidents', () => {
  test('the first record raises at once, the closed window settles, every record is counted', () => {
    const world = onHost(1);
    world.feed(xid(10, BUS_A, 48), xid(10.1, BUS_A, 171), xid(10.2, BUS_A, 48), xid(10.3, BUS_A, 63));
    expect(world.of('gpu.fault_raised').map((fact) => [secondsOf(fact.at), fact.errorType, fact.gpu.uuid])).toEqual([
      [10, 'xid.48', UUID_A],
    ]);
    world.tickTo(15.25);
    expect(world.of('gpu.fault_settled')).toEqual([]);
    world.tickTo(60);
    expect(world.of('gpu.fault_settled')).toMatchObject([
      { errorType: 'xid.48', severity: 'ERROR', codes: [48, 171, 63], records: 4, hit: [], raisedAt: at(10) },
    ]);
    expect(world.of('gpu.fault_settled').map((fact) => secondsOf(fact.at))).toEqual([15.5]);
    expect(world.of('gpu.xid').map(({ errorType }) => errorType)).toEqual(['xid.48', 'xid.171', 'xid.48', 'xid.63']);
  });

  test('a page fault that ends in a halt and a burst of removals is one incident that got graver', () => {
    const world = onHost(1);
    world.feed(xid(10, BUS_A, 31), xid(52.4, BUS_A, 62));
    for (let i = 0; i < 8; i += 1) world.feed(xid(53 + 5.5 * i, BUS_A, 45));
    world.tickTo(200);
    expect(incidents(world)).toHaveLength(1);
    expect(world.of('gpu.fault_raised').map(({ errorType, severity }) => [errorType, severity])).toEqual([
      ['xid.31', 'WARN'],
      ['xid.62', 'ERROR'],
    ]);
    expect(world.of('gpu.fault_settled').at(-1)).toMatchObject({
      errorType: 'xid.62',
      codes: [31, 62, 45],
      records: 10,
    });
  });

  test('program faults far apart are two incidents, and so are faults of two GPUs', () => {
    const world = onHost(2);
    world.feed(xid(10, BUS_A, 31), xid(10.1, BUS_B, 31), xid(30, BUS_A, 13));
    world.tickTo(60);
    expect(incidents(world)).toHaveLength(3);
    expect(world.of('gpu.fault_settled').map(({ codes, records }) => [codes, records])).toEqual([
      [[31], 1],
      [[31], 1],
      [[13], 1],
    ]);
  });

  test('45 with a cause follows that cause, also one that the log does not show', () => {
    const world = onHost(1);
    world.feed(xid(10, BUS_A, 45, { causedBy: 149, process: 'python3' }), xid(10.1, BUS_A, 45, { causedBy: 149 }));
    expect(world.of('gpu.fault_raised')).toMatchObject([{ errorType: 'xid.149' }]);
    expect(world.of('gpu.xid').map(({ errorType }) => errorType)).toEqual(['xid.45', 'xid.45']);
  });

  test('119 is one incident as long as the GPU needs a reset, and names its observer in words only', () => {
    const world = onHost(1);
    for (const second of [10, 16, 22, 75, 1_275])
      world.feed(xid(second, BUS_A, 119, { pid: 5, process: 'nvidia-smi' }));
    world.feed(reading(1_275.1, 'kernel.gsp_rate_limited', { bus: BUS_A }));
    world.tickTo(1_400);
    expect(incidents(world)).toHaveLength(1);
    expect(world.of('gpu.fault_raised')[0]).not.toHaveProperty('process');
    expect(world.of('gpu.fault_raised')[0]?.description).toContain('nvidia-smi');
    expect(world.of('gpu.fault_settled').at(-1)).toMatchObject({ records: 5, recordsAtLeast: true });
    expect(world.of('gpu.fault_settled')[0]).not.toHaveProperty('recordsAtLeast');
    world.feed(reading(1_401, 'kernel.driver_loaded', { version: '999.1' }), xid(1_402, BUS_A, 119));
    expect(incidents(world)).toHaveLength(2);
  });

  test('154 changes the state and is no fault; a return to None ends the incident', () => {
    const world = onHost(1);
    world.feed(xid(5, BUS_A, 154, { detail: { from: 'None', to: 'Drain P2P' } }));
    expect(incidents(world)).toEqual([]);
    world.feed(xid(10, BUS_A, 48), xid(10.1, BUS_A, 154, { detail: { from: 'None', to: 'GPU Reset Required' } }));
    world.feed(xid(40, BUS_A, 154, { detail: { from: 'GPU Reset Required', to: 'None' } }), xid(41, BUS_A, 48));
    expect(world.of('gpu.state_changed').map(({ state, action }) => [state, action])).toEqual([
      ['degraded', 'Drain P2P'],
      ['failed', 'GPU Reset Required'],
      ['ok', 'None'],
    ]);
    expect(incidents(world)).toHaveLength(2);
    world.end();
    expect(world.of('gpu.fault_settled')[0]).toMatchObject({ errorType: 'xid.48', codes: [48, 154], records: 2 });
  });

  test('fallen off the bus is counted once, with its Xid or without', () => {
    const lost = (seconds: number, duringProbe = false) =>
      reading(seconds, 'kernel.gpu_lost', { bus: BUS_A, duringProbe });
    const withXid = onHost(1);
    withXid.feed(xid(10, BUS_A, 79), lost(10.001));
    const without = onHost(1);
    without.feed(lost(10, true));
    const reversed = onHost(1);
    reversed.feed(lost(10), xid(10.001, BUS_A, 79));
    for (const world of [withXid, without, reversed]) {
      world.tickTo(20);
      expect(world.of('gpu.xid').map(({ errorType }) => errorType)).toEqual(['xid.79']);
      expect(world.of('gpu.fault_raised')).toMatchObject([{ errorType: 'xid.79', severity: 'FATAL' }]);
      expect(world.of('gpu.fault_settled')).toMatchObject([{ codes: [79], records: 1 }]);
    }
  });

  test('an SXid counts once per switch, code and link', () => {
    const world = onHost(2);
    const sxid = (seconds: number, bus: string, code: number, link: number, severity = 'Fatal') =>
      reading(seconds, 'sxid', { bus, code, severity, switch: 'nvidia-nvswitch1', link });
    world.feed(
      sxid(10, '0000:06:00', 20_034, 48),
      sxid(10.1, '0000:06:00', 20_034, 48),
      sxid(10.2, '0000:06:00', 20_034, 49),
      sxid(10.2, '0000:07:00', 20_034, 48),
    );
    world.feed(sxid(10.3, '0000:06:00', 12_028, 3, 'Non-fatal'));
    expect(world.of('gpu.xid').map(({ errorType, gpu }) => [errorType, gpu.bus])).toEqual([
      ['sxid.20034', '0000:06:00'],
      ['sxid.20034', '0000:06:00'],
      ['sxid.20034', '0000:07:00'],
      ['sxid.12028', '0000:06:00'],
    ]);
    expect(world.of('gpu.fault_raised').map(({ severity }) => severity)).toEqual(['ERROR', 'ERROR']);
  });

  test('grouping of one GPU does not depend on what other GPUs say in between', () => {
    const code = fc.constantFrom(13, 31, 43, 45, 48, 62, 63, 79, 94, 119);
    const records = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), code, fc.boolean()), { maxLength: 40 });
    const told = (world: World, bus: string) =>
      world
        .of('gpu.fault_settled')
        .filter(({ gpu }) => gpu.bus === bus)
        .map(({ incident, codes, records: count, raisedAt }) => [incident, codes, count, secondsOf(raisedAt)]);
    fc.assert(
      fc.property(records, (list) => {
        const sorted = list
          .toSorted(([a], [b]) => a - b)
          .map(([tenths, one, onA], i): NvidiaReading => xid(10 + tenths / 4 + i / 1_000, onA ? BUS_A : BUS_B, one));
        const both = onHost(2);
        both.feed(...sorted);
        both.end();
        const alone = onHost(2);
        alone.feed(...sorted.filter((one) => one.kind === 'xid' && one.fields.bus === BUS_A));
        alone.end();
        expect(told(both, BUS_A)).toEqual(told(alone, BUS_A));
        expect(both.of('gpu.xid')).toHaveLength(sorted.length);
      }),
      { numRuns: 100 },
    );
  });
});

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
    expect(finished(world).map(({ faults }) => faults.length)).toEqual([1, 0, 0, 0, 0]);
    expect(finished(world)[0]?.faults[0]).toMatchObject({
      errorType: 'xid.79',
      severity: 'FATAL',
      action: 'RESTART_BM',
      at: at(20),
      gpu: { uuid: UUID_A, bus: BUS_A },
      join: { method: 'gpu_uuid', confidence: 0.99 },
    });
    expect(world.of('gpu.fault_settled')[0]?.hit.map(({ ref, join }) => [ref, join.method])).toEqual([
      [finished(world)[0]?.ref, 'gpu_uuid'],
    ]);
  });

  test('the method says how the GPU was matched, the confidence how sure', () => {
    const join = (world: World, more: Partial<FinishedRequest>) => {
      world.feed(xid(20, BUS_A, 79));
      world.close(22, request(18, 22, more));
      world.tickTo(24);
      return finished(world)[0]?.faults[0]?.join;
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

  test('on a host of eight GPUs an unknown one is no link', () => {
    const world = createWorld();
    for (let i = 0; i < 8; i += 1) world.feed(query(1, { index: i, uuid: `GPU-${i}`, bus: `0000:0${i}:00` }));
    world.feed(xid(20, '0000:03:00', 79));
    world.close(22, request(18, 22));
    world.close(22, request(18, 22, { gpus: [{ uuid: 'GPU-2' }, { uuid: 'GPU-3' }] }));
    world.tickTo(24);
    expect(finished(world).map(({ faults }) => faults.length)).toEqual([0, 1]);
  });

  test('just outside of the request is a weaker link', () => {
    const world = onHost(1);
    world.feed(xid(20, BUS_A, 79));
    world.close(20.6, request(20.5, 20.6));
    world.close(25, request(21.5, 25));
    world.tickTo(26);
    expect(finished(world).map(({ faults }) => faults.map(({ join }) => join.confidence))).toEqual([[0.95 * 0.6], []]);
  });

  test('a MIG instance and an estimated time make it weaker too', () => {
    const world = onHost(1);
    world.feed(xid(20, BUS_A, 31, { gpuInstance: 5, process: 'ollama' }));
    world.close(22, request(18, 22));
    world.tickTo(24);
    expect(finished(world)[0]?.faults[0]?.join.confidence).toBe(0.5);
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
      finished(world).map(({ faults }) => faults.map(({ join, severity }) => [join.method, join.confidence, severity])),
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
    expect(finished(world)[0]?.faults).toEqual([]);
  });

  test('a request that closes minutes later still gets it, and the incident is told again with it', () => {
    const world = onHost(1);
    world.feed(xid(20, BUS_A, 48));
    world.close(400, request(10, 400));
    world.tickTo(420);
    expect(finished(world)[0]?.faults).toHaveLength(1);
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

  test('a request that was told before the line came is listed, its span is not touched again', () => {
    const world = onHost(1);
    world.close(20, request(10, 20));
    world.tickTo(21);
    world.feed({ ...xid(21.5, BUS_A, 79), at: at(20.2) } as NvidiaReading);
    world.tickTo(60);
    expect(finished(world)).toHaveLength(1);
    expect(finished(world)[0]?.faults).toEqual([]);
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
    expect(finished(world).map(({ faults }) => faults.length)).toEqual([1, 0]);
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
    expect(finished(world).map(({ faults }) => faults.map(({ join }) => join))).toEqual([
      [{ method: 'any_gpu', confidence: 0.5 }],
      [],
    ]);
  });
});

describe('closed requests leave as finished', () => {
  test('after at least 0.15 s and at most 0.4 s, with the fault that came in between', () => {
    for (const offset of [0, 0.05, 0.1, 0.15, 0.2, 0.24]) {
      const world = onHost(1);
      world.feed(query(19.75, { index: 0, uuid: UUID_A, bus: BUS_A }));
      world.close(20 + offset, request(18, 20));
      world.feed(query(20.001 + offset, { index: 0, uuid: UUID_A, bus: BUS_A }), xid(20.002 + offset, BUS_A, 79));
      let seconds = 20.25;
      while (finished(world).length === 0) {
        world.tickTo(seconds);
        seconds += 0.25;
      }
      const heldSeconds = seconds - 0.25 - (20 + offset);
      expect(heldSeconds).toBeLessThanOrEqual(0.4);
      expect(heldSeconds).toBeGreaterThanOrEqual(0.14);
      expect(finished(world)[0]?.faults).toHaveLength(1);
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
        if (ticks) expect(finished(world)).toHaveLength(closed.length);
        world.end();
        expect(finished(world).map(({ ref }) => ref.traceId)).toEqual(closed);
        expect(world.of('request.closed')).toEqual([]);
        const hits = world
          .of('gpu.fault_settled')
          .flatMap(({ incident, hit }) => hit.map(({ ref }) => `${incident} ${ref.traceId}`));
        expect(new Set(hits).size).toBe(hits.length);
        const attached = finished(world).flatMap(({ ref, faults }) =>
          faults.map(({ incident }) => `${incident} ${ref.traceId}`),
        );
        expect(attached.filter((one) => !hits.includes(one))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('bounds', () => {
  test('the oldest incident leaves, told, when too many are remembered', () => {
    const world = createWorld();
    for (let i = 0; i <= FAULTS_MAX; i += 1)
      world.feed(xid(1 + i / 1_000, `0000:${(i % 256).toString(16).padStart(2, '0')}:${i < 256 ? '00' : '01'}`, 31));
    expect(world.of('gpu.fault_raised')).toHaveLength(FAULTS_MAX + 1);
    expect(world.of('gpu.fault_settled').map(({ gpu }) => gpu.bus)).toEqual(['0000:00:00']);
    world.end();
    expect(world.of('gpu.fault_settled')).toHaveLength(FAULTS_MAX + 1);
  });

  test('strikes beyond the bound widen one of their kind', () => {
    const strike = (seconds: number): Strike => ({
      from: at(seconds),
      to: at(seconds),
      estimated: false,
      application: false,
      named: { foreign: false },
      instance: false,
    });
    let strikes: Strike[] = [];
    for (let i = 0; i < 3 * STRIKES_MAX; i += 1) strikes = addStrike(strikes, strike(10 * i));
    expect(strikes).toHaveLength(STRIKES_MAX);
    expect(strikes.some(({ from, to }) => from <= at(30 * STRIKES_MAX - 10) && to >= at(30 * STRIKES_MAX - 10))).toBe(
      true,
    );
    expect(addStrike([strike(5)], strike(5.9))).toMatchObject([{ from: at(5), to: at(5.9) }]);
  });

  test('a thousand lines of one incident stay one', () => {
    const world = onHost(1);
    for (let i = 0; i < 1_000; i += 1) world.feed(xid(10 + i / 100, BUS_A, 48));
    world.end();
    expect(world.of('gpu.fault_settled').at(-1)).toMatchObject({ records: 1_000, codes: [48] });
    expect(incidents(world)).toHaveLength(1);
  });
});
