// `docs`: writes the pages that are generated from the catalogue and the tables; `docs --check` says which are out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandFunction } from '../command.ts';
import { generatedPages } from '../generated-pages.ts';
import { packageRoot } from '../version.ts';

export const docs: CommandFunction = async ({ settings, tell, out }) => {
  const root = packageRoot();
  const isCurrent = (path: string, text: string): boolean =>
    existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text;
  const stale = generatedPages(root).filter(({ path, text }) => !isCurrent(path, text));
  if (settings.check) {
    for (const { path } of stale)
      tell(`${path}: expected what the code says, found something else. What to do: npm run docs.\n`);
    return stale.length > 0 ? 1 : 0;
  }
  for (const { path, text } of stale) {
    writeFileSync(join(root, path), text);
    out(`wrote ${path}\n`);
  }
  return 0;
};
