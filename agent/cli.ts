// The command line, built from the settings table: every setting that a command knows is a flag of it.
import { Command as Commander, Option } from 'commander';
import type { Command } from './settings-table.ts';
import { type SettingRow, settingsTable } from './settings-table.ts';

export type Invocation = {
  readonly command: Command;
  readonly paths: readonly string[];
  readonly flags: { readonly [name: string]: unknown };
  readonly config: string | undefined;
};

const commands: { readonly [C in Command]: { readonly brief: string; readonly argument?: readonly [string, string] } } =
  {
    run: { brief: 'follow Ollama, the GPUs and the kernel log, and tell what they do (the default)' },
    replay: {
      brief: 'tell a recording, or bare log, dmon or kernel-log files',
      argument: ['<path...>', 'recordings or files'],
    },
    record: {
      brief: 'run, and keep a masked recording of everything read',
      argument: ['<folder>', 'a folder that does not exist yet'],
    },
    check: {
      brief: 'count the lines of files by class, with examples',
      argument: ['<file...>', 'log, dmon or kernel-log files'],
    },
    doctor: { brief: 'say what was found, what is missing, and what to do about each' },
    stack: {
      brief: 'run Collector, Prometheus, Loki, Jaeger, Alertmanager and Grafana with Docker compose',
      argument: ['<action...>', 'up, down, status, restart, update, logs; restart and logs take services after it'],
    },
    query: {
      brief: 'ask Loki: a query of the library by its name, or LogQL; without either, list the library',
      argument: ['[query]', 'a name, or LogQL'],
    },
    trace: {
      brief: 'ask Jaeger: draw one trace with its log lines and faults, or list the traces that a search finds',
      argument: ['[trace]', 'a trace id, or the name of a search; without it, list the searches'],
    },
    docs: { brief: 'write the generated reference pages (in a checkout)' },
  };

const isSwitch = (row: SettingRow): boolean => typeof row.default === 'boolean';

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const addOptions = (commander: Commander, command: Command): void => {
  const rows: readonly (readonly [string, SettingRow])[] = Object.entries(settingsTable);
  for (const [name, row] of rows.filter(([, r]) => r.commands.includes(command))) {
    const where = row.env.length > 0 ? ` (${row.env[0]})` : '';
    if (isSwitch(row)) {
      // No optional value: it would swallow the path that follows.
      commander.addOption(new Option(`--${name}`, `${row.brief}${where}`));
      commander.addOption(new Option(`--no-${name}`).hideHelp());
      continue;
    }
    if (Array.isArray(row.default)) {
      const one = new Option(`--${name} <value>`, `${row.brief} ${row.expected}${where}`);
      commander.addOption(one.argParser((value: string, before: readonly string[] = []) => [...before, value]));
      continue;
    }
    const help = `${row.brief} ${row.expected}; default ${String(row.default)}${where}`;
    commander.addOption(new Option(`--${name} <value>`, help));
  }
  commander.option(
    '--config <file>',
    'a YAML file of settings; default ./ollascope.yaml where it exists (OLLASCOPE_CONFIG)',
  );
};

/** What commander itself says, with where it must go and the exit code. */
export type CliMessage = { readonly text: string; readonly exitCode: 0 | 2 };

const collect = (commander: Commander, command: Command, paths: readonly string[]): Invocation => {
  const options: { readonly [name: string]: unknown } = commander.opts();
  const flags: { [name: string]: unknown } = {};
  for (const name of Object.keys(settingsTable)) {
    const value = options[camel(name)];
    if (value !== undefined) flags[name] = value;
  }
  const config = options['config'];
  return { command, paths, flags, config: typeof config === 'string' ? config : undefined };
};

/** `run` needs no name, so commander would take a wrong name for an argument of it. */
const unknownCommand = (word: string | undefined): string | undefined =>
  word === undefined || word.startsWith('-') || word === 'help' || Object.hasOwn(commands, word)
    ? undefined
    : `${word}: expected a command (${Object.keys(commands).join(', ')}), found none of that name. What to do: see \`ollascope --help\`; a file is told by \`ollascope replay FILE\`.\n`;

/** Reads the arguments after the program's name. Never exits and never prints: what to print comes back. */
export const parseCli = (argv: readonly string[], version: string): Invocation | CliMessage => {
  const unknown = unknownCommand(argv[0]);
  if (unknown !== undefined) return { text: unknown, exitCode: 2 };
  let text = '';
  let invocation: Invocation | undefined;
  const write = (part: string): void => {
    text += part;
  };
  const program = new Commander('ollascope')
    .description("Links Ollama's log, nvidia-smi and the kernel's Xid lines into metrics, logs and traces.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
  for (const command of Object.keys(commands) as Command[]) {
    const { brief, argument } = commands[command];
    const sub = program.command(command, command === 'run' ? { isDefault: true } : {}).description(brief);
    sub.exitOverride().configureOutput({ writeOut: write, writeErr: write });
    sub.showHelpAfterError(`What to do: see \`ollascope ${command} --help\`.`);
    if (argument !== undefined) sub.argument(argument[0], argument[1]);
    addOptions(sub, command);
    sub.action((first: unknown) => {
      const paths = Array.isArray(first) ? first.map(String) : typeof first === 'string' ? [first] : [];
      invocation = collect(sub, command, paths);
    });
  }
  try {
    program.parse(['node', 'ollascope', ...argv]);
  } catch (error) {
    const code = error instanceof Error && 'exitCode' in error ? error.exitCode : 1;
    return { text, exitCode: code === 0 ? 0 : 2 };
  }
  return invocation ?? { text: program.helpInformation(), exitCode: 2 };
};
