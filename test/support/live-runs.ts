// Runs of a real Ollama with ground truth: the bytes as a live follower would have got them, and what the client saw. Two
// layouts are read: `corpus/live` beside the repository (X.log, X.arrival.tsv, X.truth.json) and fresh runs of our own
// (.cache/real/runs/X/{server.log, arrivals.tsv, truth.json}, a second stream as *.stderr.*).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeBareFiles } from '../../agent/bare-files.ts';
import { parserOf } from '../../agent/parsers.ts';
import { createPipeline } from '../../agent/pipeline.ts';
import type { Chunk, SourceInfo } from '../../collectors/line.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import { identityOf } from '../../otel/ids.ts';
import { addSeconds, type Instant, instant } from '../../otel/time.ts';
import type { Fact } from '../../processors/fact.ts';
import type { Fold } from '../../processors/fold.ts';
import { createRequestsFold } from '../../processors/requests.ts';
import { createRunnersFold } from '../../processors/runners.ts';
import { CORPUS, corpusIsHere } from './corpus.ts';

/** What the client saw of one request. Times in epoch ns, durations in ns, as the client read them. */
export type TrueRequest = {
  readonly i: number;
  readonly method: string;
  readonly path: string;
  readonly model: string | null;
  readonly stream: boolean | null;
  /** Printed in the access line: each request came from its own loopback address. */
  readonly client_addr: string;
  readonly status: number | null;
  readonly outcome: 'ok' | 'http_error' | 'stream_error' | 'client_disconnect';
  readonly note: string | null;
  readonly done_reason?: string;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly prompt_eval_count?: number;
  readonly prompt_eval_cached_count?: number;
  readonly eval_count?: number;
  readonly eval_duration?: number;
  readonly prompt_eval_duration?: number;
  readonly load_duration?: number;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens?: number };
};

export type Stream = { readonly log: string; readonly arrivals: string };
export type LiveRun = {
  readonly name: string;
  readonly version: string;
  readonly scenario: string;
  readonly streams: readonly Stream[];
  readonly requests: readonly TrueRequest[];
  /** All requests came from one address: access lines cannot be told apart, so nothing can be judged. */
  readonly blind: boolean;
};

const FRESH = join(import.meta.dirname, '..', '..', '.cache', 'real', 'runs');
const SHIPPED = join(import.meta.dirname, '..', '..', 'recordings');
export const LIVE_CORPUS = join(CORPUS, 'live');

const runOf = (name: string, truthPath: string, streams: readonly Stream[]): LiveRun => {
  const truth = JSON.parse(readFileSync(truthPath, 'utf8'));
  const requests: readonly TrueRequest[] = truth.requests;
  const addresses = new Set(requests.map((request) => request.client_addr));
  return {
    name,
    version: truth.version,
    scenario: truth.scenario,
    streams: streams.filter((stream) => existsSync(stream.log) && existsSync(stream.arrivals)),
    requests,
    blind: requests.length > 1 && addresses.size === 1,
  };
};

export const corpusRuns = (): readonly LiveRun[] =>
  corpusIsHere && existsSync(LIVE_CORPUS)
    ? readdirSync(LIVE_CORPUS)
        .filter((file) => file.endsWith('.truth.json'))
        .sort()
        .map((file) => {
          const base = join(LIVE_CORPUS, file.slice(0, -'.truth.json'.length));
          const streams = ['', '.stderr'].map((part) => ({
            log: `${base}${part}.log`,
            arrivals: `${base}${part}.arrival.tsv`,
          }));
          return runOf(file.slice(0, -'.truth.json'.length), join(LIVE_CORPUS, file), streams);
        })
    : [];

/** The recordings that the project ships: in every clone. */
export const shippedRuns = (): readonly LiveRun[] =>
  readdirSync(SHIPPED)
    .filter((name) => existsSync(join(SHIPPED, name, 'truth.json')))
    .sort()
    .map((name) => {
      const folder = join(SHIPPED, name);
      const stream = { log: join(folder, 'ollama.raw'), arrivals: join(folder, 'ollama.arrivals.tsv') };
      return runOf(name, join(folder, 'truth.json'), [stream]);
    });

