// Runs one program to its end: bounded in time, its output kept for the error message, and a missing program told plainly.
// Output also goes to our stderr as it comes, because a build of minutes that says nothing looks like a hang.

import { spawn } from 'node:child_process';

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutSeconds: number;
  /** What to do when the program is not there. */
  readonly whenMissing: string;
  /** Keep the program's output off our stderr. */
  readonly quiet?: boolean;
  readonly onStderr?: (chunk: string) => void;
};

const KEPT_OUTPUT_CHARS = 4_000;

/** Answers stdout; throws with the last lines of the output when the program fails, runs too long or is missing. */
export const runCommand = (program: string, args: readonly string[], options: CommandOptions): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not spawn's own `timeout`: when the program is missing, that keeps our process alive until the time is up.
    const overdue = setTimeout(() => child.kill(), options.timeoutSeconds * 1_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (options.quiet !== true) process.stderr.write(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-KEPT_OUTPUT_CHARS);
      options.onStderr?.(chunk);
      if (options.quiet !== true) process.stderr.write(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(overdue);
      reject(error.code === 'ENOENT' ? new Error(`\`${program}\` was not found: ${options.whenMissing}`) : error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(overdue);
      if (code === 0) return resolve(stdout);
      const how = signal === null ? `ended with ${code}` : `was ended by ${signal} (limit ${options.timeoutSeconds} s)`;
      reject(new Error(`\`${program} ${args.join(' ')}\` ${how}:\n${(stderr || stdout).slice(-KEPT_OUTPUT_CHARS)}`));
    });
  });

/** One line of progress. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
