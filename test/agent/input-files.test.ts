// What a person can name by mistake: each gives a message with expected, found and a remedy, none a crash.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { openInput } from '../../agent/input-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'ollascope-input-'));
afterAll(() => rmSync(dir, { recursive: true }));

const file = (name: string, bytes: string | Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  return path;
};
const messageOf = (path: string): string => {
  const opened = openInput(path);
  return opened.kind === 'problem' ? opened.message.slice(path.length + 2) : opened.kind;
};

test('a missing file', () => {
  expect(messageOf(join(dir, 'none.log'))).toMatch(/^expected a log file or a recording, found nothing\. What to do: /);
});

test('a directory that is no recording, and one that is', () => {
  expect(messageOf(dir)).toContain('found a folder without recording.json');
  const recording = join(dir, 'r');
  mkdirSync(recording);
  writeFileSync(join(recording, 'recording.json'), '{}');
  expect(messageOf(recording)).toBe('recording');
  expect(openInput(join(recording, 'recording.json'))).toEqual({ kind: 'recording', path: recording });
});

test('a binary file, while NUL padding, colours and an empty file stay text', () => {
  expect(
    messageOf(
      file(
        'x.gz',
        gzipSync('time=1 level=INFO '.repeat(2_000) + Array.from({ length: 4_000 }, (_, i) => i * 7919).join(' ')),
      ),
    ),
  ).toContain('found gzip data');
  expect(messageOf(file('nul.log', `${'\0'.repeat(70_000)}[GIN] x\n`))).toBe('file');
  expect(messageOf(file('colour.log', '|\u001b[97;42m 200 \u001b[0m|\n'))).toBe('file');
  expect(messageOf(file('empty.log', ''))).toBe('file');
});

test.skipIf(process.getuid?.() === 0)('an unreadable file (not as root, who may read all)', () => {
  const path = file('secret.log', 'x');
  chmodSync(path, 0o000);
  expect(messageOf(path)).toContain('found no permission');
});

test('a device', () => {
  expect(messageOf('/dev/null')).toContain('found a device, pipe or socket');
});
