// Feeds texts to a parser as lines of one source, with the positions and sizes that a framer would give them.
import { parserOf as parserOfSource } from '../../../agent/parsers.ts';
import type { Dialect, Line, Notice, NoticeKind, SourceInfo } from '../../../collectors/line.ts';
import type { NvidiaReading, Parser, RecordReading } from '../../../collectors/reading.ts';
import { addSeconds, type Instant, parseRfc3339 } from '../../../otel/time.ts';

export const at = (text: string): Instant => {
  const parsed = parseRfc3339(text);
  if (parsed === undefined) throw new Error(`expected an RFC 3339 instant, found ${text}`);
  return parsed.at;
};
export const ARRIVAL = at('2026-03-04T10:00:00Z');

export const sourceOf = (dialect: Dialect, offsetSeconds?: number): SourceInfo => {
  const source: SourceInfo = { name: dialect, dialect, identity: 'test' };
  return offsetSeconds === undefined ? source : { ...source, offsetSeconds };
};

type Feed = { readonly observed?: boolean; readonly arrival?: Instant; readonly source?: SourceInfo };

/** The lines of a text; live ones arrive a second apart. A text without a final line end gives an unterminated last line. */
export const linesOf = (text: string, feed: Feed = {}): Line[] => {
  const { observed = false, arrival = ARRIVAL, source = sourceOf('dmon') } = feed;
  const terminated = text.endsWith('\n');
  const texts = (terminated ? text.slice(0, -1) : text).split('\n');
  let position = 0;
  return texts.map((whole, index) => {
    const content = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    const sizeBytes = Buffer.byteLength(whole) + (terminated || index < texts.length - 1 ? 1 : 0);
    const arrived = observed ? addSeconds(arrival, index) : arrival;
    const line: Line = { source, text: content, position, sizeBytes, arrival: arrived, observed, truncated: false };
    position += sizeBytes;
    return line;
  });
};

/** Every reading of a text, the parser's end included. */
export const readAll = (parser: Parser, text: string, feed: Feed = {}): RecordReading[] => {
  const readings: RecordReading[] = [];
  const emit = (reading: RecordReading): void => void readings.push(reading);
  for (const line of linesOf(text, feed)) parser.parse(line, emit);
  parser.end(emit);
  return readings;
};

export const noticeOf = (kind: NoticeKind, source: SourceInfo): Notice => ({
  type: 'notice',
  kind,
  source,
  at: ARRIVAL,
  detail: kind,
});

/** `gpu.sample`, or `noise:blank` for a line reading. */
export const nameOf = (reading: RecordReading): string =>
  reading.type === 'line' ? `${reading.class}:${reading.name}` : reading.kind;

/** Narrows readings to one kind. */
export const ofKind = <K extends NvidiaReading['kind']>(
  readings: readonly RecordReading[],
  kind: K,
): Extract<NvidiaReading, { kind: K }>[] =>
  readings.filter(
    (reading): reading is Extract<NvidiaReading, { kind: K }> => reading.type === 'nvidia' && reading.kind === kind,
  );

/** The first of them; fails the test where there is none. */
export const first = <T>(items: readonly T[]): T => {
  const item = items[0];
  if (item === undefined) throw new Error('expected at least one reading, found none');
  return item;
};

export const parserOf = (dialect: Dialect): Parser => parserOfSource(sourceOf(dialect));
