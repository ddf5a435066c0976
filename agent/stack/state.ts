// What the stack keeps on the host: Grafana's password, made at the first start and never again, and the values that compose
// needs. With these files `docker compose` works by hand too; the README of compose/ shows how.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../settings.ts';

export type StackState = {
  readonly folder: string;
  readonly secrets: string;
  /** Written anew by every `stack up`. */
  readonly composeEnv: string;
  /** A person's own: ports, retention, notification. Never written here. */
  readonly settingsEnv: string;
  readonly passwordFile: string;
};

export const stateOf = (setting: string, env: Environment): StackState => {
  const base = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
  const folder = setting === 'auto' ? join(base, 'ollascope', 'stack') : setting;
  const secrets = join(folder, 'secrets');
  return {
    folder,
    secrets,
    composeEnv: join(folder, 'compose.env'),
    settingsEnv: join(folder, 'settings.env'),
    passwordFile: join(secrets, 'grafana-admin-password'),
  };
};

/** Variables of compose.yaml as they are set: by the environment, by the person's file, by the last `stack up`. */
export type Values = Environment;

/** The environment wins over the person's file, that over what `stack up` wrote: the order that compose itself has. */
export const valuesOf = (state: StackState, env: Environment): Values => {
  const read = (path: string): Values => (existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {});
  return { ...read(state.composeEnv), ...read(state.settingsEnv), ...env };
};

export const envFilesOf = (state: StackState): readonly string[] =>
  [state.composeEnv, state.settingsEnv].filter((path) => existsSync(path));

/** Makes folders and password where they are missing. Answers the password when it was made now. */
export const makeSecrets = (state: StackState, secret: () => string): string | undefined => {
  // The folder is what keeps others out: servers of other user ids read the file through Docker's mount, not through it.
  mkdirSync(state.folder, { recursive: true, mode: 0o700 });
  mkdirSync(state.secrets, { recursive: true, mode: 0o700 });
  // For addresses and keys of Alertmanager's receivers: empty until somebody wants to be told.
  mkdirSync(join(state.secrets, 'alertmanager'), { recursive: true, mode: 0o755 });
  if (existsSync(state.passwordFile)) return undefined;
  const password = secret();
  writeFileSync(state.passwordFile, password, { mode: 0o444, flag: 'wx' });
  return password;
};

/** Takes back a password that nobody has seen and no server has read: the next start makes and shows another one. */
export const forgetSecret = (state: StackState): void => rmSync(state.passwordFile, { force: true });

/** In single quotes compose and Node take everything literally. */
const assignment = (name: string, value: string): string => `${name}='${value}'\n`;

export type ComposeValues = {
  readonly version: string;
  readonly agentContext: string;
  /** The folder of the runbooks. */
  readonly runbooks: string;
  readonly profile: string;
};

export const writeComposeEnv = (state: StackState, values: ComposeValues): void => {
  const text = [
    '# Written by `ollascope stack up`; settings of your own belong into settings.env beside it.\n',
    assignment('OLLASCOPE_VERSION', values.version),
    assignment('OLLASCOPE_SECRETS', state.secrets),
    assignment('OLLASCOPE_AGENT_CONTEXT', values.agentContext),
    assignment('OLLASCOPE_HOST_NAME', hostname()),
    // Alerts lead to the pages that came with this version.
    assignment('OLLASCOPE_RUNBOOKS', `file://${values.runbooks}`),
    assignment('COMPOSE_PROFILES', values.profile === 'none' ? '' : values.profile),
  ];
  writeFileSync(state.composeEnv, text.join(''), { mode: 0o600 });
};
