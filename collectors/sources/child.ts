// A supervised child process whose standard output is the stream: started again with back-off, told when it stalls or ends,
// and never started a second time before the first was reaped. Complete lines of its standard error are put between those
// of its output, because nvidia-smi says there why it fails.
import type { Clock } from '../../otel/clock.ts';
import { NS_PER_SECOND, nsBetween } from '../../otel/time.ts';
import type { SourceInfo } from '../line.ts';
import { backoffMs, type Exit, exitNumber } from './backoff.ts';
import { type Bell, createBell } from './bell.ts';
import { createCaughtUp } from './caught-up.ts';
import { type Command, endChild, type Launch, launch, type Running } from './launch.ts';
import type { Source, SourceContext, SourceEvent } from './source.ts';
import { createStderrLines } from './stderr-lines.ts';
import { createTeller, type Teller } from './teller.ts';

export type ChildSpec = {
  readonly info: SourceInfo;
  /** What the child is called in messages. */
  readonly title: string;
  /** The next command, by how the last one ended; undefined where there is nothing left to try for now. */
  readonly next: (last: Exit | undefined, signal: AbortSignal) => Command | undefined | Promise<Command | undefined>;
  /** Silence longer than this is a stall; undefined where silence is normal. */
  readonly stallSeconds?: number;
  /** False drops standard error: for children whose messages no grammar reads. */
  readonly stderrLines?: boolean;
  /** True: what it tells at first was written before it was started. */
  readonly backlog?: boolean;
  /** Why it ended, for people, where the code tells. */
  readonly meaningOf?: (exit: Exit) => string | undefined;
  readonly launch?: Launch;
};

/** A child that ran this long was well: its next end is the first of a new row. */
const HEALTHY_SECONDS = 60;
/** A stalled child is ended once after this many times the stall; before, it may only be slow (8 GPUs starting take 10 s). */
const END_AFTER_STALLS = 12;
/** After its exit a child's last output is awaited this long: a grandchild may hold the pipe open. */
const LAST_OUTPUT_MS = 500;
/** Where no command is left to try, this long passes before the first is tried again. */
const NOTHING_LEFT_MS = 60_000;

type Supervisor = {
  readonly spec: ChildSpec;
  readonly clock: Clock;
  readonly teller: Teller;
  readonly bell: Bell;
  readonly signal: AbortSignal;
  /** The child runs on after SIGKILL: it is in the driver, and nothing more is tried. */
  isStuck: boolean;
};

const describeExit = (spec: ChildSpec, exit: Exit): string => {
  const meaning = spec.meaningOf?.(exit);
  const because = meaning === undefined ? '' : `: ${meaning}`;
  switch (exit.type) {
    case 'code':
      return `${spec.title} ended with code ${exit.code}${because}`;
    case 'signal':
      return `${spec.title} was ended by ${exit.signal}${because}`;
    case 'not_started':
      return `expected to start ${spec.title}, the system answered ${exit.errno}: install it or say where it is`;
  }
};

/** Follows one running child to its end. Returns undefined when aborted. */
async function* followChild(supervisor: Supervisor, running: Running): AsyncGenerator<SourceEvent, Exit | undefined> {
  const { spec, clock, teller, bell, signal } = supervisor;
  const caughtUp = createCaughtUp();
  const stderr = createStderrLines(running.stderr, bell, spec.stderrLines !== false);
  let exit: Exit | undefined;
  let isClosed = false;
  let stalls = 0;
  running.exit.then((ended) => {
    exit = ended;
    bell.ring();
  });
  running.stdout.on('readable', bell.ring).on('error', bell.ring);
  running.stdout.once('close', () => {
    isClosed = true;
    bell.ring();
  });
  if (spec.backlog !== true) caughtUp.atEnd(clock.now());
  for (;;) {
    const bytes: Buffer | null = running.stdout.read();
    if (bytes !== null) {
      if (stalls > 0) yield* teller.notice('recovered', `${spec.title} answers again`);
      stalls = 0;
      stderr.sawOutput(bytes);
      yield* teller.chunk(bytes, caughtUp.isObserved(clock.now()));
      continue;
    }
    const lines = stderr.take(exit !== undefined);
    if (lines !== undefined) yield* teller.chunk(lines, true);
    caughtUp.atEnd(clock.now());
    if (exit !== undefined && (isClosed || exit.type === 'not_started')) return exit;
    const stallMs = spec.stallSeconds === undefined ? undefined : spec.stallSeconds * 1_000;
    const woken = await bell.wait(signal, exit === undefined ? stallMs : LAST_OUTPUT_MS);
    if (woken === 'aborted') return undefined;
    if (woken !== 'timeout') continue;
    if (exit !== undefined) return exit;
    stalls += 1;
    yield* tellStall(supervisor, running, stalls);
  }
}

async function* tellStall(supervisor: Supervisor, running: Running, stalls: number): AsyncGenerator<SourceEvent> {
  const { spec, clock, teller } = supervisor;
  const seconds = stalls * (spec.stallSeconds ?? 0);
  if (stalls === 1) yield* teller.notice('stalled', `${spec.title} has been silent: the driver may hang`, seconds);
  if (stalls !== END_AFTER_STALLS) return;
  const outcome = await endChild(running, clock);
  if (outcome === 'ended') return;
  supervisor.isStuck = true;
  yield* teller.notice(
    'stalled',
    `${spec.title} hangs in the driver and cannot be ended: it is left alone, no second one is started; a reset or a reboot may be needed`,
    seconds,
  );
}

/** Starts the child again and again. */
async function* supervise(supervisor: Supervisor): AsyncGenerator<SourceEvent> {
  const { spec, clock, teller, signal } = supervisor;
  let failures = 0;
  let last: Exit | undefined;
  let hasRun = false;
  let told: string | undefined;
  while (!signal.aborted) {
    const command = await spec.next(last, signal);
    if (command === undefined) {
      await clock.wait(NOTHING_LEFT_MS, signal);
      last = undefined;
      continue;
    }
    const running = (spec.launch ?? launch)(command);
    const startedAt = clock.now();
    try {
      if (hasRun) yield* teller.notice('restarted', `${spec.title} was started again`);
      const exit = yield* followChild(supervisor, running);
      if (exit === undefined) return;
      const detail = describeExit(spec, exit);
      const isStarted = exit.type !== 'not_started';
      if (isStarted) yield* teller.notice('exited', detail, exitNumber(exit));
      else if (detail !== told) yield* teller.notice('unavailable', detail);
      told = isStarted ? undefined : detail;
      hasRun ||= isStarted;
      failures = nsBetween(startedAt, clock.now()) >= HEALTHY_SECONDS * NS_PER_SECOND ? 1 : failures + 1;
      last = exit;
    } finally {
      if (!supervisor.isStuck) await endIfRunning(running, clock);
      supervisor.isStuck = false;
      running.release();
    }
    await clock.wait(backoffMs(last, failures), signal);
  }
}

const endIfRunning = async (running: Running, clock: Clock): Promise<void> => {
  const notYet = Symbol('running');
  if ((await Promise.race([running.exit, Promise.resolve(notYet)])) === notYet) await endChild(running, clock);
};

export const createChildSource = (spec: ChildSpec, context: SourceContext): Source => ({
  info: spec.info,
  events: (signal) => {
    const { clock, arrivals } = context;
    return supervise({
      spec,
      clock,
      signal,
      bell: createBell(clock),
      teller: createTeller(spec.info, arrivals),
      isStuck: false,
    });
  },
});
