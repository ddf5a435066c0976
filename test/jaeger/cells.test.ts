// Widths, cuts and amounts of the text renderers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationText, rateText } from '../../jaeger/amounts.ts';
import { cellsOf, cut, fitLeft, fitRight, printable } from '../../jaeger/cells.ts';
import { paintWith } from '../../jaeger/paint.ts';

describe('text in cells', () => {
  test.each([
    ['abc', 3],
    ['模型', 4],
    ['e\u0301', 1],
    ['└─ x', 4],
    ['🚀', 2],
    ['', 0],
  ])('%j takes %d cells', (text, cells) => {
    expect(cellsOf(text)).toBe(cells);
  });

  test('what is cut ends in an ellipsis, and a wide character is never halved', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('模型模', 4)).toBe('模…');
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abc', 0)).toBe('');
  });

  test('fitting gives exactly the width', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map(printable);
    fc.assert(
      fc.property(text, fc.nat(40), (said, width) => {
        expect(cellsOf(cut(said, width))).toBeLessThanOrEqual(width);
        expect(cellsOf(fitLeft(said, width))).toBe(width);
        expect(cellsOf(fitRight(said, width))).toBe(width);
      }),
    );
  });

  test('escapes, overrides and lone surrogates are made visible', () => {
    expect(printable('a\u001b[31mb\u202ec\ud800\u0007')).toBe('a\ufffd[31mb\ufffdc\ufffd\ufffd');
    expect(printable('größe 模型 🚀')).toBe('größe 模型 🚀');
  });

  test('paint is nothing without colour', () => {
    expect(paintWith(false)('error', 'x')).toBe('x');
    expect(paintWith(true)('error', 'x')).toBe('\u001b[31mx\u001b[0m');
    expect(paintWith(true)('error', '')).toBe('');
  });
});

describe('amounts', () => {
  test.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [Number.NaN, '0 ms'],
    [400, '1 µs'],
    [312_000, '312 µs'],
    [4_510_000, '4.51 ms'],
    [310_999_999, '310 ms'],
    [999_999_999, '999 ms'],
    [2_410_000_000, '2.410 s'],
    [59_999_900_000, '59.999 s'],
    [125_000_000_000, '2 m 05 s'],
    [3_720_000_000_000, '1 h 02 m'],
  ])('%d ns is %s', (ns, text) => {
    expect(durationText(ns)).toBe(text);
  });

  test('rates', () => {
    expect(rateText(88, 980_000_000)).toBe('89.8 tok/s');
    expect(rateText(416, 310_000_000)).toBe('1342 tok/s');
    expect(rateText(0, 5)).toBeUndefined();
    expect(rateText(5, 0)).toBeUndefined();
  });
});
