import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasNotice, hasText, kindsOf, textOf } from '../collectors/sources/reader.ts';
import { followLog } from './following.ts';

test('a truncated log is told and read from its beginning', async () => {
  const { log, reader, finish } = followLog();
  log.append('first\nsecond\n');
  await reader.until(hasText('second'));
  truncateSync(log.path);
  await reader.until(hasNotice('truncated'));
  log.append('third\n');
  await reader.until(hasText('third'));
  await finish();
  expect(textOf(reader.events)).toBe('first\nsecond\nthird\n');
  expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'truncated', 'bytes']);
});

test('a log that was truncated and grew past the old end between two looks is recognised', async () => {
  const { log, reader, finish } = followLog();
  log.append('first\n');
  await reader.until(hasText('first'));
  writeFileSync(log.path, 'second and longer than before\n');
  await reader.until(hasText('second'));
  await finish();
  expect(textOf(reader.events)).toBe('first\nsecond and longer than before\n');
  expect(hasNotice('truncated')(reader.events)).toBe(true);
});

test('a writer that keeps its offset leaves NULs: they are told as bytes, and what follows is not lost', async () => {
  const { log, reader, finish } = followLog();
  const descriptor = openSync(log.path, 'w');
  writeSync(descriptor, 'first\n');
  await reader.until(hasText('first'));
  truncateSync(log.path);
  writeSync(descriptor, 'second\n');
  await reader.until(hasText('second'));
  closeSync(descriptor);
  await finish();
  expect(textOf(reader.events)).toBe(`first\n${'\0'.repeat(6)}second\n`);
});
