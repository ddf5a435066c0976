// A real Alertmanager on the shipped configuration, with the test's own channels behind it. Only addresses are put in, plus
// the waiting times that a test names; every change must find its place, so that a renamed line fails here and not silently.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryOf } from '../real/backends/install.ts';
import { type RunningServer, removedAtExit, startServer } from '../real/backends/process.ts';
import { freePort } from '../real/ports.ts';
import { type Channels, openChannels } from './channels.ts';

export const SHIPPED = join(import.meta.dirname, '..', '..', 'alertmanager');

export type Alert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
};

export type Options = {
  /** Text of the shipped file → what stands there in this test, such as a shorter wait. Each must occur. */
  readonly changes?: Readonly<Record<string, string>>;
  /** Files of secrets/ that are not written. */
  readonly withoutSecrets?: readonly string[];
};

export type RunningAlertmanager = {
  readonly url: string;
  readonly channels: Channels;
  readonly config: string;
  readonly log: () => string;
  readonly send: (...alerts: readonly Alert[]) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const changed = (text: string, changes: Readonly<Record<string, string>>): string => {
  let result = text;
  for (const [from, to] of Object.entries(changes)) {
    if (!result.includes(from)) throw new Error(`expected "${from}" in alertmanager.yaml, found it nowhere`);
    result = result.replaceAll(from, to);
  }
  return result;
};

const ADDRESSES = `{{ define "email.to" }}oncall@example.org{{ end }}{{ define "email.from" }}alerts@example.org{{ end }}`;

/** Laid out as a user does it: the folder as it is shipped, and secrets/ beside the configuration. */
const layOut = (folder: string, { httpUrl, smtpPort }: Channels, options: Options): string => {
  cpSync(SHIPPED, folder, { recursive: true, filter: (path) => !path.endsWith('secrets') });
  const secrets: Readonly<Record<string, string>> = {
    'slack-url': `${httpUrl}/slack\n`,
    'webhook-url': `${httpUrl}/webhook\n`,
    'pagerduty-routing-key': 'routing-key-of-the-test\n',
    'smtp-password': 'unused\n',
    'email.tmpl': ADDRESSES,
  };
  mkdirSync(join(folder, 'secrets'));
  for (const [name, text] of Object.entries(secrets)) {
    if (!options.withoutSecrets?.includes(name)) writeFileSync(join(folder, 'secrets', name), text);
  }
  const config = join(folder, 'alertmanager.yaml');
  const text = changed(readFileSync(config, 'utf8'), {
    'global:\n': `global:\n  pagerduty_url: ${httpUrl}/pagerduty\n`,
    'smtp_smarthost: localhost:587': `smtp_smarthost: 127.0.0.1:${smtpPort}`,
    'smtp_require_tls: true': 'smtp_require_tls: false',
    ...options.changes,
  });
  writeFileSync(config, text);
  return config;
};

const post = async (url: string, body: unknown): Promise<void> => {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  });
  const told = await response.text();
  if (response.status !== 200)
    throw new Error(`Alertmanager took no alerts: expected 200, got ${response.status}: ${told}`);
};

/** The name that links carry instead of a port that differs from run to run. */
const EXTERNAL_URL = 'http://alertmanager.example';

const launch = async (folder: string, config: string, port: number): Promise<RunningServer> =>
  startServer({
    name: 'alertmanager',
    binary: await binaryOf('alertmanager'),
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=${EXTERNAL_URL}`,
      '--web.route-prefix=/',
      '--cluster.listen-address=',
    ],
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
    // Paths of secrets are relative to where it runs.
    cwd: folder,
    logPath: join(folder, 'alertmanager.log'),
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
  });

export const startAlertmanager = async (options: Options = {}): Promise<RunningAlertmanager> => {
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-alertmanager-'));
  removedAtExit(folder);
  const channels = await openChannels();
  const config = layOut(folder, channels, options);
  const port = await freePort();
  const server = await launch(folder, config, port);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    channels,
    config,
    log: () => readFileSync(server.logPath, 'utf8'),
    send: (...alerts) => post(url, alerts),
    stop: async () => {
      await server.stop();
      await channels.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Runs `body` with an Alertmanager that is gone afterwards, however `body` ends. */
export const withAlertmanager = async (
  options: Options,
  body: (running: RunningAlertmanager) => Promise<void>,
): Promise<void> => {
  const running = await startAlertmanager(options);
  try {
    await body(running);
  } finally {
    await running.stop();
  }
};
