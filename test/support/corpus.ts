// The corpus of real logs and captures lies beside the repository, never in it. Tests that read it are skipped, by name,
// where it is absent.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const CORPUS = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus');
export const corpusIsHere = existsSync(CORPUS);

/** Paths relative to the corpus, sorted; INDEX.md files are left out. */
export const corpusFiles = (folder: string): readonly string[] =>
  corpusIsHere
    ? readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== 'INDEX.md')
        .map((entry) => join(entry.parentPath, entry.name).slice(CORPUS.length + 1))
        .sort()
    : [];
