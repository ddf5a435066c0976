// `ollascope stack …` as a person runs it: the program as a child, with nothing of the test's environment but what it needs.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpoints } from '../../agent/stack/endpoints.ts';
import { freePorts } from '../real/ports.ts';
import { ROOT } from '../support/program.ts';
import type { Daemon } from './daemon.ts';

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type StackUnderTest = {
  readonly state: string;
  /** By the settings' names. */
  readonly ports: ReadonlyMap<string, number>;
  readonly url: (setting: string) => string;
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Ended;
};

/** An `up` that makes the agent's image and waits for seven servers, on a machine with other things to do. */
const COMMAND_MS_MAX = 400_000;

/** Its own ports and its own name, so that it stands beside anything that runs here already. */
export const stackUnderTest = async (daemon: Daemon, project: string): Promise<StackUnderTest> => {
  const state = join(daemon.folder, 'state');
  const settings = [...new Set(endpoints.map(({ setting }) => setting))];
  const free = await freePorts(settings.length);
  const ports = new Map(settings.map((setting, index) => [setting, free[index] ?? 0]));
  const env = { ...daemon.env, HOME: daemon.folder, COMPOSE_PROJECT_NAME: project, OLLASCOPE_STACK_STATE: state };
  return {
    state,
    ports,
    url: (setting) => `http://127.0.0.1:${ports.get(setting)}`,
    run: (args, more = {}) => {
      const child = spawnSync(process.execPath, [join(ROOT, 'agent', 'main.ts'), 'stack', ...args], {
        encoding: 'utf8',
        env: { ...env, ...more },
        timeout: COMMAND_MS_MAX,
      });
      return { code: child.status, stdout: child.stdout, stderr: child.stderr };
    },
  };
};

/** What a person would write into settings.env: the ports, and whatever else a test wants. */
export const writeSettings = (stack: StackUnderTest, more: Readonly<Record<string, string>> = {}): void => {
  const rows = [...[...stack.ports].map(([name, port]) => [name, String(port)]), ...Object.entries(more)];
  writeFileSync(join(stack.state, 'settings.env'), rows.map(([name, value]) => `${name}='${value}'\n`).join(''));
};
