import { describe, expect, test } from 'vitest';
import { createPmonParser } from '../../../collectors/nvidia/pmon.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { isoInstant } from '../../../otel/time.ts';
import { first, linesOf, nameOf, noticeOf, ofKind, readAll, sourceOf } from './feed.ts';

const source = sourceOf('pmon');
const read = (text: string): RecordReading[] => readAll(createPmonParser(source), text);
const fieldsOf = (text: string) => ofKind(read(text), 'gpu.process').map((reading) => reading.fields);

const NEWEST =
  '# gpu         pid   type     sm    mem    enc    dec    jpg    ofa    command \n# Idx           #    C/G      %      %      %      %      %      %    name \n';
const OLDEST =
  '# gpu        pid  type    sm   mem   enc   dec   command\n# Idx          #   C/G     %     %     %     %   name\n';

describe('generations and options', () => {
  test('550 and newer: eight cells and a name', () => {
    expect(
      fieldsOf(`${NEWEST}    1      70321     C     88     41      -      -      -      -    ollama         \n`),
    ).toEqual([{ index: 1, pid: 70_321, type: 'C', command: 'ollama', columns: { sm: 88, mem: 41 } }]);
  });
  test('535 and older', () => {
    expect(fieldsOf(`${OLDEST}    0      70321     G     3     1     -     9   Xorg\n`)).toEqual([
      { index: 0, pid: 70_321, type: 'G', command: 'Xorg', columns: { sm: 3, mem: 1, dec: 9 } },
    ]);
  });
  test('-s mu has memory columns', () => {
    const text =
      '# gpu         pid   type     fb   ccpm     sm    mem    command\n    0      70321     C   5120      0     50     20    ollama\n';
    expect(fieldsOf(text)[0]?.columns).toEqual({ fb: 5_120, ccpm: 0, sm: 50, mem: 20 });
  });
  test('-o DT stamps rows', () => {
    const text =
      '#Date       Time        gpu         pid   type     sm    command\n 20260301   11:22:33      0      70321     C      5    ollama\n';
    const row = first(ofKind(read(text), 'gpu.process'));
    expect([isoInstant(row.at), row.timing, row.fields.command]).toEqual([
      '2026-03-01T11:22:33.000Z',
      'logged',
      'ollama',
    ]);
  });
  test('csv', () => {
    const text = '#gpu, pid, type, sm, command\n0, 70321, C+G, -, My Game, Deluxe.exe\n';
    expect(fieldsOf(text)).toEqual([
      { index: 0, pid: 70_321, type: 'C+G', command: 'My Game, Deluxe.exe', columns: {} },
    ]);
  });
  test.each(['C', 'G', 'C+G', 'M', 'M+C'])('type %s', (type) => {
    expect(fieldsOf(`${OLDEST}    0      70321   ${type}     3     1     -     9   app\n`)[0]?.type).toBe(type);
  });
});

describe('commands', () => {
  test('a command may hold blanks; a full name has none behind it', () => {
    const row = '    0      70321   C+G      -      -      -      -      -      -    ';
    expect(
      fieldsOf(`${NEWEST}${row}Some Overlay.  \n${row}exactly16letters\n`).map((fields) => fields.command),
    ).toEqual(['Some Overlay.', 'exactly16letters']);
  });
  test('a path is cut to its base name, also in the body', () => {
    const [row] = ofKind(
      read(`${OLDEST}    0      70321     C     3     1     -     9   /home/ann/bin/serve --key s3cret\n`),
      'gpu.process',
    );
    expect(row?.fields.command).toBe('serve');
    expect(row?.body).not.toMatch(/ann|s3cret/);
  });
});

describe('lines around the rows', () => {
  test('an idle GPU is noise, a missing sample is no column', () => {
    const text = `${NEWEST}    0          -     -      -      -      -      -      -      -    -              \n    1      70321     C      -      -      -      -      -      -    ollama\n`;
    expect(read(text).map(nameOf)).toEqual([
      'noise:pmon.header',
      'noise:pmon.header',
      'noise:pmon.idle',
      'gpu.process',
    ]);
    expect(fieldsOf(text)[0]?.columns).toEqual({});
  });
  test('a header after every 44 rows, in the middle of a cycle, changes nothing', () => {
    const row = (index: number, pid: number): string =>
      `    ${index}      ${pid}     C      1      2      -      -      -      -    ollama\n`;
    const rows = [row(0, 7), row(1, 7), row(0, 7), row(1, 7)];
    const once = fieldsOf(NEWEST + rows.join(''));
    expect(fieldsOf(NEWEST + rows.slice(0, 3).join('') + NEWEST + rows.slice(3).join(''))).toEqual(once);
    expect(once).toHaveLength(4);
  });
  test('broken rows are malformed, foreign lines unmatched', () => {
    const names = read(
      `${OLDEST}    0      70321     C     3     1\n    0      70321     C     x     1     -     9   app\n    0      seven     C     3     1     -     9   app\nhello there\n`,
    ).map(nameOf);
    expect(names.slice(2)).toEqual([
      'malformed:pmon.width',
      'malformed:pmon.cell',
      'malformed:pmon.cell',
      'unmatched:raw',
    ]);
  });
  test('rows without any header are malformed', () => {
    expect(read('    0      70321     C     3     1     -     9   app\n').map(nameOf)).toEqual([
      'malformed:pmon.no_header',
    ]);
  });
});

describe('times', () => {
  test('a pid that comes again begins the next cycle', () => {
    const row = (index: number, pid: number): string =>
      `    ${index}      ${pid}     C      1      2      -      -   ollama\n`;
    const rows = ofKind(read(OLDEST + row(0, 9) + row(0, 5) + row(1, 9) + row(0, 9) + row(1, 9)), 'gpu.process');
    const seconds = rows.map((reading) => isoInstant(reading.at).slice(17, 19));
    expect(seconds).toEqual(['00', '00', '00', '01', '01']);
  });
  test('after a restart rows wait for the new header', () => {
    const parser = createPmonParser(source);
    const readings: RecordReading[] = [];
    const emit = (reading: RecordReading): void => void readings.push(reading);
    for (const line of linesOf(OLDEST)) parser.parse(line, emit);
    parser.notice(noticeOf('restarted', source), emit);
    for (const line of linesOf('    0      70321     C     3     1     -     9   app\n')) parser.parse(line, emit);
    expect(readings.map(nameOf).at(-1)).toBe('malformed:pmon.no_header');
  });
});
