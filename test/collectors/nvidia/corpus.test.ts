// Coverage over real captures: each file is read by the grammar it is detected as, and every line that no pattern takes is in
// the reviewed list. Skipped, by name, where the corpus is absent.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nvidiaDialectOf } from '../../../collectors/nvidia/detect.ts';
import type { LineReading, RecordReading } from '../../../collectors/reading.ts';
import { CORPUS, corpusFiles, corpusIsHere } from '../../support/corpus.ts';
import { linesOf, nameOf, parserOf, readAll, sourceOf } from './feed.ts';

type Reviewed = { readonly [file: string]: { readonly lines: readonly number[]; readonly reason: string } };
const reviewed: Reviewed = JSON.parse(readFileSync(join(import.meta.dirname, 'unmatched-reviewed.json'), 'utf8'));
/** Other programs' logs: nothing of NVIDIA's is detected in them. */
const FOREIGN: ReadonlySet<string> = new Set(['086-device-plugin-xid48-unhealthy.txt']);
/** Known records that were broken or cut by whoever published them; rows whose header was not published. */
const MALFORMED: { readonly [file: string]: readonly string[] } = {
  '075-query-gpu-na-vs-not-supported-2020.txt': ['query.no_header', 'query.no_header'],
  '079-dmesg-xid31-chrome-515.65.01.txt': ['kernel.gpu_identity'],
  '085-journal-xid48-171-63-154-rtxpro6000.txt': ['kernel.gpu_identity'],
};

if (!corpusIsHere) console.log('skipped: the corpus of real captures is not beside the repository');
const files = corpusFiles('nvidia').map((path) => ({ path, file: basename(path) }));

const readFile = (path: string): RecordReading[] => {
  const text = readFileSync(join(CORPUS, path), 'utf8');
  const dialect = nvidiaDialectOf(linesOf(text).map((line) => line.text)) ?? 'dmon';
  return readAll(parserOf(dialect), text, { source: sourceOf(dialect) });
};
const lineReadings = (readings: readonly RecordReading[], lineClass: LineReading['class']): LineReading[] =>
  readings.filter((reading): reading is LineReading => reading.type === 'line' && reading.class === lineClass);

describe.skipIf(!corpusIsHere)('real captures', () => {
  test.each(files)('$file', ({ path, file }) => {
    const text = readFileSync(join(CORPUS, path), 'utf8');
    const lines = linesOf(text);
    const detected = nvidiaDialectOf(lines.map((line) => line.text));
    expect(detected === undefined).toBe(FOREIGN.has(file));
    if (detected === undefined) return;
    const readings = readFile(path);
    const numberOf = new Map(lines.map((line, index) => [line.position, index + 1]));
    const unmatched = lineReadings(readings, 'unmatched').map((reading) => numberOf.get(reading.line.position));
    expect(unmatched, 'lines that no pattern takes').toEqual(reviewed[file]?.lines ?? []);
    expect(lineReadings(readings, 'malformed').map((reading) => reading.name)).toEqual(MALFORMED[file] ?? []);
    expect(new Set(readings.map((reading) => reading.line.position)).size, 'lines read').toBe(lines.length);
  });
  test('the reviewed list names only files and lines that exist, each with a reason', () => {
    for (const [file, entry] of Object.entries(reviewed)) {
      expect(files.map((known) => known.file)).toContain(file);
      expect(entry.reason.length).toBeGreaterThan(10);
    }
  });
  test('what all captures hold together', () => {
    const counts = new Map<string, number>();
    for (const { path, file } of files) {
      if (FOREIGN.has(file)) continue;
      for (const reading of readFile(path)) {
        const name = reading.type === 'line' ? reading.class : nameOf(reading);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries([...counts].sort())).toEqual({
      continuation: 3,
      'gpu.app': 3,
      'gpu.process': 117,
      'gpu.query': 23,
      'gpu.sample': 158,
      'gpu.sample_truncated': 2,
      'kernel.driver_loaded': 1,
      'kernel.gpu_identity': 2,
      'kernel.gpu_lost': 1,
      'kernel.gpu_serial': 2,
      'kernel.gsp_rate_limited': 1,
      malformed: 4,
      noise: 1_065,
      'smi.failed': 13,
      unmatched: 3,
      xid: 45,
    });
  });
});
