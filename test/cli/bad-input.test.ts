// Files that are not what they should be, named on the command line: each gives a message or a counted class and its exit code,
// none a crash, and what is good beside them is told all the same.
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type Ended, runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { access, dmonLog, ollamaLog, stamp } from './composed.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const good = scratch.write('good.log', ollamaLog());
const LINES = ollamaLog().split('\n').length - 1;

const totalsOf = ({ stdout }: Ended): { readonly [key: string]: unknown } => JSON.parse(stdout);
const check = async (...files: readonly string[]) => totalsOf(await runProgram(['check', '--json', ...files]));
/** How many requests a replay drew. */
const tracesIn = (text: string): number => text.match(/^trace [0-9a-f]{32} /gm)?.length ?? 0;
/** A message of this program, never a stack of Node's. */
const expectMessage = (text: string, found: RegExp): void => {
  expect(text).toMatch(found);
  expect(text).toMatch(/expected .+, found .+\. What to do: .+\./);
  expect(text).not.toContain('    at ');
};

describe.concurrent('what cannot be read', () => {
  mkdirSync(scratch.path('folder'));
  execFileSync('mkfifo', [scratch.path('pipe')], { env: { PATH: '/usr/bin:/bin' } });
  const cases: readonly (readonly [what: string, path: string, found: RegExp])[] = [
    ['a missing file', scratch.path('missing.log'), /found nothing/],
    ['a folder', scratch.path('folder'), /found a folder without recording\.json/],
    ['a packed log', scratch.write('packed.log.gz', gzipSync(ollamaLog())), /found gzip data.*unpack/],
    ['a binary file', scratch.write('model.bin', Buffer.from('GGUF\x03\x00\x00\x00 and so on')), /found a GGUF model/],
    ['a device', '/dev/null', /found a device/],
    ['a pipe that nobody writes to', scratch.path('pipe'), /found a pipe/],
  ];

  test.each(cases)('%s is told, and the good file beside it is counted', async (_, path, found) => {
    const [checked, replayed] = await Promise.all([
      runProgram(['check', '--json', path, good]),
      runProgram(['replay', path]),
    ]);
    expectMessage(checked.stderr, found);
    expect(checked.code).toBe(1);
    expect(totalsOf(checked)).toMatchObject({ files: 1, lines: LINES, unmatched: 0 });
    expectMessage(replayed.stderr, found);
    expect(replayed).toMatchObject({ code: 2, stdout: '' });
  });

  test('nothing but what cannot be read is exit code 2 without a table', async () => {
    const ended = await runProgram(['check', scratch.path('missing.log'), scratch.path('folder')]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr.split('\n').filter((line) => line.includes('expected'))).toHaveLength(2);
  });

  const isRoot = process.getuid?.() === 0;
  const uid = 65_534;
  test('a file without permission is told', async () => {
    const path = scratch.write('secret.log', ollamaLog());
    chmodSync(path, 0o000);
    chmodSync(scratch.folder, 0o755);
    // Root reads everything, so there the program is started as nobody.
    const ended = await runProgram(['replay', path], isRoot ? { uid, cwd: '/' } : {});
    expectMessage(ended.stderr, /found no permission/);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
  });
});

