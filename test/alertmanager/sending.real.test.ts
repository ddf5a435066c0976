// What a real Alertmanager does with alerts over time: groups, repeats, resolves, holds back, and says when it cannot send.
// Waiting times are shortened by name; everything else is the shipped configuration.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { alertmanagerAlerts, getText, until } from '../real/backends/ask.ts';
import { binaryOf } from '../real/backends/install.ts';
import { type RunningAlertmanager, withAlertmanager } from './running.ts';
import { beginning, ended, faultHit, GPU_1, sampleAlert } from './samples.ts';

const run = promisify(execFile);

/** The waits of warnings, which stand in the root route. */
const SHORT = { 'group_wait: 30s': 'group_wait: 200ms', 'group_interval: 5m': 'group_interval: 300ms' };

type Hook = { readonly status: string; readonly alerts: readonly { readonly labels: Record<string, string> }[] };

const hooks = ({ channels }: RunningAlertmanager): readonly Hook[] =>
  channels.of('webhook').map((body) => JSON.parse(body));

const hooksUntil = (running: RunningAlertmanager, count: number): Promise<readonly Hook[]> =>
  until(`${count} webhook messages`, () => hooks(running), { holds: (all) => all.length >= count });

const namesOf = (hook: Hook | undefined): readonly string[] =>
  (hook?.alerts ?? []).map(({ labels }) => `${labels['alertname']}/${labels['host_name']}/${labels['hw_id'] ?? ''}`);

describe('grouping', () => {
  /** Long enough for ten alerts to be taken in one by one on a busy machine. */
  const GATHERED = { ...SHORT, 'group_wait: 30s': 'group_wait: 2s' };

  test('eight GPUs of a host come in one message, another host and another alert in their own', async () => {
    await withAlertmanager({ changes: GATHERED }, async (running) => {
      const gpus = Array.from({ length: 8 }, (_, index) =>
        sampleAlert({ name: 'GpuHot', notify: 'webhook', labels: { hw_id: `GPU-${index}` } }),
      );
      const elsewhere = sampleAlert({
        name: 'GpuHot',
        notify: 'webhook',
        labels: { host_name: 'other', hw_id: 'GPU-9' },
      });
      const another = sampleAlert({ name: 'QueueLong', notify: 'webhook' });
      await running.send(...[...gpus, elsewhere, another].map(beginning));
      const all = await hooksUntil(running, 3);
      expect(all.map((hook) => hook.alerts.length).sort()).toEqual([1, 1, 8]);
      expect(all.map((hook) => new Set(hook.alerts.map(({ labels }) => labels['host_name'])).size)).toEqual([1, 1, 1]);
    });
  });

  test('a fault on a second GPU is a page of its own; further requests hit on the first join its page', async () => {
    await withAlertmanager({ changes: { 'group_interval: 10s': 'group_interval: 300ms' } }, async (running) => {
      await running.send(beginning(faultHit('webhook')), beginning(faultHit('webhook', { trace_id: 'a'.repeat(32) })));
      expect((await hooksUntil(running, 1))[0]?.alerts).toHaveLength(2);
      await running.send(faultHit('webhook', { hw_id: GPU_1 }));
      expect(namesOf((await hooksUntil(running, 2))[1])).toEqual([`GpuFaultHitRequest/gpu-box/${GPU_1}`]);
      await running.send(faultHit('webhook', { trace_id: 'b'.repeat(32) }));
      expect((await hooksUntil(running, 3))[2]?.alerts).toHaveLength(3);
    });
  });
});

describe('repeating and resolving', () => {
  test('an alert that stays is told again after the repeat interval of its severity, and once more when it is over', async () => {
    const changes = { ...SHORT, 'repeat_interval: 4h': 'repeat_interval: 600ms' };
    await withAlertmanager({ changes }, async (running) => {
      const warning = sampleAlert({ name: 'QueueLong', notify: 'webhook' });
      const info = sampleAlert({ name: 'Overprovisioned', notify: 'webhook', severity: 'info', priority: 'P4' });
      await running.send(warning, info);
      await until(
        'a third message of the warning',
        () => hooks(running).filter((hook) => namesOf(hook)[0]?.startsWith('QueueLong')).length >= 3,
      );
      // A day has not passed.
      expect(hooks(running).filter((hook) => namesOf(hook)[0]?.startsWith('Overprovisioned'))).toHaveLength(1);
      await running.send(ended(warning));
      const last = await until('the end of the warning', () =>
        hooks(running).find(({ status }) => status === 'resolved'),
      );
      expect(namesOf(last)).toEqual(['QueueLong/gpu-box/']);
    });
  });
});

describe('silences', () => {
  test('what amtool silences is kept from every channel and still shown', async () => {
    await withAlertmanager({ changes: SHORT }, async (running) => {
      const matcher = 'alertname="QueueLong"';
      const comment = ['--author=test', '--comment=being worked on', '--duration=1h'];
      await run(await binaryOf('amtool'), ['silence', 'add', `--alertmanager.url=${running.url}`, ...comment, matcher]);
      await running.send(sampleAlert({ name: 'QueueLong', notify: 'webhook' }));
      await until('the alert is silenced', async () =>
        (await alertmanagerAlerts(running.url)).some(({ status }) => status.silencedBy.length === 1),
      );
      // One that is not silenced, sent later: when it has come, the silenced one would have come too.
      await running.send(sampleAlert({ name: 'GpuHot', notify: 'webhook' }));
      await hooksUntil(running, 1);
      expect(hooks(running).map(namesOf)).toEqual([['GpuHot/gpu-box/']]);
    });
  });
});

const failures = async ({ url }: RunningAlertmanager, integration: string): Promise<number> => {
  const page = await getText(`${url}/metrics`);
  const lines = page.split('\n').filter((line) => line.startsWith('alertmanager_notifications_failed_total{'));
  const counts = lines
    .filter((line) => line.includes(`integration="${integration}"`))
    .map((line) => line.split(' ')[1]);
  return counts.reduce((sum, count) => sum + Number(count), 0);
};

describe('a channel that is not set up', () => {
  test.each([
    ['slack', 'slack-url', 'open secrets/slack-url: no such file or directory'],
    ['webhook', 'webhook-url', 'read url_file: open secrets/webhook-url: no such file or directory'],
    [
      'pagerduty',
      'pagerduty-routing-key',
      'failed to read routing key from file: open secrets/pagerduty-routing-key: no such file or directory',
    ],
    ['email', 'email.tmpl', String.raw`template \"email.from\" not defined`],
  ])('%s without secrets/%s: Alertmanager starts, names the file, counts the failure', async (channel, file, told) => {
    await withAlertmanager({ withoutSecrets: [file] }, async (running) => {
      await running.send(faultHit(channel));
      await until(`${channel} counted as failed`, async () => (await failures(running, channel)) > 0);
      await until(`the log says ${told}`, () => running.log().includes(told));
      expect(running.channels.messages).toEqual([]);
    });
  });

  test('a mail relay without TLS is refused, and no password is sent', async () => {
    await withAlertmanager({ changes: { 'smtp_require_tls: false': 'smtp_require_tls: true' } }, async (running) => {
      await running.send(faultHit('email'));
      await until('the log says why', () => running.log().includes('does not advertise the STARTTLS extension'));
      expect(running.channels.messages).toEqual([]);
    });
  });

  test('one channel that fails does not hold up another', async () => {
    await withAlertmanager({ withoutSecrets: ['slack-url'] }, async (running) => {
      await running.send(faultHit('slack,webhook'));
      expect((await hooksUntil(running, 1))[0]?.status).toBe('firing');
    });
  });
});
