// Starting and ending child processes: directly, never through a shell, in a group of their own so that Ctrl-C at the
// terminal ends the agent first. Only by their own process id, and SIGKILL at most once: a process stuck in the driver
// cannot be killed, and trying again only adds load.
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../../otel/clock.ts';
import type { Exit } from './backoff.ts';
import { errnoOf } from './open-log.ts';

/** A program and the arguments that come before all others (a fake is `node fake.ts …`). */
export type Program = { readonly file: string; readonly firstArguments?: readonly string[] };
export type Command = { readonly program: Program; readonly args: readonly string[] };

export type Running = {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the process was reaped; never rejects. */
  readonly exit: Promise<Exit>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Lets go of a process that cannot be ended, so that it does not keep the agent alive. */
  release(): void;
};
export type Launch = (command: Command) => Running;

/** A child gets this long to end by itself, and as long again after SIGKILL. */
const GRACE_MS = 2_000;

export const launch: Launch = ({ program, args }) => {
  const child = spawn(program.file, [...(program.firstArguments ?? []), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  const exit = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ type: 'not_started', errno: errnoOf(error) });
    });
    child.once('exit', (code, signal) =>
      resolve(code === null ? { type: 'signal', signal: signal ?? 'unknown' } : { type: 'code', code }),
    );
  });
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    exit,
    kill: (signal) => {
      child.kill(signal);
    },
    release: () => {
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
  };
};

/** Ends a child: SIGTERM, a bounded wait, one SIGKILL, another bounded wait. `stuck`: it is in the driver and must be left alone. */
export const endChild = async (running: Running, clock: Clock): Promise<'ended' | 'stuck'> => {
  const ended = running.exit.then(() => 'ended' as const);
  const within = async (): Promise<'ended' | 'stuck'> => {
    const stop = new AbortController();
    const outcome = await Promise.race([ended, clock.wait(GRACE_MS, stop.signal).then(() => 'stuck' as const)]);
    stop.abort();
    return outcome;
  };
  running.kill('SIGTERM');
  if ((await within()) === 'ended') return 'ended';
  running.kill('SIGKILL');
  return within();
};

export type Output = { readonly exit: Exit; readonly stdout: string; readonly stderr: string };

/** Runs a short command to its end. Undefined: it took longer than `timeoutMs`, or was aborted; it was ended then. */
export const outputOf = async (
  command: Command,
  limits: {
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
    readonly bytesMax: number;
  },
  start: Launch = launch,
): Promise<Output | undefined> => {
  const running = start(command);
  const collect = async (stream: Readable): Promise<string> => {
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for await (const piece of stream) {
        sizeBytes += piece.length;
        if (sizeBytes <= limits.bytesMax) pieces.push(piece);
      }
    } catch {
      return ''; // the stream was let go of: the process is ended or stuck, its output is of no use
    }
    return Buffer.concat(pieces).toString('utf8');
  };
  const stop = new AbortController();
  const finished = Promise.all([running.exit, collect(running.stdout), collect(running.stderr)]);
  const waited = Promise.race([
    limits.clock.wait(limits.timeoutMs, AbortSignal.any([stop.signal, limits.signal])).then(() => undefined),
    finished,
  ]);
  const outcome = await waited;
  stop.abort();
  if (outcome === undefined) {
    await endChild(running, limits.clock);
    running.release();
    return undefined;
  }
  const [exit, stdout, stderr] = outcome;
  return { exit, stdout, stderr };
};
