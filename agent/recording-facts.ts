// What a recording keeps about the run that made it, among the facts of its host: the resource, since when things were news,
// the zone. With these its replay says what the run said.
import type { SourceVersions } from '../collectors/sources/recorder.ts';
import type { Snapshot } from '../otel/aggregate.ts';
import type { MetricName } from '../otel/catalogue/metrics.ts';
import type { Resource } from '../otel/signal.ts';
import { type Instant, isoInstant, parseRfc3339 } from '../otel/time.ts';

export type HostNotes = { readonly [fact: string]: string };

const RESOURCE = 'resource.';
const NEWS_FROM = 'news.from';
const NANOSECOND_DIGITS = 9;

export type RunNotes = { readonly resource: Resource; readonly newsFrom?: Instant; readonly facts: HostNotes };

export const notesOfRun = ({ resource, newsFrom, facts }: RunNotes): HostNotes => ({
  ...facts,
  ...Object.fromEntries(
    Object.entries(resource.attributes).map(([key, value]) => [`${RESOURCE}${key}`, String(value)]),
  ),
  ...(newsFrom === undefined ? {} : { [NEWS_FROM]: isoInstant(newsFrom, NANOSECOND_DIGITS) }),
});

/** The resource that was kept; undefined where none was. */
export const resourceIn = (notes: HostNotes | undefined): Resource | undefined => {
  const kept = Object.entries(notes ?? {}).filter(([fact]) => fact.startsWith(RESOURCE));
  if (kept.length === 0) return undefined;
  return { attributes: Object.fromEntries(kept.map(([fact, value]) => [fact.slice(RESOURCE.length), value])) };
};

export const newsFromIn = (notes: HostNotes | undefined): Instant | undefined =>
  parseRfc3339(notes?.[NEWS_FROM] ?? '')?.at;

/** What a recording that no machine made says of itself, to be shown wherever it is told. */
export const composedIn = (notes: HostNotes | undefined): string | undefined => notes?.['composed'];

const SERVER_INFO: MetricName = 'ollama.server.info';

/** Ollama's version, as its log or API told it, for every source that speaks of Ollama. */
export const versionsIn = (snapshot: Snapshot, driver: string | undefined): SourceVersions => {
  const info = snapshot.metrics.find(({ name }) => name === SERVER_INFO);
  const version = Object.values(info?.points[0]?.attributes ?? {}).find((value) => typeof value === 'string');
  const ollama: { readonly [program: string]: string } = typeof version === 'string' ? { ollama: version } : {};
  const nvidia: { readonly [program: string]: string } = driver === undefined ? {} : { driver };
  return {
    ollama,
    'ollama-1': ollama,
    'ollama-2': ollama,
    'ollama-api': ollama,
    dmon: nvidia,
    pmon: nvidia,
    'query-gpu': nvidia,
    'query-apps': nvidia,
    kernel: nvidia,
  };
};
