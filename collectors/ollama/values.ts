// Values as Go and llama.cpp print them: durations, byte sizes, addresses, paths. Every function is total: a text that is
// not of the form gives undefined, never NaN and never 0.

const ZERO = 48;
const NINE = 57;
const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** A Go duration with its resolution: the last printed digit, or a second from one minute on (gin truncates there). */
export type GoDuration = { readonly ns: number; readonly stepNs: number };

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const MINUTE_NS = 60e9;

/** `h`, `m`, `s`, `ms`, `ns`, or anything of one to three other characters before `s`: the micro sign and its mojibake. */
const unitNs = (text: string, from: number, to: number): number => {
  const first = text.charCodeAt(from);
  if (to - from === 1) return first === 115 ? 1e9 : first === 109 ? 60e9 : first === 104 ? 3600e9 : 0;
  if (text.charCodeAt(to - 1) !== 115 || to - from > 4) return 0;
  if (to - from === 2 && first === 109) return 1e6;
  if (to - from === 2 && first === 110) return 1;
  return first > 127 || (to - from === 2 && first === 117) ? 1e3 : 0;
};

/** Reads `831.748µs`, `5m16s`, `0s`, `500.1┬Ás` between two positions of a text. Exact to the nanosecond. */
export const goDurationAt = (text: string, from: number, to: number): GoDuration | undefined => {
  let ns = 0;
  let stepNs = 1;
  let at = from;
  if (from >= to) return undefined;
  while (at < to) {
    let digits = 0;
    let value = 0;
    let fraction = -1;
    for (; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code === 46 && fraction < 0) fraction = 0;
      else if (isDigit(code)) {
        value = value * 10 + (code - ZERO);
        digits++;
        if (fraction >= 0) fraction++;
      } else break;
    }
    const unitFrom = at;
    while (at < to && !isDigit(text.charCodeAt(at))) at++;
    const unit = unitNs(text, unitFrom, at);
    if (digits === 0 || digits > 15 || unit === 0) return undefined;
    const scale = POWERS[Math.max(fraction, 0)] ?? 1e9;
    ns += Math.round((value * unit) / scale);
    stepNs = value === 0 ? 1 : Math.max(1, unit / scale);
  }
  return { ns, stepNs: ns >= MINUTE_NS ? 1e9 : stepNs };
};

/** Seconds of a Go duration (`5m0s`, `3.7478ms`), sign allowed. */
export const durationSeconds = (text: string): number | undefined => {
  const negative = text.startsWith('-');
  const duration = goDurationAt(text, negative ? 1 : 0, text.length);
  return duration === undefined ? undefined : (negative ? -duration.ns : duration.ns) / 1e9;
};

const SIZE = /^(\d{1,15}(?:\.\d{1,6})?) ?(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)?$/;
const SIZE_UNITS: { readonly [unit: string]: number } = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** Bytes of `6.5 GiB`, `457.0 MiB`, `0 B` or a plain number. Rounded: the log prints one decimal. */
export const sizeBytes = (text: string): number | undefined => {
  const m = SIZE.exec(text);
  return m === null ? undefined : Math.round(Number(m[1]) * (SIZE_UNITS[m[2] ?? 'B'] ?? 1));
};

/** Sum of a Go slice of sizes, `[6.8 GiB 1.2 GiB]`. */
export const sizesBytes = (text: string): number | undefined => {
  if (!text.startsWith('[') || !text.endsWith(']')) return sizeBytes(text);
  let sum = 0;
  for (const part of text.slice(1, -1).match(/\d[\d.]* [KMGT]?i?B/g) ?? []) sum += sizeBytes(part) ?? 0;
  return text.length > 2 ? sum : undefined;
};

const NUMBER = /^-?\d{1,15}(?:\.\d{1,12})?$/;

/** A decimal number; undefined for anything else, also for the empty text. */
export const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && NUMBER.test(text) ? Number(text) : undefined;

const BUS = /^(?:([0-9a-fA-F]{4,8}):)?([0-9a-fA-F]{2}):([0-9a-fA-F]{2})(?:\.[0-7])?$/;

/** GPU bus ids as `dddd:bb:dd`, lower case: `0000:09:00.0` here, `00000000:09:00.0` in nvidia-smi. */
export const pciBus = (text: string): string | undefined => {
  const m = BUS.exec(text);
  if (m === null) return undefined;
  return `${(m[1] ?? '0000').slice(-4)}:${m[2] ?? ''}:${m[3] ?? ''}`.toLowerCase();
};

const BLOB = /sha256[-:]([0-9a-f]{6,64})(?![0-9a-f])/;

/** The digest in `…/blobs/sha256-<digest>` or `…\blobs\sha256-<digest>`. */
export const blobOf = (path: string): string | undefined => BLOB.exec(path)?.[1];

const PORT = /:(\d{1,5})$/;

/** The port of `127.0.0.1:11434`, `[::]:11434` or `http://127.0.0.1:41765`. */
export const portOf = (address: string): number | undefined => {
  const port = PORT.exec(address)?.[1];
  return port === undefined ? undefined : Number(port);
};

/** `registry.ollama.ai/library/qwen3:8b` → `qwen3:8b`; other namespaces and hosts stay: `hf.co/someone/model:Q4`. */
export const shortModel = (name: string): string => {
  const path = name.startsWith('registry.ollama.ai/') ? name.slice('registry.ollama.ai/'.length) : name;
  return path.startsWith('library/') ? path.slice('library/'.length) : path;
};

/** An object without its undefined members, as exactOptionalPropertyTypes asks; the named seam for optional fields. */
export const defined = <T extends object>(object: { [K in keyof T]: T[K] | undefined }): T => {
  const result: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(object)) if (value !== undefined) result[key] = value;
  return result as T;
};
