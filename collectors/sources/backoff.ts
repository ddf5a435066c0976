// How long to wait before a child is started again, from how it ended and how often in a row. Pure.

/** How a child ended: an exit code, a signal, or it could not be started at all. */
export type Exit =
  | { readonly type: 'code'; readonly code: number }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'not_started'; readonly errno: string };

const FIRST_MS = 1_000;
/** nvidia-smi that fails for good (no driver, lost GPU) is asked once a minute: repeated starts can make GPUs stutter. */
const LONGEST_MS = 60_000;
/** nvidia-smi's codes that do not mend by themselves within seconds: permission 4, no driver 9, interrupts 10, no NVML 12, infoROM 14, GPU lost 15. */
const SLOW_CODES: ReadonlySet<number> = new Set([4, 9, 10, 12, 14, 15]);
const SLOW_FIRST_MS = 10_000;

/** Milliseconds to wait after the `failures`-th end in a row (from 1): doubling, bounded, longer where waiting is the only cure. */
export const backoffMs = (exit: Exit, failures: number): number => {
  const isSlow = exit.type === 'not_started' || (exit.type === 'code' && SLOW_CODES.has(exit.code));
  return Math.min((isSlow ? SLOW_FIRST_MS : FIRST_MS) * 2 ** Math.min(failures - 1, 10), LONGEST_MS);
};

/** Shells tell a signal as 128 + its number; only those that end children here are told by number. */
const SIGNAL_NUMBERS: { readonly [signal: string]: number } = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** The number a shell would tell; undefined where the child never ran. */
export const exitNumber = (exit: Exit): number | undefined => {
  if (exit.type === 'code') return exit.code;
  return exit.type === 'signal' ? 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0) : undefined;
};
