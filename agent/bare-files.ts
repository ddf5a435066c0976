// Bare files as ordered readings: each is framed and parsed by itself, then the files are merged by the readings' own times.
// A bare log has no arrival times, so every time is logged or estimated, and joins are less sure than live ones.
import { closeSync, openSync, readSync } from 'node:fs';
import { detectDialect } from '../collectors/detect.ts';
import { createFramer } from '../collectors/frame.ts';
import type { Chunk, Dialect, SourceInfo } from '../collectors/line.ts';
import type { RecordReading } from '../collectors/reading.ts';
import { identityOf } from '../otel/ids.ts';
import type { Instant } from '../otel/time.ts';
import type { InputFile } from './input-files.ts';
import type { ParserOf } from './parsers.ts';
import { createRetime } from './retime.ts';

const BLOCK_BYTES = 262_144;

export type BareFile = { readonly path: string; readonly source: SourceInfo };

/** The identity hashes the head of the file, so that the same log gives the same ids wherever it lies. */
export const bareFile = (input: InputFile & { kind: 'file' }, fallback: Dialect = 'ollama'): BareFile => {
  const head = new TextDecoder().decode(input.head);
  const dialect = detectDialect(head.split('\n')) ?? fallback;
  return { path: input.path, source: { name: dialect, dialect, identity: identityOf('bare', dialect, head) } };
};

/** `Jan 10 11:10:41 host kernel: NVRM: …` and `… host ollama[2101]: …`: a whole host's journal holds both. */
const KERNEL_LINE = /\bkernel: (?:\[[^\]]*\] )?NVRM: |"_TRANSPORT"\s*:\s*"kernel"/;
const OLLAMA_LINE = /\bollama\[\d+\]: |"SYSLOG_IDENTIFIER"\s*:\s*"ollama"/;

const BESIDE: { readonly [D in Dialect]?: Dialect } = { ollama: 'kernel', kernel: 'ollama' };

/** The file as its own dialect, and a journal of a whole host as both of its: each grammar passes over what is the other's. */
export const bareFilesOf = (input: InputFile & { kind: 'file' }): readonly BareFile[] => {
  const file = bareFile(input);
  const head = new TextDecoder().decode(input.head);
  const isMixed = KERNEL_LINE.test(head) && OLLAMA_LINE.test(head);
  const other = BESIDE[file.source.dialect];
  if (!isMixed || other === undefined) return [file];
  const source: SourceInfo = { name: other, dialect: other, identity: identityOf('bare', other, head) };
  return [file, { path: input.path, source }];
};

export function* blocksOf(path: string, blockBytes = BLOCK_BYTES): Generator<Uint8Array> {
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const block = new Uint8Array(blockBytes);
      const size = readSync(descriptor, block, 0, blockBytes, null);
      if (size === 0) return;
      yield block.subarray(0, size);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Readings of one file, a block's worth at a time. */
function* readingsOf(file: BareFile, base: Instant, parserOf: ParserOf): Generator<readonly RecordReading[]> {
  const framer = createFramer(file.source);
  const parser = parserOf(file.source);
  let readings: RecordReading[] = [];
  const retime = createRetime((reading) => {
    readings.push(reading);
  });
  const keep = retime.reading;
  let position = 0;
  for (const bytes of blocksOf(file.path)) {
    const chunk: Chunk = { type: 'chunk', source: file.source, bytes, position, arrival: base, observed: false };
    framer.push(chunk, (line) => parser.parse(line, keep));
    position += bytes.length;
    yield readings;
    readings = [];
  }
  framer.end((line) => parser.parse(line, keep));
  parser.end(keep);
  retime.flush();
  yield readings;
}

type Cursor = { readonly blocks: Generator<readonly RecordReading[]>; queue: readonly RecordReading[]; next: number };

const fill = (cursor: Cursor): RecordReading | undefined => {
  while (cursor.next >= cursor.queue.length) {
    const block = cursor.blocks.next();
    if (block.done === true) return undefined;
    cursor.queue = block.value;
    cursor.next = 0;
  }
  return cursor.queue[cursor.next];
};

/** All readings of all files, the earliest first; one file's order is never changed. */
export function* mergeBareFiles(
  files: readonly BareFile[],
  base: Instant,
  parserOf: ParserOf,
): Generator<RecordReading> {
  let cursors: Cursor[] = files.map((file) => ({ blocks: readingsOf(file, base, parserOf), queue: [], next: 0 }));
  for (;;) {
    let first: { cursor: Cursor; reading: RecordReading } | undefined;
    const alive: Cursor[] = [];
    for (const cursor of cursors) {
      const reading = fill(cursor);
      if (reading === undefined) continue;
      alive.push(cursor);
      if (first === undefined || reading.at < first.reading.at) first = { cursor, reading };
    }
    cursors = alive;
    if (first === undefined) return;
    first.cursor.next += 1;
    yield first.reading;
  }
}

/** The first time that any file tells of itself: where files without times are laid. */
export const firstTimeOf = (files: readonly BareFile[], base: Instant, parserOf: ParserOf): Instant | undefined => {
  let first: Instant | undefined;
  for (const file of files) {
    for (const block of readingsOf(file, base, parserOf)) {
      const told = block.find((reading) => reading.at > base);
      if (told !== undefined && (first === undefined || told.at < first)) first = told.at;
      if (told !== undefined) break;
    }
  }
  return first;
};
