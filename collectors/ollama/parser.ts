// One source's lines of Ollama become readings. The surprising rule: a line is not a record. Progress dots glue records
// together, PowerShell wraps one over several lines, a dump takes hundreds; so records are looked for inside a line, and a
// torn one waits for its rest until the next record or the next tick.
import { type Instant, nsBetween } from '../../otel/time.ts';
import { createEnvelope, type Inner } from '../envelope.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { Emit, OllamaReading, Parser, RecordReading } from '../reading.ts';
import { scanAccess } from './access.ts';
import { createBlocks, dumpFound } from './blocks.ts';
import { type Found, sharedFound, TORN } from './found.ts';
import { createPrograms } from './programs.ts';
import { isPrintfStamp, readRaw } from './raw.ts';
import { readRecord } from './records.ts';
import { civilAt, isSlogHead, type SlogRecord, scanSlog } from './slog.ts';
import { createTimeline } from './timeline.ts';
import { createWrap } from './wrap.ts';

/** A torn record and a dump wait this long for more; a tick later they are told as they are. */
const PATIENCE_NS = 1_000_000_000;

const ESCAPE = '\x1b';
const COLOUR = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;
const GIN = '[GIN] ';

/** Families whose text is model-supplied: a record inside them would be forged. */
const untrusted: ReadonlySet<string> = new Set(['model_loader', 'model_info', 'chat_template', 'legacy_json', 'key']);
const PARTIAL = sharedFound('continuation', 'partial');
const OTHER_PROGRAM = sharedFound('noise', 'other_program');
const REDRAW = sharedFound('noise', 'progress');

const isGin = (text: string, from: number): boolean => {
  const code = text.charCodeAt(from + GIN.length);
  return code >= 48 && code <= 57 && text.startsWith(GIN, from);
};

const isRecord = (text: string, from: number): boolean => isGin(text, from) || isSlogHead(text, from);

/** The next position from `from` at which a record's head stands, or -1. Linear in the text. */
const nextRecord = (text: string, from: number): number => {
  let slog = text.indexOf('time=2', from);
  while (slog >= 0 && !isSlogHead(text, slog)) slog = text.indexOf('time=2', slog + 5);
  let gin = text.indexOf(GIN, from);
  while (gin >= 0 && !isGin(text, gin)) gin = text.indexOf(GIN, gin + 5);
  return slog < 0 ? gin : gin < 0 ? slog : Math.min(slog, gin);
};

