import { expect, test } from 'vitest';
import { type Fate, fateOf, type OpenFile, type PathFile } from '../../../collectors/sources/fate.ts';

const open: OpenFile = { device: 1n, inode: 10n, sizeBytes: 100, offset: 100, tailMatches: true };
const here: PathFile = { device: 1n, inode: 10n, sizeBytes: 100 };
const other: PathFile = { device: 1n, inode: 11n, sizeBytes: 5 };

test.each<[string, OpenFile, PathFile, Fate]>([
  ['nothing happened', open, here, 'same'],
  ['bytes were appended', { ...open, sizeBytes: 120 }, here, 'grown'],
  ['it was cut', { ...open, sizeBytes: 0 }, here, 'truncated'],
  ['it was cut and grew past the old end', { ...open, sizeBytes: 500, tailMatches: false }, here, 'truncated'],
  ['it was cut and filled to the same size', { ...open, tailMatches: false }, here, 'truncated'],
  ['another file is at the path', open, other, 'rotated'],
  ['another file, of the same number on another device', open, { device: 2n, inode: 10n, sizeBytes: 1 }, 'rotated'],
  ['another file, and this one still has bytes', { ...open, sizeBytes: 101 }, other, 'grown'],
  ['another file that is empty: the writer keeps this one', open, { ...other, sizeBytes: 0 }, 'same'],
  ['nothing is at the path', open, undefined, 'gone'],
  ['nothing is at the path, and this one still has bytes', { ...open, sizeBytes: 101 }, undefined, 'grown'],
])('%s', (_, file, path, fate) => {
  expect(fateOf(file, path)).toBe(fate);
});
