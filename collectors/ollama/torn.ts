// The first part of a line that another writer cut: `slot print_timing: … tokens per[GIN] …`, and ` second)` on the next
// line. Under load this happens to timings that nothing else says, so the part waits for a line that completes it.
import type { Line } from '../line.ts';
import { type Found, sharedFound, TORN } from './found.ts';
import { readRaw } from './raw.ts';

/** The rest follows at once, or when the child's next block is written: under load some dozens of other lines later. */
const WAIT_LINES_MAX = 96;

/** What a torn part must begin like to be worth waiting: a child's line, its parameters, a C function. */
const WORTH = /^(?:slot |srv {2}|cmn {2}|spec |que {2}|\t|[a-z_]{3,40}: )/;

type Part = { readonly text: string; readonly line: Line; left: number; readonly known: boolean };

const PART = sharedFound('continuation', 'torn');
const TAIL = sharedFound('continuation', 'torn_tail');

export type Torn = {
  /** What the part is told as now; it waits from here on. */
  readonly hold: (text: string, line: Line, found: Found) => Found;
  /** What an unknown text is when it completes the part. */
  readonly complete: (text: string) => Found | undefined;
  /** A line went by. Gives the part that waited in vain, to be told as torn. */
  readonly age: () => Line | undefined;
  /** The same at the end of everything. */
  readonly release: () => Line | undefined;
};

export const createTorn = (): Torn => {
  let part: Part | undefined;

  const release = (): Line | undefined => {
    const lost = part;
    part = undefined;
    return lost === undefined || lost.known ? undefined : lost.line;
  };

  return {
    hold: (text, line, found) => {
      const known = found.class !== 'unmatched';
      if (!WORTH.test(text)) return known ? found : TORN;
      part = { text, line, left: WAIT_LINES_MAX, known };
      return known ? found : PART;
    },
    complete: (text) => {
      if (part === undefined) return undefined;
      const found = readRaw(part.text + text);
      if (found.class === 'unmatched') return undefined;
      part = undefined;
      // The record is told with the line that completed it; its text is not the line's, so it is rebuilt.
      return found.class === 'matched' ? { ...found, told: false } : TAIL;
    },
    age: () => (part !== undefined && --part.left < 0 ? release() : undefined),
    release,
  };
};
