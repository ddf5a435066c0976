// `ollascope stack` where there is no Docker, or none that answers, and what it keeps on the host.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runtimePackages } from '../../agent/stack/agent-context.ts';
import { isWell, parseContainers, renderContainers, withAbsent } from '../../agent/stack/containers.ts';
import { endpoints, portOf, settingOfPort } from '../../agent/stack/endpoints.ts';
import { envFilesOf, makeSecrets, stateOf, valuesOf, writeComposeEnv } from '../../agent/stack/state.ts';
import { ROOT, runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';

const scratch = createScratch();
afterAll(scratch.remove);

describe('stack', () => {
  test('an action that it does not know, or a service where none belongs, is a usage error', async () => {
    const unknown = await runProgram(['stack', 'begin']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('stack begin: expected one of up, down, status, restart, update, logs');
    const service = await runProgram(['stack', 'down', 'loki']);
    expect(service).toMatchObject({ code: 2 });
    expect(service.stderr).toContain('only restart and logs take services');
  });

  test('before the first up there is nothing to tell of, and --quiet tells nothing', async () => {
    const state = ['--stack-state', scratch.path('never')];
    const loud = await runProgram(['stack', 'status', ...state]);
    expect(loud).toMatchObject({ code: 1, stdout: '' });
    expect(loud.stderr).toContain('`ollascope stack up` first');
    // A service named beside it does not make it a usage error.
    expect(await runProgram(['stack', 'logs', 'loki', ...state])).toMatchObject({ code: 1, stdout: '' });
    expect(await runProgram(['stack', 'status', '--quiet', ...state])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: '',
    });
  });

  test('without Docker on the search path it says what to install', async () => {
    const folder = scratch.path('no-docker');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.env'), '');
    const { code, stderr } = await runProgram(['stack', 'status', '--stack-state', folder]);
    expect(code).toBe(1);
    expect(stderr).toContain("expected Docker's program on the search path, found none");
  });

  test('up without Docker makes nothing on this host', async () => {
    const folder = scratch.path('untouched');
    const { code, stderr } = await runProgram(['stack', 'up', '--stack-state', folder]);
    expect(code).toBe(1);
    expect(stderr).toContain("expected Docker's program on the search path, found none");
    expect(existsSync(folder)).toBe(false);
  });

  test('a daemon that does not answer is told as that', async () => {
    const bin = scratch.path('bin');
    mkdirSync(bin);
    const docker = join(bin, 'docker');
    writeFileSync(
      docker,
      '#!/bin/sh\necho "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?" >&2\nexit 1\n',
    );
    chmodSync(docker, 0o755);
    const folder = scratch.path('no-daemon');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.env'), '');
    const { code, stderr } = await runProgram(['stack', 'status', '--stack-state', folder], {
      env: { PATH: `${bin}:/bin` },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('expected a running Docker daemon, found none that answers');
  });
});

describe('what the stack keeps', () => {
  test('a password is made once, from the secret it is handed, in a folder that nobody else may enter', () => {
    const state = stateOf(scratch.path('state'), {});
    expect(makeSecrets(state, () => 'first')).toBe('first');
    expect(makeSecrets(state, () => 'second')).toBeUndefined();
    expect(readFileSync(state.passwordFile, 'utf8')).toBe('first');
    expect(statSync(state.folder).mode & 0o077).toBe(0);
    expect(statSync(state.secrets).mode & 0o077).toBe(0);
  });

  test("values come from the environment, then the person's file, then what up wrote", () => {
    const state = stateOf(scratch.path('values'), {});
    makeSecrets(state, () => 'x');
    expect(envFilesOf(state)).toEqual([]);
    writeComposeEnv(state, { version: '1.2.3', agentContext: '/a folder/$x', runbooks: '/runbooks', profile: 'demo' });
    writeFileSync(state.settingsEnv, 'OLLASCOPE_PORT_GRAFANA=13000\nOLLASCOPE_VERSION=9\n');
    expect(envFilesOf(state)).toEqual([state.composeEnv, state.settingsEnv]);
    const values = valuesOf(state, { OLLASCOPE_PORT_GRAFANA: '14000' });
    expect(values).toMatchObject({
      OLLASCOPE_AGENT_CONTEXT: '/a folder/$x',
      COMPOSE_PROFILES: 'demo',
      OLLASCOPE_VERSION: '9',
      OLLASCOPE_RUNBOOKS: 'file:///runbooks',
      OLLASCOPE_PORT_GRAFANA: '14000',
    });
    const grafana = endpoints.find(({ service }) => service === 'grafana');
    expect(grafana === undefined ? 0 : portOf(grafana, values)).toBe(14_000);
    expect(settingOfPort(14_000, values)).toBe('OLLASCOPE_PORT_GRAFANA');
  });

  test('the state folder follows the XDG variable, then HOME', () => {
    expect(stateOf('auto', { XDG_STATE_HOME: '/x', HOME: '/h' }).folder).toBe('/x/ollascope/stack');
    expect(stateOf('auto', { HOME: '/h' }).folder).toBe('/h/.local/state/ollascope/stack');
    expect(existsSync('/x')).toBe(false);
  });
});

describe('containers', () => {
  const line = (service: string, state: string, health = ''): string =>
    JSON.stringify({ Service: service, State: state, Health: health, ExitCode: 0, Status: `${state} since` });

  test('are read in both forms of compose, and those that should be there are told as absent', () => {
    const lines = [line('loki', 'running', 'healthy'), line('grafana', 'exited')];
    const forms = [lines.join('\n'), `[${lines.join(',')}]`];
    for (const form of forms) {
      const containers = withAbsent(parseContainers(form), ['grafana', 'loki', 'jaeger', 'volumes-owner']);
      expect(containers.map(({ service, state }) => `${service} ${state}`)).toEqual([
        'grafana exited',
        'loki running',
        'jaeger absent',
      ]);
      expect(containers.map(isWell)).toEqual([false, true, false]);
    }
    expect(parseContainers('')).toEqual([]);
  });

  test('the table says which of them do not answer', () => {
    const containers = parseContainers([line('loki', 'running'), line('jaeger', 'running')].join('\n'));
    expect(renderContainers(containers, new Set(['jaeger']))).toBe(
      [
        'SERVICE  STATE       DOCKER SAYS',
        'jaeger   running     running since; does not answer as ready',
        'loki     running     running since',
        '',
      ].join('\n'),
    );
  });
});

test('the image gets every package that the program runs on, and no development tool', () => {
  const names = runtimePackages(ROOT).map((folder) => folder.slice(folder.lastIndexOf('node_modules/') + 13));
  expect(names).toEqual(expect.arrayContaining(['undici', 'zod', 'yaml', 'commander', '@grpc/grpc-js', 'protobufjs']));
  for (const tool of ['typescript', 'vitest', '@biomejs/biome', 'node', 'fast-check'])
    expect(names).not.toContain(tool);
});
