// The program: the only file that touches the process. Reads the command line and the settings, hands a command its world,
// turns its result into an exit code.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseCli } from './cli.ts';
import { systemClock } from './clock.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { commandOf } from './commands/index.ts';
import { loadSettings, renderProblems, type SettingsInput } from './settings.ts';
import { packageVersion } from './version.ts';

const DEFAULT_CONFIG = 'ollascope.yaml';
/** 192 bits: nobody guesses it, and it still fits a line. */
const SECRET_BYTES = 24;
const MIN_COLUMNS = 40;
const DEFAULT_COLUMNS = 100;

const configFile = (
  named: string | undefined,
): NonNullable<SettingsInput['file']> | { readonly missing: string } | undefined => {
  const name = named ?? process.env['OLLASCOPE_CONFIG'] ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  if (name === undefined) return undefined;
  try {
    return { name, text: readFileSync(name, 'utf8') };
  } catch (error) {
    return {
      missing: `${name}: expected a YAML file of settings, found ${String((error as NodeJS.ErrnoException).code)}. What to do: check the path.\n`,
    };
  }
};

const shutdownSignal = (): AbortSignal => {
  const controller = new AbortController();
  const onSignal = (): void => {
    // A second signal means now: whatever is undelivered is lost, as asked.
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
};

const run = async (): Promise<ExitCode> => {
  const cli = parseCli(process.argv.slice(2), packageVersion());
  if ('text' in cli) {
    (cli.exitCode === 0 ? process.stdout : process.stderr).write(cli.text);
    return cli.exitCode;
  }
  const file = configFile(cli.config);
  if (file !== undefined && 'missing' in file) {
    process.stderr.write(file.missing);
    return 2;
  }
  const loaded = loadSettings({
    command: cli.command,
    flags: cli.flags,
    env: process.env,
    ...(file === undefined ? {} : { file }),
  });
  if ('problems' in loaded) {
    process.stderr.write(renderProblems(loaded.problems));
    return 2;
  }
  const context: CommandContext = {
    ...loaded,
    paths: cli.paths,
    env: process.env,
    clock: systemClock,
    random: Math.random,
    secret: () => randomBytes(SECRET_BYTES).toString('base64url'),
    version: packageVersion(),
    signal: shutdownSignal(),
    stdin: () => process.stdin,
    out: (text) => process.stdout.write(text),
    drained: () =>
      // It may have drained before we asked: then no event comes any more.
      process.stdout.writableNeedDrain
        ? new Promise((resolve) => process.stdout.once('drain', resolve))
        : Promise.resolve(),
    tell: (text) => process.stderr.write(text),
    terminal: {
      columns: Math.max(MIN_COLUMNS, process.stdout.columns ?? (Number(process.env['COLUMNS']) || DEFAULT_COLUMNS)),
      colour: process.stdout.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
      interactive: process.stdout.isTTY === true,
    },
  };
  return (await commandOf(cli.command))(context);
};

// A reader that goes away (`| head`) ends the program quietly, as it does every filter.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
const code = await run();
// Exporters may hold timers of requests that were given up: what was told is flushed, then the program ends.
process.stdout.write('', () => process.exit(code));
