// Lines that are no row: failure texts, blanks, shell prompts, and nvidia-smi's other forms of output (default table, `-q`,
// `-q -x`), which are known noise. `-q` and XML are told by their banner, so a plain `key : value` line alone is unmatched.
import type { Line } from '../line.ts';
import type { LineReading, NvidiaReading } from '../reading.ts';
import { lineReading, type Stamp } from './readings.ts';
import { failureReading } from './smi-errors.ts';

/** Gives each line that no row grammar took its class. Stateful: `-q` and XML documents run over many lines. */
export type OtherSmi = {
  readonly read: (line: Line, stamp: Stamp) => NvidiaReading | LineReading;
  /** A row or header was seen: a document that was open has ended. */
  readonly close: () => void;
};

const TABLE_LINE = /^(?:\+[-=+]{3,}\+?|\|.*[|+])$/;
/** `Mon Jan 20 10:18:26 2025`: printed above the default table. */
const TABLE_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}$/;
const Q_BANNER = '==============NVSMI LOG==============';
/** `    Product Name                          : NVIDIA TITAN V`, `GPU 00000000:01:00.0`, a section's heading, or a bare value. */
const Q_LINE = /^ *[A-Za-z][^:]{0,79}(?: : .*| :|)$|^GPU [0-9A-Fa-f]{8}:/;
/** `[root@host ~]# nvidia-smi dmon -s u`, `$ nvidia-smi`: what somebody typed above a pasted output. */
const COMMAND = /^[^#$>%]{0,80}[#$>%] ?(?:sudo )?(?:\S{0,80}\/)?nvidia-smi(?:\.exe)?(?: |$)/;

const documentLine = (state: 'q' | 'xml', text: string): string | undefined => {
  if (state === 'xml') return 'smi.xml';
  return Q_LINE.test(text) ? 'smi.q' : undefined;
};

export const createOtherSmi = (): OtherSmi => {
  let document: 'q' | 'xml' | undefined;
  const nameOf = (text: string): string | undefined => {
    if (text === '') return 'blank';
    if (TABLE_LINE.test(text) || TABLE_DATE.test(text)) return 'smi.table';
    if (text.startsWith(Q_BANNER)) {
      document = 'q';
      return 'smi.q';
    }
    const xml = text.trimStart();
    if (xml.startsWith('<?xml') || xml.startsWith('<!DOCTYPE nvidia_smi_log') || xml.startsWith('<nvidia_smi_log'))
      document = 'xml';
    if (document !== undefined) {
      const name = documentLine(document, text);
      if (xml.startsWith('</nvidia_smi_log>')) document = undefined;
      if (name !== undefined) return name;
    }
    return COMMAND.test(text) ? 'smi.command' : undefined;
  };
  const read = (line: Line, stamp: Stamp): NvidiaReading | LineReading => {
    const text = line.text.trimEnd();
    const failure = failureReading(line, stamp, text);
    if (failure !== undefined) return failure;
    if (text.startsWith('NVML library version:')) return lineReading(line, stamp, 'continuation', 'smi.failed');
    const name = nameOf(text);
    return name === undefined ? lineReading(line, stamp, 'unmatched', 'raw') : lineReading(line, stamp, 'noise', name);
  };
  return {
    read,
    close: () => {
      document = undefined;
    },
  };
};
