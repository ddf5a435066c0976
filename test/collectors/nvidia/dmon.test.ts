import { describe, expect, test } from 'vitest';
import { createDmonParser } from '../../../collectors/nvidia/dmon.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { isoInstant } from '../../../otel/time.ts';
import { ARRIVAL, first, linesOf, nameOf, noticeOf, ofKind, readAll, sourceOf } from './feed.ts';

const source = sourceOf('dmon');
const read = (text: string): RecordReading[] => readAll(createDmonParser(source), text);
const samples = (text: string) => ofKind(read(text), 'gpu.sample');
const fieldsOf = (text: string) => samples(text).map((sample) => sample.fields);

const WIDE = `# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk 
# Idx      W      C      C      %      %      %      %      %      %    MHz    MHz 
    0    212     51     64     73     22      0      0      -      -   1215   1410 
`;

describe('generations and options', () => {
  test('the newest default form', () => {
    expect(fieldsOf(WIDE)).toEqual([
      {
        index: 0,
        cycle: 0,
        columns: { pwr: 212, gtemp: 51, mtemp: 64, sm: 73, mem: 22, enc: 0, dec: 0, mclk: 1215, pclk: 1410 },
        absent: ['jpg', 'ofa'],
      },
    ]);
  });
  test('the single temp of 2016 is gtemp', () => {
    const text = '# gpu   pwr  temp    sm\n# Idx     W     C     %\n    2    88    71    40\n';
    expect(fieldsOf(text)).toEqual([{ index: 2, cycle: 0, columns: { pwr: 88, gtemp: 71, sm: 40 }, absent: [] }]);
  });
  test('525: rows wider than their header', () => {
    const text = '# gpu   pwr gtemp mtemp\n# Idx     W     C     C\n    0     31     47      - \n';
    expect(fieldsOf(text)).toEqual([{ index: 0, cycle: 0, columns: { pwr: 31, gtemp: 47 }, absent: ['mtemp'] }]);
  });
  test('GPM columns and unknown ones are kept by their names', () => {
    const text =
      '# gpu     sm      gract     newcol\n# Idx      %      GPM:%  GPM:MiB/s\n    0      9         12         -\n';
    expect(fieldsOf(text)).toEqual([{ index: 0, cycle: 0, columns: { sm: 9, gract: 12 }, absent: ['newcol'] }]);
  });
  test('a quoted post: `> ` and a backslash before the hash', () => {
    const text = '> \\# gpu   pwr\n> \\# Idx     W\n>     1   140\n';
    expect(fieldsOf(text)).toEqual([{ index: 1, cycle: 0, columns: { pwr: 140 }, absent: [] }]);
  });
  test('--format csv, with and without units', () => {
    const csv = '# gpu, pwr, gtemp\n# Idx, W, C\n0, 55, -\n';
    const expected = [{ index: 0, cycle: 0, columns: { pwr: 55 }, absent: ['gtemp'] }];
    expect(fieldsOf(csv)).toEqual(expected);
    expect(fieldsOf('#gpu,pwr,gtemp\n0,55,-\n')).toEqual(expected);
    expect(fieldsOf('gpu, pwr [W], gtemp [C]\n0, 55, -\n')).toEqual(expected);
  });
  test('--format noheader takes the names from the source, and is malformed without them', () => {
    const rows = '    0    55     -\n';
    const named = ofKind(readAll(createDmonParser(source, ['pwr', 'gtemp']), rows), 'gpu.sample');
    expect(first(named).fields).toEqual({ index: 0, cycle: 0, columns: { pwr: 55 }, absent: ['gtemp'] });
    expect(read(rows).map(nameOf)).toEqual(['malformed:dmon.no_header']);
  });
  test('a header that changes gives later rows its own names', () => {
    const text = '# gpu   pwr\n    0    10\n# gpu    sm   mem\n    0     5     6\n';
    expect(fieldsOf(text).map((fields) => fields.columns)).toEqual([{ pwr: 10 }, { sm: 5, mem: 6 }]);
  });
  test('a names line that lost its tail gives no names', () => {
    expect(read('# gpu   pwr  gt\n# Idx     W     C     C\n    0    10    20    30\n').map(nameOf)).toEqual([
      'noise:dmon.header',
      'malformed:dmon.header',
      'malformed:dmon.no_header',
    ]);
  });
});

describe('lines around the rows', () => {
  test('prompt, blank line, repeated header, foreign text', () => {
    const text = `[ops@node3 ~]# nvidia-smi dmon -s p\n# gpu   pwr\n# Idx     W\n\n    0    10\n# gpu   pwr\n# Idx     W\n    0    11\nsomething else\n`;
    expect(read(text).map(nameOf)).toEqual([
      'noise:smi.command',
      'noise:dmon.header',
      'noise:dmon.header',
      'noise:blank',
      'gpu.sample',
      'noise:dmon.header',
      'noise:dmon.header',
      'gpu.sample',
      'unmatched:raw',
    ]);
  });
  test('an unmatched line tells no text, a row does', () => {
    const readings = read(`${WIDE}a private sentence\n`);
    expect(readings.at(-1)).toMatchObject({ class: 'unmatched', body: undefined });
    expect(first(ofKind(readings, 'gpu.sample')).body).toMatch(/^0 +212/);
  });
  test('a row that is too wide or has a word in a cell is malformed', () => {
    const header = '# gpu   pwr  gtemp\n';
    expect(read(`${header}    0    1    2    3\n`).map(nameOf)).toContain('malformed:dmon.width');
    expect(read(`${header}    0    1    hot\n`).map(nameOf)).toContain('malformed:dmon.cell');
  });
  test('a failure text in the stream', () => {
    const readings = read(
      `${WIDE}Unable to determine the device handle for GPU0000:4D:00.0: GPU is lost.  Reboot the system to recover this GPU\n`,
    );
    expect(first(ofKind(readings, 'smi.failed')).fields).toEqual({ errorType: 'lost', bus: '0000:4d:00' });
  });
});

