// The first part of a line that another writer cut: `slot print_timing: … tokens per[GIN] …`, and ` second)` on the next
// line. Under load this happens to timings that nothing else says, so parts wait for a line that completes them.
import type { Line } from '../line.ts';
import { type Found, sharedFound, TORN } from './found.ts';
import { readRaw } from './raw.ts';

/** The rest follows at once, or when the child's next block is written: under load some dozens of other lines later. */
const WAIT_LINES_MAX = 96;
/** One part per writer: two loaded models are usual, more are rare. */
const PARTS_MAX = 4;

/** What a torn part must begin like to be worth waiting: a child's line, its parameters, a C function. */
const WORTH = /^(?:slot |srv {2}|cmn {2}|spec |que {2}|\t|[a-z_]{3,40}: )/;

type Part = { readonly text: string; readonly line: Line; left: number; readonly known: boolean };

const PART = sharedFound('continuation', 'torn');
const TAIL = sharedFound('continuation', 'torn_tail');

export type Torn = {
  /** What the part is told as now; it waits from here on. */
  readonly hold: (text: string, line: Line, found: Found) => Found;
  /** What an unknown text is when it completes a part. */
  readonly complete: (text: string) => Found | undefined;
  /** A line went by. Gives the part that waited in vain, to be told as torn. */
  readonly age: () => Line | undefined;
  /** The same, whatever it waited. */
  readonly release: () => Line | undefined;
};

export const createTorn = (): Torn => {
  const parts: Part[] = [];

  const release = (): Line | undefined => {
    let lost = parts.shift();
    while (lost?.known === true) lost = parts.shift();
    return lost?.line;
  };

  return {
    hold: (text, line, found) => {
      const known = found.class !== 'unmatched';
      if (!WORTH.test(text)) return known ? found : TORN;
      parts.push({ text, line, left: WAIT_LINES_MAX, known });
      return known ? found : PART;
    },
    complete: (text) => {
      for (let index = parts.length - 1; index >= 0; index--) {
        const part = parts[index];
        const found = part === undefined ? undefined : readRaw(part.text + text);
        if (found === undefined || found.class === 'unmatched') continue;
        parts.splice(index, 1);
        // The record is told with the line that completed it; the line's own text is only its end.
        return found.class === 'matched' ? { ...found, told: false } : TAIL;
      }
      return undefined;
    },
    age: () => {
      if (parts.length === 0) return undefined;
      for (const part of parts) part.left--;
      return parts.length > PARTS_MAX || (parts[0]?.left ?? 0) < 0 ? release() : undefined;
    },
    release,
  };
};
