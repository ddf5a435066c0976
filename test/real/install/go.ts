// Building programs from Go modules that stand beside their `go.mod`: what every real server here is made by.
// One build at a time on a machine, whoever asked for it: two of them on two cores finish later than one after the other.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSIONS } from '../versions.ts';
import { locked } from './cache.ts';
import { runCommand, say } from './command.ts';

export type GoBuild = {
  /** What the progress lines call it. */
  readonly what: string;
  /** The folder with go.mod. */
  readonly module: string;
  readonly package: string;
  readonly binary: string;
  readonly ldflags: string;
  readonly tags?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What must be there beside Go, for the message when Go is not. */
  readonly beside?: string;
};

/** Loki took seven and a half minutes on two cores that others used too; a machine four times slower still fits. */
const BUILD_SECONDS = 2_400;
const PROGRESS_EVERY_MS = 20_000;

export const goMissing = (what: string, beside?: string): string => {
  const wanted = `Go ${VERSIONS.goMinimum} or newer${beside === undefined ? '' : ` and ${beside}`}`;
  return `${what} is built from its Go module. Install ${wanted}, and have \`go\` on PATH.`;
};

/** Changes when a file of the recipe, the flags or the platform change. */
export const recipeKey = (folder: string, ...flags: readonly string[]): string => {
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, ...flags]));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const path of files.map((file) => join(file.parentPath, file.name)).sort()) hash.update(readFileSync(path));
  return hash.digest('hex');
};

const checkGo = async (what: string, beside?: string): Promise<void> => {
  const whenMissing = goMissing(what, beside);
  const found = await runCommand('go', ['env', 'GOVERSION'], { timeoutSeconds: 30, whenMissing, quiet: true });
  const parts = (text: string): number[] => text.replace(/^go/, '').split('.').map(Number);
  const [major = 0, minor = 0, patch = 0] = parts(found.trim());
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = parts(VERSIONS.goMinimum);
  const isOlder = major - wantedMajor || minor - wantedMinor || patch - wantedPatch;
  if (isOlder < 0) throw new Error(`expected Go ${VERSIONS.goMinimum} or newer, found ${found.trim()}. ${whenMissing}`);
};

/** Builds one binary, and says now and then how far it is: `go build` itself is silent for minutes. */
export const goBuild = async (build: GoBuild): Promise<void> => {
  await checkGo(build.what, build.beside);
  await locked('go-build', () => buildNow(build));
};

const buildNow = async (build: GoBuild): Promise<void> => {
  const startedMs = Date.now();
  const seconds = (): string => `${((Date.now() - startedMs) / 1_000).toFixed(0)} s`;
  const counts = { downloaded: 0, compiled: 0 };
  const told = (): string =>
    `${counts.downloaded} modules downloaded, ${counts.compiled} packages compiled, ${seconds()}`;
  say(`${build.what}: building; the first time takes minutes`);
  const timer = setInterval(() => say(`${build.what}: ${told()}`), PROGRESS_EVERY_MS);
  const tags = build.tags === undefined ? [] : ['-tags', build.tags];
  const flags = ['-v', '-buildvcs=false', '-trimpath', '-ldflags', build.ldflags, ...tags];
  try {
    await runCommand('nice', ['-n', '10', 'go', 'build', ...flags, '-o', build.binary, build.package], {
      cwd: build.module,
      ...(build.env === undefined ? {} : { env: build.env }),
      timeoutSeconds: BUILD_SECONDS,
      whenMissing: '`nice` belongs to every Linux; is PATH complete?',
      quiet: true,
      onStderr: (chunk) => {
        const downloads = chunk.split('go: downloading ').length - 1;
        counts.downloaded += downloads;
        counts.compiled += chunk.split('\n').length - 1 - downloads;
      },
    });
  } finally {
    clearInterval(timer);
  }
  say(`${build.what}: built, ${told()}`);
};
