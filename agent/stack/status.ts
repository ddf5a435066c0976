// `stack status`: is every container well, does every server answer, and does what the agent tells arrive. Exit code 0 or 1.
import type { ExitCode } from '../command.ts';
import { type Arrived, askArrived, notReady } from './ask.ts';
import { type Container, isWell, parseContainers, renderContainers, withAbsent } from './containers.ts';
import type { Stack } from './stack.ts';

/** Prometheus forgets a series after five minutes without a sample: an agent that tells nothing for so long is not there. */
const METRIC_AGE_SECONDS_MAX = 300;

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const renderArrived = ({ metricAgeSeconds, logRecords, tracedServices }: Arrived, hasAgent: boolean): string => {
  const none = hasAgent ? 'none of the last five minutes' : 'none; no agent is part of this profile';
  const metrics = metricAgeSeconds === undefined ? none : `newest ${Math.max(0, Math.round(metricAgeSeconds))} s ago`;
  const logs = logRecords === undefined ? 'Loki does not answer' : `${plural(logRecords, 'record')} in five minutes`;
  const traces =
    tracedServices === undefined
      ? 'Jaeger does not answer'
      : tracedServices.length === 0
        ? 'none yet'
        : `of ${tracedServices.join(', ')}`;
  return [
    `agent → Collector → Prometheus  metrics: ${metrics}`,
    `agent → Collector → Loki        logs: ${logs}`,
    `agent → Collector → Jaeger      traces: ${traces}`,
    '',
  ].join('\n');
};

const isRunning = ({ state }: Container): boolean => state === 'running';

export const status = async (stack: Stack): Promise<ExitCode> => {
  const { context, docker, values } = stack;
  const say = (text: string): void => {
    if (!context.settings.quiet) context.out(text);
  };
  const services = await docker.compose({ args: [...stack.profileArgs, 'config', '--services'] });
  if ('problem' in services) return stack.fail(services.problem);
  const listed = await docker.compose({ args: [...stack.profileArgs, 'ps', '--all', '--format', 'json'] });
  if ('problem' in listed) return stack.fail(listed.problem);
  const containers = withAbsent(parseContainers(listed.stdout), services.stdout.split('\n').filter(Boolean).sort());
  const running = new Set(containers.filter(isRunning).map(({ service }) => service));
  if (running.size === 0) {
    say('The stack is not running. What to do: `ollascope stack up`.\n');
    return 1;
  }
  const silent = new Set((await notReady(running, values)).map(({ service }) => service));
  const hasAgent = containers.some(({ service }) => service.startsWith('agent-'));
  const arrived = await askArrived(values);
  say(`${renderContainers(containers, silent)}\n${renderArrived(arrived, hasAgent)}`);
  const isFresh =
    !hasAgent || (arrived.metricAgeSeconds !== undefined && arrived.metricAgeSeconds <= METRIC_AGE_SECONDS_MAX);
  return containers.every(isWell) && silent.size === 0 && isFresh ? 0 : 1;
};
