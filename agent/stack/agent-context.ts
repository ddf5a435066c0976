// The build context of the agent's image: the built program and the packages it runs on, copied from this very installation.
// So the image holds what was tested here, no registry is asked while it is built, and it needs no package manager.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Nothing reads them at run time; they are half of all bytes. Type sources, maps, and OpenTelemetry's copy for bundlers. */
const UNUSED = /\.d\.[cm]?ts$|\.map$|\.[cm]?ts$|\.flow$|^(README|CHANGELOG|HISTORY)(\.md)?$/i;
const UNUSED_FOLDERS = /^(esnext|test|tests|__tests__|docs|\.github|\.cache)$/;

/** The same inputs give the same layers: no file carries the time at which it was copied. */
const EPOCH_SECONDS = 1;

type Manifest = { readonly dependencies?: { readonly [name: string]: string } };

const manifestOf = (folder: string): Manifest => {
  const parsed: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return parsed;
};

/** As Node resolves it: `node_modules` of the folder itself, then of each one above. */
const resolvePackage = (name: string, from: string): string => {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) {
      throw new Error(`${name}: expected this package beside ${from}, found none. What to do: install anew with npm.`);
    }
  }
};

/** Every package that `root` runs on, each once, by folder. */
export const runtimePackages = (root: string): readonly string[] => {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    for (const name of Object.keys(manifestOf(folder).dependencies ?? {})) {
      const dependency = resolvePackage(name, folder);
      if (found.has(dependency)) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  visit(root);
  return [...found].sort();
};

const stamp = (path: string): void => utimesSync(path, EPOCH_SECONDS, EPOCH_SECONDS);

/** `nested`: another package's folder inside is copied by its own turn, and only when something runs on it. */
const copyTree = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && !UNUSED_FOLDERS.test(entry.name)) copyTree(source, target);
    } else if (entry.isFile() && !UNUSED.test(entry.name)) {
      copyFileSync(source, target);
      stamp(target);
    }
  }
};

/** A checkout runs its sources; what is shipped is the build of them. Its messages are progress: standard error. */
const buildWhereSources = (root: string): void => {
  const script = join(root, 'agent', 'build.ts');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 2, 2] });
};

/** Fills `target` anew. `root`: the folder of the package's own package.json. */
export const stageAgent = (root: string, target: string): void => {
  buildWhereSources(root);
  rmSync(target, { recursive: true, force: true });
  // Installed, the package lies among its dependencies; in a checkout they lie below it.
  const isInstalled = dirname(root).endsWith('node_modules');
  const base = isInstalled ? dirname(dirname(root)) : root;
  const own = join(target, relative(base, root));
  mkdirSync(own, { recursive: true });
  for (const part of ['dist', 'recordings']) copyTree(join(root, part), join(own, part));
  // compose.yaml names the recording by one path, wherever the package lies.
  if (isInstalled) copyTree(join(root, 'recordings'), join(target, 'recordings'));
  copyFileSync(join(root, 'compose', 'agent.Dockerfile'), join(target, 'Dockerfile'));
  writeFileSync(join(target, '.dockerignore'), 'Dockerfile\n.dockerignore\n');
  copyFileSync(join(root, 'package.json'), join(own, 'package.json'));
  stamp(join(own, 'package.json'));
  for (const folder of runtimePackages(root)) copyTree(folder, join(target, relative(base, folder)));
  // One place to start from, wherever the package lies.
  const entry = join(target, 'start.mjs');
  writeFileSync(entry, `import './${[relative(base, root), 'dist/agent/main.js'].filter(Boolean).join('/')}';\n`);
  stamp(entry);
};
