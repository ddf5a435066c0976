// NVSwitch events. One event is several lines with the same number: the first tells severity and link, the others dump
// registers, so only the first is an event.
import type { Severity } from '../../otel/signal.ts';
import type { Line } from '../line.ts';
import type { RecordReading } from '../reading.ts';
import { common, lineReading, type Stamp } from './readings.ts';
import { parsePlaceAndCode } from './xid-line.ts';

/** `nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up`. */
const SWITCH = /^(nvidia-nvswitch\d{1,3}): (SXid (?=\())?/;
const HEADLINE = /^(Fatal|Non-?fatal)\b/i;
/** `Severity 1 Engine instance 48 Sub-engine instance 00`, `Data {0x00000001, …}`. */
const DUMP = /^(?:Severity \d|Data \{)/;
const LINK = /\bLink (\d{1,3})\b/;

const severityOf = (word: string): Severity => (word.toLowerCase() === 'fatal' ? 'ERROR' : 'WARN');

/** A line of an NVSwitch, or undefined for any other. */
export const readSwitchLine = (line: Line, stamp: Stamp, text: string): RecordReading | undefined => {
  const m = SWITCH.exec(text);
  const name = m?.[1];
  if (m === null || name === undefined) return undefined;
  if (m[2] === undefined) return lineReading(line, stamp, 'noise', 'nvswitch.other');
  const head = parsePlaceAndCode(text.slice(m[0].length));
  if (head === undefined) return lineReading(line, stamp, 'malformed', 'sxid');
  const severity = HEADLINE.exec(head.rest)?.[1];
  if (severity === undefined) {
    return lineReading(line, stamp, DUMP.test(head.rest) ? 'continuation' : 'malformed', 'sxid');
  }
  const link = LINK.exec(head.rest)?.[1];
  const core = { ...head.place, code: head.code, severity, switch: name };
  const fields = link === undefined ? core : { ...core, link: Number(link) };
  return { ...common(line, stamp, severityOf(severity), text), type: 'nvidia', kind: 'sxid', fields };
};
