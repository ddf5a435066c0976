// Real kernel logs through the kernel grammar into the folds: many lines, one incident. The captures lie outside of the
// repository; where they are absent the tests are skipped, by name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFramer } from '../../collectors/frame.ts';
import { createDmonParser } from '../../collectors/nvidia/dmon.ts';
import { createKernelParser } from '../../collectors/nvidia/kernel.ts';
import type { Parser, RecordReading } from '../../collectors/reading.ts';
import { CORPUS, corpusFiles, corpusIsHere } from '../support/corpus.ts';
import { at, createWorld, secondsOf, sourceOf } from './gpu-readings.ts';

if (!corpusIsHere) console.warn('skipped: replays of real kernel logs, the corpus is not beside the repository');

const readingsOf = (file: string, dialect: 'kernel' | 'dmon'): RecordReading[] => {
  const source = sourceOf(dialect);
  const framer = createFramer(source);
  const parser: Parser = dialect === 'kernel' ? createKernelParser(source) : createDmonParser(source);
  const readings: RecordReading[] = [];
  const keep = (one: RecordReading): void => void readings.push(one);
  const bytes = readFileSync(join(CORPUS, file));
  framer.push({ type: 'chunk', source, bytes, position: 0, arrival: at(0), observed: false }, (line) =>
    parser.parse(line, keep),
  );
  framer.end((line) => parser.parse(line, keep));
  parser.end(keep);
  return readings;
};

const replay = (number: string, dialect: 'kernel' | 'dmon' = 'kernel') => {
  const file =
    corpusFiles('nvidia').find((path) => path.startsWith(join('nvidia', `${number}-`))) ?? `no capture ${number}`;
  const world = createWorld();
  // As bare files are read: ticks follow the readings' own times.
  const base = readingsOf(file, dialect)[0]?.at ?? at(0);
  for (const one of readingsOf(file, dialect)) {
    world.tickTo(Math.min(secondsOf(one.at) - secondsOf(base), 100_000));
    if (one.type === 'nvidia') world.pass({ ...one, at: at(secondsOf(one.at) - secondsOf(base)) });
  }
  world.end();
  return world;
};

describe.skipIf(!corpusIsHere)('real kernel logs', () => {
  test.each([
    // capture, root, every code, records
    ['078', 'xid.62', [31, 62, 45], 10],
    ['085', 'xid.48', [48, 171, 63, 154], 5],
    ['041', 'xid.119', [119], 5],
    ['081', 'xid.109', [13, 109], 4],
    ['077', 'xid.79', [79], 1],
  ] as const)('%s is one incident: %s', (number, errorType, codes, records) => {
    const world = replay(number);
    expect(new Set(world.of('gpu.fault_raised').map(({ incident }) => incident)).size).toBe(1);
    expect(world.of('gpu.fault_settled').at(-1)).toMatchObject({ errorType, codes, records });
  });

  test('041 says that the kernel limited its lines', () => {
    expect(replay('041').of('gpu.fault_settled').at(-1)).toMatchObject({ recordsAtLeast: true });
  });

  test('093 repeats one GSP time-out, whoever noticed it', () => {
    const world = replay('093');
    expect(new Set(world.of('gpu.fault_raised').map(({ incident }) => incident)).size).toBe(1);
    expect(world.of('gpu.xid')).toHaveLength(5);
    expect(world.of('gpu.fault_raised').every((fact) => !('process' in fact))).toBe(true);
  });

  test('080 is one incident per GPU, named after the causes that the log does not show', () => {
    const raised = replay('080').of('gpu.fault_raised');
    expect(raised.map(({ gpu, errorType }) => [gpu.bus, errorType])).toEqual([
      ['0000:dc:00', 'xid.149'],
      ['0000:ed:00', 'xid.145'],
      ['0000:ba:00', 'xid.145'],
      ['0000:97:00', 'xid.145'],
    ]);
  });

  test('085 asks for a drain and a reset', () => {
    expect(replay('085').of('gpu.state_changed')).toMatchObject([{ state: 'degraded', action: 'Drain and Reset' }]);
  });

  test.each(['049', '050'])('%s: the row that broke off ends the series of that GPU', (number) => {
    expect(replay(number, 'dmon').of('gpu.stale')).toMatchObject([{ gpu: { index: 0 }, reason: 'stalled' }]);
  });
});
