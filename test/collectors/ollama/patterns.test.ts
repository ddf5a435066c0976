// The pattern table: every sample is taken by exactly one pattern and reads to what it says; every kind has a pattern.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scanSlog } from '../../../collectors/ollama/slog.ts';
import { allRaw, allSlog, allSlot, slogNoiseOf } from '../../../collectors/ollama/table.ts';
import { readText, told } from '../../support/ollama-lines.ts';

type Sample = { readonly kind: string; readonly line: string; readonly is: unknown };
const samplesOf = (
  patterns: readonly { kind: string; samples: readonly { line: string; is: unknown }[] }[],
): readonly Sample[] => patterns.flatMap(({ kind, samples }) => samples.map(({ line, is }) => ({ kind, line, is })));

const all = samplesOf([...allSlog, ...allSlot, ...allRaw]);

/** Patterns that take a line, found by trying every one of its form, whatever its key. */
const takers = (line: string): readonly string[] => {
  if (line.startsWith('time=')) {
    const record = scanSlog(line, 0, line.length);
    if (record === undefined) return [];
    return allSlog
      .filter((p) => (p.test === undefined ? p.message === record.message : p.test.test(record.message)))
      .filter((p) => p.read(record, p.test?.exec(record.message) ?? undefined) !== undefined)
      .map((p) => p.kind);
  }
  const slot =
    /^slot +[\w()]+: id +(-?\d+) \| task (-?\d+) \| +(.*)$/.exec(line) ??
    /^slot +[\w()]+: id +(-?\d+) \| task (-?\d+) \| (.*)$/.exec(line);
  if (slot !== null) return allSlot.filter((p) => p.test.test(slot[3] ?? '')).map((p) => p.kind);
  const server = /^srv +[\w()]+: +(.*)$/.exec(line);
  const text = server?.[1] ?? line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '');
  return allRaw.filter((p) => (p.tag === 'srv') === (server !== null) && p.test.test(text)).map((p) => p.kind);
};

describe('samples', () => {
  test.each(all.map((sample) => [sample.kind, sample.line, sample.is] as const))('%s: %s', (kind, line, is) => {
    const readings = readText(`${line}\n`);
    expect(readings.map(told)).toEqual([`matched ${kind}`]);
    const [reading] = readings;
    expect(reading !== undefined && 'fields' in reading ? reading.fields : undefined).toEqual(is);
    expect(takers(line)).toEqual([kind]);
  });
});

describe('completeness', () => {
  test('every kind of the contract has a pattern or is read by its own scanner', () => {
    const contract = readFileSync(join(import.meta.dirname, '../../../collectors/ollama/kinds.ts'), 'utf8');
    const kinds = Array.from(contract.matchAll(/^ {2}'([a-z_]+\.[a-z_]+)':/gm), (m) => m[1] ?? '');
    const known = new Set<string>([...all.map((sample) => sample.kind), 'http.access', 'runner.crash_dump']);
    expect(kinds.length).toBeGreaterThan(60);
    expect(kinds.filter((kind) => !known.has(kind))).toEqual([]);
  });

  test('expressions are anchored and have no nested quantifier', () => {
    const expressions = [...allSlog, ...allSlot, ...allRaw].flatMap((p) =>
      p.test === undefined ? [] : [p.test.source],
    );
    expect(expressions.filter((source) => !source.startsWith('^'))).toEqual([]);
    expect(expressions.filter((source) => /[+*]\)[+*{]/.test(source))).toEqual([]);
  });

  test('a known message is never noise by its beginning', () => {
    const hidden = allSlog.filter((p) => p.test === undefined && slogNoiseOf(p.message)?.name !== 'content');
    expect(hidden.filter((p) => slogNoiseOf(p.message) !== undefined).map((p) => p.message)).toEqual([]);
  });

  test('an unknown message stays unmatched and its text at home', () => {
    const [reading] = readText(
      'time=2026-03-04T05:06:07.890Z level=INFO source=x.go:1 msg="a thing never said before" a=1\n',
    );
    expect(reading).toMatchObject({ type: 'line', class: 'unmatched', name: 'slog', body: undefined });
  });

  test('a known message without its fields is malformed', () => {
    expect(readText('time=2026-03-04T05:06:07.890Z level=INFO source=x.go:1 msg="loaded runners"\n').map(told)).toEqual(
      ['malformed slog'],
    );
  });
});
