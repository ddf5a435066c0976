// Takes an Xid or SXid message apart: place, code, process, the rest. Written by hand instead of one expression, because the
// process name is free text (`ray::Worker`, `nvc:[driver]`) and a lazy match over it is quadratic on a hostile line.
import { normaliseBus } from './bus.ts';
import type { XidPlace } from './kinds.ts';

export type XidMessage = {
  readonly place: XidPlace;
  readonly code: number;
  readonly pid?: number;
  readonly process?: string;
  /** What follows code, pid and name; without the ` caused by previous Xid N` suffix. */
  readonly rest: string;
  readonly causedBy?: number;
};

export const XID_START = 'NVRM: Xid (';
/** `PCI:0000:01:00 GPU-I:05 GPU-CI:00`, `0000:03:00` (before about 2013), `PCI:0000:06:00.0` (SXid). */
const PLACE =
  /^((?:PCI:)?[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}(?:\.[0-7])?)(?: GPU-I:(\d{1,3}))?(?: GPU-CI:(\d{1,3}))?$/i;
const CODE = /^: (\d{1,5})(?:,|$)/;
const PID = /^pid=(?:(\d{1,10})|'?<unknown>'?)(?:, |$)/;
const CAUSED_BY = / caused by previous Xid (\d{1,5})$/;
const NAME = 'name=';
const UNKNOWN_NAME = '<unknown>';
/** A comm has 15 bytes; a longer text here is not a process name and stays untold. */
const NAME_MAX = 64;

const parsePlace = (text: string): XidPlace | undefined => {
  const m = PLACE.exec(text);
  const bus = normaliseBus(m?.[1] ?? '');
  if (m === null || bus === undefined) return undefined;
  const [, , gpuInstance, computeInstance] = m;
  return {
    bus,
    ...(gpuInstance === undefined ? {} : { gpuInstance: Number(gpuInstance) }),
    ...(computeInstance === undefined ? {} : { computeInstance: Number(computeInstance) }),
  };
};

/** `(PLACE): CODE, rest` behind `Xid ` or `SXid `. */
export const parsePlaceAndCode = (text: string): { place: XidPlace; code: number; rest: string } | undefined => {
  const close = text.indexOf(')');
  if (!text.startsWith('(') || close === -1) return undefined;
  const place = parsePlace(text.slice(1, close));
  const after = text.slice(close + 1);
  const code = CODE.exec(after);
  if (place === undefined || code === null) return undefined;
  return { place, code: Number(code[1]), rest: after.slice(code[0].length).trimStart() };
};

/** `pid=1363, name=python3, rest`: both, pid alone (450–510), or neither; unknown ones are absent. */
const parseProcess = (text: string): { pid?: number; process?: string; rest: string } => {
  const pid = PID.exec(text);
  if (pid === null) return { rest: text };
  const known = pid[1] === undefined ? {} : { pid: Number(pid[1]) };
  const after = text.slice(pid[0].length);
  if (!after.startsWith(NAME)) return { ...known, rest: after };
  const comma = after.indexOf(', ');
  const name = after.slice(NAME.length, comma === -1 ? undefined : comma);
  const rest = comma === -1 ? '' : after.slice(comma + 2);
  return name === UNKNOWN_NAME || name === '' || name.length > NAME_MAX
    ? { ...known, rest }
    : { ...known, process: name, rest };
};

/** Reads `NVRM: Xid (PCI:0000:9b:00): 119, pid=1363, name=python3, …` in all its forms; undefined when it is none of them. */
export const parseXidMessage = (message: string): XidMessage | undefined => {
  if (!message.startsWith(XID_START)) return undefined;
  const head = parsePlaceAndCode(message.slice(XID_START.length - 1));
  if (head === undefined) return undefined;
  const { rest, ...owner } = parseProcess(head.rest);
  const cause = CAUSED_BY.exec(rest);
  const core = { place: head.place, code: head.code, ...owner };
  if (cause === null) return { ...core, rest: rest.trim() };
  return { ...core, rest: rest.slice(0, cause.index).trim(), causedBy: Number(cause[1]) };
};
