// The rules of the house as data: which folder may import what, which calls stand where, how long things may be.

export type DirectionRule = {
  readonly folder: RegExp;
  /** Project paths and packages that files of this folder may import as values. */
  readonly values: readonly RegExp[];
  /** Further ones that they may import as types only. */
  readonly types?: readonly RegExp[];
  readonly why: string;
};

const MODEL = /^otel\/(time|signal|names|ids|clock)\.ts$|^otel\/catalogue\//;

/** First match decides. Folders without a rule (test, bench) may import anything. */
export const directionRules: readonly DirectionRule[] = [
  { folder: /^otel\/ids\.ts$/, values: [MODEL, /^node:crypto$/], why: 'ids are hashes; nothing else' },
  {
    folder: /^otel\/export\//,
    values: [/^otel\//, /^@opentelemetry\//, /^node:/],
    why: 'the one place where the OpenTelemetry packages appear',
  },
  {
    folder: /^otel\/(time|signal|names|clock)\.ts$|^otel\/catalogue\//,
    values: [MODEL],
    why: 'model and catalogue import nothing but each other',
  },
  { folder: /^otel\//, values: [/^otel\/(?!export\/)/], why: 'aggregation and documentation know the model only' },
  {
    folder: /^collectors\/sources\//,
    values: [/^collectors\/(sources\/|line\.ts|api\/)/, MODEL, /^node:/, /^(undici|zod)$/],
    types: [/^collectors\//],
    why: 'sources never see parsers, processors or exporters',
  },
  {
    folder: /^collectors\//,
    values: [/^collectors\/(?!sources\/)/, MODEL],
    why: 'parsers are pure: model and readings only, no node: modules',
  },
  {
    folder: /^processors\//,
    values: [/^processors\//, MODEL, /^collectors\/(line|reading)\.ts$/],
    types: [/^collectors\/(?!sources\/)/],
    why: 'processors are pure and know readings by type',
  },
  {
    folder: /^(prometheus|loki|jaeger)\//,
    values: [MODEL, /^(prometheus|loki|jaeger)\//, /^otel\/aggregate\.ts$/],
    why: 'renderers know the model only',
  },
  {
    folder: /^grafana\//,
    values: [
      MODEL,
      /^grafana\//,
      /^loki\/(fields|queries\/)/,
      /^jaeger\/searches\//,
      /^@grafana\/grafana-foundation-sdk\//,
      /^node:/,
    ],
    why: 'dashboards are made of names of the catalogue and of the query libraries, by the SDK',
  },
];

export type BannedCall = { readonly pattern: RegExp; readonly allowed: RegExp; readonly instead: string };

const SHELL =
  /^(\.ci\/tally\.ts|vitest\.config\.ts|agent\/(main|clock|build)\.ts|grafana\/source\/generate\.ts|test\/|bench\/)/;

export const bannedCalls: readonly BannedCall[] = [
  {
    pattern: /\bnew Date\b|\bDate\.(now|parse|UTC)\b/,
    allowed: SHELL,
    instead: 'take a Clock, or the instants of otel/time.ts',
  },
  {
    pattern: /(?<!\.)\b(setTimeout|setInterval|setImmediate)\b/,
    allowed: SHELL,
    instead: 'wait on the Clock you are handed',
  },
  { pattern: /\bperformance\.|\bprocess\.hrtime\b/, allowed: SHELL, instead: 'take a Clock' },
  {
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/,
    allowed: SHELL,
    instead: 'derive ids (otel/ids.ts) or take the randomness as an argument',
  },
  {
    pattern: /\bprocess\.(env|argv|exit)\b/,
    allowed: SHELL,
    instead: 'read settings; only agent/main.ts sees the process',
  },
  { pattern: /\bconsole\./, allowed: SHELL, instead: 'tell it as a notice or write to the output you are handed' },
  { pattern: /@ts-ignore|@ts-nocheck|\bas any\b|: any\b/, allowed: /^test\/tidy\//, instead: 'find the type' },
  {
    pattern: /@ts-expect-error/,
    allowed: /^test\/otel\/|^test\/tidy\//,
    instead: 'find the type (type tests of the catalogue are the exception)',
  },
  {
    pattern: /\b(it|test|describe)\.(skip|only|todo)\(/,
    allowed: /^test\/tidy\//,
    instead: 'skipIf with a named reason, or finish the test',
  },
  {
    pattern: /catch(?: \(\w+\))? \{\s*\}/,
    allowed: /^test\/tidy\//,
    instead: 'handle the error, or say in a comment why it may be ignored',
  },
  { pattern: /\b(TODO|FIXME|XXX|HACK)\b/, allowed: /^test\/tidy\//, instead: 'finish it' },
];

export const FILE_LINES_MAX = 250;
/** Files that are tables: rows, not logic. */
export const TABLE_LINES_MAX = 400;
export const tableFiles =
  /^(otel\/catalogue\/|collectors\/ollama\/patterns|collectors\/ollama\/kinds|collectors\/nvidia\/xid-catalogue|agent\/settings-table|processors\/fact\.ts|grafana\/source\/dashboards\/)/;
export const FUNCTION_LINES_MAX = 60;

/** Files that nothing imports because something starts them. */
export const entryFiles =
  /^(\.ci\/tally\.ts|agent\/(main|library|build)\.ts|grafana\/source\/generate\.ts|vitest\.config\.ts|bench\/[\w-]+\.ts|test\/.*\.test\.ts|test\/support\/fake-[\w-]+\.ts|test\/real\/.*\.ts|test\/composed\/write\.ts)$/;
