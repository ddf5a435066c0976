// What carries a program's lines wraps them: journald, docker, kubectl and CRI put a stamp or a name before the text. An
// envelope is chosen by the lines themselves, kept while it fits and looked for again when it does not; a plain log pays
// for a glance at its first two words.
import { type Instant, instant, parseRfc3339 } from '../otel/time.ts';
import { jsonObject, stringOf } from './json.ts';

/** The text inside, and what the envelope knows about it. */
export type Inner = {
  readonly text: string;
  /** The envelope's own stamp. `coarse` when it has whole seconds only. */
  readonly at?: Instant;
  readonly coarse?: boolean;
  readonly stream?: 'stdout' | 'stderr';
  /** Who wrote it, as the envelope says: `ollama`, `kernel`, a compose service, a pod's container. */
  readonly program?: string;
};

/** `partial`: the rest of the text follows in the next line. */
export type Opened = Inner | 'partial';

type Raw = Inner & { readonly partial?: boolean };
type Opener = (text: string) => Raw | undefined;

/** Parts joined at most: 64 pieces of 16 KiB are the longest line that framing keeps whole. */
const PARTS_MAX = 64;

/** `2026-01-15T09:00:00.000000000Z stderr F text`: Kubernetes' container runtime interface. */
const CRI = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([PF])(?::[^ ]*)? /;
const cri: Opener = (text) => {
  const m = CRI.exec(text);
  const stamp = m?.[1] === undefined ? undefined : parseRfc3339(m[1]);
  if (m === null || stamp === undefined) return undefined;
  const stream = m[2] === 'stdout' ? 'stdout' : 'stderr';
  return { text: text.slice(m[0].length), at: stamp.at, stream, partial: m[3] === 'P' };
};

/** `2026-01-15T09:00:00.000000000Z text`: `docker logs -t`. Nine digits tell it from other programs' own stamps. */
const DOCKER = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)(?: |$)/;
const docker: Opener = (text) => {
  const m = DOCKER.exec(text);
  const stamp = m?.[1] === undefined ? undefined : parseRfc3339(m[1]);
  return m === null || stamp === undefined ? undefined : { text: text.slice(m[0].length), at: stamp.at };
};

/** `2026-07-21T10:00:00+0200 gpu01 ollama[4321]: text`: journalctl -o short-iso (or short-iso-precise with microseconds). */
const SHORT_ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:?\d\d) (\S+) ([^\s:[]+)(?:\[\d+\])?: ?/;
const shortIso: Opener = (text) => {
  const m = SHORT_ISO.exec(text);
  const stamp = m?.[1] === undefined ? undefined : parseRfc3339(m[1]);
  if (m === null || stamp === undefined) return undefined;
  return { text: text.slice(m[0].length), at: stamp.at, coarse: m[2] === undefined, program: m[4] ?? '' };
};

/** `Jan 10 11:10:00 gpu01 ollama[2101]: text`, `7月 21 10:00:00 …`: no year and no zone, so the stamp is not used. */
const SHORT = /^\S{1,12} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})? \S+ ([^\s:[]+)(?:\[\d+\])?: ?/;
const short: Opener = (text) => {
  const m = SHORT.exec(text);
  return m === null ? undefined : { text: text.slice(m[0].length), program: m[1] ?? '' };
};

/** `ollama-1  | text`: docker compose; the name is padded to the longest service. */
const COMPOSE = /^([\w.-]{1,80}) +\|(?: |$)/;
const compose: Opener = (text) => {
  const m = COMPOSE.exec(text);
  return m === null ? undefined : { text: text.slice(m[0].length), program: m[1] ?? '' };
};

/** `2025-02-03 04:05:06 ollama-1  | text`: copied from Docker Desktop, with or without a name; no zone, so no stamp. */
const DESKTOP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:([\w.-]{1,80}) +\|(?: |$))?/;
const desktop: Opener = (text) => {
  const m = DESKTOP.exec(text);
  if (m === null) return undefined;
  return m[1] === undefined ? { text: text.slice(m[0].length) } : { text: text.slice(m[0].length), program: m[1] };
};

/** `[pod/ollama-6f7d9c5b8d-x2k4q/ollama] text`: `kubectl logs --prefix`. */
const KUBECTL = /^\[pod\/[^\s/\]]+\/([^\s/\]]+)\] ?/;
const kubectl: Opener = (text) => {
  const m = KUBECTL.exec(text);
  return m === null ? undefined : { text: text.slice(m[0].length), program: m[1] ?? '' };
};

