// Lines of the NVIDIA kernel module (`NVRM: …`): Xids, lost GPUs, identities, driver loads. Other NVRM lines are noise and
// their text stays here. A probe-time loss is one printk of three lines, which dmesg and journals split.
import type { Line } from '../line.ts';
import type { NvidiaReading, RecordReading } from '../reading.ts';
import { normaliseBus } from './bus.ts';
import { common, lineReading, type Stamp } from './readings.ts';
import { severityOfRecovery, type XidOverrides, xidEntry } from './xid-catalogue.ts';
import { xidDetail } from './xid-detail.ts';
import { parseXidMessage, XID_START, type XidMessage } from './xid-line.ts';

export type NvrmReader = {
  /** `text`: the message without its envelope, trimmed. Undefined for what is not the NVIDIA module's. */
  readonly read: (line: Line, stamp: Stamp, text: string) => RecordReading | undefined;
  /** Forgets open records: the source began anew. */
  readonly reset: () => void;
};

const PREFIX = 'NVRM: ';
const BUS = '((?:PCI:)?[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\\.[0-7])?)';
/** `GPU at PCI:0000:91:00: GPU-b6c3b2be-…`. */
const IDENTITY = new RegExp(`^GPU at ${BUS}: (\\S{1,64})$`);
const UUID = /^GPU-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** `GPU 0000:91:00.0: GPU has fallen off the bus.`, older `GPU at 0000:91:00.0 has fallen off the bus.` */
const LOST = new RegExp(`^GPU (?:at )?${BUS}:? (?:GPU )?has fallen off the bus`);
/** `GPU 0000:91:00.0: GPU serial number is …`; the number itself is not read. */
const SERIAL_AT = new RegExp(`^GPU (?:at )?${BUS}: GPU serial number is\\b`);
const SERIAL = 'GPU Board Serial Number:';
/** `Rate limiting GSP RPC error prints for GPU at PCI:0000:9b:00 (printing 1 of every 30). …`. */
const RATE_LIMIT = new RegExp(`^Rate limiting GSP RPC error prints for GPU at ${BUS} `);
/** `loading NVIDIA UNIX Open Kernel Module for x86_64  570.158.01  Release Build …`, `loading NVIDIA UNIX x86_64 Kernel Module  470.57.02  …`. */
const LOADED = /^loading NVIDIA UNIX [A-Za-z0-9_ ]{1,60}? {1,4}(\d{2,4}\.\d{1,4}(?:\.\d{1,4})?)\b/;
/** Three lines: `The NVIDIA GPU 0000:b3:00.0`, `(PCI ID: 10de:26b5) installed in this system has`, `fallen off the bus and is not responding to commands.` */
const PROBE_FIRST = new RegExp(`^The NVIDIA GPU ${BUS}$`);
const PROBE_SECOND = /^\(PCI ID: [0-9a-f]{4}:[0-9a-f]{4}\) installed in this system has$/i;
const PROBE_THIRD = 'fallen off the bus and is not responding to commands';
/** Second line of an old Xid with a line break inside: `Head 00000000 Count 00006e2e`. */
const XID_REST = /^Head [0-9a-f]{8} Count [0-9a-f]{8}$/i;

const RECOVERY_CODE = 154;

const xidReading = (
  line: Line,
  stamp: Stamp,
  text: string,
  xid: XidMessage,
  overrides?: XidOverrides,
): NvidiaReading => {
  const { place, rest, ...told } = xid;
  const detail = xidDetail(xid.code, rest);
  const newAction = detail['to'];
  const isChange =
    xid.code === RECOVERY_CODE && newAction !== undefined && overrides?.get(xid.code)?.severity === undefined;
  const severity = isChange ? severityOfRecovery(newAction) : xidEntry(xid.code, overrides).severity;
  return { ...common(line, stamp, severity, text), type: 'nvidia', kind: 'xid', fields: { ...place, ...told, detail } };
};

type State = {
  /** Bus of the probe-time loss whose lines are under way, and how many of them were read. */
  probe: { readonly bus: string; readonly lines: number } | undefined;
  /** Bus of the identity line before: a board's serial line names none. */
  identityBus: string | undefined;
  /** The line before was an Xid whose text went on behind a line break. */
  openXid: boolean;
};

