// What every command gets and gives: its world handed in, an exit code back. Only main.ts touches the process.
import type { Readable } from 'node:stream';
import type { Clock } from '../otel/clock.ts';
import type { Environment } from './settings.ts';
import type { SettingName, Settings } from './settings-table.ts';

/** 0 done; 1 done with findings (unmatched files, a missing thing, pages out of date), or nothing found; 2 wrong settings or input;
 * 3 nothing to do, or nobody there to ask. */
export type ExitCode = 0 | 1 | 2 | 3;

export type CommandContext = {
  readonly settings: Settings;
  /** Settings that the person gave, as against defaults. */
  readonly given: ReadonlySet<SettingName>;
  readonly paths: readonly string[];
  readonly env: Environment;
  readonly clock: Clock;
  /** In [0, 1): spreads retries, salts pseudonyms. */
  readonly random: () => number;
  /** A new password: from the system's own randomness, never from `random`. */
  readonly secret: () => string;
  readonly version: string;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  readonly stdin: () => Readable;
  /** Standard output: what the command is for. False when the reader wants a pause. */
  readonly out: (text: string) => boolean;
  /** Resolves when standard output takes more. */
  readonly drained: () => Promise<void>;
  /** Standard error: what people should know. */
  readonly tell: (text: string) => void;
  readonly terminal: { readonly columns: number; readonly colour: boolean; readonly interactive: boolean };
};

export type CommandFunction = (context: CommandContext) => Promise<ExitCode>;