export const freshRuns = (): readonly LiveRun[] =>
  existsSync(FRESH)
    ? readdirSync(FRESH)
        .filter((name) => existsSync(join(FRESH, name, 'truth.json')))
        .sort()
        .map((name) => {
          const folder = join(FRESH, name);
          const streams = ['', '.stderr'].map((part) => ({
            log: join(folder, `server${part}.log`),
            arrivals: join(folder, `arrivals${part}.tsv`),
          }));
          return runOf(name, join(folder, 'truth.json'), streams);
        })
    : [];

const sourceOf = (run: LiveRun, index: number): SourceInfo => ({
  name: 'ollama',
  dialect: 'ollama',
  identity: identityOf('live-run', run.name, String(index)),
});

/** Chunks of all streams in order of arrival, strictly increasing as a clock of the agent would give them. */
export const chunksOf = (run: LiveRun): readonly Chunk[] => {
  const chunks: Chunk[] = run.streams.flatMap((stream, index) => {
    const bytes = readFileSync(stream.log);
    const source = sourceOf(run, index);
    return readFileSync(stream.arrivals, 'utf8')
      .split('\n')
      .filter((row) => row !== '')
      .map((row): Chunk => {
        const [at = '0', offset = '0', size = '0', observed = '1'] = row.split('\t');
        const position = Number(offset);
        return {
          type: 'chunk',
          source,
          bytes: bytes.subarray(position, position + Number(size)),
          position,
          arrival: instant(BigInt(at)),
          observed: observed === '1',
        };
      });
  });
  chunks.sort((a, b) => (a.arrival < b.arrival ? -1 : a.arrival > b.arrival ? 1 : 0));
  let last = 0n;
  return chunks.map((chunk) => {
    const at = chunk.arrival > last ? chunk.arrival : instant(last + 1n);
    last = at;
    return at === chunk.arrival ? chunk : { ...chunk, arrival: at };
  });
};

export type Walked = { readonly readings: readonly RecordReading[]; readonly facts: readonly Fact[] };
export type WalkOptions = {
  readonly minConfidence?: number;
  /** Reads the bytes as bare files without arrival times, merged by the lines' own times. */
  readonly bare?: boolean;
  /** Cuts every chunk into pieces of at most this many bytes, all with their chunk's arrival. */
  readonly pieceBytes?: number;
};

const piecesOf = (chunk: Chunk, pieceBytes: number): readonly Chunk[] => {
  const pieces: Chunk[] = [];
  for (let from = 0; from < chunk.bytes.length; from += pieceBytes) {
    pieces.push({ ...chunk, bytes: chunk.bytes.subarray(from, from + pieceBytes), position: chunk.position + from });
  }
  return pieces;
};

/** The run as bare files, as a replay reads them. */
const bareReadings = (run: LiveRun, base: Instant): Iterable<RecordReading> =>
  mergeBareFiles(
    run.streams.map((stream, index) => ({ path: stream.log, source: sourceOf(run, index) })),
    base,
    parserOf,
  );

/** Every reading and fact of a run, through the pipeline that the agent itself uses, without description. */
export const factsOf = (run: LiveRun, { minConfidence = 0, bare = false, pieceBytes }: WalkOptions = {}): Walked => {
  const readings: RecordReading[] = [];
  const facts: Fact[] = [];
  const runners = createRunnersFold();
  const requests = createRequestsFold({ table: runners.table, minConfidence });
  const tap: Fold = {
    name: 'tap',
    step: (input) => {
      if ('line' in input) readings.push(input);
      return false;
    },
    end: () => undefined,
  };
  const chunks = chunksOf(run);
  const pipeline = createPipeline({
    folds: [tap, runners, requests],
    parserOf,
    describe: (fact) => facts.push(fact),
    onSignal: () => undefined,
    onTick: () => undefined,
    startAt: instant((chunks[0]?.arrival ?? 1n) - 1n),
  });
  if (bare) for (const reading of bareReadings(run, chunks[0]?.arrival ?? instant(0n))) pipeline.read(reading);
  else
    for (const chunk of chunks)
      for (const piece of pieceBytes === undefined ? [chunk] : piecesOf(chunk, pieceBytes)) pipeline.feed(piece);
  pipeline.advance(addSeconds(pipeline.now(), 10));
  pipeline.end();
  return { readings, facts };
};
