// The other commands as a person types them, and every command line that a document shows: it parses, and runs where it needs no server.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseCli } from '../../agent/cli.ts';
import { packageVersion } from '../../agent/version.ts';
import { ROOT, runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { dmonLog, kernelLog, ollamaLog } from './composed.ts';

const scratch = createScratch();
afterAll(scratch.remove);
const log = scratch.write('server.log', `${ollamaLog()}what is this\n`);
const dmon = scratch.write('dmon.log', dmonLog(3));
const kernel = scratch.write('kernel.log', kernelLog());

describe.concurrent('check', () => {
  test('--json gives the totals first, in their order, and what each file is', async () => {
    const { code, stdout, stderr } = await runProgram(['check', '--json', log, dmon, kernel]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report: { readonly [key: string]: unknown } = JSON.parse(stdout);
    const totals = ['files', 'lines', 'matched', 'noise', 'continuation', 'unmatched', 'malformed'];
    expect(Object.keys(report).slice(0, 7)).toEqual(totals);
    expect(report).toMatchObject({ files: 3, lines: 38, unmatched: 1, malformed: 0 });
    const [, lines, ...classes] = totals.map((name) => Number(report[name]));
    expect(classes.reduce((sum, count) => sum + count, 0)).toBe(lines);
    expect(report['perFile']).toMatchObject([
      { dialect: 'ollama', versionFamily: '>=0.30', version: '0.34.4' },
      { dialect: 'dmon' },
      { dialect: 'kernel' },
    ]);
  });

  test('for people: classes with shares, files, and the line that was not read', async () => {
    const { code, stdout } = await runProgram(['check', log]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}matched +25 +96\.15 %$/m);
    expect(stdout).toMatch(/^ {2}unmatched +1 +3\.85 %$/m);
    expect(stdout).toContain(`${log}:26`);
    expect(stdout).toContain('0.34.4');
  });
});

describe.concurrent('doctor', () => {
  test('says for everything what was found and what to do, as text and as JSON', async () => {
    const [text, json] = await Promise.all([runProgram(['doctor']), runProgram(['doctor', '--json'])]);
    for (const { code, stderr } of [text, json]) {
      expect([0, 1]).toContain(code);
      expect(stderr).toBe('');
    }
    const report: { readonly [key: string]: unknown } = JSON.parse(json.stdout);
    expect(Object.keys(report)).toEqual(['findings', 'checks', 'conclusion']);
    for (const finding of [report['findings'], report['checks']].flat())
      expect(finding).toMatchObject({ what: expect.any(String), state: expect.any(String), why: expect.any(String) });
    expect(text.stdout).toMatch(/^(ok|missing|PROBLEM) +nvidia-smi: /m);
    expect(text.stdout).toMatch(/^ok +Node: /m);
    expect(text.stdout.trimEnd().split('\n').at(-1)).toBe(report['conclusion']);
  });
});

describe.concurrent('the rest', () => {
  test('docs --check: the generated pages are what the code says', async () => {
    expect(await runProgram(['docs', '--check'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('--version and --help answer on standard output', async () => {
    const [version, help] = await Promise.all([runProgram(['--version']), runProgram(['--help'])]);
    expect(version).toMatchObject({ code: 0, stdout: `${packageVersion()}\n`, stderr: '' });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['run', 'replay', 'record', 'check', 'doctor', 'docs'])
      expect(help.stdout).toContain(command);
  });
});

/** Command lines of this program in a document: in code blocks, and in inline code. */
const commandLinesIn = (document: string): readonly string[] =>
  [...document.matchAll(/(?:^|`|&& )(?:npm run -s ollascope -- |(?:npx )?ollascope )([^`\n#<]+)/gm)].map(
    ([, rest = '']) => rest.trim(),
  );
/** What stands for a path in a document, and what a test puts there. */
const STANDS_FOR: { readonly [word: string]: string } = {
  FILE: log,
  'FILE…': log,
  PATH: log,
  'PATH…': log,
  FOLDER: scratch.path('x'),
};
/** These follow what there is: their own tests start them. */
const LIVE = ['run', 'record'];

const documents = ['README.md', 'CONTRIBUTING.md'] as const;
const commandLines = documents.flatMap((name) =>
  commandLinesIn(readFileSync(join(ROOT, name), 'utf8')).map((line) => [name, line] as const),
);

describe.concurrent('documents', () => {
  test('show command lines', () => {
    expect(commandLines.length).toBeGreaterThan(1);
  });

  test.each(commandLines)('%s: ollascope %s', async (_, line) => {
    const args = line.split(/\s+/).map((word) => STANDS_FOR[word] ?? word);
    const cli = parseCli(args, '0');
    expect('text' in cli && cli.exitCode !== 0 ? cli.text : '').toBe('');
    if ('text' in cli || LIVE.includes(cli.command)) return;
    const { code, stderr } = await runProgram(args);
    expect([0, 1], stderr).toContain(code);
  });

  test('name only scripts that there are', () => {
    const { scripts }: { scripts: { readonly [name: string]: string } } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    for (const name of documents) {
      const text = readFileSync(join(ROOT, name), 'utf8');
      for (const [, script = ''] of text.matchAll(/npm run (?:-s )?([a-z:]+)/g))
        expect(Object.keys(scripts), name).toContain(script);
    }
    const start = scripts['start']?.split(' ').slice(2) ?? [];
    expect(parseCli(start, '0')).toMatchObject({ command: 'run', flags: { 'demo-when-idle': true } });
  });
});
