// Records of several lines. A line is first read by itself; then the block that is open may claim it: a Go dump, ggml's
// error block, gin's recovery dump, the chat template's example. A block claims what the tables do not know (the example,
// which can contain anything, claims nearly all), is bounded in lines, and never holds a known record.
import { type Found, plainFound, sharedFound } from './found.ts';

/** The longest example seen has 20 lines; templates are model-supplied, so the block must end by itself. */
const TEMPLATE_LINES_MAX = 400;
/** Headers and a stack. */
const RECOVERY_LINES_MAX = 300;
/** `current device`, the statement, `file:line: CUDA error`. */
const DEVICE_LINES_MAX = 3;
/** Real dumps have 150–400 lines; a server with thousands of goroutines has more. */
const DUMP_LINES_MAX = 20_000;
/** Other records may stand between a dump's lines; after so many the dump is over. */
const DUMP_GAP_LINES_MAX = 16;

const DUMP_OPEN =
  /^(?:(SIG[A-Z]{2,6}): |(panic): |(fatal error): |unexpected fault address |Exception (0x[0-9a-f]{1,16}) |goroutine \d+ )/;
const DUMP_LINE =
  /^(?:\t|goroutine \d+ |created by |PC=0x|signal arrived during |\[signal |runtime stack:|\.\.\.|\[originating from|[a-z][a-z0-9]{1,5} +0x[0-9a-f]+$|m=\d+ )/;
const DUMP_CALL = /^[a-zA-Z_][^ ]{0,300}\(.{0,4000}\)$/;

export type Dump = { readonly signal: string; readonly lines: number; readonly goroutines: number };

type Open = { name: 'chat_template' | 'recovery' | 'device_error'; left: number };

const DUMP = sharedFound('continuation', 'crash_dump');
const WRAPPED = sharedFound('continuation', 'wrapped');
const TAIL = sharedFound('continuation', 'slog_tail');
const PAIR = /^(?:[\w.]{1,64}|"[^"]{1,64}")=\S/;

export type Blocks = {
  /** What a raw text is, seen from the open block. */
  readonly read: (text: string, found: Found) => Found;
  /** A slog record or an access line was read. */
  readonly record: (slog: boolean) => void;
  /** The end mark of gin's recovery block (a colour reset alone on its line). */
  readonly closeRecovery: () => void;
  /** A dump that is over and not told yet. `force`: whatever is open is over. */
  readonly finished: (force: boolean) => Dump | undefined;
  readonly dumpIsOpen: () => boolean;
  /** Everything open is forgotten: the stream broke. */
  readonly reset: () => void;
};

const openerOf = (text: string, found: Found): Open | undefined => {
  if (found.name === 'chat_template' && !(text.endsWith("'") && !text.endsWith("example_format: '")))
    return { name: 'chat_template', left: TEMPLATE_LINES_MAX };
  if (found.name === 'request.panic') return { name: 'recovery', left: RECOVERY_LINES_MAX };
  if (found.name === 'runner.device_error') return { name: 'device_error', left: DEVICE_LINES_MAX };
  return undefined;
};

/** Lines of the same child end its example even when its closing quote was missed. */
const CHILD_LINE = /^(?:slot|srv|cmn|spec) .{0,14}: /;

export const createBlocks = (): Blocks => {
  let open: Open | undefined;
  let dump: { signal: string; lines: number; goroutines: number; gap: number } | undefined;
  let wrapping = false;
  let endedWithSpace = false;
  let afterSlog = false;

  const claimOpen = (text: string, found: Found): Found | undefined => {
    if (open === undefined) return undefined;
    const { name } = open;
    if (--open.left < 0) open = undefined;
    if (name === 'device_error') {
      if (found.class === 'unmatched' && text.startsWith('  ')) return sharedFound('continuation', name);
      if (found.name !== 'device_error') open = undefined;
      return undefined;
    }
    if (name === 'chat_template' && CHILD_LINE.test(text)) {
      open = undefined;
      return undefined;
    }
    if (name === 'chat_template' && text.endsWith("'")) open = undefined;
    return sharedFound('continuation', name);
  };

  const claimDump = (text: string, found: Found): Found | undefined => {
    const unknown = found.class === 'unmatched' || found.name === 'blank' || found.name === 'debugger';
    const m = found.class === 'unmatched' ? DUMP_OPEN.exec(text) : null;
    if (dump === undefined) {
      if (m === null) return undefined;
      dump = { signal: 'unknown', lines: 0, goroutines: 0, gap: 0 };
    }
    if (!unknown || !(m !== null || found.class !== 'unmatched' || DUMP_LINE.test(text) || DUMP_CALL.test(text))) {
      dump.gap++;
      return undefined;
    }
    if (dump.signal === 'unknown' && m !== null) dump.signal = m[1] ?? m[2] ?? m[3] ?? m[4] ?? 'unknown';
    if (text.startsWith('goroutine ')) dump.goroutines++;
    dump.lines++;
    dump.gap = 0;
    return DUMP;
  };

  const claimTail = (text: string, found: Found, previousSpace: boolean): Found => {
    if (found.class !== 'unmatched') return found;
    if (wrapping && previousSpace) return WRAPPED;
    return afterSlog && PAIR.test(text) ? TAIL : found;
  };

  return {
    read: (text, found) => {
      const previousSpace = endedWithSpace;
      endedWithSpace = text.charCodeAt(text.length - 1) === 32;
      if (found.name === 'powershell') wrapping = true;
      let read = found;
      if (open !== undefined || dump !== undefined || found.class === 'unmatched') {
        read = claimOpen(text, found) ?? claimDump(text, found) ?? claimTail(text, found, previousSpace);
      }
      if (read === found) open = openerOf(text, found) ?? open;
      if (read !== TAIL) afterSlog = false;
      return read;
    },
    record: (slog) => {
      open = undefined;
      endedWithSpace = false;
      afterSlog = slog;
      if (dump !== undefined) dump.gap++;
    },
    closeRecovery: () => {
      if (open?.name === 'recovery') open = undefined;
    },
    dumpIsOpen: () => dump !== undefined,
    finished: (force) => {
      if (dump === undefined) return undefined;
      if (!force && dump.gap <= DUMP_GAP_LINES_MAX && dump.lines < DUMP_LINES_MAX) return undefined;
      const { signal, lines, goroutines } = dump;
      dump = undefined;
      return { signal, lines, goroutines };
    },
    reset: () => {
      open = undefined;
      dump = undefined;
    },
  };
};

/** The reading that tells a finished dump. */
export const dumpFound = (dump: Dump): Found => ({
  ...plainFound('noise', 'runner.crash_dump', 'ERROR'),
  class: 'matched',
  fields: dump,
  body: `crash dump: ${dump.signal}, ${dump.lines} lines, ${dump.goroutines} goroutines`,
});
