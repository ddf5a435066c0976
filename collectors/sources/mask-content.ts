// Blanks prompts and answers in DEBUG and TRACE lines: values of keys that carry content, in slog text, in JSON, and in
// either of them escaped inside a JSON envelope. Lengths stay.
import { blank } from './pseudonym.ts';

/** Keys whose quoted values are what somebody wrote or was answered. */
const CONTENT_KEYS =
  'prompt|content|contents|response|messages|message|system|suffix|input|text|thinking|reasoning|raw|body|request|output|query|tools|arguments|completion|generated|format|error_body|conversation';
/** Their unquoted values too, unless they are mere counts (`prompt=61` is a length in bytes). */
const BARE_KEYS = 'prompt|content|response|messages|suffix|thinking|reasoning|conversation';

/** `msg=load request="{Operation:commit …}"`: a runner is told what to load, nobody's words. */
const LOAD_REQUEST = '{Operation:';

/** `prompt="…`, `"prompt":"…`, `\"prompt\": \"…`: the group is the run of backslashes before the opening quote. */
const QUOTED = new RegExp(
  `(?:\\b(?:${CONTENT_KEYS})=|\\\\{0,15}"(?:${CONTENT_KEYS})\\\\{0,15}"\\s*:\\s*)(\\\\{0,15})"`,
  'g',
);
const BARE = new RegExp(`\\b(?:${BARE_KEYS})=(?!\\d+(?:\\s|$|\\\\))([^\\s"\\\\]+)`, 'g');

/**
 * Where a quoted value ends. Quoting inside n envelopes puts 2^n − 1 backslashes before the closing quote; a quote that
 * belongs to the content has more. An unclosed value runs to the end of the line.
 */
const endOfQuoted = (line: string, from: number, opening: number): number => {
  const period = (opening + 1) * 2;
  let run = 0;
  for (let at = from; at < line.length; at += 1) {
    const character = line[at];
    if (character === '"' && run % period === opening) return at - opening;
    run = character === '\\' ? run + 1 : 0;
  }
  return line.length;
};

const blankQuoted = (line: string): string => {
  let told = '';
  let from = 0;
  QUOTED.lastIndex = 0;
  for (let m = QUOTED.exec(line); m !== null; m = QUOTED.exec(line)) {
    const start = m.index + m[0].length;
    if (m[0].startsWith('request=') && line.startsWith(LOAD_REQUEST, start)) continue;
    const end = endOfQuoted(line, start, (m[1] ?? '').length);
    told += line.slice(from, start) + blank(line.slice(start, end));
    from = end;
    QUOTED.lastIndex = Math.max(end, start);
  }
  return told + line.slice(from);
};

export const maskContent = (line: string): string =>
  blankQuoted(line).replace(BARE, (all, value: string) => all.slice(0, all.length - value.length) + blank(value));
