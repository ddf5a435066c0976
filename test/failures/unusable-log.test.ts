import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { hasNotice, hasText, noticeOf, textOf } from '../collectors/sources/reader.ts';
import { followLog } from './following.ts';

/** Root may read everything: the test then acts as nobody while it follows. */
const NOBODY = 65_534;
const asSomebodyElse = async (act: () => Promise<void>): Promise<void> => {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(NOBODY);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
};

const notice = (detail: string) => ({ type: 'notice', kind: 'unavailable', detail: expect.stringContaining(detail) });

describe('a log that cannot be followed is told with what to do, and followed once it can be', () => {
  test('permission denied', async () => {
    const { log, reader, finish } = followLog();
    log.append('secret\n');
    chmodSync(log.path, 0o000);
    await asSomebodyElse(() => reader.until(hasNotice('unavailable')));
    expect(noticeOf(reader.events, 'unavailable')).toMatchObject(notice('give this user read access'));
    chmodSync(log.path, 0o644);
    await reader.until(hasText('secret'));
    await finish();
  });

  test('directory', async () => {
    const { log, reader, finish } = followLog();
    mkdirSync(log.path);
    await reader.until(hasNotice('unavailable'));
    expect(noticeOf(reader.events, 'unavailable')).toMatchObject(
      notice('found a directory: name the log file inside it'),
    );
    rmSync(log.path, { recursive: true });
    log.append('now a file\n');
    await reader.until(hasText('now a file'));
    await finish();
  });

  test('named pipe', async () => {
    const { log, reader, finish } = followLog();
    execFileSync('mkfifo', [log.path]);
    await reader.until(hasNotice('unavailable'));
    expect(noticeOf(reader.events, 'unavailable')).toMatchObject(notice('standard input'));
    await finish();
  });

  test('compressed and binary files', async () => {
    for (const [bytes, found] of [
      [gzipSync('a log\n'.repeat(100)), 'gzip data'],
      [Buffer.from('GGUF\x03\0\0\0'), 'a GGUF model'],
      [Buffer.from(Array.from({ length: 4_096 }, (_, index) => index % 256)), 'binary data'],
    ] as const) {
      const { log, reader, finish } = followLog();
      writeFileSync(log.path, bytes);
      await reader.until(hasNotice('unavailable'));
      expect(noticeOf(reader.events, 'unavailable')).toMatchObject(notice(`found ${found}`));
      expect(textOf(reader.events)).toBe('');
      await finish();
    }
  });

  test('no notice tells a path, and each is told once', async () => {
    const { log, clock, reader, finish } = followLog();
    mkdirSync(log.path);
    await reader.until(hasNotice('unavailable'));
    const pulled = reader.next();
    await clock.waiting();
    rmSync(log.path, { recursive: true });
    log.append('x\n');
    await pulled;
    await finish();
    const notices = reader.events.filter((event) => event.type === 'notice');
    expect(notices.filter((event) => event.kind === 'unavailable').length).toBeLessThanOrEqual(2);
    for (const event of notices) expect(event.detail).not.toContain(log.folder);
  });
});
