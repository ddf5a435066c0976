// The counting behind `check`, and the detection of grammar and version family.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCheck } from '../../collectors/check.ts';
import { detectDialect, detectVersion, familyOfVersion } from '../../collectors/detect.ts';
import { createOllamaParser } from '../../collectors/ollama/parser.ts';
import { framed, SOURCE } from '../support/ollama-lines.ts';

const GIN = '[GIN] 2026/03/04 - 05:06:07 | 200 |   1.5s |       127.0.0.1 | POST     "/api/chat"';
const LISTENING =
  'time=2026-03-04T05:06:07.890Z level=INFO source=a.go:1 msg="Listening on [::]:11434 (version 0.33.1)"';

const checked = (...texts: readonly string[]) => {
  const check = createCheck();
  for (const [index, text] of texts.entries()) {
    const counting = check.file(`file${index}`, 'ollama');
    const parser = createOllamaParser(SOURCE);
    for (const line of framed(new TextEncoder().encode(text))) {
      counting.line(line);
      parser.parse(line, counting.reading);
    }
    parser.end(counting.reading);
  }
  return check;
};

describe('totals', () => {
  test('exactly the named keys come first, each line once', () => {
    const report = checked(
      `${GIN}\n....\n\nwhat\nslot x\n${GIN.slice(0, 40)}\n\ttop_k = 1\n`,
      `${GIN}${GIN}\n`,
    ).report();
    expect(Object.keys(report).slice(0, 7)).toEqual([
      'files',
      'lines',
      'matched',
      'noise',
      'continuation',
      'unmatched',
      'malformed',
    ]);
    expect(report).toMatchObject({
      files: 2,
      lines: 8,
      matched: 2,
      noise: 2,
      continuation: 1,
      unmatched: 2,
      malformed: 1,
    });
    expect(report.kinds).toEqual({ 'http.access': 3 });
    expect(report.names).toMatchObject({ 'unmatched: raw': 2, 'malformed: torn': 1, 'noise: load_dots': 1 });
  });

  test('the most severe class of a line counts, also when it is told late', () => {
    const torn = `slot print_timing: id  1 | task 6 | prompt eval ti${GIN}\n`;
    expect(checked(torn).report()).toMatchObject({ lines: 1, matched: 0, malformed: 1 });
    expect(checked(`${torn}me = 1.00 ms / 2 tokens\n`).report()).toMatchObject({ lines: 2, matched: 2, malformed: 0 });
  });

  test('lines of all classes add up, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(GIN, LISTENING, '....', 'slot x'))), (parts) => {
        const { lines, matched, noise, continuation, unmatched, malformed } = checked(parts.join('\n')).report();
        expect(matched + noise + continuation + unmatched + malformed).toBe(lines);
      }),
    );
  });

  test('examples are bounded, per name and over all', () => {
    const report = checked(
      Array.from({ length: 500 }, (_, index) => `unknown ${'x'.repeat(index)}`).join('\n'),
    ).report();
    expect(report.examples.unmatched).toHaveLength(10);
    expect(report.examples.unmatched[9]).toMatchObject({ file: 'file0', line: 10, name: 'raw' });
    expect(report.unmatched).toBe(500);
  });

  test('the text for people names files, families and what was not read, without control characters', () => {
    const text = checked(`${LISTENING}\nwhat\x07 now\n`).render();
    expect(text).toContain('1 files, 2 lines');
    expect(text).toContain('file0: 2 lines, ollama, Ollama >=0.30 (0.33.1)');
    expect(text).toContain('file0:2 (raw) what· now');
  });
});

describe('detection', () => {
  test.each([
    [GIN, 'ollama'],
    [`ollama-1  | ${LISTENING}`, 'ollama'],
    ['slot      release: id  0 | task 1 | stop processing: n_tokens = 1, truncated = 0', 'ollama'],
    ['# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec', 'dmon'],
    ['[  12.5] NVRM: Xid (PCI:0000:41:00): 79, pid=1, name=x, GPU has fallen off the bus.', 'kernel'],
    ['hello', undefined],
  ])('%s', (line, dialect) => {
    expect(detectDialect(['', 'a banner', line])).toBe(dialect);
  });

  test.each([
    ['0.34.4', '>=0.30'],
    ['0.30.0', '>=0.30'],
    ['0.24.0', '0.5.12-0.24'],
    ['0.5.12', '0.5.12-0.24'],
    ['0.5.11', '0.3.13-0.5.11'],
    ['0.6.7-rc0', '0.5.12-0.24'],
    ['0.3.12', '0.1.32-0.3.12'],
    ['0.1.31', '0.1.18-0.1.31'],
    ['0.1.10', '<0.1.18'],
    ['0.0.0', 'unknown'],
    ['1.2.3', '>=0.30'],
    ['x', 'unknown'],
  ])('version %s is of %s', (version, family) => {
    expect(familyOfVersion(version)).toBe(family);
  });

  test('a printed version beats evidence; evidence stands in for a missing or unversioned one', () => {
    const slot = 'slot      release: id  0 | task 1 | stop processing: n_tokens = 1, truncated = 0';
    expect(detectVersion([slot])).toEqual({ family: '>=0.30' });
    expect(detectVersion([slot, LISTENING.replace('0.33.1', '0.12.0')])).toEqual({
      family: '0.5.12-0.24',
      version: '0.12.0',
    });
    expect(detectVersion([LISTENING.replace('0.33.1', '0.0.0'), slot])).toEqual({ family: '>=0.30', version: '0.0.0' });
    expect(detectVersion([GIN])).toEqual({ family: 'unknown' });
  });
});
