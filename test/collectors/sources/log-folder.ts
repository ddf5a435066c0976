// A folder of its own for one test, with a log in it that is written as programs write it.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type LogFolder = {
  readonly folder: string;
  readonly path: string;
  append(text: string): void;
  remove(): void;
};

export const createLogFolder = (): LogFolder => {
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-'));
  const path = join(folder, 'server.log');
  return {
    folder,
    path,
    append: (text) => appendFileSync(path, text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