/** `{"log":"text\n","stream":"stderr","time":"2026-…Z"}`: docker's json-file; no `\n` at the end of a 16 KiB piece. */
const jsonFile: Opener = (text) => {
  const object = text.startsWith('{"log"') ? jsonObject(text) : undefined;
  const log = object === undefined ? undefined : stringOf(object, 'log');
  if (object === undefined || log === undefined) return undefined;
  const stamp = parseRfc3339(stringOf(object, 'time') ?? '');
  const whole = log.endsWith('\n');
  const stream = stringOf(object, 'stream');
  return {
    text: whole ? log.slice(0, log.endsWith('\r\n') ? -2 : -1) : log,
    partial: !whole,
    ...(stamp === undefined ? {} : { at: stamp.at }),
    ...(stream === 'stdout' || stream === 'stderr' ? { stream } : {}),
  };
};

const MICROSECONDS = /^\d{1,17}$/;

/** journald's text is a string, or an array of bytes when it is not UTF-8 or holds control characters (colours). */
const journalText = (message: unknown): string | undefined => {
  if (typeof message === 'string') return message;
  if (!Array.isArray(message)) return undefined;
  return new TextDecoder().decode(
    Uint8Array.from(message.map((byte: unknown) => (typeof byte === 'number' ? byte : 63))),
  );
};

/** `{"__REALTIME_TIMESTAMP":"1784628000000000","MESSAGE":"text",…}`: journalctl -o json. */
const journalJson: Opener = (text) => {
  const object = text.startsWith('{"') && text.includes('"MESSAGE"') ? jsonObject(text) : undefined;
  const message = object === undefined ? undefined : journalText(object['MESSAGE']);
  if (object === undefined || message === undefined) return undefined;
  const micros = stringOf(object, '__REALTIME_TIMESTAMP') ?? '';
  const program = stringOf(object, 'SYSLOG_IDENTIFIER');
  return {
    text: message,
    ...(MICROSECONDS.test(micros) ? { at: instant(BigInt(micros) * 1_000n) } : {}),
    ...(program === undefined ? {} : { program }),
  };
};

const startingWithDigit: readonly Opener[] = [cri, docker, shortIso, desktop, short];
const startingWithBrace: readonly Opener[] = [jsonFile, journalJson];
const startingWithBracket: readonly Opener[] = [kubectl];
const startingWithWord: readonly Opener[] = [short, compose];
const nothing: readonly Opener[] = [];

const SPACE = 32;
const BAR = 124;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Which envelopes a line could be in, by its first bytes: a word, then spaces, then a bar (compose) or a digit (journald). */
const candidates = (text: string): readonly Opener[] => {
  const first = text.charCodeAt(0);
  if (isDigit(first)) return startingWithDigit;
  if (first === 123) return startingWithBrace;
  if (first === 91) return text.startsWith('[pod/') ? startingWithBracket : nothing;
  let at = text.indexOf(' ');
  if (at <= 0) return nothing;
  while (text.charCodeAt(at) === SPACE) at++;
  const next = text.charCodeAt(at);
  return next === BAR || isDigit(next) ? startingWithWord : nothing;
};

export type Envelope = {
  /** The text inside the line's envelope; the line itself where there is none. Never throws. */
  readonly open: (text: string) => Opened;
  /** Forgets pieces that wait for their rest (the stream broke). Returns how many waited. */
  readonly reset: () => number;
};

export const createEnvelope = (): Envelope => {
  let sticky: Opener | undefined;
  // Pieces by stream: CRI writes stdout and stderr into one file, and each has its own unfinished line.
  const waiting = new Map<string, { parts: string[]; at: Instant | undefined }>();

  const find = (text: string): Raw | undefined => {
    const kept = sticky?.(text);
    if (kept !== undefined) return kept;
    for (const opener of candidates(text)) {
      const raw = opener === sticky ? undefined : opener(text);
      if (raw === undefined) continue;
      sticky = opener;
      return raw;
    }
    return undefined;
  };

  const join = (raw: Raw): Opened => {
    const stream = raw.stream ?? '';
    const before = waiting.get(stream);
    if (raw.partial === true && (before?.parts.length ?? 0) < PARTS_MAX) {
      if (before === undefined) waiting.set(stream, { parts: [raw.text], at: raw.at });
      else before.parts.push(raw.text);
      return 'partial';
    }
    if (before === undefined) return raw;
    waiting.delete(stream);
    before.parts.push(raw.text);
    return { ...raw, text: before.parts.join('') };
  };

  return {
    open: (text) => {
      const raw = find(text);
      return raw === undefined ? { text } : join(raw);
    },
    reset: () => {
      let count = 0;
      for (const piece of waiting.values()) count += piece.parts.length;
      waiting.clear();
      return count;
    },
  };
};
