// One call of `ollascope stack …`: where its files are, how Docker is called, and how a failure ends.
import { join } from 'node:path';
import type { CommandContext, ExitCode } from '../command.ts';
import { packageRoot } from '../version.ts';
import { createDocker, type Docker } from './docker.ts';
import { envFilesOf, type StackState, stateOf, type Values, valuesOf } from './state.ts';

/** Every profile: what was started with another one is ended and listed too. */
const PROFILES = ['cpu', 'gpu', 'wsl2', 'demo'] as const;

export type Stack = {
  readonly context: CommandContext;
  readonly state: StackState;
  readonly docker: Docker;
  readonly values: Values;
  readonly profile: string;
  readonly profileArgs: readonly string[];
  readonly everyProfile: readonly string[];
  /** Tells the problem and answers the exit code for it. */
  readonly fail: (problem: string) => ExitCode;
};

const composeFileOf = (root: string): string => join(root, 'compose', 'compose.yaml');

export const openStack = (context: CommandContext): Stack => {
  const { settings, env } = context;
  const state = stateOf(settings['stack-state'], env);
  const values = valuesOf(state, env);
  const profile = settings.profile === 'auto' ? values['COMPOSE_PROFILES'] || 'none' : settings.profile;
  const docker = createDocker({
    composeFile: composeFileOf(packageRoot()),
    envFiles: envFilesOf(state),
    clock: context.clock,
    signal: context.signal,
    values,
  });
  return {
    context,
    state,
    docker,
    values,
    profile,
    profileArgs: profile === 'none' ? [] : ['--profile', profile],
    everyProfile: PROFILES.flatMap((name) => ['--profile', name]),
    fail: (problem) => {
      if (!settings.quiet) context.tell(`${problem}\n`);
      return 1;
    },
  };
};
