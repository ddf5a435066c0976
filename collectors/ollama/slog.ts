// Go's slog text form: `time=2026-06-09T11:07:52.131Z level=INFO source=sched.go:561 msg="loaded runners" count=1`. Keys
// and values are quoted with strconv.Quote when they hold a space, `=`, `"` or anything unprintable, so a quoted value
// can contain whole forged records: nothing inside quotes is ever looked at.
import type { Severity } from '../../otel/signal.ts';
import { civilSeconds, fromCivil, type Instant } from '../../otel/time.ts';

/** One record as scanned. `complete` is false when a quote never closes or the text goes on in another form (torn). */
export type SlogRecord = {
  readonly at: Instant;
  readonly offsetSeconds: number;
  readonly severity: Severity;
  readonly message: string;
  /** In order, unquoted; a repeated key keeps its first value in `value`. */
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly complete: boolean;
};

/** Most pairs one record may have: `offload` has 17, `subprocess` an environment. The rest is ignored. */
const PAIRS_MAX = 256;
const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const EQUALS = 61;

const digit = (text: string, at: number): number => {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
};
const two = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1);

/** Civil seconds (as UTC) of `2026-06-09T11:07:52` or gin's `2026/06/09 - 11:07:52`; NaN unless all are digits in range. */
export const civilAt = (text: string, from: number, clock = from + 11): number => {
  const month = two(text, from + 5);
  const day = two(text, from + 8);
  const hour = two(text, clock);
  const minute = two(text, clock + 3);
  const second = two(text, clock + 6);
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 60;
  if (!inRange) return Number.NaN;
  return civilSeconds(two(text, from) * 100 + two(text, from + 2), month, day, hour, minute, second);
};

export type SlogStamp = { readonly at: Instant; readonly offsetSeconds: number; readonly end: number };

/** Reads `2026-06-09T11:07:52.131+05:30` at a position; `end` is the position after it. */
export const slogStampAt = (text: string, from: number): SlogStamp | undefined => {
  const seconds = civilAt(text, from);
  if (Number.isNaN(seconds)) return undefined;
  let end = from + 19;
  let fraction = 0;
  if (text.charCodeAt(end) === 46) {
    let scale = 1e8;
    for (end++; scale >= 1 && !Number.isNaN(digit(text, end)); end++) {
      fraction += digit(text, end) * scale;
      scale /= 10;
    }
  }
  const zone = text.charCodeAt(end);
  if (zone === 90) return { at: fromCivil(seconds, 0, fraction), offsetSeconds: 0, end: end + 1 };
  if (zone !== 43 && zone !== 45) return undefined;
  const offset = two(text, end + 1) * 3600 + two(text, end + 4) * 60;
  if (Number.isNaN(offset)) return undefined;
  const offsetSeconds = zone === 45 ? -offset : offset;
  return { at: fromCivil(seconds, offsetSeconds, fraction), offsetSeconds, end: end + 6 };
};

/** Position of the quote that closes the one at `from`, or -1. Linear: every backslash is counted once. */
const closingQuote = (text: string, from: number, end: number): number => {
  let at = from + 1;
  while (at < end) {
    const next = text.indexOf('"', at);
    if (next < 0 || next >= end) return -1;
    let slashes = 0;
    while (next - 1 - slashes >= at && text.charCodeAt(next - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return next;
    at = next + 1;
  }
  return -1;
};

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs;
const SIMPLE: { readonly [letter: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Undoes strconv.Quote on the text between the quotes. An escape that is none stays as the letter after the backslash. */
export const unquote = (text: string): string =>
  text.includes('\\')
    ? text.replace(ESCAPE, (_whole, byte?: string, short?: string, long?: string, letter?: string) => {
        const hex = byte ?? short ?? long;
        if (hex === undefined) return SIMPLE[letter ?? ''] ?? letter ?? '';
        const code = Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
      })
    : text;

/** A key or value at `from`: its text and the position after it; undefined when a quote never closes. */
const wordAt = (text: string, from: number, end: number, stop: number): { word: string; next: number } | undefined => {
  if (text.charCodeAt(from) === QUOTE) {
    const close = closingQuote(text, from, end);
    return close < 0 ? undefined : { word: unquote(text.slice(from + 1, close)), next: close + 1 };
  }
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === SPACE || code === stop) break;
    at++;
  }
  return { word: text.slice(from, at), next: at };
};

const severityOf = (level: string): Severity => {
  if (level.startsWith('INFO')) return 'INFO';
  if (level.startsWith('WARN')) return 'WARN';
  if (level.startsWith('ERROR')) return 'ERROR';
  return level.startsWith('TRACE') ? 'TRACE' : 'DEBUG';
};

/** `DEBUG-8`, `INFO+2`: what slog prints for levels between the named ones. */
const LEVEL = /(DEBUG|INFO|WARN|ERROR|TRACE)(?:[+-]\d{1,3})? /y;

const scanPairs = (text: string, from: number, end: number, pairs: [string, string][]): boolean => {
  let at = from;
  while (at < end) {
    if (text.charCodeAt(at) !== SPACE) return false;
    // PowerShell leaves the space at which it wrapped a line: a trailing one is no pair.
    if (at + 1 >= end) return true;
    const key = wordAt(text, at + 1, end, EQUALS);
    if (key === undefined || text.charCodeAt(key.next) !== EQUALS || key.next >= end) return false;
    const value = wordAt(text, key.next + 1, end, -1);
    // An unquoted value never holds `=`: another record was glued on.
    if (value === undefined || (text.charCodeAt(key.next + 1) !== QUOTE && value.word.includes('='))) return false;
    if (pairs.length < PAIRS_MAX) pairs.push([key.word, value.word]);
    at = value.next;
  }
  return true;
};

/** Scans the record that begins at `from` with `time=`; undefined when its head (time and level) is not of the form. */
export const scanSlog = (text: string, from: number, end: number): SlogRecord | undefined => {
  const stamp = slogStampAt(text, from + 5);
  if (stamp === undefined || !text.startsWith(' level=', stamp.end)) return undefined;
  LEVEL.lastIndex = stamp.end + 7;
  const level = LEVEL.exec(text)?.[0];
  if (level === undefined) return undefined;
  const pairs: [string, string][] = [];
  const complete = scanPairs(text, stamp.end + 6 + level.length, end, pairs);
  const { at, offsetSeconds } = stamp;
  let message: string | undefined;
  // `source=` and `msg=` come first, in this order; what follows belongs to the call.
  if (pairs[0]?.[0] === 'source') pairs.shift();
  if (pairs[0]?.[0] === 'msg') message = pairs.shift()?.[1];
  return {
    at,
    offsetSeconds,
    severity: severityOf(level),
    message: message ?? '',
    pairs,
    complete: complete && message !== undefined,
  };
};

/** The value of a key, or undefined. */
export const fieldOf = (record: SlogRecord, key: string): string | undefined => {
  for (const pair of record.pairs) if (pair[0] === key) return pair[1];
  return undefined;
};

/** Whether a record's head stands at `from`: `time=<stamp> level=`. */
export const isSlogHead = (text: string, from: number): boolean => {
  if (!text.startsWith('time=', from)) return false;
  const stamp = slogStampAt(text, from + 5);
  return stamp !== undefined && text.startsWith(' level=', stamp.end);
};
