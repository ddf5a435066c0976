// Lines per second of framing and grammar on one core, beside a plain read of the same bytes that looks for line ends and
// tries one expression, as `grep` would. Input: a log composed from the patterns' samples (`npm run` needs no files), or
// the paths given. `node bench/parse.ts [--json] [PATH…]`.
import { readFileSync } from 'node:fs';
import { createFramer } from '../collectors/frame.ts';
import type { Line, SourceInfo } from '../collectors/line.ts';
import { createOllamaParser } from '../collectors/ollama/parser.ts';
import { allRaw, allSlog, allSlot } from '../collectors/ollama/table.ts';
import type { RecordReading } from '../collectors/reading.ts';
import { instant } from '../otel/time.ts';
import { grepPiece } from './grep.ts';

const SOURCE: SourceInfo = { name: 'bench', dialect: 'ollama', identity: 'bench' };
const CHUNK_BYTES = 65_536;
const TARGET_BYTES = 64 * 1_048_576;
const ROUNDS = 5;
/** One request as llama-server and Ollama print it at the default level, noise in its usual share. */
const request = (task: number): string => {
  const own = allSlot.flatMap((pattern) => pattern.samples.map((sample) => sample.line));
  const cache = Array.from(
    { length: 14 },
    (_, index) =>
      `srv        update:    - prompt 0x55556e93${index}f90:      84 tokens, checkpoints:  0,     0.063 MiB`,
  );
  const looking = Array.from(
    { length: 10 },
    () => 'srv          load:  - prompt with length 84, lcp = 2, f_keep = 0.024, f_sim = 0.033',
  );
  const noise = [
    'srv  get_availabl: updating prompt cache',
    'slot launch_slot_: id  0 | task -1 | sampler params: ',
    '\trepeat_last_n = 64, repeat_penalty = 1.000, frequency_penalty = 0.000, presence_penalty = 0.000',
    '\tdry_multiplier = 0.000, dry_base = 1.750, dry_allowed_length = 2, dry_penalty_last_n = 64',
    'slot print_timing: id  0 | task 7 |    graphs reused =         49',
  ];
  const access = `[GIN] 2026/03/04 - 05:06:07 | 200 |  ${task % 900}.512345ms |       127.0.0.1 | POST     "/api/generate"`;
  return [...looking, ...cache, ...noise, ...own, 'srv  update_slots: all slots are idle', access].join('\n');
};

const composed = (): Uint8Array => {
  const slog = allSlog.flatMap((pattern) => pattern.samples.map((sample) => sample.line));
  const raw = allRaw
    .filter((p) => p.kind.startsWith('load.'))
    .flatMap((pattern) => pattern.samples.map((sample) => sample.line));
  const parts: string[] = [];
  let size = 0;
  for (let task = 0; size < TARGET_BYTES; task++) {
    const text = task % 200 === 0 ? [...slog, ...raw].join('\n') : request(task);
    parts.push(text);
    size += text.length + 1;
  }
  return new TextEncoder().encode(`${parts.join('\n')}\n`);
};

const parseAll = (bytes: Uint8Array): { lines: number; readings: number } => {
  const framer = createFramer(SOURCE);
  const parser = createOllamaParser(SOURCE);
  let lines = 0;
  let readings = 0;
  const onReading = (_reading: RecordReading): void => {
    readings++;
  };
  const onLine = (line: Line): void => {
    lines++;
    parser.parse(line, onReading);
  };
  for (let position = 0; position < bytes.length; position += CHUNK_BYTES) {
    const chunk = bytes.subarray(position, position + CHUNK_BYTES);
    framer.push(
      { type: 'chunk', source: SOURCE, bytes: chunk, position, arrival: instant(BigInt(position)), observed: true },
      onLine,
    );
  }
  framer.end(onLine);
  parser.end(onReading);
  return { lines, readings };
};

const grepAll = (bytes: Uint8Array): number => {
  let found = 0;
  for (let position = 0; position < bytes.length; position += CHUNK_BYTES)
    found += grepPiece(bytes.subarray(position, position + CHUNK_BYTES));
  return found;
};

const best = (run: () => void): number => {
  let seconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    run();
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return seconds;
};

const main = (args: readonly string[]): void => {
  const paths = args.filter((arg) => !arg.startsWith('--'));
  const inputs: readonly (readonly [string, Uint8Array])[] =
    paths.length === 0 ? [['composed', composed()]] : paths.map((path) => [path, readFileSync(path)]);
  for (const [name, bytes] of inputs) {
    const { lines, readings } = parseAll(bytes);
    const parseSeconds = best(() => parseAll(bytes));
    const grepSeconds = best(() => grepAll(bytes));
    const result = {
      name,
      lines,
      readings,
      sizeBytes: bytes.length,
      parseLinesPerSecond: Math.round(lines / parseSeconds),
      grepLinesPerSecond: Math.round(lines / grepSeconds),
      ratio: Number((parseSeconds / grepSeconds).toFixed(2)),
    };
    if (args.includes('--json')) console.log(JSON.stringify(result));
    else {
      console.log(`${name}: ${lines} lines, ${(bytes.length / 1e6).toFixed(1)} MB, ${readings} readings`);
      console.log(`  framing + grammar ${result.parseLinesPerSecond.toLocaleString('en')} lines/s`);
      console.log(
        `  grep-like read    ${result.grepLinesPerSecond.toLocaleString('en')} lines/s (${result.ratio} times as fast)`,
      );
    }
  }
};

main(process.argv.slice(2));
