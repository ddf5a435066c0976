// One source's lines of Ollama become readings. The surprising rule: a line is not a record. Progress dots glue records
// together, writers cut each other, PowerShell wraps one record over several lines, a dump takes hundreds; so records are
// looked for inside a line, and a broken one waits for its rest until the next record or the next tick.
import { type Instant, nsBetween } from '../../otel/time.ts';
import { createEnvelope, type Inner } from '../envelope.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { Emit, OllamaReading, Parser, RecordReading, Timing } from '../reading.ts';
import { scanAccess } from './access.ts';
import { createBlocks, dumpFound } from './blocks.ts';
import { type Found, sharedFound, TORN } from './found.ts';
import { innerChild, isGin, isRecord, nextRecord } from './heads.ts';
import { createPrograms } from './programs.ts';
import { isPrintfStamp, readRaw } from './raw.ts';
import { readRecord } from './records.ts';
import { civilAt, type SlogRecord, scanSlog } from './slog.ts';
import { createTimeline } from './timeline.ts';
import { createTorn } from './torn.ts';
import { createWrap } from './wrap.ts';

/** A broken record and a dump wait this long for more; the tick after tells them as they are. */
const PATIENCE_NS = 1_000_000_000;

const ESCAPE = '\x1b';
/** Colours and cursor movements of a terminal. */
const CONTROL = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;

/** Families whose text is model-supplied: a record inside them would be forged. */
const untrusted: ReadonlySet<string> = new Set(['model_loader', 'model_info', 'chat_template', 'legacy_json', 'key']);
const PARTIAL = sharedFound('continuation', 'partial');
const WRAPPED = sharedFound('continuation', 'wrapped');
const OTHER_PROGRAM = sharedFound('noise', 'other_program');
const REDRAW = sharedFound('noise', 'progress');

type Out = Emit<RecordReading>;

/** The grammar of one source; keeps what earlier lines said (zone, envelope, open blocks). Any text is read, none throws. */
class OllamaParser implements Parser {
  readonly #envelope = createEnvelope();
  readonly #programs = createPrograms();
  readonly #blocks = createBlocks();
  readonly #wrap = createWrap();
  readonly #torn = createTorn();
  readonly #time;
  #lastDump: { readonly line: Line; readonly at: Instant; readonly timing: Timing } | undefined;
  #lastArrival: Instant | undefined;

  constructor(source: SourceInfo) {
    this.#time = createTimeline(source);
  }

  parse(line: Line, emit: Out): void {
    this.#lastArrival = line.arrival;
    let { text } = line;
    if (text.includes(ESCAPE)) {
      text = text.replace(CONTROL, '');
      if (text === '') this.#blocks.closeRecovery();
    }
    const inner = this.#envelope.open(text);
    if (inner === 'partial') {
      this.#time.ofRaw(line, { text });
      this.#tell(PARTIAL, '', line, 0, emit);
    } else if (inner.program !== undefined && !this.#programs.isOllama(inner.program, inner.text, isRecord)) {
      this.#time.ofRaw(line, inner);
      this.#tell(OTHER_PROGRAM, '', line, 0, emit);
    } else this.#text(inner.text, line, inner, emit);
  }

  notice(_notice: unknown, emit: Out): void {
    this.end(emit);
    this.#blocks.reset();
    this.#envelope.reset();
  }

  tick(at: Instant, emit: Out): void {
    if (this.#lastArrival !== undefined && nsBetween(this.#lastArrival, at) >= PATIENCE_NS) this.end(emit);
  }

  end(emit: Out): void {
    this.#release(emit);
    for (let lost = this.#torn.release(); lost !== undefined; lost = this.#torn.release()) this.#tellLost(lost, emit);
    this.#tellDump(true, emit);
  }

  #tell(found: Found, text: string, line: Line, offset: number, emit: Out): void {
    const body = found.told ? text : found.body;
    const { at, timing } = this.#time;
    const { severity } = found;
    if (found.class === 'matched') {
      const { name, fields } = found;
      // The named seam: a pattern pairs its kind with that kind's fields, which the table's types check.
      emit({ type: 'ollama', kind: name, fields, at, timing, severity, line, offset, body } as OllamaReading);
    } else {
      emit({ type: 'line', class: found.class, name: found.name, at, timing, severity, line, offset, body });
    }
  }

  #tellLost(line: Line | undefined, emit: Out): void {
    if (line !== undefined) this.#tell(TORN, '', line, 0, emit);
  }

  #tellDump(force: boolean, emit: Out): void {
    const dump = this.#blocks.finished(force);
    if (dump === undefined || this.#lastDump === undefined) return;
    const { severity, body } = dumpFound(dump);
    const { line, at, timing } = this.#lastDump;
    emit({ type: 'ollama', kind: 'runner.crash_dump', fields: dump, at, timing, severity, line, offset: 0, body });
  }

  /** A text that is no record: its time, then what an open block or a waiting part makes of it. */
  #raw(text: string, line: Line, offset: number, inner: Inner, found: Found, emit: Out): void {
    if (isPrintfStamp(text)) this.#time.ofCivil(line, inner, civilAt(text, 0));
    else this.#time.ofRaw(line, inner);
    let read = found;
    if (found.class === 'unmatched') read = this.#torn.complete(text) ?? found;
    if (read === found) read = this.#blocks.read(text, found);
    if (read.name === 'crash_dump') this.#lastDump = { line, at: this.#time.at, timing: this.#time.timing };
    this.#tell(read, text, line, offset, emit);
    this.#tellLost(this.#torn.age(), emit);
    if (this.#blocks.dumpIsOpen()) this.#tellDump(false, emit);
  }

