// What happens next: a queue of moments, so that the composed server and its runners act in the order of their times.
type Moment = { readonly at: number; readonly order: number; readonly act: () => void };

export type Clockwork = {
  readonly now: () => number;
  /** `at` in seconds; never before now. */
  readonly at: (at: number, act: () => void) => void;
  readonly run: (until: number) => void;
};

export const createClockwork = (start: number): Clockwork => {
  const moments: Moment[] = [];
  let now = start;
  let order = 0;
  const next = (): Moment | undefined => {
    let best = 0;
    for (let i = 1; i < moments.length; i += 1) {
      const [a, b] = [moments[i], moments[best]];
      if (a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order))) best = i;
    }
    return moments.splice(best, 1)[0];
  };
  return {
    now: () => now,
    at: (at, act) => {
      order += 1;
      moments.push({ at: Math.max(at, now), order, act });
    },
    run: (until) => {
      for (let moment = next(); moment !== undefined && moment.at <= until; moment = next()) {
        now = moment.at;
        moment.act();
      }
    },
  };
};