describe.concurrent('what can be read, and is not what was meant', () => {
  test('another program’s log is counted, and replay says that it knows none of it', async () => {
    const nginx = `10.0.0.9 - - [09/May/2026:21:40:01 +0000] "GET /shop?card=4111 HTTP/1.1" 200 612 "-" "curl/8.5"\n`;
    const app = `{"level":"info","ts":1778362801.5,"msg":"order placed","user":"ada"}\n`;
    const path = scratch.write('other.log', nginx.repeat(50) + app.repeat(50));
    expect(await check(path)).toMatchObject({ files: 1, lines: 100, matched: 0, unmatched: 100 });
    const told = await runProgram(['replay', path, '--output', 'json']);
    expect(told.stdout.trimEnd().split('\n')).toHaveLength(100);
    expect(told.stdout).not.toMatch(/4111|"ada|curl/);
    expectMessage(told.stderr, /found none that it knows/);
    expect(told.code).toBe(1);
  });

  test('an empty file is zero lines', async () => {
    const path = scratch.write('empty.log', '');
    expect(await check(path)).toMatchObject({ files: 1, lines: 0, unmatched: 0 });
    const told = await runProgram(['replay', path]);
    expectMessage(told.stderr, /found no line at all/);
    expect(told.code).toBe(1);
  });

  test('the good one of two files is told, the other one’s lines are counted', async () => {
    const other = scratch.write('beside.log', 'what is this\n'.repeat(20));
    const told = await runProgram(['replay', good, other]);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(tracesIn(told.stdout)).toBe(2);
    expect(await check(good, other)).toMatchObject({ files: 2, lines: LINES + 20, unmatched: 20 });
  });

  test('UTF-16 and a run of NULs before the log lose no line', async () => {
    const wide = scratch.write(
      'wide.log',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(ollamaLog(), 'utf16le')]),
    );
    const padded = scratch.write('padded.log', Buffer.concat([Buffer.alloc(100_000), Buffer.from(ollamaLog())]));
    expect(await check(wide, padded)).toMatchObject({ files: 2, lines: 2 * LINES, unmatched: 0, malformed: 0 });
    expect(tracesIn((await runProgram(['replay', wide])).stdout)).toBe(2);
    expect(tracesIn((await runProgram(['replay', padded])).stdout)).toBe(2);
  });

  test('a dmon whose header changes gives both halves’ values to their own columns', async () => {
    const changed = [
      dmonLog(5),
      '#Date       Time        gpu     sm    pwr',
      '#YYYYMMDD   HH:MM:SS    Idx      %      W',
      ...[6, 7].map((s) => `20260509  ${stamp(s).slice(11, 19)}      0     88    203`),
      '',
    ].join('\n');
    const path = scratch.write('dmon.log', changed);
    expect(await check(path)).toMatchObject({ matched: 12, unmatched: 0, malformed: 0 });
    const told = await runProgram(['replay', path, '--output', 'otlp-json']);
    const last = told.stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(last).toMatch(/"name":"hw\.power"/);
    expect(last).toContain('"asDouble":203');
    expect(last).toContain('"asDouble":0.88');
  });

  test('a log whose clock was set back by an hour tells all requests, each at its own time', async () => {
    const later = ollamaLog();
    const earlier = later.replaceAll('T21:', 'T20:').replaceAll('- 21:', '- 20:');
    const told = await runProgram(['replay', scratch.write('back.log', later + earlier)]);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(tracesIn(told.stdout)).toBe(4);
    for (const start of ['T21:40:09.', 'T21:40:29.', 'T20:40:09.', 'T20:40:29.']) expect(told.stdout).toContain(start);
    expect(told.stdout).not.toContain('abandoned');
  });
});

test('a line of 64 MiB is counted in little memory, and nothing around it is lost', async () => {
  const path = scratch.write('long.log', ollamaLog());
  const block = Buffer.alloc(1_048_576, 'x');
  for (let n = 0; n < 64; n += 1) appendFileSync(path, block);
  appendFileSync(path, `\n${access(40, '1.5s')}\n`);
  const nodeFlags = ['--max-old-space-size=48'];
  const [checked, replayed] = await Promise.all([
    runProgram(['check', '--json', path], { nodeFlags }),
    runProgram(['replay', path], { nodeFlags }),
  ]);
  expect(totalsOf(checked)).toMatchObject({ lines: LINES + 2, matched: LINES + 1, unmatched: 1 });
  expect(replayed).toMatchObject({ code: 0, stderr: '' });
  expect(tracesIn(replayed.stdout)).toBe(3);
});
