// The package's version, read from package.json, which lies above the sources and above the build alike.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json: the checkout, or the installed package. */
export const packageRoot = (): string => {
  const here = dirname(import.meta.dirname);
  return here.endsWith('dist') ? dirname(here) : here;
};

export const packageVersion = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
};
