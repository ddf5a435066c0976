// Where records begin. Raw output does not always end with a newline and several writers share one stream, so a record's
// head is looked for inside a line too.
import { isSlogHead } from './slog.ts';

const GIN = '[GIN] ';

export const isGin = (text: string, from: number): boolean => {
  const code = text.charCodeAt(from + GIN.length);
  return code >= 48 && code <= 57 && text.startsWith(GIN, from);
};

export const isRecord = (text: string, from: number): boolean => isGin(text, from) || isSlogHead(text, from);

/** The next position from `from` at which a slog record or an access line begins, or -1. Linear in the text. */
export const nextRecord = (text: string, from: number): number => {
  let slog = text.indexOf('time=2', from);
  while (slog >= 0 && !isSlogHead(text, slog)) slog = text.indexOf('time=2', slog + 5);
  let gin = text.indexOf(GIN, from);
  while (gin >= 0 && !isGin(text, gin)) gin = text.indexOf(GIN, gin + 5);
  return slog < 0 ? gin : gin < 0 ? slog : Math.min(slog, gin);
};

const SERVER = 'srv  ';
const TASK = '| task ';
/** `srv  server_strea: `: the function's twelve columns end with a colon here. */
const COLON_AT = 17;
/** `slot print_timing: id  0 | task 7 | `: the head's own `| task ` stands at column 25 or a little later. */
const OWN_TASK_END = 40;
const SLOT_HEAD = /slot {1,13}[\w()]{1,12}: id +\d+ \| task $/;

const innerServer = (text: string): number => {
  let at = text.indexOf(SERVER, 5);
  while (at >= 0 && text.charAt(at + COLON_AT) !== ':') at = text.indexOf(SERVER, at + SERVER.length);
  return at;
};

const innerSlot = (text: string): number => {
  const task = text.indexOf(TASK, text.startsWith('slot ') ? OWN_TASK_END : 0);
  if (task < 0) return -1;
  const from = Math.max(0, task - 48);
  const head = SLOT_HEAD.exec(text.slice(from, task + TASK.length));
  return head === null ? -1 : from + head.index;
};

/**
 * Where another child's line begins inside a child's line, or -1: two loaded models write into one pipe, and one can cut
 * the other: `srv        updatslot print_timing: id  1 | task 40 | …`.
 */
export const innerChild = (text: string): number => {
  const server = innerServer(text);
  const slot = innerSlot(text);
  return server < 0 ? slot : slot < 0 ? server : Math.min(server, slot);
};
