// `stack up|down|status|restart|update|logs`: the servers around the agent, by Docker compose.
import { existsSync } from 'node:fs';
import type { Problem } from '../backends/backend.ts';
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

/** The action, or what is wrong with the call. */
const actionOf = (context: CommandContext): Action | Problem => {
  const [name, ...services] = context.paths;
  const action = name !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    const known = Object.keys(actions).join(', ');
    return {
      problem: `stack ${name ?? ''}: expected one of ${known}, found ${name === undefined ? 'nothing' : 'none of them'}. What to do: see \`ollascope stack --help\`.`,
      exit: 2,
    };
  }
  if (services.length > 0 && name !== 'logs' && name !== 'restart')
    return {
      problem: `stack ${name} ${services.join(' ')}: expected no service here, found ${services.length}. What to do: leave it out; only restart and logs take services.`,
      exit: 2,
    };
  const { composeEnv } = openStack(context).state;
  if (name !== 'up' && name !== 'update' && !existsSync(composeEnv))
    return {
      problem: `stack ${name}: expected a stack that was started, found no ${composeEnv}. What to do: \`ollascope stack up\` first, or name its folder with --stack-state.`,
      exit: 1,
    };
  return action;
};

export const stack: CommandFunction = async (context): Promise<ExitCode> => {
  const action = actionOf(context);
  if (typeof action === 'function') return action(openStack(context), context.paths.slice(1));
  if (!context.settings.quiet) context.tell(`${action.problem}\n`);
  return action.exit;
};
