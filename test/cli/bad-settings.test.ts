// Wrong words on the command line, in the environment and in files of settings: every problem at once, exit code 2, nothing started.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { ollamaLog } from './composed.ts';

const scratch = createScratch();
afterAll(scratch.remove);
const log = scratch.write('server.log', ollamaLog());

/** What was said, line by line, by a run that ended with exit code 2 and told nothing. */
const refused = async (args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<string[]> => {
  const { code, stdout, stderr } = await runProgram(args, { env, cwd: scratch.folder });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toContain('    at ');
  return stderr.trimEnd().split('\n');
};
const follow = ['run', '--ollama-log', log, '--ollama-url', 'none', '--nvidia-smi', 'none', '--kernel-log', 'none'];

test('all wrong settings are told at once, each as it was written', async () => {
  const config = scratch.write('settings.yaml', 'gpu-interval: 99\nollama-lgo: /x\nseries-max: many\n');
  const told = await refused(['run', '--output', 'xml', '--config', config], { OLLASCOPE_OTLP: 'perhaps' });
  expect(told).toEqual([
    `${config}: ollama-lgo: expected the name of a setting, found ollama-lgo. What to do: did you mean ollama-log?`,
    `${config}: gpu-interval: expected whole seconds from 1 to 10, found 99. What to do: for example 1.`,
    `${config}: series-max: expected a whole number from 10 to 1000000, found "many". What to do: for example 2000.`,
    'OLLASCOPE_OTLP: expected auto, on or off, found "perhaps". What to do: for example on.',
    '--output: expected text, json, otlp-json or none, found "xml". What to do: for example json.',
  ]);
});

describe.concurrent('files of settings', () => {
  const inFolder = scratch.path('folder.yaml');
  mkdirSync(inFolder);
  test.each([
    ['broken YAML', scratch.write('broken.yaml', 'output: [\n'), /expected a YAML mapping/],
    ['a list', scratch.write('list.yaml', '- output\n'), /expected a YAML mapping/],
    ['no file', scratch.path('missing.yaml'), /found ENOENT/],
    ['a folder', inFolder, /found EISDIR/],
  ])('%s', async (_, config, found) => {
    const told = await refused(['run', '--config', config]);
    expect(told[0]).toMatch(found);
    expect(told[0]).toMatch(/^\S+: expected .+, found .+\. What to do: .+\.$/);
  });
});

describe.concurrent('Xid rows of a file', () => {
  test.each([
    ['another form', scratch.write('form.yaml', '- 79\n'), /expected a mapping/],
    ['an unknown severity', scratch.write('severity.yaml', 'xids:\n  79: { severity: PURPLE }\n'), /PURPLE/],
    ['broken YAML', scratch.write('torn.yaml', 'xids: {\n'), /expected a YAML file of Xid rows/],
    ['no file', scratch.path('missing.yaml'), /ENOENT/],
  ])('%s is told by run and by replay', async (_, path, found) => {
    for (const args of [follow, ['replay', log]])
      expect((await refused([...args, '--xid-catalogue', path])).join('\n')).toMatch(found);
  });
});

describe.concurrent('the command line', () => {
  test.each([
    [
      'a command that does not exist',
      ['frobnicate'],
      'frobnicate: expected a command (run, replay, record, check, doctor, stack, query, trace, docs)',
    ],
    ['a file where a command belongs', [log], `ollascope replay`],
    ['a flag that does not exist', ['replay', log, '--outptu', 'json'], '--output'],
    ['a missing path', ['check'], "missing required argument 'file'"],
    ['one path too many', ['doctor', 'x'], 'too many arguments'],
    ['a value of another form', ['replay', log, '--speed', 'fast'], '--speed: expected max or a factor'],
  ])('%s', async (_, args, said) => {
    const told = (await refused(args)).join('\n');
    expect(told).toContain(said);
    expect(told).toContain('What to do: ');
  });
});

test('OTLP that is no OTLP of ours', async () => {
  const told = await refused([...follow, '--metrics-listen', 'none', '--otlp', 'on'], {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'carrier-pigeon',
  });
  expect(told).toHaveLength(2);
  expect(told[0]).toContain('OTEL_EXPORTER_OTLP_PROTOCOL: expected grpc or http/protobuf, found "http/json"');
  expect(told[1]).toContain('OTEL_EXPORTER_OTLP_LOGS_PROTOCOL');
});

test('a port that another program has', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const told = await refused([...follow, '--metrics-listen', `127.0.0.1:${port}`]);
  await new Promise((resolve) => server.close(resolve));
  expect(told.join('\n')).toMatch(
    /--metrics-listen: expected to serve \/metrics on .+, found that another program has it\. What to do:/,
  );
});

test('nothing to follow is exit code 3', async () => {
  const args = ['run', '--ollama-log', 'none', '--ollama-url', 'none', '--nvidia-smi', 'none', '--kernel-log', 'none'];
  const { code, stdout, stderr } = await runProgram(args);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/expected Ollama or a GPU to follow, found neither\. What to do: .*doctor.*--demo-when-idle/);
});
