// The one table of what the real-server tests run, each row with the reason for exactly that version.
// Servers of the other suites get their rows here too; nothing under test/real names a version anywhere else.

export const VERSIONS = {
  ollama: {
    /** The newest release that the Go module proxy serves; its engine is a separate llama-server process. */
    '0.34.4': { engine: 'llama-server' },
    /** The newest release whose engine is cgo code inside the module: the older form of the log. */
    '0.24.0': { engine: 'built in' },
  },
  /** What both releases' own go.mod ask for. */
  goMinimum: '1.26.0',
  /**
   * Debian's build of llama-server. It is in `forky` and later only; that suite moves, so what was
   * unpacked is named in `packages.txt` beside it (seen working: 1:0.7.0+dfsg-2, which calls itself build 11669).
   */
  llamaServer: { suite: 'forky', package: 'llama.cpp-tools' },
  /** A header that Ollama 0.24's module zip leaves out (zips drop folders called `vendor`). 3.11.3 compiles. */
  jsonHeaders: { suite: 'forky', package: 'nlohmann-json3-dev' },
} as const;

export type OllamaVersion = keyof typeof VERSIONS.ollama;

export const OLLAMA_VERSIONS: readonly OllamaVersion[] = ['0.34.4', '0.24.0'];

export const isOllamaVersion = (name: string): name is OllamaVersion => OLLAMA_VERSIONS.some((known) => known === name);
