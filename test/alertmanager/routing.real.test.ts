// Which receivers an alert reaches, asked of the real routing engine for every severity, priority and choice of channels.
// The expectation is written down by hand: who is woken, who is told, and that nobody is where no channel is named.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { binaryOf } from '../real/backends/install.ts';
import { SHIPPED } from './running.ts';

const run = promisify(execFile);
const CONFIG = join(SHIPPED, 'alertmanager.yaml');

const amtool = async (...args: readonly string[]): Promise<string> =>
  (await run(await binaryOf('amtool'), [...args])).stdout.trim();

const receiversOf = async (labels: Readonly<Record<string, string>>): Promise<string> =>
  amtool(
    'config',
    'routes',
    'test',
    `--config.file=${CONFIG}`,
    ...Object.entries(labels).map(([k, v]) => `${k}="${v}"`),
  );

/** Severity, priority, and whether PagerDuty may be used. */
const WAKES: readonly (readonly [severity: string, priority: string, wakes: boolean])[] = [
  ['critical', 'P1', true],
  ['critical', 'P2', true],
  ['critical', 'P3', true],
  ['critical', 'P4', true],
  ['warning', 'P1', true],
  ['warning', 'P2', false],
  ['warning', 'P3', false],
  ['warning', 'P4', false],
  ['info', 'P1', true],
  ['info', 'P2', false],
  ['info', 'P3', false],
  ['info', 'P4', false],
  // Of a foreign rule.
  ['page', 'P3', false],
  ['', '', false],
];

/** The label, what an alert that wakes reaches, and what one that only tells reaches. */
const CHANNELS: readonly (readonly [notify: string, waking: string, telling: string])[] = [
  ['', 'shown-only', 'shown-only'],
  ['slack', 'slack', 'slack'],
  ['pagerduty', 'pagerduty', 'shown-only'],
  ['email,webhook', 'email,webhook', 'email,webhook'],
  ['pagerduty,slack,email,webhook', 'pagerduty,slack,email,webhook', 'slack,email,webhook'],
  ['webhook, slack', 'slack,webhook', 'slack,webhook'],
  // Not one of ours, and not part of a name of ours.
  ['sms,slackbot,myemail', 'shown-only', 'shown-only'],
];

describe.concurrent('routes', () => {
  test.each(WAKES)('severity "%s", priority "%s": PagerDuty %s', async (severity, priority, wakes) => {
    for (const [notify, waking, telling] of CHANNELS) {
      expect([notify, await receiversOf({ severity, priority, notify })]).toEqual([notify, wakes ? waking : telling]);
    }
  });

  test('the shipped configuration is accepted as it stands', async () => {
    expect(await amtool('check-config', CONFIG)).toContain('SUCCESS');
  });
});
