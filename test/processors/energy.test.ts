// Energy: integration, gaps, the idle floor, and what one request gets of it. Powers are whole watts, as dmon prints them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Phase } from '../../processors/fact.ts';
import { createPowerSeries } from '../../processors/gpus/energy.ts';
import { POWER_HISTORY_MAX } from '../../processors/limits.ts';
import { at, BUS_A, createWorld, query, request, sample, UUID_A, UUID_B } from './gpu-readings.ts';

const phase = (name: Phase['name'], start: number, end: number): Phase => ({
  name,
  start: { at: at(start), from: 'derived', uncertaintySeconds: 0 },
  end: { at: at(end), from: 'logged', uncertaintySeconds: 0 },
});

describe('a series', () => {
  test('is integrated by trapezoids', () => {
    const series = createPowerSeries();
    for (const [t, watts] of [
      [0, 100],
      [1, 200],
      [2, 200],
      [3, 0],
    ] as const)
      series.add(at(t), watts, 1, 'working');
    expect(series.totalJoules()).toBe(450);
    expect(series.between(at(0.5), at(2))).toMatchObject({ joules: 287.5, covered: 1 });
  });

  test('a gap of more than five intervals holds nothing and is told', () => {
    const series = createPowerSeries();
    series.add(at(0), 100, 1, 'working');
    expect(series.add(at(5), 100, 1, 'working')).toBeUndefined();
    expect(series.add(at(15), 100, 1, 'working')).toBe(10);
    series.add(at(16), 100, 1, 'working');
    expect(series.totalJoules()).toBe(600);
    expect(series.between(at(0), at(16))).toMatchObject({ joules: 600, covered: 6 / 16 });
    expect(series.between(at(6), at(14))).toMatchObject({ joules: 0, covered: 0 });
  });

  test('after the last sample its power is held for one interval', () => {
    const series = createPowerSeries();
    series.add(at(0), 100, 1, 'working');
    series.add(at(1), 100, 1, 'working');
    expect(series.between(at(0), at(1.5))).toMatchObject({ joules: 150, covered: 1 });
    expect(series.between(at(0), at(4))).toMatchObject({ joules: 200, covered: 0.5 });
    expect(series.between(at(-2), at(1))).toMatchObject({ joules: 100, covered: 1 / 3 });
  });

  test('a clock set back keeps the total and begins a new history', () => {
    const series = createPowerSeries();
    series.add(at(100), 50, 1, 'working');
    series.add(at(101), 50, 1, 'working');
    expect(series.add(at(40), 50, 1, 'working')).toBe(61);
    series.add(at(41), 50, 1, 'working');
    expect(series.totalJoules()).toBe(100);
    expect(series.between(at(40), at(41))).toMatchObject({ joules: 50, covered: 1 });
  });

  test('the idle floor is the lowest ten seconds without work', () => {
    const series = createPowerSeries();
    const powers = [300, ...Array<number>(12).fill(60), 300, ...Array<number>(12).fill(30), 10, 30, 30];
    for (const [t, watts] of powers.entries()) series.add(at(t), watts, 1, watts === 300 ? 'working' : 'idle');
    expect(series.idleWatts()).toBeCloseTo(28, 5);
    const busy = createPowerSeries();
    for (let t = 0; t < 30; t += 1) busy.add(at(t), 300, 1, 'working');
    expect(busy.idleWatts()).toBeUndefined();
    expect(busy.between(at(1), at(5))?.idleJoules).toBeUndefined();
  });

  test('without utilisation ten quiet seconds are a floor, one sample is none', () => {
    const series = createPowerSeries();
    for (let t = 0; t <= 9; t += 1) series.add(at(t), 20, 1, 'unknown');
    expect(series.idleWatts()).toBeUndefined();
    series.add(at(10), 20, 1, 'unknown');
    expect(series.idleWatts()).toBeCloseTo(20, 9);
  });

  test('the history is bounded and still covers ten minutes', () => {
    const series = createPowerSeries();
    const last = 3 * POWER_HISTORY_MAX;
    for (let t = 0; t <= last; t += 1) series.add(at(t), 10, 1, 'working');
    expect(series.totalJoules()).toBe(10 * last);
    expect(series.between(at(last - 600), at(last))).toMatchObject({ joules: 6_000, covered: 1 });
    expect(series.between(at(0), at(100))).toMatchObject({ covered: 0 });
  });

  const samples = fc.array(fc.tuple(fc.integer({ min: 100, max: 9_000 }), fc.integer({ min: 0, max: 700 })), {
    minLength: 2,
    maxLength: 60,
  });
  const built = (steps: readonly (readonly [number, number])[]) => {
    const series = createPowerSeries();
    let t = 0;
    for (const [stepMs, watts] of steps) {
      t += stepMs / 1_000;
      series.add(at(t), watts, 1, watts > 300 ? 'working' : 'idle');
    }
    return { series, end: t };
  };
  test('energy is never negative, and the parts make the whole', () => {
    fc.assert(
      fc.property(
        samples,
        fc.array(fc.double({ min: -0.2, max: 1.2, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (steps, cuts) => {
          const { series, end } = built(steps);
          const [from = 0, middle = 0, to = 0] = cuts.map((cut) => cut * end).toSorted((a, b) => a - b);
          const joules = (a: number, b: number): number => series.between(at(a), at(b))?.joules ?? 0;
          expect(joules(from, to)).toBeGreaterThanOrEqual(0);
          expect(joules(from, middle) + joules(middle, to)).toBeCloseTo(joules(from, to), 4);
          expect(series.between(at(from), at(to))?.covered ?? 0).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
  test('the whole span holds the running total, which never falls', () => {
    fc.assert(
      fc.property(samples, (steps) => {
        const { series, end } = built(steps);
        expect(series.between(at(0), at(end))?.joules ?? 0).toBeCloseTo(series.totalJoules() ?? 0, 4);
      }),
    );
  });
});

describe('a request', () => {
  /** One GPU, 40 W idle until 20 s, then 240 W until 40 s, then idle again. */
  const world = (gpus = 1) => {
    const made = createWorld();
    made.feed(query(0.5, { index: 0, uuid: UUID_A, bus: BUS_A }));
    if (gpus === 2) made.feed(query(0.5, { index: 1, uuid: UUID_B }));
    const run = (from: number, to: number): void => {
      for (let t = from; t <= to; t += 1) {
        const works = t >= 20 && t < 40;
        made.feed(sample(t, 0, { pwr: works ? 240 : 40, sm: works ? 95 : 0 }));
        if (gpus === 2) made.feed(sample(t, 1, { pwr: 100, sm: 0 }));
      }
    };
    return { ...made, run };
  };
  const energies = (made: ReturnType<typeof world>): (number | undefined)[] =>
    made.of('request.finished').map(({ request: { energyJoules } }) => energyJoules);

  test('gets what lies above the idle floor, over prefill and decode', () => {
    const made = world();
    made.run(1, 35);
    made.close(
      35.2,
      request(15, 35, { phases: [phase('queue', 15, 25), phase('prefill', 25, 26), phase('decode', 26, 35)] }),
    );
    made.tickTo(36);
    expect(energies(made)[0]).toBeCloseTo(200 * 10, 5);
  });

  test('two at once share by their tokens', () => {
    const made = world();
    made.run(1, 35);
    const decode = [phase('decode', 25, 35)];
    made.close(35.1, request(25, 35, { phases: decode, tokens: { output: 300 } }));
    made.close(35.1, request(25, 35, { phases: decode, tokens: { output: 100 } }));
    made.tickTo(36);
    const [big = 0, small = 0] = energies(made);
    expect(big).toBeCloseTo(1_500, 4);
    expect(small).toBeCloseTo(500, 4);
  });

  test('one that is still under way counts with the same pace; without tokens, time decides', () => {
    const made = world();
    made.fact(1, { type: 'requests.under_way', at: at(1), active: 0, queued: 0 });
    made.run(1, 24);
    made.fact(24.5, { type: 'requests.under_way', at: at(24.5), active: 2, queued: 0 });
    made.run(25, 35);
    made.close(35.1, request(25, 35, { tokens: { output: 100 } }));
    made.tickTo(36);
    expect(energies(made)[0]).toBeCloseTo(1_000, 4);
    const other = world();
    other.run(1, 35);
    other.close(35.1, request(25, 35, { tokens: { output: 100 } }));
    other.close(35.1, request(30, 35));
    other.tickTo(36);
    expect(energies(other)[0]).toBeCloseTo(1_500, 4);
    expect(energies(other)[1]).toBeCloseTo(500, 4);
  });

  test('on another GPU neither pays for the other', () => {
    const made = world(2);
    made.run(1, 35);
    made.close(35.1, request(25, 35, { gpus: [{ uuid: UUID_A }], tokens: { output: 5 } }));
    made.close(35.1, request(25, 35, { gpus: [{ uuid: UUID_B }], tokens: { output: 500 } }));
    made.tickTo(36);
    expect(energies(made)[0]).toBeCloseTo(2_000, 4);
    expect(energies(made)[1]).toBeCloseTo(0, 4);
  });

  test('is absent where it was not measured', () => {
    const made = world(2);
    made.run(1, 35);
    made.close(35.1, request(25, 35)); // two GPUs, and which is not known
    made.close(35.1, request(25, 25.5, { gpus: [{ uuid: UUID_A }] })); // shorter than one interval
    made.close(35.1, request(-30, 5, { gpus: [{ uuid: UUID_A }] })); // mostly before the first sample
    made.close(35.1, request(25, 35, { gpus: [{ uuid: UUID_A }], status: 503, outcome: 'rejected' }));
    made.tickTo(36);
    expect(energies(made)).toEqual([undefined, undefined, undefined, undefined]);
    const none = createWorld();
    none.feed(sample(1, 0, { gtemp: 40 }), sample(2, 0, { gtemp: 40 }));
    none.close(3, request(1, 3));
    none.tickTo(5);
    expect(none.of('request.finished')[0]?.request).not.toHaveProperty('energyJoules');
  });

  test('never gets more together than the GPU took', () => {
    const spans = fc.array(
      fc.tuple(fc.integer({ min: 10, max: 30 }), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 500 })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(spans, (works) => {
        const made = world();
        made.run(1, 41);
        for (const [from, length, output] of works)
          made.close(41.1, request(from, from + length, { tokens: { output } }));
        made.tickTo(43);
        const sum = energies(made).reduce<number>((all, joules) => all + (joules ?? 0), 0);
        expect(energies(made).every((joules) => (joules ?? 0) >= 0)).toBe(true);
        expect(sum).toBeLessThanOrEqual(200 * 20 + 1e-6);
      }),
      { numRuns: 50 },
    );
  });
});
