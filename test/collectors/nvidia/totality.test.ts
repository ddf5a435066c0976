// Parsers are total: whatever comes, each line gets at least one reading, nothing throws, and time stays in hand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFramer } from '../../../collectors/frame.ts';
import type { Dialect, Line, NoticeKind } from '../../../collectors/line.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { ARRIVAL, linesOf, nameOf, noticeOf, parserOf, sourceOf } from './feed.ts';

const DIALECTS: readonly Dialect[] = ['dmon', 'pmon', 'query-gpu', 'query-apps', 'kernel'];
/** Pieces of real lines: glued and cut at random they reach further than plain noise. */
const PIECES = [
  '# gpu   pwr  gtemp\n',
  '# Idx     W     C\n',
  '# gpu pid type sm command\n',
  '    0    12     -\n',
  '    0    12',
  '    0   77   C   -   app\n',
  'index, name, power.draw [W]\n',
  'pid, process_name, used_gpu_memory [MiB]\n',
  '0, NVIDIA L4, 30.00 W\n',
  '[N/A], ',
  'NVRM: Xid (PCI:0000:3b:00): 31, pid=7, name=a, Ch 00000008\n',
  'NVRM: The NVIDIA GPU 0000:d8:00.0\n',
  'Mar  1 12:00:00 node3 kernel: ',
  '3,77,12500000,-;',
  '{"MESSAGE":[300,1],"_TRANSPORT":"kernel"}\n',
  '{"MESSAGE":"a\\nNVRM: Xid (PCI:0000:3b:00): 43, x","__REALTIME_TIMESTAMP":"99999999999999999999"}\n',
  '==============NVSMI LOG==============\n',
  '<?xml version="1.0" ?>\n',
  'Failed to initialize NVML: x\n',
  '\\x0a',
  '-',
  ',',
  '\n',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string(), fc.string({ unit: 'binary' })), { maxLength: 30 })
  .map((parts) => parts.join(''));
const NOTICES: readonly NoticeKind[] = [
  'opened',
  'rotated',
  'truncated',
  'deleted',
  'gap',
  'stalled',
  'recovered',
  'exited',
  'restarted',
  'unavailable',
  'clock_step',
  'ended',
];

describe.each(DIALECTS)('%s', (dialect) => {
  test('reads anything, every line at least once, in order', () => {
    fc.assert(
      fc.property(
        text,
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(20), fc.constantFrom(...NOTICES)), { maxLength: 3 }),
        (whole, observed, notices) => {
          const source = sourceOf(dialect);
          const parser = parserOf(dialect);
          const readings: RecordReading[] = [];
          const emit = (reading: RecordReading): void => void readings.push(reading);
          const lines = linesOf(whole, { source, observed });
          for (const [index, line] of lines.entries()) {
            parser.parse(line, emit);
            for (const [after, kind] of notices) if (after === index) parser.notice(noticeOf(kind, source), emit);
          }
          parser.tick(ARRIVAL, emit);
          parser.end(emit);
          const positions = readings.map((reading) => reading.line.position);
          expect(new Set(readings.map((reading) => reading.line))).toEqual(new Set(lines));
          expect(
            positions.filter((position, index) => position < (positions[index - 1] ?? 0)).length,
          ).toBeLessThanOrEqual(blankLines(whole));
        },
      ),
      { numRuns: 300 },
    );
  });
  test('hostile lines of 256 KiB do not stop the reading', () => {
    const hostile = [
      'a, '.repeat(87_000),
      'NVRM: Xid (PCI:0000:3b:00): 43, pid=7, name='.padEnd(262_144, 'b, c '),
      '[[[['.repeat(65_000),
      ' '.repeat(262_144),
      `# gpu ${'x '.repeat(130_000)}`,
    ];
    const parser = parserOf(dialect);
    const readings: RecordReading[] = [];
    for (const line of linesOf(hostile.join('\n'))) parser.parse(line, (reading) => readings.push(reading));
    expect(readings).toHaveLength(hostile.length);
    expect(readings.every((reading) => reading.type === 'line' || reading.kind === 'xid')).toBe(true);
  });
});

/** A row kept back is told after the blank lines behind it. */
const blankLines = (whole: string): number => whole.split('\n').filter((line) => line.trim() === '').length;

describe('framed bytes', () => {
  const source = sourceOf('dmon');
  const bytes = Buffer.from(
    '# gpu   pwr gtemp\r\n# Idx     W     C\r\n    0    90    61\n    1    91    62\n\n    0     -',
  );
  const readChunks = (cuts: readonly number[]): unknown[] => {
    const framer = createFramer(source);
    const parser = parserOf('dmon');
    const readings: RecordReading[] = [];
    const emit = (reading: RecordReading): void => void readings.push(reading);
    const feed = (line: Line): void => parser.parse(line, emit);
    const edges = [0, ...[...new Set(cuts)].sort((a, b) => a - b), bytes.length];
    for (const [index, start] of edges.slice(0, -1).entries()) {
      const piece = bytes.subarray(start, edges[index + 1]);
      framer.push({ type: 'chunk', source, bytes: piece, position: start, arrival: ARRIVAL, observed: false }, feed);
    }
    const exited = noticeOf('exited', source);
    framer.notice(exited, feed);
    parser.notice(exited, emit);
    framer.end(feed);
    parser.end(emit);
    return readings.map((reading) => (reading.type === 'nvidia' ? [reading.kind, reading.fields] : nameOf(reading)));
  };
  test('any chunking gives the same readings, a row cut by the exit included', () => {
    const whole = readChunks([]);
    expect(whole.at(-1)).toEqual(['gpu.sample_truncated', { index: 0, columnsRead: 1, columnsExpected: 2 }]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length - 1 })), (cuts) => {
        expect(readChunks(cuts)).toEqual(whole);
      }),
    );
  });
});
