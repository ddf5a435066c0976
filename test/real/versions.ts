// The one table of what the real-server tests run, each row with the reason for exactly that version.
// Servers of the other suites get their rows here too; nothing under test/real names a version anywhere else.

export const VERSIONS = {
  ollama: {
    /** The newest release that the Go module proxy serves; its engine is a separate llama-server process. */
    '0.34.4': { engine: 'llama-server' },
    /** The newest release whose engine is cgo code inside the module: the older form of the log. */
    '0.24.0': { engine: 'built in' },
  },
  /** What Loki's go.mod asks for; all others ask for 1.26.0 or less. */
  goMinimum: '1.26.5',
  /**
   * The newest Collector of which every component that otel/collector.yaml uses can be had as a Go module: of 0.164
   * span_metrics, the prometheus exporter and file_storage are missing. Component and provider modules carry two numbers.
   */
  collector: { release: '0.159.0', components: 'v0.159.0', providers: 'v1.65.0' },
  /** Prometheus 3 numbers its module by minor release: v0.315.0 is 3.15.0. */
  prometheus: { release: '3.15.0', module: 'v0.315.0' },
  /** From 0.32 on the built user interface is not in the module, and without it the program does not compile. */
  alertmanager: { release: '0.31.1', module: 'v0.31.1' },
  loki: { release: '3.7.8', module: 'v3.7.8' },
  /** The last tag that the module proxy serves; v1.76.0 and v2.13.0 are one commit, and its cmd/jaeger is Jaeger 2. */
  jaeger: { release: '2.13.0', module: 'v1.76.0' },
  /** The last release of v2, which is what people's Docker has as a plugin. */
  compose: { release: '2.40.3', module: 'v2.40.3' },
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
