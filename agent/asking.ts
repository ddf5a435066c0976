// What `query` and `trace` have in common: parameters from the command line, a library as a list, and messages.
import type { Given } from '../loki/parameters.ts';
import type { Problem } from './backend.ts';
import type { CommandContext, ExitCode } from './command.ts';

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

/** Names that begin alike, or all that hold the word: for "did you mean". */
export const namesLike = (word: string, names: readonly string[]): readonly string[] => {
  const parts = word.split('-').filter((part) => part.length > 2);
  return names.filter((name) => parts.some((part) => name.includes(part)));
};
