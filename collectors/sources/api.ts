// Polls the Ollama API and tells each answer as one JSON line of allowed fields, so that it is recorded and replayed like
// any log. Never asks for anything that wakes or loads a model.

import type { Clock } from '../../otel/clock.ts';
import { isoInstant, NS_PER_MS, nsBetween } from '../../otel/time.ts';
import { blobIn, isFields, residentIn, type TaggedModel, taggedIn, versionIn } from '../api/shapes.ts';
import type { SourceInfo } from '../line.ts';
import type { ApiKind } from '../reading.ts';
import { type Bell, createBell } from './bell.ts';
import { type Answer, createOllamaClient, type OllamaClient } from './ollama-client.ts';
import type { Source, SourceContext, SourceEvent } from './source.ts';
import { createTeller, type Teller } from './teller.ts';

export type ApiSpec = {
  readonly info: SourceInfo;
  /** Origin, for instance `http://127.0.0.1:11434`. */
  readonly origin: string;
  readonly client?: OllamaClient;
};

export type ApiSource = Source & {
  /** Asks for the installed models soon: somebody saw a blob it does not know. Bounded to one answer per MODELS_SOONEST_MS. */
  requestRefresh(): void;
};

/** Residency changes with a load or a keep-alive's end, both of seconds. */
export const RESIDENT_MS = 5_000;
const VERSION_MS = 3_600_000;
const MODELS_MS = 300_000;
const MODELS_SOONEST_MS = 10_000;
/** /api/show reads the model's header from disk: a first look at many models is spread over several rounds. */
const SHOWS_PER_ROUND = 20;

type Poller = {
  readonly client: OllamaClient;
  readonly clock: Clock;
  readonly teller: Teller;
  readonly signal: AbortSignal;
  /** Blob by manifest digest: a manifest never changes, so each is asked for once. Bounded by the last list of tags. */
  blobs: Map<string, string | undefined>;
};

const lineOf = (kind: ApiKind, fields: { readonly [key: string]: unknown }): Uint8Array =>
  Buffer.from(`${JSON.stringify({ kind, ...fields })}\n`);

const showNew = async ({ client, signal, blobs }: Poller, models: readonly TaggedModel[]): Promise<boolean> => {
  const unknown = models.filter((model) => !model.isRemote && model.digest !== '' && !blobs.has(model.digest));
  for (const model of unknown.slice(0, SHOWS_PER_ROUND)) {
    const answer = await client.show(model.name, signal);
    if (signal.aborted) return false;
    // A model that cannot be shown (removed meanwhile, broken) is not asked about again.
    blobs.set(model.digest, 'json' in answer ? blobIn(answer.json) : undefined);
  }
  return unknown.length > SHOWS_PER_ROUND;
};

/** Installed models as a line; `isPartial` when some are still to be asked about. */
const modelsLine = async (poller: Poller, json: unknown): Promise<{ bytes: Uint8Array; isPartial: boolean }> => {
  const tagged = taggedIn(json);
  const isPartial = await showNew(poller, tagged);
  const listed = new Set(tagged.map((model) => model.digest));
  poller.blobs = new Map([...poller.blobs].filter(([digest]) => listed.has(digest)));
  const models = tagged.map(({ name, digest, sizeBytes }) => {
    const blob = poller.blobs.get(digest);
    return { name, ...(blob === undefined ? {} : { blob }), ...(sizeBytes === undefined ? {} : { sizeBytes }) };
  });
  return { bytes: lineOf('api.models', { models }), isPartial };
};

const residentLine = (poller: Poller, json: unknown): Uint8Array => {
  const year = Number(isoInstant(poller.clock.now()).slice(0, 4));
  return lineOf('api.resident', { models: residentIn(json, year) });
};

/** When each question was last answered, so that each is asked at its own pace. */
type Due = { version: number; models: number; refresh: boolean };

async function* askOnce(poller: Poller, due: Due, elapsedMs: number): AsyncGenerator<SourceEvent, string | undefined> {
  const { client, teller, signal } = poller;
  const tell = (bytes: Uint8Array): readonly SourceEvent[] => teller.chunk(bytes, true);
  const missing = (answer: Answer): string | undefined => ('unreachable' in answer ? answer.unreachable : undefined);
  if (elapsedMs >= due.version) {
    const answer = await client.get('/api/version', signal);
    const version = 'json' in answer ? versionIn(answer.json) : undefined;
    if (version === undefined) return missing(answer) ?? 'not_ollama';
    yield* tell(lineOf('api.version', { version }));
    due.version = elapsedMs + VERSION_MS;
  }
  const resident = await client.get('/api/ps', signal);
  if (!('json' in resident)) return resident.unreachable;
  if (!isFields(resident.json)) return 'not_ollama';
  yield* tell(residentLine(poller, resident.json));
  if (elapsedMs < (due.refresh ? due.models - MODELS_MS + MODELS_SOONEST_MS : due.models)) return undefined;
  const tags = await client.get('/api/tags', signal);
  if (!('json' in tags)) return tags.unreachable;
  const { bytes, isPartial } = await modelsLine(poller, tags.json);
  if (signal.aborted) return undefined;
  yield* tell(bytes);
  due.models = elapsedMs + MODELS_MS;
  due.refresh = isPartial;
  return undefined;
}

async function* poll(poller: Poller, bell: Bell, due: Due): AsyncGenerator<SourceEvent> {
  const { clock, teller, signal } = poller;
  const startedAt = clock.now();
  let unreachable: string | undefined;
  while (!signal.aborted) {
    const elapsedMs = nsBetween(startedAt, clock.now()) / NS_PER_MS;
    const reason = yield* askOnce(poller, due, elapsedMs);
    if (signal.aborted) return;
    if (reason !== undefined && reason !== unreachable) {
      yield* teller.chunk(lineOf('api.unreachable', { reason }), true);
      if (unreachable === undefined) {
        const detail = `expected an answer from Ollama's API, found ${reason}: names and residency of models are missing until it answers; check OLLAMA_HOST`;
        yield* teller.notice('unavailable', detail);
      }
    }
    if (reason === undefined && unreachable !== undefined)
      yield* teller.notice('recovered', "Ollama's API answers again");
    // Whoever answers after silence may be another version with other models.
    if (reason !== undefined) Object.assign(due, { version: 0, models: 0 });
    unreachable = reason;
    await bell.wait(signal, RESIDENT_MS);
  }
}

export const createApiSource = (spec: ApiSpec, { clock, arrivals }: SourceContext): ApiSource => {
  const bell = createBell(clock);
  const due: Due = { version: 0, models: 0, refresh: false };
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const client = spec.client ?? createOllamaClient(spec.origin);
    const teller = createTeller(spec.info, arrivals);
    try {
      yield* poll({ client, clock, teller, signal, blobs: new Map() }, bell, due);
    } finally {
      await client.close();
    }
  }
  const requestRefresh = (): void => {
    if (due.refresh) return;
    due.refresh = true;
    bell.ring();
  };
  return { info: spec.info, events, requestRefresh };
};
