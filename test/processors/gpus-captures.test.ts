// Real rows of dmon, pmon and the queries through their grammars into the GPUs fold: what is a dash stays absent, whatever the card.
// The captures lie outside of the repository; where they are absent the tests are skipped, by name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFramer } from '../../collectors/frame.ts';
import { nvidiaDialectOf } from '../../collectors/nvidia/detect.ts';
import { createDmonParser } from '../../collectors/nvidia/dmon.ts';
import { createPmonParser } from '../../collectors/nvidia/pmon.ts';
import { createQueryAppsParser, createQueryGpuParser } from '../../collectors/nvidia/query.ts';
import type { NvidiaReading } from '../../collectors/reading.ts';
import { CORPUS, corpusFiles, corpusIsHere } from '../support/corpus.ts';
import { at, createWorld, sourceOf } from './gpu-readings.ts';

if (!corpusIsHere) console.warn('skipped: replays of real nvidia-smi rows, the corpus is not beside the repository');

const parsers = {
  dmon: createDmonParser,
  pmon: createPmonParser,
  'query-gpu': createQueryGpuParser,
  'query-apps': createQueryAppsParser,
};

const replay = (file: string) => {
  const text = readFileSync(join(CORPUS, file));
  const dialect = nvidiaDialectOf(text.toString('utf8').split('\n')) ?? 'dmon';
  const source = sourceOf(dialect);
  const make = parsers[dialect as keyof typeof parsers] ?? createDmonParser;
  const framer = createFramer(source);
  const parser = make(source);
  const world = createWorld();
  const readings: NvidiaReading[] = [];
  const keep = (line: Parameters<typeof parser.parse>[0]): void =>
    parser.parse(line, (one) => {
      if (one.type !== 'nvidia') return;
      readings.push(one);
      world.pass(one);
    });
  framer.push({ type: 'chunk', source, bytes: text, position: 0, arrival: at(0), observed: false }, keep);
  framer.end(keep);
  return { world, readings, dialect };
};
/** Placeholder rows of idle GPUs only (noise), and a CSV without header. */
const WITHOUT_ROWS = /\/(?:032|071|075)-/;
const named = (number: string): string =>
  corpusFiles('nvidia').find((path) => path.startsWith(join('nvidia', `${number}-`))) ?? '';

describe.skipIf(!corpusIsHere)('real rows', () => {
  test.each(corpusFiles('nvidia').filter((path) => /-(?:dmon|pmon|query)-/.test(path) && !WITHOUT_ROWS.test(path)))(
    '%s: no value that was not printed, none that is no number',
    (file) => {
      const { world, readings } = replay(file);
      expect(readings.length).toBeGreaterThan(0);
      const rows = readings.filter((one) => one.kind === 'gpu.sample');
      const told = world.of('gpu.sampled').filter(({ columns }) => Object.keys(columns).length > 0);
      expect(told.map(({ columns }) => columns)).toEqual(
        rows.map(({ fields }) => fields.columns).filter((columns) => Object.keys(columns).length > 0),
      );
      for (const { columns, energyJoules = 0 } of told) {
        expect(Object.values(columns).every(Number.isFinite)).toBe(true);
        expect(energyJoules).toBeGreaterThanOrEqual(0);
      }
      const processes = readings.filter(
        (one) => one.kind === 'gpu.process' || (one.kind === 'gpu.app' && one.fields.pid !== undefined),
      );
      expect(world.of('gpu.process_sampled')).toHaveLength(processes.length);
    },
  );

  test('MIG and WSL2 have no utilisation, and still power and energy', () => {
    for (const number of ['012', '013', '065']) {
      const told = replay(named(number)).world.of('gpu.sampled');
      expect(told.length).toBeGreaterThan(1);
      for (const { columns } of told) {
        expect(columns).not.toHaveProperty('sm');
        expect(columns).not.toHaveProperty('mem');
      }
      expect(told.at(-1)?.energyJoules).toBeGreaterThan(0);
    }
  });

  test('cards without a power sensor have no energy', () => {
    for (const fact of replay(named('051')).world.of('gpu.sampled')) expect(fact).not.toHaveProperty('energyJoules');
  });

  test('eight GPUs, three GPUs of one process', () => {
    expect(
      replay(named('059'))
        .world.of('gpu.sampled')
        .map(({ gpu }) => gpu.index),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(
      new Set(
        replay(named('070'))
          .world.of('gpu.process_sampled')
          .map(({ gpu }) => gpu.index),
      ),
    ).toEqual(new Set([0, 1, 2]));
  });

  test('a query names its GPU and tells its health', () => {
    const { world } = replay(named('035'));
    expect(world.of('gpu.described')[0]?.gpu).toMatchObject({ index: 0, name: 'NVIDIA H100 80GB HBM3' });
    expect(world.of('gpu.described')[0]?.gpu.bus).toMatch(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}$/);
    expect(world.of('gpu.state_changed')).toMatchObject([{ state: 'ok', action: 'None' }]);
    expect(
      Object.values(world.of('gpu.described')[0]?.cells ?? {}).some((value) => String(value).startsWith('[')),
    ).toBe(false);
  });
});
