// What arrives in each channel, word for word, sent by a real Alertmanager with the shipped templates.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../real/backends/ask.ts';
import type { Channel } from './channels.ts';
import { type RunningAlertmanager, startAlertmanager } from './running.ts';
import { ended, faultHit, GPU_0, sampleAlert, TRACE } from './samples.ts';

const ALL = 'pagerduty,slack,email,webhook';

let running: RunningAlertmanager;
beforeAll(async () => {
  running = await startAlertmanager({ changes: { 'group_interval: 10s': 'group_interval: 1s' } });
  const hit = faultHit(ALL);
  await running.send(hit);
  for (const channel of ['pagerduty', 'slack', 'email', 'webhook'] as const) await arrived(channel, 1);
  await running.send(ended(hit));
  for (const channel of ['pagerduty', 'slack', 'email', 'webhook'] as const) await arrived(channel, 2);
});
afterAll(() => running.stop());

const arrived = async (channel: Channel, count: number): Promise<string> => {
  const messages = await until(`message ${count} in ${channel}`, () => running.channels.of(channel), {
    holds: (all) => all.length >= count,
  });
  return messages[count - 1] ?? '';
};

/** Lines of a mail's part with the transfer encoding taken away. */
const partOf = (mail: string, type: string): string => {
  const part = mail.split(/^--\S+$/m).find((each) => each.includes(`Content-Type: ${type}`)) ?? '';
  const body = part.slice(part.indexOf('\n\n') + 2).replace(/=\n/g, '');
  const bytes = body.replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8').trim();
};

