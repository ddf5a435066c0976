// A program that follows a log which the test writes, with what tests ask of it: ready, traces, the page that it serves.
import { appendFileSync } from 'node:fs';
import { type Program, type ProgramOptions, startProgram } from '../support/program.ts';
import type { Scratch } from '../support/scratch.ts';
import { started } from './composed.ts';

export type Following = {
  readonly program: Program;
  readonly path: string;
  readonly append: (lines: readonly string[]) => void;
  /** The page of this moment. */
  readonly metrics: () => Promise<string>;
  readonly metricsUrl: () => string;
  /** Resolves when that many traces were drawn. */
  readonly traces: (count: number) => Promise<void>;
};

/** Nothing of this machine, only the log that the test names. */
export const ONLY_THE_LOG = ['--ollama-url', 'none', '--nvidia-smi', 'none', '--kernel-log', 'none'] as const;

const TRACE = /^trace [0-9a-f]{32} /gm;
export const tracesIn = (text: string): number => text.match(TRACE)?.length ?? 0;

/** `command` comes first: `['run']`, `['record', dir]`. */
export const follow = (
  scratch: Scratch,
  name: string,
  command: readonly string[],
  options: ProgramOptions & { readonly flags?: readonly string[] } = {},
): Following => {
  const path = scratch.path(name);
  const listen = ['--metrics-listen', '127.0.0.1:0'];
  const program = startProgram(
    [...command, '--ollama-log', path, '--start-at', 'beginning', ...ONLY_THE_LOG, ...listen, ...(options.flags ?? [])],
    options,
  );
  const metricsUrl = (): string => /metrics: (http:\S+)/.exec(program.stderr())?.[1] ?? '';
  return {
    program,
    path,
    append: (lines) => appendFileSync(path, `${lines.join('\n')}\n`),
    metricsUrl,
    metrics: async () => (await fetch(metricsUrl())).text(),
    traces: (count) => program.until(({ stdout }) => tracesIn(stdout()) >= count),
  };
};

/** Follows a log in which a server has just loaded its model, and has read all of it. */
export const followStarted = async (...args: Parameters<typeof follow>): Promise<Following> => {
  const [scratch, name] = args;
  scratch.write(name, `${started().join('\n')}\n`);
  const following = follow(...args);
  await following.program.until(({ stdout }) => stdout().includes('loaded in 1.00 s'));
  return following;
};
