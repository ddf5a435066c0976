// Reads a scanned slog record: whole message first, then messages with a free part, then the named noise.
import { bodyOf } from './body.ts';
import { type Found, plainFound } from './found.ts';
import type { AnySlog } from './pattern.ts';
import type { SlogRecord } from './slog.ts';
import { slogByBeginning, slogByMessage, slogNoiseOf } from './table.ts';

/** `say` takes the fields of its own pattern's `read`, which the table's types check; the union hides that. */
type Say = (fields: unknown) => string;

const matched = (pattern: AnySlog, record: SlogRecord, m: RegExpExecArray | undefined): Found | undefined => {
  const fields = pattern.read(record, m);
  if (fields === undefined) return undefined;
  const message = pattern.open === true ? pattern.message : record.message;
  const say = pattern.say as Say | undefined;
  const body = say === undefined ? bodyOf(record, message) : `${message} ${say(fields)}`;
  return { class: 'matched', name: pattern.kind, fields, severity: record.severity, told: false, body };
};

const UNMATCHED = plainFound('unmatched', 'slog', 'INFO');
/** The message is known but its fields are not of the form. */
const MALFORMED = plainFound('malformed', 'slog', 'WARN');

/** What may follow a known beginning: `total blobs: 12`, `Ollama cloud disabled: false`. */
const PLAIN = /^(?:\d{1,15}(?:\.\d{1,9})?(?: seconds)?|true|false)$/;

/** What a record says. An unknown message is unmatched and its text stays at home. */
export const readRecord = (record: SlogRecord): Found => {
  const whole = slogByMessage.get(record.message);
  if (whole !== undefined) {
    for (const pattern of whole) {
      const found = matched(pattern, record, undefined);
      if (found !== undefined) return found;
    }
  }
  for (const pattern of slogByBeginning) {
    if (!record.message.startsWith(pattern.message)) continue;
    const m = pattern.test?.exec(record.message);
    const found = m === null || m === undefined ? undefined : matched(pattern, record, m);
    if (found !== undefined) return found;
  }
  const noise = slogNoiseOf(record.message);
  if (noise === undefined) return whole === undefined ? { ...UNMATCHED, severity: record.severity } : MALFORMED;
  // Records that may hold prompts are told by their message alone.
  const rest = record.message.slice(noise.known.length);
  const message = PLAIN.test(rest) ? record.message : noise.known;
  const body = noise.name === 'content' ? noise.known : bodyOf(record, message);
  return { class: 'noise', name: noise.name, fields: undefined, severity: record.severity, told: false, body };
};