describe('a truncated last row', () => {
  const cut = `# gpu   pwr gtemp mtemp    sm\n    0    90    61     -    97\n    1    90    61     -    97\n    0     -     -\n`;
  test('is told at the end of the source', () => {
    const truncated = ofKind(read(cut), 'gpu.sample_truncated');
    expect(truncated.map((reading) => reading.fields)).toEqual([{ index: 0, columnsRead: 2, columnsExpected: 4 }]);
    expect(first(truncated).severity).toBe('WARN');
  });
  test('is told when the process exits, once', () => {
    const parser = createDmonParser(source);
    const readings: RecordReading[] = [];
    const emit = (reading: RecordReading): void => void readings.push(reading);
    for (const line of linesOf(cut)) parser.parse(line, emit);
    expect(ofKind(readings, 'gpu.sample_truncated')).toHaveLength(0);
    parser.notice(noticeOf('exited', source), emit);
    parser.end(emit);
    expect(ofKind(readings, 'gpu.sample_truncated')).toHaveLength(1);
  });
  test('in the middle it is only malformed', () => {
    const names = read(cut.replace('    1    90    61     -    97', '    1    90')).map(nameOf);
    expect(names.slice(1, 4)).toEqual(['gpu.sample', 'malformed:dmon.width', 'gpu.sample_truncated']);
  });
  test('a full row that lost digits of its last cell is not taken for a value', () => {
    const readings = read('# gpu   pwr  pclk\n    0    90  1410\n    0    90    14');
    expect(readings.map(nameOf)).toEqual(['noise:dmon.header', 'gpu.sample', 'gpu.sample']);
    const short = read('# gpu   pwr  pclk\n    0    90  1410\n    0    90  14');
    expect(short.map(nameOf)).toEqual(['noise:dmon.header', 'gpu.sample', 'gpu.sample_truncated']);
  });
});

describe('times and cycles', () => {
  test('without stamps a backlog moves one second per cycle', () => {
    const rows = samples('# gpu   pwr\n    0   1\n    1   2\n    0   3\n    1   4\n');
    expect(rows.map((row) => row.fields.cycle)).toEqual([0, 0, 1, 1]);
    expect(rows.map((row) => isoInstant(row.at))).toEqual([
      '2026-03-04T10:00:00.000Z',
      '2026-03-04T10:00:00.000Z',
      '2026-03-04T10:00:01.000Z',
      '2026-03-04T10:00:01.000Z',
    ]);
    expect(rows.every((row) => row.timing === 'estimated')).toBe(true);
  });
  test('-o DT is local time of the source', () => {
    const text =
      '#Date       Time        gpu   pwr\n#YYYYMMDD   HH:MM:SS    Idx     W\n 20260301   23:59:58      0    40\n';
    const row = first(ofKind(readAll(createDmonParser(sourceOf('dmon', 3_600)), text), 'gpu.sample'));
    expect([isoInstant(row.at), row.timing]).toEqual(['2026-03-01T22:59:58.000Z', 'logged']);
    expect(isoInstant(first(samples(text)).at)).toBe('2026-03-01T23:59:58.000Z');
  });
  test('-o T takes the day of the arrival and passes midnight', () => {
    const rows = samples(
      '#Time         gpu    pwr\n#HH:MM:SS     Idx      W\n 23:59:59       0     40\n 00:00:00       0     41\n',
    );
    expect(rows.map((row) => isoInstant(row.at))).toEqual(['2026-03-04T23:59:59.000Z', '2026-03-05T00:00:00.000Z']);
    expect(first(rows).timing).toBe('estimated');
  });
  test('-o D starts at the day and moves on with it', () => {
    const rows = samples(
      '#Date       gpu   pwr\n#YYYYMMDD   Idx     W\n 20260301     0    40\n 20260301     0    41\n 20260303     0    42\n',
    );
    expect(rows.map((row) => isoInstant(row.at))).toEqual([
      '2026-03-01T00:00:00.000Z',
      '2026-03-01T00:00:01.000Z',
      '2026-03-03T00:00:00.000Z',
    ]);
  });
  test('a live row is timed by its arrival whatever its stamp says', () => {
    const text =
      '#Date       Time        gpu   pwr\n#YYYYMMDD   HH:MM:SS    Idx     W\n 20200301   23:59:58      0    40\n';
    const readings = readAll(createDmonParser(source), text, { observed: true });
    const row = first(ofKind(readings, 'gpu.sample'));
    expect([row.timing, row.at === ARRIVAL + 2_000_000_000n]).toEqual(['observed', true]);
    expect(readings.every((reading) => reading.timing === 'observed')).toBe(true);
  });
  test('a restarted process begins a new cycle and needs its own header', () => {
    const parser = createDmonParser(source);
    const readings: RecordReading[] = [];
    const emit = (reading: RecordReading): void => void readings.push(reading);
    for (const line of linesOf('# gpu   pwr\n    0   1\n')) parser.parse(line, emit);
    parser.notice(noticeOf('restarted', source), emit);
    for (const line of linesOf('    1   9\n# gpu    sm\n    1   7\n')) parser.parse(line, emit);
    expect(readings.map(nameOf)).toEqual([
      'noise:dmon.header',
      'gpu.sample',
      'malformed:dmon.no_header',
      'noise:dmon.header',
      'gpu.sample',
    ]);
    expect(ofKind(readings, 'gpu.sample').map((row) => row.fields.cycle)).toEqual([0, 1]);
  });
});
