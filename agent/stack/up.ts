// `stack up`: secrets and image context are made where they are missing, compose starts everything, and the servers are asked
// from outside until they are ready.
import { join } from 'node:path';
import type { ExitCode } from '../command.ts';
import { createHost } from '../host.ts';
import { packageRoot } from '../version.ts';
import { stageAgent } from './agent-context.ts';
import { notReady } from './ask.ts';
import { parseContainers } from './containers.ts';
import { endpoints, portOf, urlOf } from './endpoints.ts';
import { openStack, type Stack } from './stack.ts';
import { forgetSecret, makeSecrets, writeComposeEnv } from './state.ts';

/** Images are there by then; Loki and Grafana take seconds, on a slow disk a minute. */
const READY_SECONDS = 120;
const POLL_MS = 500;

const prepare = (stack: Stack): { readonly stack: Stack; readonly password: string | undefined } => {
  const { state, context } = stack;
  const password = makeSecrets(state, context.secret);
  const agentContext = `${state.folder}/agent-context`;
  stageAgent(packageRoot(), agentContext);
  const runbooks = join(packageRoot(), 'prometheus', 'runbooks');
  writeComposeEnv(state, { version: context.version, agentContext, runbooks, profile: stack.profile });
  // Opened anew: the file that was just written is part of its settings.
  return { stack: openStack(context), password };
};

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** Ports that another program has, before any image is pulled. Docker's own message would come after minutes. */
const takenPorts = async (stack: Stack, wanted: ReadonlySet<string>, running: ReadonlySet<string>): Promise<string> => {
  const host = createHost(stack.context.clock, stack.context.env);
  const messages: string[] = [];
  for (const endpoint of endpoints.filter(({ service }) => wanted.has(service) && !running.has(service))) {
    const port = portOf(endpoint, stack.values);
    if ((await host.listenError('127.0.0.1', port)) !== 'EADDRINUSE') continue;
    messages.push(
      `${endpoint.setting}: expected 127.0.0.1:${port} to be free for ${endpoint.service}, found another program on it. What to do: end that program, or set ${endpoint.setting} to a free port in ${stack.state.settingsEnv} or the environment.`,
    );
  }
  return messages.join('\n');
};

/** Services of another profile that still run go: two agents would tell everything twice. */
const endOthers = async (
  stack: Stack,
  running: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Promise<string | undefined> => {
  const others = [...running].filter((service) => !wanted.has(service));
  if (others.length === 0) return undefined;
  const ended = await stack.docker.compose({ args: [...stack.everyProfile, 'rm', '--stop', '--force', ...others] });
  return 'problem' in ended ? ended.problem : undefined;
};

const untilReady = async (stack: Stack, services: ReadonlySet<string>): Promise<string | undefined> => {
  const { clock, signal } = stack.context;
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const missing = await notReady(services, stack.values);
    if (missing.length === 0 || signal.aborted) return undefined;
    if (waitedMs >= READY_SECONDS * 1_000) {
      const names = missing.map((e) => `${e.service} (${urlOf(e, stack.values)}${e.readyPath})`).join(', ');
      return `${names}: expected to be ready within ${READY_SECONDS} s, found not. What to do: \`ollascope stack logs ${missing[0]?.service}\` says why.`;
    }
    await clock.wait(POLL_MS, signal);
  }
};

const renderUp = (stack: Stack, services: ReadonlySet<string>, password: string | undefined): string => {
  const rows = endpoints
    .filter(({ service, page }) => page !== undefined && services.has(service))
    .map((endpoint) => `  ${endpoint.service.padEnd(14)}${urlOf(endpoint, stack.values).padEnd(26)}${endpoint.page}`);
  const secret =
    password === undefined
      ? `Grafana's password is in ${stack.state.passwordFile}`
      : `Grafana's user is admin, its password ${password} (shown this once; it is in ${stack.state.passwordFile})`;
  const next =
    stack.profile === 'none'
      ? 'No agent is part of this profile: run `ollascope run --otlp on` on this host, or take --profile.'
      : '`ollascope stack status` says what arrives.';
  return `${['The stack is up.', ...rows, secret, next].join('\n')}\n`;
};

export const up = async (opened: Stack, more: readonly string[] = []): Promise<ExitCode> => {
  // Docker, its compose plugin and the daemon, before anything is made on this host.
  const reachable = await opened.docker.compose({ args: ['ls', '--quiet'] });
  if ('problem' in reachable) return opened.fail(reachable.problem);
  const { stack, password } = prepare(opened);
  const { docker, context } = stack;
  /** Nothing has started yet: a password that was made now has been seen by nobody. */
  const giveUp = (problem: string): ExitCode => {
    if (password !== undefined) forgetSecret(stack.state);
    return stack.fail(problem);
  };
  const named = await docker.compose({ args: [...stack.profileArgs, 'config', '--services'] });
  if ('problem' in named) return giveUp(named.problem);
  const listed = await docker.compose({ args: [...stack.everyProfile, 'ps', '--format', 'json'] });
  if ('problem' in listed) return giveUp(listed.problem);
  const wanted = new Set(lines(named.stdout));
  const running = new Set(parseContainers(listed.stdout).map(({ service }) => service));
  const ended = await endOthers(stack, running, wanted);
  if (ended !== undefined) return giveUp(ended);
  const taken = await takenPorts(stack, wanted, running);
  if (taken !== '') return giveUp(taken);
  const progress = context.settings.quiet ? {} : { onProgress: context.tell, onOutput: context.tell };
  const waiting = ['--wait', '--wait-timeout', String(READY_SECONDS)];
  const started = await docker.compose({
    args: [...stack.profileArgs, 'up', '--detach', '--build', '--remove-orphans', ...waiting, ...more],
    ...progress,
  });
  if ('problem' in started) return stack.fail(started.problem);
  const late = await untilReady(stack, wanted);
  if (late !== undefined) return stack.fail(late);
  if (!context.settings.quiet) context.out(renderUp(stack, wanted, password));
  else if (password !== undefined) context.tell(`Grafana's password is in ${stack.state.passwordFile}\n`);
  return context.signal.aborted ? 1 : 0;
};
