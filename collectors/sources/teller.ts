// Makes a source's events: counts its position, stamps arrivals, and tells a clock that was set back in the stream of
// whichever source saw it first.
import type { NoticeKind, SourceInfo } from '../line.ts';
import type { Arrivals, SourceEvent } from './source.ts';

export type Teller = {
  /** Bytes of this source told so far, and before where it started. */
  position(): number;
  /** Only before the first chunk: a file followed from its middle counts the bytes that were passed over. */
  startAt(position: number): void;
  chunk(bytes: Uint8Array, observed: boolean): readonly SourceEvent[];
  /** `detail` is for people: expected, found, what to do; no path, no content. */
  notice(kind: NoticeKind, detail: string, amount?: number): readonly SourceEvent[];
};

export const createTeller = (source: SourceInfo, arrivals: Arrivals): Teller => {
  let position = 0;
  const stamped = (event: (at: ReturnType<Arrivals['next']>) => SourceEvent): readonly SourceEvent[] => {
    const told = event(arrivals.next());
    const seconds = arrivals.takeStepSeconds();
    if (seconds === 0) return [told];
    const detail = `the clock was set back by ${seconds.toFixed(1)} s; arrival times go on forward and converge on it`;
    return [told, { type: 'notice', kind: 'clock_step', source, at: arrivals.next(), detail, amount: seconds }];
  };
  return {
    position: () => position,
    startAt: (from) => {
      position = from;
    },
    chunk: (bytes, observed) => {
      const from = position;
      position += bytes.length;
      return stamped((arrival) => ({ type: 'chunk', source, bytes, position: from, arrival, observed }));
    },
    notice: (kind, detail, amount) =>
      stamped((at) => ({ type: 'notice', kind, source, at, detail, ...(amount === undefined ? {} : { amount }) })),
  };
};
