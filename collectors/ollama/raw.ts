// Reads one text that is neither a slog record nor an access line: llama-server's slot and server lines, ggml's and
// llama.cpp's lines by function name, and a few fixed texts. It looks at the first characters, then at one table entry.
import { BLANK, type Found, plainFound, sharedFound, UNMATCHED_RAW, UNMATCHED_SLOT, UNMATCHED_SRV } from './found.ts';
import type { AnyRaw } from './pattern.ts';
import { childTags, slotNoiseFunctions, slotNoiseWords } from './patterns/child.ts';
import { readFixed } from './patterns/fixed.ts';
import { rawByWord, rawNoiseOf, serverByWord, serverNoiseByFunction, slotByWord } from './table.ts';

const SPACE = 32;
const COLON = 58;
const BRACKET = 91;
const MINUS = 45;
const BAR = 124;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || code === 95 || (code >= 65 && code <= 90) || isDigit(code) || code === 46;

/** Letters, digits, `_` and `.` after an indent (or an opening bracket): the key of the raw tables. */
export const firstWord = (text: string, from: number): string => {
  let start = from;
  while (text.charCodeAt(start) === SPACE) start++;
  if (text.charCodeAt(start) === BRACKET) start++;
  let end = start;
  while (isWordCode(text.charCodeAt(end))) end++;
  return text.slice(start, end);
};

/** The first pattern of a key that takes the text. */
const firstOf = (patterns: readonly AnyRaw[] | undefined, text: string): Found | undefined => {
  if (patterns === undefined) return undefined;
  for (const pattern of patterns) {
    const m = pattern.test.exec(text);
    const fields = m === null ? undefined : pattern.read(m);
    if (fields === undefined) continue;
    const { kind, severity = 'INFO', open } = pattern;
    // The union of patterns hides that `say` takes what the same pattern's `read` gave.
    const say = pattern.say as ((said: unknown) => string) | undefined;
    return { class: 'matched', name: kind, fields, severity, told: open !== true, body: say?.(fields) };
  }
  return undefined;
};

/** `id  0 | task 12 | text` at a position: the two numbers and where the text begins. One object, reused. */
const slotHead = { slot: 0, task: 0, at: 0 };

const readSlotHead = (text: string, from: number): boolean => {
  let at = from;
  const number = (): number => {
    while (text.charCodeAt(at) === SPACE) at++;
    const negative = text.charCodeAt(at) === MINUS;
    if (negative) at++;
    const start = at;
    let value = 0;
    for (; at - start < 10 && isDigit(text.charCodeAt(at)); at++) value = value * 10 + text.charCodeAt(at) - 48;
    return at === start ? Number.NaN : negative ? -value : value;
  };
  if (!text.startsWith('id ', at)) return false;
  at += 3;
  slotHead.slot = number();
  if (!text.startsWith(' | task ', at)) return false;
  at += 8;
  slotHead.task = number();
  if (text.charCodeAt(at) !== SPACE || text.charCodeAt(at + 1) !== BAR) return false;
  at += 2;
  while (text.charCodeAt(at) === SPACE) at++;
  slotHead.at = at;
  return !Number.isNaN(slotHead.slot + slotHead.task);
};

const SLOT_NOISE = sharedFound('noise', 'slot');

const readSlot = (text: string, name: string, from: number): Found => {
  if (!readSlotHead(text, from)) return name === 'load_model' ? SLOT_NOISE : UNMATCHED_SLOT;
  const { slot, task, at } = slotHead;
  const word = firstWord(text, at);
  const patterns = slotByWord.get(word);
  if (patterns !== undefined) {
    const rest = text.slice(at);
    for (const pattern of patterns) {
      const m = pattern.test.exec(rest);
      const fields = m === null ? undefined : pattern.read(m, slot, task);
      if (fields === undefined) continue;
      return {
        class: 'matched',
        name: pattern.kind,
        fields,
        severity: 'INFO',
        told: pattern.open !== true,
        body: undefined,
      };
    }
  }
  if (slotNoiseFunctions.has(name)) return SLOT_NOISE;
  return slotNoiseWords.has(word) && patterns === undefined ? SLOT_NOISE : UNMATCHED_SLOT;
};

const CMN_NOISE = sharedFound('noise', 'common');
const TEMPLATE_OPEN = sharedFound('noise', 'chat_template');

/** `tag  <function, 12 columns>: text`. The function is cut or padded to twelve characters, so the colon is at column 17. */
const readChild = (text: string, tag: string): Found => {
  const colon = text.charCodeAt(17) === COLON ? 17 : text.indexOf(':', 5);
  let start = 5;
  while (text.charCodeAt(start) === SPACE) start++;
  const name = text.slice(start, Math.max(colon, start));
  let at = colon + 1;
  while (text.charCodeAt(at) === SPACE) at++;
  if (tag === 'slot') return readSlot(text, name, at);
  if (tag !== 'srv') return CMN_NOISE;
  const patterns = serverByWord.get(firstWord(text, at));
  const found = patterns === undefined ? undefined : firstOf(patterns, text.slice(at));
  if (found !== undefined) return found;
  const noise = serverNoiseByFunction.get(name);
  if (noise === undefined) return UNMATCHED_SRV;
  // `init: chat template, example_format: '<|im_start|>system` opens a text that can contain anything.
  if (name === 'init' && text.includes('example_format', at)) return TEMPLATE_OPEN;
  return sharedFound('noise', noise.name, noise.told);
};

/** `2023/12/01 08:00:00 `: log.Printf before 0.1.21, and gin's recovery block. */
export const isPrintfStamp = (text: string): boolean =>
  text.charCodeAt(4) === 47 && text.charCodeAt(7) === 47 && /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /.test(text);

const FAILED = plainFound('noise', 'child_error', 'WARN');
const LEVELLED = /^(?:INFO|WARN|ERROR|DEBUG) \S/;
const PRINTF_NOISE = sharedFound('noise', 'log_printf');

/** What a raw text is; never undefined: a text that nothing knows is unmatched, under the nearest family. */
export const readRaw = (text: string): Found => {
  if (text.length === 0) return BLANK;
  const tag = text.charCodeAt(3) === SPACE ? text.slice(0, 3) : text.charCodeAt(4) === SPACE ? text.slice(0, 4) : '';
  if (tag !== '' && childTags.has(tag) && text.indexOf(':') > 0) return readChild(text, tag);
  const stamped = isPrintfStamp(text);
  const rest = stamped ? text.slice(20) : text;
  const word = firstWord(rest, 0);
  const found = firstOf(rawByWord.get(word), rest);
  if (found !== undefined) return found;
  const noise = word === '' ? undefined : rawNoiseOf(word);
  if (noise !== undefined) {
    if ((word === 'init' || word === 'main') && rest.includes('example_format: ')) return TEMPLATE_OPEN;
    // A family's line that speaks of a failure is kept apart, so that it can be seen.
    if (!noise.told && rest.includes(': failed to ')) return FAILED;
    return sharedFound('noise', noise.name, noise.told);
  }
  if (stamped && LEVELLED.test(rest)) return PRINTF_NOISE;
  return readFixed(rest) ?? firstOf(rawByWord.get(''), rest) ?? UNMATCHED_RAW;
};
