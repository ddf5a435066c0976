import { describe, expect, test } from 'vitest';
import { createKernelParser, type KernelOptions } from '../../../collectors/nvidia/kernel.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { isoInstant } from '../../../otel/time.ts';
import { at, first, nameOf, ofKind, readAll, sourceOf } from './feed.ts';

const source = sourceOf('kernel');
const read = (text: string, options?: KernelOptions): RecordReading[] =>
  readAll(createKernelParser(source, options), `${text}\n`);
const xidsOf = (text: string) => ofKind(read(text), 'xid');

const PLACE = 'NVRM: Xid (PCI:0000:3b:00): ';

describe('envelopes', () => {
  const MESSAGE = `${PLACE}79, GPU has fallen off the bus.`;
  const timeOf = (line: string, options?: KernelOptions): [string, string] => {
    const reading = first(ofKind(read(line, options), 'xid'));
    return [isoInstant(reading.at, 6), reading.timing];
  };
  test.each([
    ['short-iso', `2026-03-01T12:00:00+0200 node3 kernel: ${MESSAGE}`, '2026-03-01T10:00:00.000000Z'],
    ['short-iso-precise', `2026-03-01T12:00:00.250001+02:00 node3 kernel: ${MESSAGE}`, '2026-03-01T10:00:00.250001Z'],
    ['dmesg iso', `2026-03-01T12:00:00,250001+02:00 ${MESSAGE}`, '2026-03-01T10:00:00.250001Z'],
    ['short-full', `Sun 2026-03-01 12:00:00 UTC node3 kernel: ${MESSAGE}`, '2026-03-01T12:00:00.000000Z'],
    ['ctime', `[Sun Mar  1 12:00:00 2026] ${MESSAGE}`, '2026-03-01T12:00:00.000000Z'],
    ['short', `Mar  1 12:00:00 node3 kernel: ${MESSAGE}`, '2026-03-01T12:00:00.000000Z'],
    ['short-precise', `Mar  1 12:00:00.123456 node3 kernel: ${MESSAGE}`, '2026-03-01T12:00:00.123456Z'],
    [
      'syslog with dmesg stamp',
      `Mar  1 12:00:00 node3 kernel: [  843.123456] ${MESSAGE}`,
      '2026-03-01T12:00:00.000000Z',
    ],
    [
      'json',
      JSON.stringify({ __REALTIME_TIMESTAMP: '1772366400123456', _TRANSPORT: 'kernel', MESSAGE }),
      '2026-03-01T12:00:00.123456Z',
    ],
    [
      'json bytes',
      JSON.stringify({
        __REALTIME_TIMESTAMP: '1772366400123456',
        _TRANSPORT: 'kernel',
        MESSAGE: [...Buffer.from(MESSAGE)],
      }),
      '2026-03-01T12:00:00.123456Z',
    ],
  ])('%s is stamped', (_name, line, expected) => {
    expect(timeOf(line)).toEqual([expected, 'logged']);
    expect(first(xidsOf(line)).body).toBe(MESSAGE);
  });
  test.each([
    ['kmsg', `3,1500,843123456,-;${MESSAGE}`],
    ['kmsg with caller', `3,1500,843123456,-,caller=T901;${MESSAGE}`],
    ['dmesg', `[  843.123456] ${MESSAGE}`],
    ['dmesg with caller', `[  843.123456][  T901] ${MESSAGE}`],
    ['dmesg -x', `kern  :err   : [  843.123456] ${MESSAGE}`],
    ['raw dmesg', `<3>[  843.123456] ${MESSAGE}`],
    ['short-monotonic', `[  843.123456] node3 kernel: ${MESSAGE}`],
  ])('%s needs the boot time', (_name, line) => {
    expect(timeOf(line, { bootAt: at('2026-03-01T00:00:00Z') })).toEqual(['2026-03-01T00:14:03.123456Z', 'logged']);
    expect(timeOf(line)).toEqual(['2026-03-04T10:00:00.000000Z', 'estimated']);
  });
  test('without a boot time the distances are kept', () => {
    const [a, b] = xidsOf(`[  843.000000] ${PLACE}62, x\n[  845.500000] ${PLACE}45, Ch 00000001`);
    expect(Number((b?.at ?? 0n) - (a?.at ?? 0n))).toBe(2_500_000_000);
  });
  test('a live line is timed by its arrival', () => {
    const readings = readAll(createKernelParser(source), `Mar  1 12:00:00 node3 kernel: ${MESSAGE}\n`, {
      observed: true,
    });
    expect(readings.map((reading) => [isoInstant(reading.at), reading.timing])).toEqual([
      ['2026-03-04T10:00:00.000Z', 'observed'],
    ]);
  });
  test('a syslog stamp takes the year before where it would lie ahead, and the next one at new year', () => {
    expect(timeOf(`Dec 30 12:00:00 node3 kernel: ${MESSAGE}`)[0]).toBe('2025-12-30T12:00:00.000000Z');
    const turned = xidsOf(`Dec 31 23:59:59 n kernel: ${PLACE}62, x\nJan  1 00:00:01 n kernel: ${PLACE}62, x`);
    expect(turned.map((reading) => isoInstant(reading.at, 0))).toEqual([
      '2025-12-31T23:59:59Z',
      '2026-01-01T00:00:01Z',
    ]);
  });
  test('local stamps use the offset of the source', () => {
    const readings = readAll(createKernelParser(sourceOf('kernel', 7_200)), `[Sun Mar  1 12:00:00 2026] ${MESSAGE}\n`);
    expect(isoInstant(first(readings).at)).toBe('2026-03-01T10:00:00.000Z');
  });
  test('no envelope at all, or quoted in a report', () => {
    expect(first(xidsOf(MESSAGE)).timing).toBe('estimated');
    expect(first(xidsOf(`found (2 minutes ago) "${MESSAGE}"`)).body).toBe(MESSAGE);
  });
  test('another program that quotes an Xid is no second Xid', () => {
    expect(read(`Mar  1 12:00:00 node3 watcher[7]: saw "${MESSAGE}"`).map(nameOf)).toEqual(['noise:syslog.other']);
  });
});
