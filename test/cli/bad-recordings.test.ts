// Recordings that were damaged, and places where none can be made: told with what is missing, exit code 2, nothing overwritten.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT, runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { ollamaLog } from './composed.ts';

const DEMO = join(ROOT, 'recordings', 'demo');
const scratch = createScratch();
afterAll(scratch.remove);

describe.concurrent('a damaged recording', () => {
  const inFirstTable = (dir: string, change: (rows: string[]) => void): void => {
    const path = join(dir, 'ollama.arrivals.tsv');
    const rows = readFileSync(path, 'utf8').split('\n');
    change(rows);
    writeFileSync(path, rows.join('\n'));
  };
  const damages: readonly (readonly [what: string, damage: (dir: string) => void, said: RegExp])[] = [
    [
      'manifest is no JSON',
      (dir) => writeFileSync(join(dir, 'recording.json'), '{'),
      /expected JSON in recording\.json/,
    ],
    [
      'manifest of another format',
      (dir) => writeFileSync(join(dir, 'recording.json'), '{"format":9,"sources":[]}'),
      /not of format 1:\n {2}format: .+\n(.+\n)+ {2}sources: expected at least one source/,
    ],
    [
      'bytes cut short',
      (dir) => truncateSync(join(dir, 'ollama.raw'), 100),
      /ollama\.raw: expected \d+ bytes at position \d+, found \d+/,
    ],
    ['bytes missing', (dir) => rmSync(join(dir, 'ollama.raw')), /expected ollama\.raw in the recording.*ENOENT/],
    [
      'arrivals missing',
      (dir) => rmSync(join(dir, 'ollama.arrivals.tsv')),
      /expected ollama\.arrivals\.tsv in the recording/,
    ],
    [
      'arrivals of another form',
      (dir) => inFirstTable(dir, (rows) => rows.splice(2, 1, 'soon')),
      /row 3: expected a row/,
    ],
    [
      'notices of another form',
      (dir) => writeFileSync(join(dir, 'notices.tsv'), 'x\n'),
      /notices\.tsv, row 1: expected a row/,
    ],
  ];
  test.each(damages)('%s', async (what, damage, said) => {
    const dir = scratch.path(what.replaceAll(' ', '-'));
    cpSync(DEMO, dir, { recursive: true });
    damage(dir);
    const { code, stderr } = await runProgram(['replay', dir, '--output', 'none']);
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });

  test('what lay before the damage is told, the last request too', async () => {
    const dir = scratch.path('cut-after-a-request');
    cpSync(DEMO, dir, { recursive: true });
    const raw = join(dir, 'ollama.raw');
    const access = readFileSync(raw).indexOf('|       127.1.0.1 |');
    const rows = readFileSync(join(dir, 'ollama.arrivals.tsv'), 'utf8').trimEnd().split('\n');
    const ends = rows.map((row) => row.split('\t')).map(([, position, size]) => Number(position) + Number(size));
    // Right behind the read that held it: the request still waits for lines that may come late.
    truncateSync(raw, ends.find((end) => end > access) ?? 0);
    const { code, stdout } = await runProgram(['replay', dir]);
    expect(code).toBe(2);
    expect(stdout).toContain('from 127.1.0.1');
  });

  test('a last row without its end was being written when the recorder was killed: all before it is told', async () => {
    const dir = scratch.path('killed');
    cpSync(DEMO, dir, { recursive: true });
    inFirstTable(dir, (rows) => rows.splice(-1, 1, '17951'));
    const [whole, torn] = await Promise.all([DEMO, dir].map((path) => runProgram(['replay', path])));
    expect(torn).toEqual(whole);
  });
});

test('a recording and a bare file are not told together', async () => {
  const { code, stderr } = await runProgram(['replay', DEMO, scratch.write('server.log', ollamaLog())]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/expected one recording or bare files, found both\. What to do:/);
});

describe.concurrent('a place where no recording can be made', () => {
  const log = scratch.write('followed.log', ollamaLog());
  const full = scratch.path('full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine'), 'kept');
  test.each([
    ['a folder with files in it', full, /expected a new or empty folder.*nothing is overwritten/],
    ['a file', log, /expected a folder that can be made.*EEXIST/],
    ['below a file', join(log, 'x'), /expected a folder that can be made.*ENOTDIR/],
  ])('%s', async (_, dir, said) => {
    const sources = ['--ollama-log', log, '--ollama-url', 'none', '--nvidia-smi', 'none', '--kernel-log', 'none'];
    const listen = ['--metrics-listen', '127.0.0.1:0', '--otlp', 'off'];
    const { code, stdout, stderr } = await runProgram(['record', dir, ...sources, ...listen]);
    expect(stderr).toMatch(said);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(full)).toEqual(['mine']);
  });
});
