// `stack up|down|status|restart|update|logs`: the servers around the agent, by Docker compose.
import { existsSync } from 'node:fs';
import type { CommandContext, CommandFunction, ExitCode } from '../command.ts';
import { openStack, type Stack } from '../stack/stack.ts';
import { status } from '../stack/status.ts';
import { up } from '../stack/up.ts';

type Action = (stack: Stack, services: readonly string[]) => Promise<ExitCode>;

/** Enough to see what happened last; `--follow` shows what comes. */
const LOG_LINES = 200;

/** Passes Docker's words on and turns its failure into an exit code. */
const passing = async ({ docker, context, fail }: Stack, args: readonly string[]): Promise<ExitCode> => {
  const progress = context.settings.quiet ? {} : { onProgress: context.tell };
  const done = await docker.compose({ args, onOutput: context.out, ...progress });
  return 'problem' in done ? fail(done.problem) : 0;
};

const actions: { readonly [name: string]: Action } = {
  up: (stack) => up(stack),
  down: (stack) =>
    passing(stack, [
      ...stack.everyProfile,
      ...['down', '--remove-orphans', ...(stack.context.settings.volumes ? ['--volumes'] : [])],
    ]),
  status: (stack) => status(stack),
  // Configuration files are mounted: what was changed in them is read at the start.
  restart: (stack, services) => passing(stack, [...stack.everyProfile, 'restart', ...services]),
  update: (stack) => up(stack, ['--pull', 'always']),
  logs: (stack, services) =>
    passing(stack, [
      ...stack.everyProfile,
      ...['logs', '--tail', String(LOG_LINES), ...(stack.context.settings.follow ? ['--follow'] : []), ...services],
    ]),
};

const usageProblem = (
  action: string | undefined,
  services: readonly string[],
  context: CommandContext,
): string | undefined => {
  const known = Object.keys(actions).join(', ');
  if (action === undefined || !Object.hasOwn(actions, action)) {
    return `stack ${action ?? ''}: expected one of ${known}, found ${action === undefined ? 'nothing' : 'none of them'}. What to do: see \`ollascope stack --help\`.`;
  }
  if (services.length > 0 && action !== 'logs' && action !== 'restart') {
    return `stack ${action} ${services.join(' ')}: expected no service here, found ${services.length}. What to do: leave it out; only restart and logs take services.`;
  }
  const { composeEnv } = openStack(context).state;
  if (action !== 'up' && action !== 'update' && !existsSync(composeEnv)) {
    return `stack ${action}: expected a stack that was started, found no ${composeEnv}. What to do: \`ollascope stack up\` first, or name its folder with --stack-state.`;
  }
  return undefined;
};

export const stack: CommandFunction = async (context): Promise<ExitCode> => {
  const [action, ...services] = context.paths;
  const problem = usageProblem(action, services, context);
  if (problem !== undefined) {
    if (!context.settings.quiet) context.tell(`${problem}\n`);
    return action !== undefined && Object.hasOwn(actions, action) && services.length === 0 ? 1 : 2;
  }
  const act = actions[action ?? ''];
  return act === undefined ? 2 : act(openStack(context), services);
};
