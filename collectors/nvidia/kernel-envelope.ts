// Opens what surrounds a kernel message: raw /dev/kmsg, dmesg in its forms, journalctl in its forms, syslog. Host names and
// priorities stay behind: only the message itself and its stamp go on. Every expression is anchored and bounded.
import { civilSeconds, fromCivil, type Instant, instant, parseRfc3339 } from '../../otel/time.ts';

export type KernelStamp =
  /** With a zone, or since the epoch. */
  | { readonly form: 'absolute'; readonly at: Instant }
  /** Local time without a zone: civil seconds read as if UTC. */
  | { readonly form: 'local'; readonly civilSeconds: number; readonly fractionNs: number }
  /** Syslog: local, without a year. */
  | {
      readonly form: 'yearless';
      readonly month: number;
      readonly day: number;
      readonly secondOfDay: number;
      readonly fractionNs: number;
    }
  /** Since boot. */
  | { readonly form: 'monotonic'; readonly ns: bigint };

export type Envelope = {
  /** The message; several lines where one printk held several. */
  readonly text: string;
  readonly stamp?: KernelStamp;
  /** `bare`: nothing around the text. `other`: another program's line of the same journal. */
  readonly from: 'kernel' | 'other' | 'bare';
  /** The form, told so that a source's form can be named. */
  readonly form: 'kmsg' | 'dmesg' | 'journal' | 'json' | 'bare';
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const monthOf = (name: string | undefined): number => MONTHS.indexOf(name ?? '') + 1;
const fraction = (digits: string | undefined): number => Number((digits ?? '').padEnd(9, '0'));
const secondOfDay = (h: string | undefined, m: string | undefined, s: string | undefined): number =>
  Number(h) * 3_600 + Number(m) * 60 + Number(s);

/** `4,1181,2843308145,-,caller=T901;NVRM: …`: priority, sequence, microseconds since boot, flags. */
const KMSG = /^\d{1,4},\d{1,20},(\d{1,16}),[^;]{0,80};/;
const ESCAPE = /\\x([0-9a-f]{2})/gi;
const openKmsg = (text: string): Envelope | undefined => {
  const m = KMSG.exec(text);
  if (m === null) return undefined;
  const message = text
    .slice(m[0].length)
    .replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { text: message, stamp: { form: 'monotonic', ns: BigInt(m[1] ?? 0) * 1_000n }, from: 'kernel', form: 'kmsg' };
};

/** `[ 2843.308145] …` (dmesg), and `[ 2843.308145] node3 kernel: …` (journalctl -o short-monotonic). */
const MONOTONIC = /^\[ {0,10}(\d{1,10})\.(\d{1,9})\] ?(?:\[ {0,6}[CT]\d{1,8}\] ?)?(?:[^\s:]{1,255} kernel: )?/;
/** `[Tue Mar  4 09:15:02 2025] …` (dmesg --ctime). */
const CTIME = /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\] ?/;
/** `kern  :err   : ` (dmesg -x) and `<4>` (raw priority). */
const LEVEL = /^(?:<\d{1,4}>|[a-z]{3,8} {0,6}:[a-z]{3,8} {0,6}: (?=\[))/;
const openDmesg = (whole: string): Envelope | undefined => {
  const text = whole.replace(LEVEL, '');
  const since = MONOTONIC.exec(text);
  if (since !== null) {
    const ns = BigInt(since[1] ?? 0) * 1_000_000_000n + BigInt(fraction(since[2]));
    return { text: text.slice(since[0].length), stamp: { form: 'monotonic', ns }, from: 'kernel', form: 'dmesg' };
  }
  const m = CTIME.exec(text);
  const month = monthOf(m?.[1]);
  if (m === null || month === 0) return undefined;
  const seconds = civilSeconds(Number(m[6]), month, Number(m[2]), 0, 0, 0) + secondOfDay(m[3], m[4], m[5]);
  const stamp: KernelStamp = { form: 'local', civilSeconds: seconds, fractionNs: 0 };
  return { text: text.slice(m[0].length), stamp, from: 'kernel', form: 'dmesg' };
};

/** Behind a journal stamp: `node3 kernel: …`, `node3 systemd[1]: …`; syslog adds dmesg's own stamp behind it. */
const PROGRAM = /^([^\s:]{1,255}) ([^\s:[\]]{1,64})(?:\[\d{1,10}\])?: ?/;
const INNER_STAMP = /^\[ {0,10}\d{1,10}\.\d{1,9}\] ?/;
const fromProgram = (rest: string, stamp: KernelStamp, plain: Envelope['from']): Envelope => {
  const m = PROGRAM.exec(rest);
  if (m === null) return { text: rest, stamp, from: plain, form: 'journal' };
  const from = m[2] === 'kernel' ? 'kernel' : 'other';
  return { text: rest.slice(m[0].length).replace(INNER_STAMP, ''), stamp, from, form: 'journal' };
};

/** `Mar  4 09:15:02 node3 kernel: …` (short, syslog), with a fraction in short-precise. */
const SHORT = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? /;
/** `2025-03-04T09:15:02+0100 node3 kernel: …` (short-iso, short-iso-precise) and dmesg's own iso form with a comma. */
const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)) /;
/** `Tue 2025-03-04 09:15:02 CET node3 kernel: …` (short-full). */
const FULL = /^[A-Z][a-z]{2} (\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? ([A-Z0-9+-]{1,6}) /;
const openJournal = (text: string): Envelope | undefined => {
  const short = SHORT.exec(text);
  const month = monthOf(short?.[1]);
  if (short !== null && month > 0) {
    const time = { secondOfDay: secondOfDay(short[3], short[4], short[5]), fractionNs: fraction(short[6]) };
    return fromProgram(
      text.slice(short[0].length),
      { form: 'yearless', month, day: Number(short[2]), ...time },
      'other',
    );
  }
  const iso = ISO.exec(text);
  const parsed = parseRfc3339(iso?.[1] ?? '');
  if (iso !== null && parsed !== undefined) {
    const stamp: KernelStamp = { form: 'absolute', at: parsed.at };
    const rest = text.slice(iso[0].length);
    // dmesg prints a comma in its fraction and no program; journals and container logs print a point.
    return iso[1]?.includes(',') === true
      ? { text: rest, stamp, from: 'kernel', form: 'dmesg' }
      : fromProgram(rest, stamp, 'bare');
  }
  const full = FULL.exec(text);
  if (full === null) return undefined;
  const seconds =
    civilSeconds(Number(full[1]), Number(full[2]), Number(full[3]), 0, 0, 0) + secondOfDay(full[4], full[5], full[6]);
  const stamp: KernelStamp =
    full[8] === 'UTC' || full[8] === 'GMT'
      ? { form: 'absolute', at: fromCivil(seconds, 0, fraction(full[7])) }
      : { form: 'local', civilSeconds: seconds, fractionNs: fraction(full[7]) };
  return fromProgram(text.slice(full[0].length), stamp, 'other');
};

const isBytes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0 && item <= 255);
const parseObject = (text: string): { readonly [key: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON at all: the caller sees a bare line.
    return undefined;
  }
};
/** `{"__REALTIME_TIMESTAMP":"1741076102000000","_TRANSPORT":"kernel","MESSAGE":"NVRM: …"}`; MESSAGE is bytes when not printable. */
const openJson = (text: string): Envelope | undefined => {
  const record = parseObject(text);
  const told = record?.['MESSAGE'];
  const message = isBytes(told) ? new TextDecoder().decode(Uint8Array.from(told)) : told;
  if (record === undefined || typeof message !== 'string') return undefined;
  const isKernel =
    record['_TRANSPORT'] === 'kernel' || record['SYSLOG_IDENTIFIER'] === 'kernel' || message.startsWith('NVRM: ');
  const micros = record['__REALTIME_TIMESTAMP'];
  const from = isKernel ? 'kernel' : 'other';
  if (typeof micros !== 'string' || !/^\d{1,18}$/.test(micros)) return { text: message, from, form: 'json' };
  return { text: message, stamp: { form: 'absolute', at: instant(BigInt(micros) * 1_000n) }, from, form: 'json' };
};

const BARE_KERNEL = 'kernel: ';

/** Never fails: a line without a known envelope comes back whole, as `bare`. */
export const openEnvelope = (text: string): Envelope => {
  const opened = text.startsWith('{') ? openJson(text) : (openKmsg(text) ?? openDmesg(text) ?? openJournal(text));
  if (opened !== undefined) return opened;
  return text.startsWith(BARE_KERNEL)
    ? { text: text.slice(BARE_KERNEL.length), from: 'kernel', form: 'journal' }
    : { text, from: 'bare', form: 'bare' };
};
