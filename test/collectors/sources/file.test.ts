import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileSource, type FileSpec, POLL_MS } from '../../../collectors/sources/file.ts';
import type { SourceContext } from '../../../collectors/sources/source.ts';
import { createLogFolder, type LogFolder } from './log-folder.ts';
import { createContext, createReader, hasNotice, hasText, kindsOf, noticeOf, observedText, textOf } from './reader.ts';
import { sourceSuite } from './source-suite.ts';

const openWith = (hints: boolean) => (context: SourceContext) => {
  const log = createLogFolder();
  log.append('');
  const spec: FileSpec = { name: 'ollama', dialect: 'ollama', path: log.path, startAt: 'beginning', hints };
  return {
    source: createFileSource(spec, context),
    write: (bytes: Uint8Array) => appendFileSync(log.path, bytes),
    cleanUp: log.remove,
    folder: log.folder,
  };
};

describe('a polled file', () => sourceSuite({ open: openWith(false), stepMs: POLL_MS }));
describe('a file with hints', () => sourceSuite({ open: openWith(true) }));

describe('where it starts', () => {
  let log: LogFolder;
  beforeEach(() => {
    log = createLogFolder();
  });
  afterEach(() => log.remove());
  const follow = (spec: Partial<FileSpec>, stepMs = POLL_MS) => {
    const { clock, arrivals } = createContext();
    const source = createFileSource(
      { name: 'ollama', dialect: 'ollama', path: log.path, startAt: 'end', hints: false, ...spec },
      { clock, arrivals },
    );
    return { clock, reader: createReader(source, clock, stepMs === 0 ? undefined : stepMs) };
  };

  test('at the end: what was there is not told, positions count it, what comes is observed', async () => {
    log.append('old\n');
    const { reader } = follow({});
    await reader.until(hasNotice('opened'));
    log.append('new\n');
    await reader.until(hasText('new'));
    await reader.close();
    expect(textOf(reader.events)).toBe('new\n');
    expect(observedText(reader.events)).toBe('new\n');
    expect(reader.events.find((event) => event.type === 'chunk')).toMatchObject({ position: 4 });
  });

  test('at the beginning: the backlog is not observed, what comes after it is', async () => {
    log.append('old\n'.repeat(50_000));
    const { clock, reader } = follow({ startAt: 'beginning' }, 0);
    await reader.until((events) => textOf(events).length === 200_000);
    const pulled = reader.next();
    await clock.waiting();
    log.append('new\n');
    clock.advance(POLL_MS);
    await pulled;
    await reader.close();
    expect(observedText(reader.events)).toBe('new\n');
  });

  test('at an offset: the rest of the backlog follows', async () => {
    log.append('old\nkept\n');
    const { reader } = follow({ startAt: { offset: 4 } });
    await reader.until(hasText('kept'));
    await reader.close();
    expect(textOf(reader.events)).toBe('kept\n');
  });

  test('a consumer that was away too long gets its bytes as a backlog', async () => {
    log.append('');
    const { clock, reader } = follow({});
    await reader.until(hasNotice('opened'));
    log.append('1\n');
    await reader.until(hasText('1'));
    clock.advance(5_000);
    log.append('2\n');
    await reader.until(hasText('2'));
    await reader.close();
    expect(observedText(reader.events)).toBe('1\n');
  });

  test('a link is followed to the file it names', async () => {
    writeFileSync(join(log.folder, 'real.log'), 'old\n');
    symlinkSync('real.log', log.path);
    const { reader } = follow({});
    await reader.until(hasNotice('opened'));
    appendFileSync(join(log.folder, 'real.log'), 'new\n');
    await reader.until(hasText('new'));
    await reader.close();
    expect(kindsOf(reader.events)).toEqual(['opened', 'bytes']);
  });

  test('its identity is a hash that does not tell the path', () => {
    const { source } = openWith(false)(createContext());
    expect(source.info.identity).toMatch(/^[0-9a-f]{16}$/);
  });

  test('a folder that appears later is seen', async () => {
    const path = join(log.folder, 'later', 'server.log');
    const { reader } = follow({ path });
    await reader.until(hasNotice('unavailable'));
    mkdirSync(join(log.folder, 'later'));
    writeFileSync(path, 'first\n');
    await reader.until(hasText('first'));
    rmSync(path);
    await reader.until(hasNotice('deleted'));
    await reader.close();
    expect(kindsOf(reader.events)).toEqual(['unavailable', 'opened', 'bytes', 'deleted']);
    expect(noticeOf(reader.events, 'unavailable')).toMatchObject({
      detail: expect.stringContaining('waiting for it to appear'),
    });
  });
});
