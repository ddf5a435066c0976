// Tells from a file's first bytes whether following it as a log can make sense. NULs are text here: a log truncated under
// its writer begins with a run of them.

/** Enough for every signature and for a fair share of control characters. */
export const HEAD_BYTES = 4_096;
/** A log has colours, tabs and an odd control character; compressed or compiled data has about 10 % and more. */
const CONTROL_SHARE_MAX = 0.05;

const signatures: readonly { readonly form: string; readonly bytes: readonly number[] }[] = [
  { form: 'gzip data', bytes: [0x1f, 0x8b] },
  { form: 'zstd data', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { form: 'xz data', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { form: 'a zip archive', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { form: 'a program', bytes: [0x7f, 0x45, 0x4c, 0x46] },
  { form: 'a GGUF model', bytes: [0x47, 0x47, 0x55, 0x46] },
  { form: 'a binary systemd journal', bytes: [0x4c, 0x50, 0x4b, 0x53, 0x48, 0x48, 0x52, 0x48] },
];

const isControl = (byte: number): boolean =>
  byte === 0x7f || (byte < 0x20 && byte !== 0 && byte !== 0x1b && !(byte >= 0x08 && byte <= 0x0d));

/** Undefined for what may be a log (also for UTF-16 with its byte order mark), else what the bytes look like. */
export const binaryFormOf = (head: Uint8Array): string | undefined => {
  for (const { form, bytes } of signatures) {
    if (head.length >= bytes.length && bytes.every((byte, index) => head[index] === byte)) return form;
  }
  let controls = 0;
  for (const byte of head) if (isControl(byte)) controls += 1;
  return controls > head.length * CONTROL_SHARE_MAX ? 'binary data' : undefined;
};
