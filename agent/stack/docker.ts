// Calls `docker compose` with the project's file and the stack's own settings. Docker prints progress on standard error: it is
// handed on as it comes, and its last part is kept for the explanation of a failure.
import type { Readable } from 'node:stream';
import type { Exit } from '../../collectors/sources/backoff.ts';
import { endChild, launch } from '../../collectors/sources/launch.ts';
import type { Clock } from '../../otel/clock.ts';
import { DOCKER_MISSING, explainFailure } from './failures.ts';
import type { Values } from './state.ts';

export type ComposeCall = {
  /** Everything after `docker compose`. */
  readonly args: readonly string[];
  readonly onOutput?: (text: string) => void;
  readonly onProgress?: (text: string) => void;
};

export type Composed = { readonly stdout: string } | { readonly problem: string };

export type Docker = {
  readonly compose: (call: ComposeCall) => Promise<Composed>;
};

export type DockerOptions = {
  readonly composeFile: string;
  /** Later files win. */
  readonly envFiles: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly values: Values;
};

/** Answers and messages are kept to this; `logs` of days pass through without being kept. */
const KEPT_CHARS = 262_144;

const gather = async (stream: Readable, hand: ((text: string) => void) | undefined): Promise<string> => {
  let kept = '';
  stream.setEncoding('utf8');
  try {
    for await (const piece of stream) {
      const text = String(piece);
      hand?.(text);
      kept = (kept + text).slice(-KEPT_CHARS);
    }
  } catch {
    return kept; // let go of, because the process was ended: what came until then is all there is
  }
  return kept;
};

const problemOf = (exit: Exit, printed: string, values: Values): string | undefined => {
  if (exit.type === 'not_started') {
    return exit.errno === 'ENOENT' ? DOCKER_MISSING : `docker: expected to start it, found ${exit.errno}.`;
  }
  if (exit.type === 'code' && exit.code === 0) return undefined;
  return explainFailure(printed, values);
};

export const createDocker = (options: DockerOptions): Docker => ({
  compose: async ({ args, onOutput, onProgress }) => {
    const files = options.envFiles.flatMap((file) => ['--env-file', file]);
    const running = launch({
      program: { file: 'docker' },
      args: ['compose', '--file', options.composeFile, ...files, ...args],
    });
    const stop = (): void => {
      // Bounded in endChild; the exit below settles by it.
      endChild(running, options.clock).then(running.release, running.release);
    };
    options.signal.addEventListener('abort', stop, { once: true });
    const [exit, stdout, stderr] = await Promise.all([
      running.exit,
      gather(running.stdout, onOutput),
      gather(running.stderr, onProgress),
    ]);
    options.signal.removeEventListener('abort', stop);
    if (options.signal.aborted) return { stdout };
    const problem = problemOf(exit, `${stdout}\n${stderr}`, options.values);
    return problem === undefined ? { stdout } : { problem };
  },
});