describe('a page that names model and trace', () => {
  test('in Slack', async () => {
    expect(JSON.parse(await arrived('slack', 1))).toMatchInlineSnapshot(`
      {
        "attachments": [
          {
            "callback_id": "",
            "color": "danger",
            "fallback": "P1 critical: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box",
            "footer": "gpu",
            "mrkdwn_in": [
              "fallback",
              "pretext",
              "text",
            ],
            "text": "*A request to tiny:latest was hit by xid.79*
      What happened, in a sentence.
      GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box
      since 2026-11-20 10:00:00 UTC, P1: react within 15 minutes
      <http://grafana.example/d/ollascope-gpu?from=1&amp;to=2|Dashboard>  <http://runbooks.example/GpuFaultHitRequest.md|Runbook>  <http://grafana.example/d/ollascope-correlation?var-trace=0af7651916cd43dd8448eb211c80319c|Trace 0af7651916cd43dd8448eb211c80319c>  <http://alertmanager.example/#/silences/new?filter=%7Balertname%3D%22GpuFaultHitRequest%22%2Cservice_name%3D%22ollama%22%2Chost_name%3D%22gpu-box%22%2Chw_id%3D%22GPU-11111111-2222-3333-4444-555555555555%22%2Cgen_ai_request_model%3D%22tiny%3Alatest%22%7D|Silence>

      ",
            "title": "P1 critical: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box",
            "title_link": "http://alertmanager.example/#/alerts?receiver=slack",
          },
        ],
        "username": "Alertmanager",
      }
    `);
  });

  test('in Slack, resolved: in green, with no silence to offer, else the same form', async () => {
    const [{ attachments: first }, { attachments: second }] = [
      JSON.parse(await arrived('slack', 1)),
      JSON.parse(await arrived('slack', 2)),
    ];
    const { color, fallback, text, title, ...form } = second[0];
    expect(first[0]).toMatchObject(form);
    expect({ color, fallback, text, title }).toMatchInlineSnapshot(`
      {
        "color": "good",
        "fallback": "Resolved: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box",
        "text": "*A request to tiny:latest was hit by xid.79*
      What happened, in a sentence.
      GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box
      2026-11-20 10:00:00 UTC, resolved after 7m 30s
      <http://grafana.example/d/ollascope-gpu?from=1&amp;to=2|Dashboard>  <http://runbooks.example/GpuFaultHitRequest.md|Runbook>  <http://grafana.example/d/ollascope-correlation?var-trace=0af7651916cd43dd8448eb211c80319c|Trace 0af7651916cd43dd8448eb211c80319c>  

      ",
        "title": "Resolved: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box",
      }
    `);
  });

  test('in PagerDuty', async () => {
    const { dedup_key, ...event } = JSON.parse(await arrived('pagerduty', 1));
    expect(dedup_key).toMatch(/^[0-9a-f]{64}$/);
    expect(event).toMatchInlineSnapshot(`
      {
        "client": "Alertmanager",
        "client_url": "http://alertmanager.example",
        "event_action": "trigger",
        "links": [
          {
            "href": "http://grafana.example/d/ollascope-gpu?from=1&to=2",
            "text": "Dashboard",
          },
          {
            "href": "http://runbooks.example/GpuFaultHitRequest.md",
            "text": "Runbook",
          },
          {
            "href": "http://grafana.example/d/ollascope-correlation?var-trace=0af7651916cd43dd8448eb211c80319c",
            "text": "Trace",
          },
        ],
        "payload": {
          "class": "GpuFaultHitRequest",
          "component": "gpu",
          "custom_details": {
            "firing": "A request to tiny:latest was hit by xid.79
      What happened, in a sentence.
      GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box
      since 2026-11-20 10:00:00 UTC, P1: react within 15 minutes
      Trace: 0af7651916cd43dd8448eb211c80319c

      ",
            "model": "tiny:latest",
            "num_firing": 1,
            "num_resolved": 0,
            "react_within": "15 minutes",
            "resolved": null,
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
          },
          "group": "ollama",
          "severity": "critical",
          "source": "gpu-box",
          "summary": "P1 critical: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box",
        },
        "routing_key": "routing-key-of-the-test",
      }
    `);
  });

  test('in PagerDuty, resolved, under the same key', async () => {
    const [first, second] = [JSON.parse(await arrived('pagerduty', 1)), JSON.parse(await arrived('pagerduty', 2))];
    expect([first.event_action, second.event_action]).toEqual(['trigger', 'resolve']);
    expect(second.dedup_key).toBe(first.dedup_key);
    expect(second.payload.custom_details.resolved).toContain('resolved after 7m 30s');
  });

  test('by e-mail, plain', async () => {
    const mail = await arrived('email', 1);
    expect(mail).toMatch(/^To: oncall@example\.org$/m);
    expect(mail).toMatch(/^From: alerts@example\.org$/m);
    expect(mail.match(/^Subject: .*$/m)?.[0]).toMatchInlineSnapshot(
      `"Subject: P1 critical: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box"`,
    );
    expect(partOf(mail, 'text/plain')).toMatchInlineSnapshot(`
      "A request to tiny:latest was hit by xid.79
      What happened, in a sentence.
      GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box
      since 2026-11-20 10:00:00 UTC, P1: react within 15 minutes
      Trace: 0af7651916cd43dd8448eb211c80319c
      Dashboard: http://grafana.example/d/ollascope-gpu?from=1&to=2
      Runbook: http://runbooks.example/GpuFaultHitRequest.md
      Trace view: http://grafana.example/d/ollascope-correlation?var-trace=0af7651916cd43dd8448eb211c80319c
      Silence: http://alertmanager.example/#/silences/new?filter=%7Balertname%3D%22GpuFaultHitRequest%22%2Cservice_name%3D%22ollama%22%2Chost_name%3D%22gpu-box%22%2Chw_id%3D%22GPU-11111111-2222-3333-4444-555555555555%22%2Cgen_ai_request_model%3D%22tiny%3Alatest%22%7D

      All alerts: http://alertmanager.example/#/alerts?receiver=email"
    `);
  });

  test('by e-mail, with links', async () => {
    expect(partOf(await arrived('email', 1), 'text/html')).toMatchInlineSnapshot(`
      "<!DOCTYPE html>
      <html><body style="font-family: sans-serif">
      <h2>P1 critical: GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box</h2>
      <h3>A request to tiny:latest was hit by xid.79</h3>
      <p>What happened, in a sentence.</p>
      <p>GpuFaultHitRequest, GPU 0 (GPU-11111111-2222-3333-4444-555555555555), model tiny:latest, service ollama on gpu-box<br>
      since 2026-11-20 10:00:00 UTC, P1: react within 15 minutes<br>
      Trace 0af7651916cd43dd8448eb211c80319c</p>
      <p><a href="http://grafana.example/d/ollascope-gpu?from=1&amp;to=2">Dashboard</a> <a href="http://runbooks.example/GpuFaultHitRequest.md">Runbook</a> <a href="http://grafana.example/d/ollascope-correlation?var-trace=0af7651916cd43dd8448eb211c80319c">Trace</a> <a href="http://alertmanager.example/#/silences/new?filter=%7Balertname%3D%22GpuFaultHitRequest%22%2Cservice_name%3D%22ollama%22%2Chost_name%3D%22gpu-box%22%2Chw_id%3D%22GPU-11111111-2222-3333-4444-555555555555%22%2Cgen_ai_request_model%3D%22tiny%3Alatest%22%7D">Silence</a></p>


      <p><a href="http://alertmanager.example/#/alerts?receiver=email">All alerts</a></p>
      </body></html>"
    `);
  });

  test('by webhook', async () => {
    const { alerts, ...rest } = JSON.parse(await arrived('webhook', 1));
    expect(rest).toMatchObject({ receiver: 'webhook', status: 'firing', truncatedAlerts: 0 });
    expect(alerts).toHaveLength(1);
    expect(alerts[0].labels).toMatchObject({ gen_ai_request_model: 'tiny:latest', trace_id: TRACE, hw_id: GPU_0 });
    expect(JSON.parse(await arrived('webhook', 2)).status).toBe('resolved');
  });
});

