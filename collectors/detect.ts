// Which grammar a file needs and which Ollama it seems to be of, by its lines alone. The first line that tells decides, so
// that a journal with both Ollama's and the kernel's lines goes to whichever comes first.
import { createEnvelope } from './envelope.ts';
import type { Dialect } from './line.ts';
import { nvidiaDialectOf } from './nvidia/detect.ts';
import { isRecord, nextRecord } from './ollama/heads.ts';
import { readRaw } from './ollama/raw.ts';

/** Banners and shells may stand before the first line that tells. */
const LINES_MAX = 400;
/** No head of a record stands farther in. */
const CHARACTERS_MAX = 16_384;

/** Whether a line is surely Ollama's: a record's head, or a raw line with a meaning. Noise families are not enough. */
const isOllama = (text: string): boolean =>
  isRecord(text, 0) ||
  nextRecord(text, 1) > 0 ||
  readRaw(text).class === 'matched' ||
  text.startsWith('llama_model_loader: ');

/** The dialect of the first line that tells one; undefined when none does. */
export const detectDialect = (firstLines: readonly string[]): Dialect | undefined => {
  const envelope = createEnvelope();
  for (const line of firstLines.slice(0, LINES_MAX)) {
    const text = line
      .slice(0, CHARACTERS_MAX)
      .replace(/\r$/, '')
      .replace(/^\ufeff/, '')
      .replaceAll('\0', '');
    if (text === '') continue;
    const inner = envelope.open(text);
    if (inner !== 'partial' && isOllama(inner.text)) return 'ollama';
    const nvidia = nvidiaDialectOf([text]);
    if (nvidia !== undefined) return nvidia;
  }
  return undefined;
};

/** The families of Ollama's log, as their engines divide it; `unknown` where no line tells. */
export type VersionFamily =
  | '<0.1.18'
  | '0.1.18-0.1.31'
  | '0.1.32-0.3.12'
  | '0.3.13-0.5.11'
  | '0.5.12-0.24'
  | '>=0.30'
  | 'unknown';

const parts = (version: string): readonly number[] => version.split(/[.\-+]/, 3).map(Number);

/** The family of a version as `Listening on … (version V)` prints it; 0.0.0 is an unversioned build. */
export const familyOfVersion = (version: string): VersionFamily => {
  const [major = Number.NaN, minor = Number.NaN, patch = 0] = parts(version);
  if (Number.isNaN(major) || Number.isNaN(minor)) return 'unknown';
  if (major === 0 && minor === 0) return 'unknown';
  if (major > 0 || minor >= 25) return '>=0.30';
  if (minor > 5 || (minor === 5 && patch >= 12)) return '0.5.12-0.24';
  if (minor > 3 || (minor === 3 && patch >= 13)) return '0.3.13-0.5.11';
  if (minor > 1 || patch >= 32) return '0.1.32-0.3.12';
  return patch >= 18 ? '0.1.18-0.1.31' : '<0.1.18';
};

/** What only one family's server prints, where the log's start is missing. The order is from the surest on. */
const evidence: readonly (readonly [test: RegExp, family: VersionFamily])[] = [
  [/msg="starting llama-server"|source=llama_server\.go|^slot +[\w()]{1,12}: id /, '>=0.30'],
  [
    /msg="starting runner" |msg=load request="\{Operation:|msg="starting ollama engine"|msg="vram-based default context"/,
    '0.5.12-0.24',
  ],
  [/ollama_llama_server runner |msg="starting go runner"/, '0.3.13-0.5.11'],
  [/^INFO \[main\] |ollama_llama_server --model /, '0.1.32-0.3.12'],
  [/^\{"function":|dyn_ext_server\.go/, '0.1.18-0.1.31'],
  [/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d llama\.go:\d+: /, '<0.1.18'],
];

const LISTENING = /Listening on \S+ \(version ([\w.+-]{1,64})\)/;

export type VersionSeen = { readonly family: VersionFamily; readonly version?: string };

/** Watches lines and says which version family they seem to be of; a printed version beats all evidence, the last one wins. */
export const createVersionDetector = (): { readonly see: (text: string) => void; readonly seen: () => VersionSeen } => {
  let version: string | undefined;
  let best = evidence.length;
  return {
    see: (text) => {
      if (text.includes('Listening on ')) version = LISTENING.exec(text)?.[1] ?? version;
      if (version !== undefined && familyOfVersion(version) !== 'unknown') return;
      for (let index = 0; index < best; index++) if (evidence[index]?.[0].test(text) === true) best = index;
    },
    seen: () => {
      const family = version === undefined ? 'unknown' : familyOfVersion(version);
      const shown = family === 'unknown' ? (evidence[best]?.[1] ?? 'unknown') : family;
      return version === undefined ? { family: shown } : { family: shown, version };
    },
  };
};

/** The version family that some lines seem to be of. */
export const detectVersion = (lines: readonly string[]): VersionSeen => {
  const detector = createVersionDetector();
  for (const line of lines) detector.see(line.slice(0, CHARACTERS_MAX));
  return detector.seen();
};
