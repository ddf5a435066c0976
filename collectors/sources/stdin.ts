// Standard input, or any stream handed in: `ollama serve 2>&1 | ollascope run -`. Whether what comes is live or a backlog
// (`cat old.log | …`) nothing says: it counts as live once the stream has been quiet for a moment.
import type { Readable } from 'node:stream';
import type { SourceInfo } from '../line.ts';
import { createBell } from './bell.ts';
import { createCaughtUp } from './caught-up.ts';
import { errnoOf } from './open-log.ts';
import type { Source, SourceContext, SourceEvent } from './source.ts';
import { createTeller } from './teller.ts';

/** A writer that is merely slow (a pipe from `cat`, a cold disk) never pauses as long as this. */
const QUIET_MS = 50;

/** `open` gives the stream when the source is first asked for bytes; aborting lets go of it. */
export type StreamSpec = { readonly info: SourceInfo; readonly open: () => Readable };

export const createStreamSource = ({ info, open }: StreamSpec, { clock, arrivals }: SourceContext): Source => {
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const bell = createBell(clock);
    const caughtUp = createCaughtUp();
    const teller = createTeller(info, arrivals);
    const stream = open();
    let end: string | undefined;
    const finish = (detail: string) => (): void => {
      end ??= detail;
      bell.ring();
    };
    const isOver = (): boolean => end !== undefined && stream.readableLength === 0;
    const fail = (error: Error): void => finish(`expected to read on, the system answered ${errnoOf(error)}`)();
    const ended = finish('the stream came to its end');
    stream.on('readable', bell.ring).once('error', fail).once('end', ended).once('close', ended);
    try {
      yield* teller.notice('opened', 'reading a stream');
      while (!signal.aborted) {
        const bytes: unknown = stream.read();
        if (bytes instanceof Uint8Array) {
          yield* teller.chunk(bytes, caughtUp.isObserved(clock.now()));
          continue;
        }
        if (isOver()) {
          yield* teller.notice('ended', end ?? '');
          return;
        }
        let woken = await bell.wait(signal, QUIET_MS);
        while (woken === 'timeout') {
          caughtUp.atEnd(clock.now());
          woken = await bell.wait(signal, QUIET_MS * 10);
        }
      }
    } finally {
      stream.off('readable', bell.ring).off('end', ended).off('close', ended);
      stream.destroy();
    }
  }
  return { info, events };
};