describe('what a template must not do', () => {
  test('a model name cannot call a channel or break a link in Slack or in a mail', async () => {
    const before = { slack: running.channels.of('slack').length, email: running.channels.of('email').length };
    const named = faultHit('slack,email', { gen_ai_request_model: '<!channel|x>&"y"', host_name: 'other-box' });
    await running.send(named);
    const slack = JSON.parse(await arrived('slack', before.slack + 1));
    expect(slack.attachments[0].text).toContain('model ?!channel|x??"y"');
    expect(JSON.stringify(slack)).not.toContain('<!channel');
    const html = partOf(await arrived('email', before.email + 1), 'text/html');
    expect(html).toContain('model ?!channel|x??&#34;y&#34;');
    expect(html).not.toContain('<!channel');
  });

  test('an alert of a foreign rule, with no label of ours, is still a readable message', async () => {
    const before = running.channels.of('slack').length;
    const bare = sampleAlert({ name: 'TestAlert', notify: 'slack' });
    await running.send({
      ...bare,
      labels: { alertname: 'TestAlert', priority: 'P1', notify: 'slack' },
      annotations: {},
    });
    const slack = JSON.parse(await arrived('slack', before + 1));
    expect(slack.attachments[0]).toMatchInlineSnapshot(`
      {
        "callback_id": "",
        "color": "warning",
        "fallback": "P1 TestAlert",
        "footer": "",
        "mrkdwn_in": [
          "fallback",
          "pretext",
          "text",
        ],
        "text": "*TestAlert*
      TestAlert
      since 2026-11-20 10:00:00 UTC, P1: react within 15 minutes
      <http://alertmanager.example/#/silences/new?filter=%7Balertname%3D%22TestAlert%22%7D|Silence>

      ",
        "title": "P1 TestAlert",
        "title_link": "http://alertmanager.example/#/alerts?receiver=slack",
      }
    `);
    expect(running.log()).not.toContain('template');
  });
});