export const createOllamaParser = (source: SourceInfo): Parser => {
  const envelope = createEnvelope();
  const programs = createPrograms();
  const time = createTimeline(source);
  const blocks = createBlocks();
  const wrap = createWrap();
  let lastDump: { line: Line; at: Instant } | undefined;
  let lastLine: Line | undefined;

  const tell = (found: Found, text: string, line: Line, offset: number, emit: Emit<RecordReading>): void => {
    const body = found.told ? text : found.body;
    const { at, timing } = time;
    const { severity } = found;
    if (found.class === 'matched') {
      const { name, fields } = found;
      // The named seam: a pattern pairs its kind with that kind's fields, which the table's types check.
      emit({ type: 'ollama', kind: name, fields, at, timing, severity, line, offset, body } as OllamaReading);
    } else {
      emit({ type: 'line', class: found.class, name: found.name, at, timing, severity, line, offset, body });
    }
  };

  const tellDump = (force: boolean, emit: Emit<RecordReading>): void => {
    const dump = blocks.finished(force);
    if (dump === undefined || lastDump === undefined) return;
    const found = dumpFound(dump);
    const { severity, body } = found;
    const { line, at } = lastDump;
    const timing = line.observed ? 'observed' : 'estimated';
    const common = { at, timing, severity, line, offset: 0, body } as const;
    emit({ type: 'ollama', kind: 'runner.crash_dump', fields: dump, ...common });
  };

  const raw = (
    text: string,
    line: Line,
    offset: number,
    inner: Inner,
    found: Found,
    emit: Emit<RecordReading>,
  ): void => {
    if (isPrintfStamp(text)) time.ofCivil(line, inner, civilAt(text, 0));
    else time.ofRaw(line, inner);
    const read = blocks.read(text, found);
    if (read.name === 'crash_dump') lastDump = { line, at: time.at };
    tell(read, text, line, offset, emit);
    if (blocks.dumpIsOpen()) tellDump(false, emit);
  };

  const slog = (record: SlogRecord, line: Line, offset: number, emit: Emit<RecordReading>): void => {
    time.ofRecord(record);
    blocks.record(true);
    tell(record.complete || line.truncated ? readRecord(record) : TORN, '', line, offset, emit);
    if (blocks.dumpIsOpen()) tellDump(false, emit);
  };

  const access = (text: string, from: number, line: Line, inner: Inner, emit: Emit<RecordReading>): number => {
    const read = scanAccess(text, from);
    if (read === undefined) {
      time.ofRaw(line, inner);
      tell(TORN, '', line, from, emit);
      return -1;
    }
    const { status, endCivilSeconds } = read.fields;
    time.ofCivil(line, inner, endCivilSeconds);
    blocks.record(false);
    const severity = status >= 500 ? 'ERROR' : status >= 400 ? 'WARN' : 'INFO';
    const { at, timing } = time;
    const { fields, body } = read;
    emit({ type: 'ollama', kind: 'http.access', fields, at, timing, severity, line, offset: from, body });
    return read.end;
  };

  /** A slog record from `from`: told, or kept because it may go on in the next line. Gives where to look on, or -1. */
  const slogAt = (text: string, from: number, line: Line, inner: Inner, emit: Emit<RecordReading>): number => {
    const record = scanSlog(text, from, text.length);
    if (record === undefined) return -1;
    const wrapped = text.charCodeAt(text.length - 1) === 32;
    if (record.complete && !wrapped) {
      slog(record, line, from, emit);
      return text.length;
    }
    const next = line.truncated ? -1 : nextRecord(text, from + 5);
    if (next > 0) {
      slog(scanSlog(text, from, next) ?? record, line, from, emit);
      return next;
    }
    if (line.truncated) slog(record, line, from, emit);
    else wrap.hold({ text, from, line, inner });
    return text.length;
  };

  /** Reads the records from `from` on; whatever stands between two of them is a raw text of its own. */
  const records = (text: string, from: number, line: Line, inner: Inner, emit: Emit<RecordReading>): void => {
    let at = from;
    while (at >= 0 && at < text.length) {
      let end = isGin(text, at) ? access(text, at, line, inner, emit) : slogAt(text, at, line, inner, emit);
      if (end < 0) end = at + 5;
      else if (text.slice(end, nextRecord(text, end) < 0 ? text.length : undefined).trim() === '') return;
      const next = isRecord(text, end) ? end : nextRecord(text, end);
      at = next;
    }
  };

  const glued = (
    text: string,
    line: Line,
    inner: Inner,
    found: Found,
    redraw: boolean,
    emit: Emit<RecordReading>,
  ): void => {
    const start = untrusted.has(found.name) ? -1 : nextRecord(text, 1);
    if (start < 0) return raw(text, line, 0, inner, redraw && found.class === 'unmatched' ? REDRAW : found, emit);
    const before = text.slice(0, start);
    const prefix = readRaw(before);
    if (prefix.name !== 'blank') {
      const read = prefix.class === 'unmatched' ? (redraw ? REDRAW : TORN) : prefix;
      raw(before, line, 0, inner, read, emit);
    }
    records(text, start, line, inner, emit);
  };

  /** Tells a held record and the lines that were joined to it. */
  const release = (emit: Emit<RecordReading>): void => {
    const held = wrap.release();
    if (held === undefined) return;
    const record = scanSlog(held.text, held.from, held.text.length);
    if (record !== undefined) slog(record, held.line, held.from, emit);
    const joined = record?.complete === true ? sharedFound('continuation', 'wrapped') : undefined;
    for (const part of held.joined) raw(part.text, part.line, 0, held.inner, joined ?? readRaw(part.text), emit);
  };

  const inside = (text: string, line: Line, inner: Inner, emit: Emit<RecordReading>): void => {
    const starts = isRecord(text, 0);
    if (wrap.isHolding()) {
      const found = starts ? undefined : readRaw(text);
      if (found?.class === 'unmatched' && wrap.join(text, line)) {
        if (wrap.isWhole()) release(emit);
        return;
      }
      release(emit);
    }
    if (starts) return records(text, 0, line, inner, emit);
    const redraw = text.includes('\r');
    const found = readRaw(text);
    // An anchored pattern took the whole text: nothing can be glued to it.
    if (found.class === 'matched' && found.told) return raw(text, line, 0, inner, found, emit);
    glued(redraw ? text.replaceAll('\r', ' ') : text, line, inner, found, redraw, emit);
  };

  const parse = (line: Line, emit: Emit<RecordReading>): void => {
    lastLine = line;
    let { text } = line;
    if (text.includes(ESCAPE)) {
      text = text.replace(COLOUR, '');
      if (text === '') blocks.closeRecovery();
    }
    const inner = envelope.open(text);
    if (inner === 'partial') {
      time.ofRaw(line, { text });
      return tell(PARTIAL, '', line, 0, emit);
    }
    if (inner.program !== undefined && !programs.isOllama(inner.program, inner.text, isRecord)) {
      time.ofRaw(line, inner);
      return tell(OTHER_PROGRAM, '', line, 0, emit);
    }
    inside(inner.text, line, inner, emit);
  };

  const flush = (emit: Emit<RecordReading>): void => {
    release(emit);
    tellDump(true, emit);
  };

  return {
    parse,
    notice: (_notice, emit) => {
      flush(emit);
      blocks.reset();
      envelope.reset();
    },
    tick: (at, emit) => {
      if (lastLine === undefined || nsBetween(lastLine.arrival, at) < PATIENCE_NS) return;
      flush(emit);
    },
    end: flush,
  };
};
