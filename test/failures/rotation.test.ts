import { renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasNotice, hasText, kindsOf, textOf } from '../collectors/sources/reader.ts';
import { followLog } from './following.ts';

test('rename rotation: the old file is read to its end, then the new one from its beginning', async () => {
  const { log, reader, finish } = followLog();
  log.append('a\n');
  await reader.until(hasText('a\n'));
  log.append('b\n');
  renameSync(log.path, `${log.path}.1`);
  log.append('c\n');
  await reader.until(hasText('c\n'));
  await finish();
  expect(textOf(reader.events)).toBe('a\nb\nc\n');
  expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'rotated', 'opened', 'bytes']);
});

test('a writer that keeps its descriptor: the renamed file is read on while the new one is empty', async () => {
  const { log, reader, finish } = followLog();
  log.append('a\n');
  await reader.until(hasText('a\n'));
  renameSync(log.path, `${log.path}.1`);
  writeFileSync(log.path, '');
  writeFileSync(`${log.path}.1`, 'a\nb\n');
  await reader.until(hasText('b\n'));
  log.append('c\n');
  await reader.until(hasText('c\n'));
  await finish();
  expect(textOf(reader.events)).toBe('a\nb\nc\n');
});

test('positions go on over a rotation', async () => {
  const { log, reader, finish } = followLog();
  log.append('a\n');
  await reader.until(hasText('a\n'));
  renameSync(log.path, `${log.path}.1`);
  log.append('a\n');
  await reader.until((events) => textOf(events) === 'a\na\n');
  await finish();
  const positions = reader.events.flatMap((event) => (event.type === 'chunk' ? [event.position] : []));
  expect(positions).toEqual([0, 2]);
  expect(hasNotice('rotated')(reader.events)).toBe(true);
});
