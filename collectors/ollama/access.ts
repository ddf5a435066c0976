// Gin's access line, printed when the handler returns:
// `[GIN] 2026/06/09 - 10:54:22 | 200 |     831.748µs |       127.0.0.1 | GET      "/api/tags"`. The path is Go-quoted, so
// whatever a client sends stays between its quotes; the quotes are matched, the bars are never split on.
import type { OllamaFields } from './kinds.ts';
import { methodOf, routeOf } from './routes.ts';
import { civilAt } from './slog.ts';
import { goDurationAt } from './values.ts';

export type Access = {
  readonly fields: OllamaFields['http.access'];
  /** The line as it may travel: the route instead of the path, no query. */
  readonly body: string;
  /** Position after the path's closing quote. */
  readonly end: number;
};

const SPACE = 32;
const BAR = 124;
const QUOTE = 34;
const BACKSLASH = 92;

const digits = (text: string, from: number, count: number): number => {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const code = text.charCodeAt(at) - 48;
    if (!(code >= 0 && code <= 9)) return Number.NaN;
    value = value * 10 + code;
  }
  return value;
};

const skipSpaces = (text: string, from: number): number => {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
};

const wordEnd = (text: string, from: number): number => {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === SPACE || code === BAR) break;
  }
  return at;
};

/** The position after the closing quote of a Go-quoted text that opens at `from`, or -1. */
const quotedEnd = (text: string, from: number): number => {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return -1;
};

/** An address as gin prints it, or empty; anything else is dropped: the field can be set by any client. */
const CLIENT = /^[0-9a-fA-F.:]{0,45}$/;
const clientOf = (text: string): string => (CLIENT.test(text) ? text : '');

/** The next field: after a bar and spaces, up to the next space or bar. -1 when there is no bar. */
const fieldAt = (text: string, from: number): number => {
  const bar = skipSpaces(text, from);
  return text.charCodeAt(bar) === BAR ? skipSpaces(text, bar + 1) : -1;
};

/** Reads the access line that begins at `from`; undefined when it is torn. Colours must have been taken out before. */
export const scanAccess = (text: string, from: number): Access | undefined => {
  const endCivilSeconds = text.startsWith(' - ', from + 16) ? civilAt(text, from + 6, from + 19) : Number.NaN;
  const statusAt = fieldAt(text, from + 27);
  const latencyAt = statusAt < 0 ? -1 : fieldAt(text, statusAt + 3);
  if (latencyAt < 0 || Number.isNaN(endCivilSeconds)) return undefined;
  const status = digits(text, statusAt, 3);
  const latencyEnd = wordEnd(text, latencyAt);
  const latency = goDurationAt(text, latencyAt, latencyEnd);
  const clientAt = fieldAt(text, latencyEnd);
  if (latency === undefined || clientAt < 0 || Number.isNaN(status)) return undefined;
  const clientEnd = wordEnd(text, clientAt);
  const methodAt = fieldAt(text, clientEnd);
  if (methodAt < 0) return undefined;
  const methodEnd = wordEnd(text, methodAt);
  const pathAt = skipSpaces(text, methodEnd);
  const end = text.charCodeAt(pathAt) === QUOTE ? quotedEnd(text, pathAt) : -1;
  if (end < 0) return undefined;
  const whole = text.slice(pathAt + 1, end - 1);
  const query = whole.indexOf('?');
  const method = text.slice(methodAt, methodEnd);
  const known = methodOf(method);
  const route = routeOf(query < 0 ? whole : whole.slice(0, query));
  const client = clientOf(text.slice(clientAt, clientEnd));
  const plain = route === whole && known === method && client.length === clientEnd - clientAt;
  return {
    fields: {
      status,
      latencyNs: latency.ns,
      latencyStepNs: latency.stepNs,
      client,
      method: known,
      route,
      endCivilSeconds,
    },
    body: plain ? text.slice(from, end) : `${text.slice(from, clientAt)}${client} | ${known.padEnd(8)} "${route}"`,
    end,
  };
};
