// What `query` and `trace` have in common: the backends they ask, parameters from the command line, a library as a list, messages.
import type { Given } from '../../loki/parameters.ts';
import type { CommandContext, ExitCode } from '../command.ts';
import { type Backend, openBackend, type Problem } from './backend.ts';

export const openLoki = ({ settings }: CommandContext): Backend | Problem =>
  openBackend('Loki', settings['loki-url'], settings['loki-headers']);

export const openJaeger = ({ settings }: CommandContext): Backend | Problem =>
  openBackend('Jaeger', settings['jaeger-url'], settings['jaeger-headers']);

export const tellProblem = ({ tell }: Pick<CommandContext, 'tell'>, { problem, exit }: Problem): ExitCode => {
  tell(`${problem}\n`);
  return exit;
};

/** `model=tiny`, … as parameters, or the first that is none. */
export const givenIn = (pairs: readonly string[]): Given | Problem => {
  const wrong = pairs.find((pair) => !/^[a-z_]+=./s.test(pair));
  if (wrong !== undefined)
    return {
      problem: `--param: expected name=value, found ${JSON.stringify(wrong)}. What to do: for example --param model=llama3.2:3b.`,
      exit: 2,
    };
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
};

/** Parameters that the stored query or search `name` does not take, or lacks. */
export const parameterProblem = (name: string, problems: readonly string[]): Problem => ({
  problem: problems.map((problem) => `${name}: --param ${problem}.`).join('\n'),
  exit: 2,
});

export const isProblem = (value: object): value is Problem => 'problem' in value && 'exit' in value;

export type Listed = { readonly name: string; readonly what: string; readonly parameters: readonly string[] };

/** Name, question, parameters; one line each. */
export const listText = (rows: readonly Listed[]): string => {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, what, parameters }) => {
      const given = parameters.length === 0 ? '' : ` (${parameters.join(', ')})`;
      return `  ${name.padEnd(width)}  ${what}${given}\n`;
    })
    .join('');
};

/** Names that share a part with the one that is not there; `otherwise` where none does. */
export const didYouMean = (
  unknown: string,
  library: readonly { readonly name: string }[],
  otherwise: string,
): string => {
  const parts = unknown.split('-').filter((part) => part.length > 2);
  const like = library.map(({ name }) => name).filter((name) => parts.some((part) => name.includes(part)));
  return like.length === 0 ? otherwise : `did you mean ${like.join(' or ')}?`;
};
