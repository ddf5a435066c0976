// The exporters say two things only as diagnostic messages: a partial success, and a Retry-After beyond their own deadline.
// Their logger is global, so this is set once per process; the first is read in the same turn as the result it belongs to.
import { DiagLogLevel, diag } from '@opentelemetry/api';

export type Diagnostics = {
  /** The JSON of a partial success told since the last call. */
  readonly takePartialSuccess: () => string | undefined;
  /** Milliseconds a receiver asked for since the last call. */
  readonly takeRetryAfterMs: () => number | undefined;
  /** Where everything else goes; at most one listener. */
  onMessage: ((level: 'error' | 'warn', text: string) => void) | undefined;
};

const PARTIAL_SUCCESS = 'Received Partial Success response:';
/** The exporters' own longest wait: what they tell up to here may be theirs, what is longer was asked for by the receiver. */
const OWN_WAIT_MS_MAX = 5_000;
/** `Export retry time 30000ms exceeds remaining timeout 9000ms, not retrying further.` */
const RETRY_TIME = /^Export retry time (\d+)ms exceeds/;

const create = (): Diagnostics => {
  let partialSuccess: string | undefined;
  let retryAfterMs: number | undefined;
  const diagnostics: Diagnostics = {
    takePartialSuccess: () => {
      const taken = partialSuccess;
      partialSuccess = undefined;
      return taken;
    },
    takeRetryAfterMs: () => {
      const taken = retryAfterMs;
      retryAfterMs = undefined;
      return taken;
    },
    onMessage: undefined,
  };
  const say = (level: 'error' | 'warn', message: string, ...args: unknown[]): void =>
    diagnostics.onMessage?.(level, [message, ...args.map(String)].join(' '));
  diag.setLogger(
    {
      error: (message, ...args) => say('error', message, ...args),
      warn: (message, ...args) => {
        if (message === PARTIAL_SUCCESS) partialSuccess = String(args[0]);
        else say('warn', message, ...args);
      },
      info: (message) => {
        const waitMs = Number(RETRY_TIME.exec(message)?.[1] ?? 0);
        if (waitMs > OWN_WAIT_MS_MAX) retryAfterMs = waitMs;
      },
      debug: () => undefined,
      verbose: () => undefined,
    },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  return diagnostics;
};

let shared: Diagnostics | undefined;
export const diagnostics = (): Diagnostics => {
  shared ??= create();
  return shared;
};