const lostReading = (line: Line, stamp: Stamp, text: string, bus: string, duringProbe: boolean): NvidiaReading => ({
  ...common(line, stamp, 'FATAL', text),
  type: 'nvidia',
  kind: 'kernel.gpu_lost',
  fields: { bus, duringProbe },
});

type ReadNvrm = (state: State, line: Line, stamp: Stamp, text: string, rest: string) => RecordReading | undefined;

const readProbe: ReadNvrm = (state, line, stamp, text, rest) => {
  const bus = normaliseBus(PROBE_FIRST.exec(rest)?.[1] ?? '');
  const open = state.probe;
  const isSecond = open?.lines === 1 && PROBE_SECOND.test(rest);
  if (bus !== undefined) state.probe = { bus, lines: 1 };
  else state.probe = isSecond ? { bus: open.bus, lines: 2 } : undefined;
  if (bus !== undefined || isSecond) return lineReading(line, stamp, 'continuation', 'kernel.gpu_lost');
  return open?.lines === 2 && rest.startsWith(PROBE_THIRD) ? lostReading(line, stamp, text, open.bus, true) : undefined;
};

const readIdentity: ReadNvrm = (state, line, stamp, text, rest) => {
  const m = IDENTITY.exec(rest);
  const bus = normaliseBus(m?.[1] ?? '');
  if (bus === undefined) return undefined;
  state.identityBus = bus;
  const uuid = m?.[2] ?? '';
  if (!UUID.test(uuid)) return lineReading(line, stamp, 'malformed', 'kernel.gpu_identity');
  const fields = { bus, uuid: `GPU-${uuid.slice(4).toLowerCase()}` };
  return { ...common(line, stamp, 'INFO', text), type: 'nvidia', kind: 'kernel.gpu_identity', fields };
};

const readSerial: ReadNvrm = (state, line, stamp, _text, rest) => {
  const bus = rest.startsWith(SERIAL) ? state.identityBus : normaliseBus(SERIAL_AT.exec(rest)?.[1] ?? '');
  if (bus === undefined) return undefined;
  // The serial number identifies a machine's owner and joins nothing: it stays on the host.
  return { ...common(line, stamp, 'INFO', undefined), type: 'nvidia', kind: 'kernel.gpu_serial', fields: { bus } };
};

const readCompanion: ReadNvrm = (_state, line, stamp, text, rest) => {
  const lostBus = normaliseBus(LOST.exec(rest)?.[1] ?? '');
  if (lostBus !== undefined) return lostReading(line, stamp, text, lostBus, false);
  const bus = normaliseBus(RATE_LIMIT.exec(rest)?.[1] ?? '');
  if (bus !== undefined) {
    return { ...common(line, stamp, 'WARN', text), type: 'nvidia', kind: 'kernel.gsp_rate_limited', fields: { bus } };
  }
  const version = LOADED.exec(rest)?.[1];
  if (version === undefined) return undefined;
  const body = `${PREFIX}loading ${version}`;
  return { ...common(line, stamp, 'INFO', body), type: 'nvidia', kind: 'kernel.driver_loaded', fields: { version } };
};

const READERS: readonly ReadNvrm[] = [readProbe, readIdentity, readSerial, readCompanion];

export const createNvrmReader = (overrides?: XidOverrides): NvrmReader => {
  const state: State = { probe: undefined, identityBus: undefined, openXid: false };
  const read = (line: Line, stamp: Stamp, text: string): RecordReading | undefined => {
    const wasOpen = state.openXid;
    state.openXid = false;
    if (!text.startsWith(PREFIX)) {
      return wasOpen && XID_REST.test(text) ? lineReading(line, stamp, 'continuation', 'xid') : undefined;
    }
    if (text.startsWith(XID_START)) {
      const xid = parseXidMessage(text);
      state.openXid = xid?.rest === '';
      return xid === undefined
        ? lineReading(line, stamp, 'malformed', 'xid')
        : xidReading(line, stamp, text, xid, overrides);
    }
    const rest = text.slice(PREFIX.length);
    for (const reader of READERS) {
      const reading = reader(state, line, stamp, text, rest);
      if (reading !== undefined) return reading;
    }
    return lineReading(line, stamp, 'noise', 'nvrm.other');
  };
  const reset = (): void => {
    state.probe = undefined;
    state.identityBus = undefined;
    state.openXid = false;
  };
  return { read, reset };
};