  #slog(record: SlogRecord, line: Line, offset: number, emit: Out): void {
    this.#time.ofRecord(record);
    this.#blocks.record(true);
    // A line cut at the limit still has its message; only its last value is missing.
    const readable = record.complete || (line.truncated && record.message !== '');
    this.#tell(readable ? readRecord(record) : TORN, '', line, offset, emit);
    if (this.#blocks.dumpIsOpen()) this.#tellDump(false, emit);
  }

  /** The access line at `from`; gives the position after it, or -1 when it is torn. */
  #access(text: string, from: number, line: Line, inner: Inner, emit: Out): number {
    const read = scanAccess(text, from);
    if (read === undefined) {
      this.#time.ofRaw(line, inner);
      this.#tell(TORN, '', line, from, emit);
      return -1;
    }
    const { fields, body } = read;
    this.#time.ofCivil(line, inner, fields.endCivilSeconds);
    this.#blocks.record(false);
    const severity = fields.status >= 500 ? 'ERROR' : fields.status >= 400 ? 'WARN' : 'INFO';
    const { at, timing } = this.#time;
    emit({ type: 'ollama', kind: 'http.access', fields, at, timing, severity, line, offset: from, body });
    return read.end;
  }

  /** The slog record at `from`: told, or kept because it may go on in the next line. Gives the position after it. */
  #slogAt(text: string, from: number, line: Line, inner: Inner, emit: Out): number {
    const record = scanSlog(text, from, text.length);
    if (record === undefined) {
      this.#time.ofRaw(line, inner);
      this.#tell(TORN, '', line, from, emit);
      return -1;
    }
    if (record.complete && text.charCodeAt(text.length - 1) !== 32) {
      this.#slog(record, line, from, emit);
      return text.length;
    }
    const next = line.truncated ? -1 : nextRecord(text, from + 5);
    if (next > 0) {
      this.#slog(scanSlog(text, from, next) ?? record, line, from, emit);
      return next;
    }
    if (line.truncated) this.#slog(record, line, from, emit);
    else this.#wrap.hold({ text, from, line, inner });
    return text.length;
  }

  /** Reads the records from `from` on; whatever stands between two of them is a raw text of its own. */
  #records(text: string, from: number, line: Line, inner: Inner, emit: Out): void {
    let at = from;
    while (at >= 0 && at < text.length) {
      const gin = isGin(text, at);
      const end = gin ? this.#access(text, at, line, inner, emit) : this.#slogAt(text, at, line, inner, emit);
      const next = nextRecord(text, end < 0 ? at + 5 : end);
      const between = end < 0 ? '' : text.slice(end, next < 0 ? text.length : next);
      if (between.trim() !== '') this.#raw(between, line, end, inner, readRaw(between), emit);
      at = next;
    }
  }

  /** A line that does not begin with a record. */
  #mixed(text: string, line: Line, inner: Inner, found: Found, emit: Out): void {
    const redraw = text.includes('\r');
    const start = untrusted.has(found.name) ? -1 : nextRecord(text, 1);
    const child = start < 0 && found.class !== 'matched' && text.charCodeAt(0) === 115 ? innerChild(text) : -1;
    if (start < 0 && child <= 0) {
      this.#raw(text, line, 0, inner, redraw && found.class === 'unmatched' ? REDRAW : found, emit);
      return;
    }
    const before = text.slice(0, start < 0 ? child : start);
    const prefix = readRaw(before);
    if (prefix.name !== 'blank') {
      const read = redraw && prefix.class === 'unmatched' ? REDRAW : this.#torn.hold(before, line, prefix);
      this.#time.ofRaw(line, inner);
      this.#blocks.read(before, read);
      this.#tell(read, before, line, 0, emit);
    }
    if (start < 0) this.#raw(text.slice(child), line, child, inner, readRaw(text.slice(child)), emit);
    else this.#records(text, start, line, inner, emit);
  }

  #text(text: string, line: Line, inner: Inner, emit: Out): void {
    const starts = isRecord(text, 0);
    if (this.#wrap.isHolding()) {
      const joins = !starts && readRaw(text).class === 'unmatched' && this.#wrap.join(text, line);
      if (!joins || this.#wrap.isWhole()) this.#release(emit);
      if (joins) return;
    }
    if (starts) {
      this.#records(text, 0, line, inner, emit);
      return;
    }
    const found = readRaw(text);
    // An anchored pattern took the whole text: nothing can be glued to it.
    if (found.class === 'matched' && found.told) this.#raw(text, line, 0, inner, found, emit);
    else this.#mixed(text, line, inner, found, emit);
  }

  /** Tells a held record and the lines that were joined to it. */
  #release(emit: Out): void {
    const held = this.#wrap.release();
    if (held === undefined) return;
    const record = scanSlog(held.text, held.from, held.text.length);
    if (record !== undefined) this.#slog(record, held.line, held.from, emit);
    for (const part of held.joined) {
      const found = record?.complete === true ? WRAPPED : readRaw(part.text);
      this.#raw(part.text, part.line, 0, held.inner, found, emit);
    }
  }
}

/** The parser of one source's lines. */
export const createOllamaParser = (source: SourceInfo): Parser => {
  const parser = new OllamaParser(source);
  return {
    parse: (line, emit) => parser.parse(line, emit),
    notice: (notice, emit) => parser.notice(notice, emit),
    tick: (at, emit) => parser.tick(at, emit),
    end: (emit) => parser.end(emit),
  };
};
