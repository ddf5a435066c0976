import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasNotice, hasText, kindsOf, observedText, textOf } from '../collectors/sources/reader.ts';
import { followLog } from './following.ts';

test('deletion and recreation: told, and nothing of either file is lost', async () => {
  const { log, reader, finish } = followLog();
  log.append('a\n');
  await reader.until(hasText('a\n'));
  log.append('b\n');
  rmSync(log.path);
  await reader.until(hasNotice('deleted'));
  log.append('c\n');
  await reader.until(hasText('c\n'));
  await finish();
  expect(textOf(reader.events)).toBe('a\nb\nc\n');
  expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'deleted', 'rotated', 'opened', 'bytes']);
});

test('late creation: a log that does not exist yet is waited for, and its first lines are observed', async () => {
  const { log, reader, finish } = followLog({ startAt: 'end' });
  await reader.until(hasNotice('unavailable'));
  writeFileSync(log.path, 'first\n');
  await reader.until(hasText('first'));
  await finish();
  expect(observedText(reader.events)).toBe('first\n');
  expect(kindsOf(reader.events)).toEqual(['unavailable', 'opened', 'bytes']);
});

test('a partial line is told as it comes, its rest when it comes', async () => {
  const { log, reader, finish } = followLog();
  log.append('load_tensors: ....');
  await reader.until(hasText('....'));
  appendFileSync(log.path, '...\n');
  await reader.until(hasText('.......\n'));
  await finish();
  expect(textOf(reader.events)).toBe('load_tensors: .......\n');
});
