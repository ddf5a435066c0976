// The pattern table as it is looked up: every family of lines by its cheap key. The order within one key is the order of
// the files; a test walks every sample and demands that exactly one pattern takes it.
import type { AnyRaw, AnySlog, AnySlot } from './pattern.ts';
import { serverNoise } from './patterns/child.ts';
import { loadPatterns } from './patterns/load.ts';
import { rawFamilies, rawNoise, slogNoise } from './patterns/noise.ts';
import { rawPatterns } from './patterns/raw.ts';
import { requestPatterns } from './patterns/requests.ts';
import { serverPatterns, serverRawPatterns } from './patterns/server.ts';
import { serverLinePatterns, slotPatterns } from './patterns/slots.ts';
import { unloadPatterns } from './patterns/unload.ts';

export const allSlog: readonly AnySlog[] = [...requestPatterns, ...serverPatterns, ...loadPatterns, ...unloadPatterns];
export const allSlot: readonly AnySlot[] = slotPatterns;
export const allRaw: readonly AnyRaw[] = [...serverLinePatterns, ...serverRawPatterns, ...rawPatterns];

const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};

/** Whole messages. */
export const slogByMessage = grouped(
  allSlog.filter((p) => p.test === undefined),
  (p) => p.message,
);
/** Messages with a free part, tried in turn when no whole message fits. */
export const slogByBeginning: readonly AnySlog[] = allSlog.filter((p) => p.test !== undefined);

export const slotByWord = grouped(allSlot, (p) => p.word);
export const serverByWord = grouped(
  allRaw.filter((p) => p.tag === 'srv'),
  (p) => p.on,
);
export const rawByWord = grouped(
  allRaw.filter((p) => p.tag === undefined),
  (p) => p.on,
);

const slogNoiseMessages: ReadonlyMap<string, string> = new Map(
  slogNoise.flatMap((noise) => noise.messages.map((message): [string, string] => [message, noise.name])),
);
const slogNoiseBeginnings: readonly (readonly [string, string])[] = slogNoise.flatMap((noise) =>
  (noise.beginnings ?? []).map((beginning): [string, string] => [beginning, noise.name]),
);

/** The noise class of a message, with the part of it that is known text. */
export const slogNoiseOf = (message: string): { readonly name: string; readonly known: string } | undefined => {
  const exact = slogNoiseMessages.get(message);
  if (exact !== undefined) return { name: exact, known: message };
  for (const [known, name] of slogNoiseBeginnings) if (message.startsWith(known)) return { name, known };
  return undefined;
};

export type Noise = { readonly name: string; readonly told: boolean };

const noiseMap = (
  list: readonly { name: string; told?: true; words: readonly string[] }[],
): ReadonlyMap<string, Noise> =>
  new Map(
    list.flatMap(({ name, told, words }) =>
      words.map((word): [string, Noise] => [word, { name, told: told === true }]),
    ),
  );

export const serverNoiseByFunction = noiseMap(serverNoise);
const rawNoiseByWord = noiseMap(rawNoise);
const families: readonly (readonly [string, Noise])[] = rawFamilies.map(([beginning, name]) => [
  beginning,
  { name, told: false },
]);

/** Words are C identifiers; 64 bounds what a hostile log can put into the cache of families. */
const WORD_MAX = 64;

/** The noise class of a raw line's first word, by whole word and then by family. */
export const rawNoiseOf = (word: string): Noise | undefined => {
  const exact = rawNoiseByWord.get(word);
  if (exact !== undefined || word.length > WORD_MAX) return exact;
  for (const [beginning, noise] of families) if (word.startsWith(beginning)) return noise;
  return undefined;
};
