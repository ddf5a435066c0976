// Reads a scanned slog record: whole message first, then messages with a free part, then the named noise.
import { bodyOf } from './body.ts';
import { type Found, plainFound } from './found.ts';
import type { AnySlog } from './pattern.ts';
import type { SlogRecord } from './slog.ts';
import { slogByBeginning, slogByMessage, slogNoiseOf } from './table.ts';

const matched = (pattern: AnySlog, record: SlogRecord, m: RegExpExecArray | undefined): Found | undefined => {
  const fields = pattern.read(record, m);
  if (fields === undefined) return undefined;
  const message = pattern.open === true ? pattern.message : record.message;
  return {
    class: 'matched',
    name: pattern.kind,
    fields,
    severity: record.severity,
    told: false,
    body: bodyOf(record, message),
  };
};

const UNMATCHED = plainFound('unmatched', 'slog', 'INFO');
/** The message is known but its fields are not of the form. */
const MALFORMED = plainFound('malformed', 'slog', 'WARN');

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
  const body = noise.name === 'content' ? noise.known : bodyOf({ ...record, message: '' }, noise.known);
  return { class: 'noise', name: noise.name, fields: undefined, severity: record.severity, told: false, body };
};
