// A slog record that goes on in the next line: PowerShell wraps at the console's width and leaves the space at which it
// did. The record waits, lines that nothing else knows are joined to it, and it is told when its quotes are closed.
import type { Inner } from '../envelope.ts';
import type { Line } from '../line.ts';
import { scanSlog } from './slog.ts';

/** The longest record seen wrapped over 14 lines; a torn one must not swallow a file. */
const JOINED_LINES_MAX = 48;
/** Ollama's longest record has 5.5 kB; scanning again for each line joined must stay cheap. */
const JOINED_CHARACTERS_MAX = 65_536;

export type Held = { readonly text: string; readonly from: number; readonly line: Line; readonly inner: Inner };
export type Joined = { readonly text: string; readonly line: Line };

export type Wrap = {
  readonly hold: (held: Held) => void;
  readonly isHolding: () => boolean;
  /** Adds a line; false when the record may not grow any more. */
  readonly join: (text: string, line: Line) => boolean;
  /** Nothing is open any more: no quote, no space at which it was wrapped. */
  readonly isWhole: () => boolean;
  readonly release: () => (Held & { readonly joined: readonly Joined[] }) | undefined;
};

export const createWrap = (): Wrap => {
  let held: Held | undefined;
  let joined: Joined[] = [];
  let characters = 0;

  const textOf = (first: Held): string => first.text + joined.map((part) => part.text).join('');

  return {
    hold: (next) => {
      held = next;
      joined = [];
      characters = next.text.length;
    },
    isHolding: () => held !== undefined,
    join: (text, line) => {
      characters += text.length;
      if (joined.length >= JOINED_LINES_MAX || characters > JOINED_CHARACTERS_MAX) return false;
      joined.push({ text, line });
      return true;
    },
    isWhole: () => {
      if (held === undefined) return true;
      const text = textOf(held);
      return !text.endsWith(' ') && scanSlog(text, held.from, text.length)?.complete === true;
    },
    release: () => {
      if (held === undefined) return undefined;
      const first = held;
      const result = { ...first, text: textOf(first), joined };
      held = undefined;
      joined = [];
      return result;
    },
  };
};
