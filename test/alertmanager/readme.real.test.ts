// The commands of alertmanager/README.md, run as they stand: channels set up in a copy of the folder, then alerts, a silence and
// a route test against a real Alertmanager. Only its address and the folder differ.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../real/backends/ask.ts';
import { binaryOf } from '../real/backends/install.ts';
import { type RunningAlertmanager, SHIPPED, startAlertmanager } from './running.ts';

const run = promisify(execFile);
const readme = readFileSync(join(SHIPPED, 'README.md'), 'utf8');

/** Commands of a section, by its title. */
const commandsOf = (title: string): readonly string[] => {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
  const block = /```sh\n([\s\S]+?)```/.exec(section)?.[1] ?? '';
  return block.split('\n').filter((line) => line !== '');
};

let running: RunningAlertmanager;
let folder: string;
let path: string;
beforeAll(async () => {
  path = [dirname(await binaryOf('amtool')), process.env['PATH']].join(delimiter);
  folder = mkdtempSync(join(tmpdir(), 'ollascope-readme-'));
  cpSync(SHIPPED, folder, { recursive: true, filter: (each) => !each.endsWith('secrets') });
  running = await startAlertmanager();
});
afterAll(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const shell = async (command: string): Promise<string> => {
  const here = command.replaceAll('http://127.0.0.1:9093', running.url);
  const { stdout } = await run('sh', ['-euc', here], { cwd: folder, env: { PATH: path, HOME: folder } });
  return stdout;
};

describe('README', () => {
  test.each([
    ['Slack', ['slack-url']],
    ['PagerDuty', ['pagerduty-routing-key']],
    ['Webhook', ['webhook-url']],
    ['E-mail', ['smtp-password', 'email.tmpl']],
  ])('setting up %s writes the files that the configuration reads', async (title, files) => {
    const commands = commandsOf(title);
    expect(commands.length).toBeGreaterThan(1);
    await shell(commands.join('\n'));
    for (const file of files) expect([file, existsSync(join(folder, 'secrets', file))]).toEqual([file, true]);
    expect(await shell('amtool check-config alertmanager.yaml')).toContain('SUCCESS');
    const channel = title === 'E-mail' ? 'email' : title.toLowerCase();
    expect(commands.at(-1)).toMatch(new RegExp(`OLLASCOPE_NOTIFY=.*${channel}`));
  });

  test('the two lines of e-mail were found and are in force', async () => {
    const config = readFileSync(join(folder, 'alertmanager.yaml'), 'utf8');
    expect(config).toMatch(/^ {2}smtp_smarthost: smtp\.example\.org:587$/m);
    expect(config).toMatch(/^ {2}smtp_auth_username: alerts@example\.org$/m);
  });

  test('trying it: alerts arrive, are listed, are silenced, and their route is told', async () => {
    const [post = '', list = '', add = '', query = '', silence = '', route = ''] = commandsOf('Try it');
    await shell(post);
    await until('the posted alert in Slack', () => running.channels.of('slack').some((m) => m.includes('Only a test')));
    await until('the posted alert at the webhook', () => running.channels.of('webhook').length > 0);
    expect(await shell(list)).toContain('TestAlert');
    await shell(add);
    expect(await shell(query)).toContain('Only a test');
    expect(await shell(silence)).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(await shell(route)).toBe('slack\n');
  });

  test('every message of "When nothing comes" is one that the tests have seen', () => {
    const told = readFileSync(join(import.meta.dirname, 'sending.real.test.ts'), 'utf8').replaceAll('\\"', '"');
    const quoted = [...readme.matchAll(/log has `([^`]+)`/g)].map(([, message = '']) => message);
    expect(quoted.length).toBe(3);
    expect(quoted.filter((message) => !told.includes(message))).toEqual([]);
  });
});
