// How kernel lines become incidents, what is told of them, and that nothing grows without bound.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NvidiaReading } from '../../collectors/reading.ts';
import { addStrike, type Strike } from '../../processors/faults/incidents.ts';
import { FAULTS_MAX, STRIKES_MAX } from '../../processors/limits.ts';
import {
  at,
  BUS_A,
  BUS_B,
  createWorld,
  incidentsOf,
  onHost,
  reading,
  secondsOf,
  UUID_A,
  type World,
  xid,
} from './gpu-readings.ts';

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
    expect(incidentsOf(world)).toHaveLength(1);
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
    expect(incidentsOf(world)).toHaveLength(3);
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
    expect(incidentsOf(world)).toHaveLength(1);
    expect(world.of('gpu.fault_raised')[0]).not.toHaveProperty('process');
    expect(world.of('gpu.fault_raised')[0]?.description).toContain('nvidia-smi');
    expect(world.of('gpu.fault_settled').at(-1)).toMatchObject({ records: 5, recordsAtLeast: true });
    expect(world.of('gpu.fault_settled')[0]).not.toHaveProperty('recordsAtLeast');
    world.feed(reading(1_401, 'kernel.driver_loaded', { version: '999.1' }), xid(1_402, BUS_A, 119));
    expect(incidentsOf(world)).toHaveLength(2);
  });

  test('154 changes the state and is no fault; a return to None ends the incident', () => {
    const world = onHost(1);
    world.feed(xid(5, BUS_A, 154, { detail: { from: 'None', to: 'Drain P2P' } }));
    expect(incidentsOf(world)).toEqual([]);
    world.feed(xid(10, BUS_A, 48), xid(10.1, BUS_A, 154, { detail: { from: 'None', to: 'GPU Reset Required' } }));
    world.feed(xid(40, BUS_A, 154, { detail: { from: 'GPU Reset Required', to: 'None' } }), xid(41, BUS_A, 48));
    expect(world.of('gpu.state_changed').map(({ state, action }) => [state, action])).toEqual([
      ['degraded', 'Drain P2P'],
      ['failed', 'GPU Reset Required'],
      ['ok', 'None'],
    ]);
    expect(incidentsOf(world)).toHaveLength(2);
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
    expect(incidentsOf(world)).toHaveLength(1);
  });
});
