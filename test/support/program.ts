// The program as a person runs it: a child of its own, with nothing of the test's environment, watched by its output.
// Tests wait for what it prints; nothing sleeps, and every child is ended by its own pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'agent', 'main.ts');

export type ProgramOptions = {
  /** Added to an environment that has nothing but a search path with no programs, and UTC. */
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
  /** Written to standard input, which is then closed. Left out, it is closed at once. */
  readonly stdin?: string | Uint8Array;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  /** Another entry than agent/main.ts. */
  readonly main?: string;
  /** User and group of the child, where the test may choose them. */
  readonly uid?: number;
};

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Program = {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it holds, asked anew after all output. Fails with all that was printed when the program ends first or time is up. */
  readonly until: (holds: (program: Program) => boolean, timeoutMs?: number) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** As `| head` does: nobody reads any more. */
  readonly closeStdout: () => void;
  readonly ended: Promise<Ended>;
};

/** A hung program is ended, and the test fails by what it then lacks. */
const LIFE_MS_MAX = 60_000;
const WAIT_MS_MAX = 15_000;

/** No setting of the machine that the tests run on may reach the program, nor any program of it be found. */
const BARE_ENVIRONMENT = {
  PATH: '/nonexistent',
  HOME: '/nonexistent',
  TZ: 'UTC',
  NO_COLOR: '1',
  // More than half of a short run is spent on loading modules.
  NODE_COMPILE_CACHE: join(ROOT, '.cache', 'compile'),
} as const;

const spawnProgram = (args: readonly string[], options: ProgramOptions): ChildProcess =>
  spawn(process.execPath, [...(options.nodeFlags ?? []), options.main ?? MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...BARE_ENVIRONMENT, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIFE_MS_MAX,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });

const collect = (stream: NodeJS.ReadableStream | null, onText: () => void): (() => string) => {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (part: string) => {
    text += part;
    onText();
  });
  return () => text;
};

export const startProgram = (args: readonly string[], options: ProgramOptions = {}): Program => {
  const child = spawnProgram(args, options);
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  const stdout = collect(child.stdout, wake);
  const stderr = collect(child.stderr, wake);
  // It may end before it has read everything: what it made of that is what the test looks at.
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.stdin?.end(options.stdin ?? '');
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      wake();
      resolve({ code, signal, stdout: stdout(), stderr: stderr() });
    });
  });
  const program: Program = {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    until: (holds, timeoutMs = WAIT_MS_MAX) =>
      new Promise((resolve, reject) => {
        const finish = (failure?: string): void => {
          clearTimeout(timer);
          waiting.delete(check);
          if (failure === undefined) resolve();
          else reject(new Error(`${failure}\nstdout:\n${stdout().slice(-4_000)}\nstderr:\n${stderr().slice(-4_000)}`));
        };
        const check = (): void => {
          if (holds(program)) finish();
          else if (over) finish('expected output that had not come when the program ended');
        };
        const timer = setTimeout(() => finish(`expected output that did not come within ${timeoutMs} ms`), timeoutMs);
        waiting.add(check);
        check();
      }),
    kill: (signal) => void child.kill(signal),
    closeStdout: () => child.stdout?.destroy(),
    ended,
  };
  return program;
};

/** Runs it to its end. */
export const runProgram = (args: readonly string[], options: ProgramOptions = {}): Promise<Ended> =>
  startProgram(args, options).ended;
