// Fetches Debian packages of a newer suite and unpacks them beside the system, without root and without installing anything.
// The mirror is the one this machine's apt already uses; apt gets folders of its own for lists, cache and status.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand, say } from '../install/command.ts';

const WHEN_MISSING =
  'the real-server tests take llama-server from Debian packages. Use a Debian machine or container (any recent release), or set up apt and dpkg.';
const KEYRINGS = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'];
const APT_SECONDS = 300;

/**
 * Unpacks a package into `<directory>/root`, with everything it needs when `closure` is set. What came is named in
 * `<directory>/packages.txt`, because the suites that these packages stand in move.
 */
export const unpackPackage = async (
  directory: string,
  wanted: { readonly suite: string; readonly package: string },
  closure: boolean,
): Promise<void> => {
  const apt = join(directory, 'apt');
  const archives = await fetchPackage(apt, wanted, closure);
  await unpack(archives, join(directory, 'root'));
  writeFileSync(join(directory, 'packages.txt'), archives.map((path) => `${basename(path)}\n`).join(''));
  rmSync(apt, { recursive: true });
};

const fetchPackage = async (
  directory: string,
  wanted: { readonly suite: string; readonly package: string },
  closure: boolean,
): Promise<string[]> => {
  const archives = join(directory, 'cache', 'archives');
  for (const folder of [join(directory, 'lists', 'partial'), join(archives, 'partial')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(directory, 'status'), '');
  const mirror = await configuredMirror(directory);
  writeFileSync(join(directory, 'sources.list'), `deb [signed-by=${keyring()}] ${mirror} ${wanted.suite} main\n`);
  const apt = (args: readonly string[]): Promise<string> =>
    runCommand('apt-get', [...ownFolders(directory), ...args], {
      cwd: archives,
      timeoutSeconds: APT_SECONDS,
      whenMissing: WHEN_MISSING,
      quiet: true,
    });
  say(`apt: ${wanted.package} of ${wanted.suite}`);
  await apt(['update']);
  await apt(closure ? ['install', '-y', '--download-only', wanted.package] : ['download', wanted.package]);
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
};

const unpack = async (archives: readonly string[], root: string): Promise<void> => {
  mkdirSync(root, { recursive: true });
  for (const archive of archives) {
    await runCommand('dpkg', ['-x', archive, root], { timeoutSeconds: 60, whenMissing: WHEN_MISSING, quiet: true });
  }
};

/**
 * `Debug::NoLocking`: nothing is shared with the system's apt. The sandbox user could not write into our cache.
 * `Error-Mode`: without it an unreachable mirror is a mere warning, and the package then "cannot be located".
 */
const ownFolders = (directory: string): string[] =>
  [
    `Dir::Etc::sourcelist=${join(directory, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(directory, 'lists')}`,
    `Dir::Cache=${join(directory, 'cache')}`,
    `Dir::State::status=${join(directory, 'status')}`,
    'APT::Install-Recommends=false',
    'APT::Sandbox::User=root',
    'APT::Update::Error-Mode=any',
    'Acquire::Retries=2',
    'Debug::NoLocking=1',
  ].flatMap((setting) => ['-o', setting]);

/**
 * The Debian mirror of this machine's own apt sources, whichever form they have: `apt-get update --print-uris`
 * prints lines such as `'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_… 0` and fetches nothing.
 */
const configuredMirror = async (directory: string): Promise<string> => {
  const told = process.env['OLLASCOPE_DEBIAN_MIRROR'];
  if (told !== undefined && told !== '') return told;
  const lists = ['-o', `Dir::State::lists=${join(directory, 'lists')}`, '-o', 'Debug::NoLocking=1'];
  const uris = await runCommand('apt-get', ['update', '--print-uris', ...lists], {
    timeoutSeconds: 30,
    whenMissing: WHEN_MISSING,
    quiet: true,
  });
  const found = [...uris.matchAll(/^'([^']+\/debian)\/dists\/[^']+\/InRelease'/gm)].map((match) => match[1] ?? '');
  const mirror = found[0];
  if (mirror === undefined) {
    throw new Error(
      "expected a Debian mirror (…/debian) among this machine's apt sources and found none. " +
        'Set OLLASCOPE_DEBIAN_MIRROR to the address of one, as it would stand in sources.list.',
    );
  }
  return mirror;
};

const keyring = (): string => {
  const found = KEYRINGS.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(
      `expected Debian's archive keyring at ${KEYRINGS.join(' or ')}. Install the package debian-archive-keyring.`,
    );
  }
  return found;
};
