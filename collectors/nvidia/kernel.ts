// Reads kernel lines from any envelope: Xid and SXid events and their companions; everything else a kernel says is noise.
// The surprise: one event may be several lines (a probe-time loss, an Xid with a line break), and one record several lines.
import type { Instant } from '../../otel/time.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { Emit, LineReading, Parser, RecordReading } from '../reading.ts';
import { createKernelClock } from './kernel-clock.ts';
import { type Envelope, openEnvelope } from './kernel-envelope.ts';
import { createNvrmReader } from './nvrm.ts';
import { lineReading, type Stamp } from './readings.ts';
import { readSwitchLine } from './sxid.ts';
import type { XidOverrides } from './xid-catalogue.ts';
import { XID_START } from './xid-line.ts';

export type KernelOptions = {
  /** When the machine booted: makes stamps since boot (raw kmsg, plain dmesg) exact. Without it only their distances are. */
  readonly bootAt?: Instant;
  readonly overrides?: XidOverrides;
};

/** A kernel record holds at most 2 kB (PRINTK_MESSAGE_MAX), escaped four times that, in JSON a little more. */
const KERNEL_LINE_MAX = 16_384;
/** journalctl's own words: `-- Boot 1f… --`, `-- Journal begins at …`, `Hint: You are currently not seeing messages …`. */
const JOURNAL_NOTICE = /^(?:-- .{1,200} --$|-- (?:Logs|Journal) begins? at |Hint: |-- No entries --)/;
/** Continuation of a kmsg record: ` SUBSYSTEM=pci`, ` DEVICE=+pci:0000:00:01.0`. */
const KMSG_DICTIONARY = /^ [A-Z_]{1,40}=/;
/** An Xid inside another program's line, quoted by some: `… "NVRM: Xid (PCI:0000:9b:00): 119, …."`. */
const unwrap = (text: string, start: number): string => {
  const inner = text.slice(start);
  return text[start - 1] === '"' && inner.endsWith('"') ? inner.slice(0, -1) : inner;
};

const plainClass = (envelope: Envelope, text: string): { class: LineReading['class']; name: string } => {
  if (text === '') return { class: 'noise', name: 'blank' };
  if (envelope.from === 'kernel') return { class: 'noise', name: 'kernel.other' };
  if (JOURNAL_NOTICE.test(text)) return { class: 'noise', name: 'journal.notice' };
  return { class: 'unmatched', name: 'raw' };
};

/** One parser per kernel log: /dev/kmsg, dmesg, journalctl -k, or a syslog that holds kernel lines. */
export const createKernelParser = (source: SourceInfo, options: KernelOptions = {}): Parser => {
  const timeOf = createKernelClock(source, options.bootAt);
  const nvrm = createNvrmReader(options.overrides);
  /** The line before was a kmsg record: lines with a leading blank are its dictionary. */
  let afterKmsg = false;

  const readText = (line: Line, stamp: Stamp, envelope: Envelope, whole: string): RecordReading => {
    const trimmed = whole.trimStart();
    // Another program that quotes an Xid in its own log does not make a second one.
    if (envelope.from === 'other') return lineReading(line, stamp, 'noise', 'syslog.other');
    const embedded = envelope.from === 'kernel' ? -1 : trimmed.indexOf(XID_START);
    const text = embedded > 0 ? unwrap(trimmed, embedded) : trimmed;
    const known = nvrm.read(line, stamp, text.trimEnd()) ?? readSwitchLine(line, stamp, text.trimEnd());
    if (known !== undefined) return known;
    if (afterKmsg && envelope.from === 'bare' && KMSG_DICTIONARY.test(whole))
      return lineReading(line, stamp, 'continuation', 'kmsg.dictionary');
    const plain = plainClass(envelope, trimmed);
    return lineReading(line, stamp, plain.class, plain.name);
  };
  const parse = (line: Line, emit: Emit<RecordReading>): void => {
    const envelope: Envelope =
      line.text.length > KERNEL_LINE_MAX
        ? { text: line.text.slice(0, KERNEL_LINE_MAX), from: 'bare', form: 'bare' }
        : openEnvelope(line.text);
    const stamp = timeOf(line, envelope.stamp);
    const lines = envelope.text.split('\n');
    const readings = lines.map((text) => readText(line, stamp, envelope, text));
    afterKmsg = envelope.form === 'kmsg' || (afterKmsg && envelope.from === 'bare');
    // Of a record of several lines the events are told; where there is none, the record is told by its first line.
    const events = readings.filter((reading) => reading.type !== 'line');
    const told = events.length > 0 ? events : readings.slice(0, 1);
    // The offset keeps derived ids of one record's events apart: their bytes are escaped, so it counts events.
    for (const [order, reading] of told.entries()) emit(order === 0 ? reading : { ...reading, offset: order });
  };
  return { parse, notice: nvrm.reset, tick: () => undefined, end: () => undefined };
};
