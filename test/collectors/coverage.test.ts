// Coverage over real logs: every line that no pattern takes is in the reviewed list, and the records that were read are as
// many as independent expressions find. Skipped, by name, where the corpus is absent.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CheckReport, createCheck } from '../../collectors/check.ts';
import { detectDialect } from '../../collectors/detect.ts';
import { createOllamaParser } from '../../collectors/ollama/parser.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import { CORPUS, corpusFiles, corpusIsHere } from '../support/corpus.ts';
import { framed, SOURCE } from '../support/ollama-lines.ts';

type Reviewed = { readonly [file: string]: { readonly lines: string; readonly reason: string } };
const reviewed: Reviewed = JSON.parse(readFileSync(join(import.meta.dirname, 'unmatched-reviewed.json'), 'utf8'));

/** `1,3-5` as 1, 3, 4, 5. */
const numbersOf = (ranges: string): readonly number[] =>
  ranges.split(',').flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });

/** Known records that were cut by whoever captured the log. */
const MALFORMED: { readonly [file: string]: readonly string[] } = { '062-v0240-compose-powershell.log': ['66 torn'] };

/** Files whose first line of a known form is not Ollama's. */
const FOREIGN: ReadonlySet<string> = new Set();

if (!corpusIsHere) console.log('skipped: the corpus of real logs is not beside the repository');
const files = [...corpusFiles('ollama'), ...corpusFiles('live').filter((path) => path.endsWith('.log'))].map(
  (path) => ({
    path,
    file: basename(path),
  }),
);

type Read = {
  readonly bytes: Buffer;
  readonly readings: readonly RecordReading[];
  readonly numbers: ReadonlyMap<number, number>;
  readonly report: CheckReport;
};

const read = (path: string): Read => {
  const bytes = readFileSync(join(CORPUS, path));
  const lines = framed(bytes);
  const parser = createOllamaParser(SOURCE);
  const check = createCheck();
  const counting = check.file(path, 'ollama');
  const readings: RecordReading[] = [];
  const keep = (reading: RecordReading): void => {
    readings.push(reading);
    counting.reading(reading);
  };
  for (const line of lines) {
    counting.line(line);
    parser.parse(line, keep);
  }
  parser.end(keep);
  return {
    bytes,
    readings,
    numbers: new Map(lines.map((line, index) => [line.position, index + 1])),
    report: check.report(),
  };
};

/** gin's line and slog's head wherever they stand, in any envelope; found with expressions of their own. */
const ACCESS =
  /\[GIN\] \d{4}\/\d\d\/\d\d - \d\d:\d\d:\d\d \|(?:\x1b\[[0-9;]*m)? *\d{3} (?:\x1b\[[0-9;]*m)?\| +\S+ \| +\S* ?\|(?:\x1b\[[0-9;]*m)? (?:\S+) *(?:\x1b\[[0-9;]*m)? *\\?"/g;

describe.skipIf(!corpusIsHere)('real logs', () => {
  test.each(files)('$file', ({ path, file }) => {
    const { bytes, readings, numbers, report } = read(path);
    const lineOf = (reading: RecordReading): number => numbers.get(reading.line.position) ?? 0;
    const unmatched = readings
      .filter((reading) => reading.type === 'line' && reading.class === 'unmatched')
      .map(lineOf);
    expect(unmatched, 'lines that no pattern takes').toEqual(
      numbersOf(reviewed[file]?.lines ?? '').filter((n) => n > 0),
    );
    const malformed = readings.flatMap((reading) =>
      reading.type === 'line' && reading.class === 'malformed' ? [`${lineOf(reading)} ${reading.name}`] : [],
    );
    expect(malformed, 'known records, broken').toEqual(MALFORMED[file] ?? []);
    expect(new Set(readings.map((reading) => reading.line.position)).size, 'lines read').toBe(numbers.size);
    const { lines, matched, noise, continuation } = report;
    expect([lines, matched + noise + continuation + report.unmatched + report.malformed]).toEqual([
      numbers.size,
      numbers.size,
    ]);
    const text = bytes.toString('utf8').replaceAll('\0', '');
    const access = readings.filter((reading) => reading.type === 'ollama' && reading.kind === 'http.access').length;
    expect(access, 'access lines').toBe(file === 'R10-gin-odd-fields.log' ? 10 : (text.match(ACCESS)?.length ?? 0));
    const dialect = detectDialect(text.split('\n').slice(0, 400));
    expect(dialect === 'ollama').toBe(!FOREIGN.has(file));
  });

  test('the reviewed list names only files that exist, each with a reason', () => {
    for (const [file, { reason }] of Object.entries(reviewed)) {
      expect(files.map((known) => known.file)).toContain(file);
      expect(reason.length).toBeGreaterThan(20);
    }
  });

  test.each([
    ['ollama/065-v03010-pull-no-gpu.log', '>=0.30', '0.30.10'],
    ['ollama/070-v0320-docker-trunc-slow-prefill.log', '>=0.30', undefined],
    ['ollama/056-v0210-8xa100.log', '0.5.12-0.24', '0.21.0'],
    ['ollama/016-v054-runpod-ansi-gin-debug.log', '0.3.13-0.5.11', '0.5.4-0-g2ddc32d-dirty'],
    ['ollama/004-v0138-journald-cuda-chat.log', '0.1.32-0.3.12', undefined],
    ['ollama/made/R07-v0110-logprintf-era.log', '<0.1.18', '0.1.10'],
    ['ollama/091-ansi-coloured-gin.log', 'unknown', undefined],
  ])('%s seems to be of %s', (path, family, version) => {
    const [file] = read(path).report.perFile;
    expect(file?.versionFamily).toBe(family);
    if (version !== undefined) expect(file?.version).toBe(version);
  });

  test('what all logs hold together', () => {
    const counts = { lines: 0, known: 0 };
    for (const { path, file } of files) {
      const { report } = read(path);
      if (file in reviewed) continue;
      counts.lines += report.lines;
      counts.known += report.matched + report.noise + report.continuation;
    }
    console.log(`${counts.known} of ${counts.lines} lines of the logs without other programs' output are known`);
    expect(counts.known / counts.lines).toBeGreaterThanOrEqual(0.995);
  });
});
