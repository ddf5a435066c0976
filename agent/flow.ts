// Waiting for outputs to take more, without waiting beyond the person's patience: a receiver that is away for hours must not
// keep a program from ending when it is told to.

/** Resolves when `wait` does, or when the signal aborts; at once where there is nothing to wait for. */
export const flowsOrStops = (wait: Promise<void> | undefined, signal: AbortSignal): Promise<void> | undefined => {
  if (wait === undefined || signal.aborted) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    void wait.then(done, done);
  });
};
