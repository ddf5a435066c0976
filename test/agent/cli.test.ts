// The command line: commands, flags as the table has them, messages instead of exits.
import { expect, test } from 'vitest';
import { parseCli } from '../../agent/cli.ts';
import { settingsTable } from '../../agent/settings-table.ts';

test('no command means run', () => {
  expect(parseCli([], '1.0.0')).toEqual({ command: 'run', paths: [], flags: {}, config: undefined });
});

test('flags of the default command may stand alone', () => {
  expect(parseCli(['--output', 'json', '--demo-when-idle'], '1')).toMatchObject({
    command: 'run',
    flags: { output: 'json', 'demo-when-idle': true },
  });
});

test('replay takes several paths, and a switch may be denied', () => {
  const cli = parseCli(['replay', 'a.log', 'b.txt', '--no-send-unmatched-text', '--config', 'x.yaml'], '1');
  expect(cli).toEqual({
    command: 'replay',
    paths: ['a.log', 'b.txt'],
    flags: { 'send-unmatched-text': false },
    config: 'x.yaml',
  });
});

test('a switch does not swallow the path after it', () => {
  expect(parseCli(['check', '--json', 'a.log'], '1')).toMatchObject({ paths: ['a.log'], flags: { json: true } });
});

test('help and version are answers, a wrong flag or a missing path is an error', () => {
  expect(parseCli(['--version'], '1.2.3')).toEqual({ text: '1.2.3\n', exitCode: 0 });
  expect(parseCli(['run', '--help'], '1')).toMatchObject({ exitCode: 0 });
  expect(parseCli(['run', '--gpu-intervall', '1'], '1')).toMatchObject({
    exitCode: 2,
    text: expect.stringContaining('--gpu-interval'),
  });
  expect(parseCli(['check'], '1')).toMatchObject({ exitCode: 2 });
});

test('every setting is a flag of each command that knows it', () => {
  for (const [name, row] of Object.entries(settingsTable)) {
    for (const command of row.commands) {
      const help = parseCli([command, '--help'], '1');
      expect('text' in help && help.text, `${command} --${name}`).toContain(`--${name}`);
    }
  }
});
