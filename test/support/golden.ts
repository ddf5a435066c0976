// Goldens are expected texts that people read. UPDATE_GOLDEN=1 writes them and fails once, so that an update cannot be
// left switched on; under CI it refuses to write.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

const ROOT = join(import.meta.dirname, '..', 'golden');

/** Compares `text` with test/golden/<name>; on a difference the message says how to accept it. */
export const expectGolden = (name: string, text: string): void => {
  const path = join(ROOT, name);
  const update = process.env['UPDATE_GOLDEN'] === '1';
  const expected = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (expected === text) return;
  if (update && process.env['CI'] === undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    expect.fail(
      `golden ${name} was ${expected === undefined ? 'written' : 'rewritten'}: read the diff, then run again`,
    );
  }
  if (expected === undefined) expect.fail(`golden ${name} does not exist: run \`npm run test:update\`, then read it`);
  expect(text, `differs from test/golden/${name}: if intended, run \`npm run test:update\` and read the diff`).toBe(
    expected,
  );
};
