// When a line was written, and how that is known: own stamps, envelopes, arrival, and honest estimates for a backlog.
import { describe, expect, test } from 'vitest';
import type { RecordReading } from '../../../collectors/reading.ts';
import { isoInstant } from '../../../otel/time.ts';
import { BASE, readText, SOURCE } from '../../support/ollama-lines.ts';

const GIN = '[GIN] 2026/03/04 - 05:06:07 | 200 |   1.500000000s |       127.0.0.1 | POST     "/api/chat"';
const RUNNERS = 'time=2026-03-04T05:06:07.890Z level=INFO source=sched.go:561 msg="loaded runners" count=2';

describe('time', () => {
  const at = (reading: RecordReading | undefined): string =>
    reading === undefined ? '' : `${reading.timing} ${isoInstant(reading.at)}`;
  const RAW = 'srv  update_slots: all slots are idle';

  test('a backlog: own stamps are logged, the rest is estimated from the last known time', () => {
    const text = [RUNNERS.replace('Z level', '+05:30 level'), RAW, GIN.replace('05:06:07', '05:06:09'), RAW].join('\n');
    expect(readText(text).map(at)).toEqual([
      'logged 2026-03-03T23:36:07.890Z',
      'estimated 2026-03-03T23:36:07.890Z',
      'estimated 2026-03-03T23:36:09.000Z',
      'estimated 2026-03-03T23:36:09.000Z',
    ]);
  });

  test('an estimate never runs backwards, unless the clock was set back', () => {
    const early = GIN.replace('05:06:07', '05:06:05');
    const before = GIN.replace('2026/03/04', '2026/03/03');
    expect(readText([RUNNERS, early, before].join('\n')).map(at)).toEqual([
      'logged 2026-03-04T05:06:07.890Z',
      'estimated 2026-03-04T05:06:07.890Z',
      'estimated 2026-03-03T05:06:07.000Z',
    ]);
  });

  test("a source's zone serves until a record tells one", () => {
    const source = { ...SOURCE, offsetSeconds: 3_600 };
    expect(readText(`${GIN}\n`, { source }).map(at)).toEqual(['estimated 2026-03-04T04:06:07.000Z']);
    expect(readText(`${GIN}\n`).map(at)).toEqual(['estimated 2026-03-04T05:06:07.000Z']);
  });

  test('a live follower: arrival beats the printed second', () => {
    const readings = readText([GIN, RAW, RUNNERS].join('\n'), { observed: true });
    expect(readings.map((reading) => [reading.timing, reading.at])).toEqual([
      ['observed', BASE],
      ['observed', BASE],
      ['logged', readings[2]?.at],
    ]);
  });

  test("an envelope's stamp is logged; whole seconds are an estimate", () => {
    const cri = (text: string): string => `2026-03-04T05:06:08.123456789Z stderr F ${text}`;
    expect(readText(`${cri(RAW)}\n${cri(GIN)}\n${cri(RUNNERS)}\n`).map(at)).toEqual([
      'logged 2026-03-04T05:06:08.123Z',
      'logged 2026-03-04T05:06:08.123Z',
      'logged 2026-03-04T05:06:07.890Z',
    ]);
    expect(readText(`2026-03-04T05:06:08+0000 h ollama[1]: ${RAW}\n`).map(at)).toEqual([
      'estimated 2026-03-04T05:06:08.000Z',
    ]);
  });

  test('before anything is known the arrival stands, and binds nothing', () => {
    const readings = readText([RAW, RUNNERS].join('\n'));
    expect(readings.map((reading) => reading.timing)).toEqual(['estimated', 'logged']);
    expect(readings[0]?.at).toBe(BASE);
  });
});
