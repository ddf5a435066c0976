// Helpers of the grammar's tests: text in, readings out, through the real framer and parser.
import { createFramer } from '../../collectors/frame.ts';
import type { Line, SourceInfo } from '../../collectors/line.ts';
import { createOllamaParser } from '../../collectors/ollama/parser.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import { type Instant, instant } from '../../otel/time.ts';

export const SOURCE: SourceInfo = { name: 'ollama', dialect: 'ollama', identity: 'test' };
export const BASE: Instant = instant(1_800_000_000_000_000_000n);

export type Options = { readonly observed?: boolean; readonly source?: SourceInfo; readonly arrival?: Instant };

/** Lines of some bytes, all arriving at once. */
export const framed = (
  bytes: Uint8Array,
  { observed = false, source = SOURCE, arrival = BASE }: Options = {},
): readonly Line[] => {
  const framer = createFramer(source);
  const lines: Line[] = [];
  const keep = (line: Line): void => {
    lines.push(line);
  };
  framer.push({ type: 'chunk', source, bytes, position: 0, arrival, observed }, keep);
  framer.end(keep);
  return lines;
};

/** Readings of a text, ended at its end. */
export const readText = (text: string, options: Options = {}): readonly RecordReading[] => {
  const parser = createOllamaParser(options.source ?? SOURCE);
  const readings: RecordReading[] = [];
  const keep = (reading: RecordReading): void => {
    readings.push(reading);
  };
  for (const line of framed(new TextEncoder().encode(text), options)) parser.parse(line, keep);
  parser.end(keep);
  return readings;
};

/** `matched task.launched`, `noise blank`: what a reading is, for short assertions. */
export const told = (reading: RecordReading): string =>
  reading.type === 'line' ? `${reading.class} ${reading.name}` : `matched ${reading.kind}`;
