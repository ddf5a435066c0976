// Short made-up server logs for the tests of the folds: lines composed after the real forms, each with its arrival, walked
// through the real framer, grammar and folds. Milliseconds count from one fixed moment.

import { parserOf } from '../../agent/parsers.ts';
import { createPipeline } from '../../agent/pipeline.ts';
import type { SourceInfo } from '../../collectors/line.ts';
import type { RecordReading } from '../../collectors/reading.ts';
import { addNs, addSeconds, type Instant, instant, isoInstant, NS_PER_MS } from '../../otel/time.ts';
import type { Fact, FactOf, FactType, FinishedRequest } from '../../processors/fact.ts';
import type { Fold } from '../../processors/fold.ts';
import { createRequestsFold } from '../../processors/requests.ts';
import { createRunnersFold } from '../../processors/runners.ts';

/** 2026-03-04T05:06:00Z. */
export const EPOCH = instant(1_772_600_760_000_000_000n);
export const at = (ms: number): Instant => addNs(EPOCH, ms * NS_PER_MS);

export type Told = { readonly ms: number; readonly text: string; readonly source?: SourceInfo };

/** Lines, or groups of them at any depth. */
export type Lines = Told | readonly Lines[];
const flatten = (lines: Lines): readonly Told[] => ('text' in lines ? [lines] : lines.flatMap(flatten));

export const SOURCE: SourceInfo = { name: 'ollama', dialect: 'ollama', identity: '00000000000000a1', offsetSeconds: 0 };
export const STDOUT: SourceInfo = { ...SOURCE, identity: '00000000000000a2' };

const told = (ms: number, text: string): Told => ({ ms, text });

export const slog = (ms: number, level: string, rest: string): Told =>
  told(ms, `time=${isoInstant(at(ms))} level=${level} source=server.go:1 ${rest}`);

export const BLOBS = { wren: 'a'.repeat(64), finch: 'b'.repeat(64), heron: 'c'.repeat(64) } as const;
export type Bird = keyof typeof BLOBS;

export const listening = (ms: number, version = '0.34.4'): Told =>
  slog(ms, 'INFO', `msg="Listening on 127.0.0.1:11434 (version ${version})"`);

/** The start command of a load from 0.30 on. */
export const starting = (ms: number, bird: Bird, port: number, { parallel = 1, context = 4096 } = {}): Told =>
  slog(
    ms,
    'INFO',
    `msg="starting llama-server" cmd="/opt/ollama/llama-server --model /models/blobs/sha256-${BLOBS[bird]} --port ${port} --host 127.0.0.1 --offline -c ${context * parallel} -np ${parallel} --log-verbosity 4"`,
  );
export const started = (ms: number, seconds: string): Told =>
  slog(ms, 'INFO', `msg="llama-server started in ${seconds} seconds"`);
export const named = (ms: number, bird: Bird): Told =>
  slog(ms, 'INFO', `msg="template selection" model=library/${bird}:1b selected=go_template`);
export const counted = (ms: number, count: number): Told => slog(ms, 'INFO', `msg="loaded runners" count=${count}`);

/** A load of 250 ms that begins at `ms`. */
export const load = (
  ms: number,
  bird: Bird,
  port: number,
  options: { parallel?: number; context?: number } = {},
): readonly Told[] => [
  starting(ms, bird, port, options),
  told(ms + 200, `srv  llama_server: listening on http://127.0.0.1:${port}`),
  started(ms + 250, '0.25'),
  named(ms + 250, bird),
];

export const access = (
  ms: number,
  status: number,
  latency: string,
  route = '/api/chat',
  client = '127.0.0.1',
  method = 'POST',
): Told =>
  told(
    ms,
    `[GIN] ${isoInstant(at(ms), 0).slice(0, 19).replaceAll('-', '/').replace('T', ' - ')} | ${status} | ${latency} | ${client} | ${method.padEnd(7)} "${route}"`,
  );

export type Job = {
  readonly slot?: number;
  readonly id: number;
  readonly from: number;
  readonly prefillMs?: number;
  readonly decodeMs?: number;
  readonly prompt?: number;
  readonly cached?: number;
  readonly output?: number;
  readonly context?: number;
};

const slotLine = (ms: number, name: string, { slot = 0, id }: Job, text: string): Told =>
  told(ms, `slot ${name}: id  ${slot} | task ${id} | ${text}`);

export const launched = (job: Job): readonly Told[] => [
  slotLine(job.from, 'launch_slot_', job, 'processing task, is_child = 0'),
  slotLine(
    job.from,
    '  operator()',
    job,
    `new prompt, n_ctx_slot = ${job.context ?? 4096}, n_keep = 4, task.n_tokens = ${job.prompt ?? 40}`,
  ),
  slotLine(
    job.from,
    '  operator()',
    job,
    `cached n_tokens = ${job.cached ?? 0}, memory_seq_rm [${job.cached ?? 0}, end)`,
  ),
];

export const released = (ms: number, job: Job, tokens: number): Told =>
  slotLine(ms, '     release', job, `stop processing: n_tokens = ${tokens}, truncated = 0`);
export const cancelled = (ms: number, job: Job): Told =>
  told(ms, `srv          stop: cancel task, id_task = ${job.id}`);

const timings = (ms: number, job: Job): readonly Told[] => {
  const { prefillMs = 10, decodeMs = 30, prompt = 40, cached = 0, output = 12 } = job;
  const number = (value: number): string => value.toFixed(2).padStart(10);
  return [
    slotLine(
      ms,
      'print_timing',
      job,
      `prompt eval time = ${number(prefillMs)} ms / ${prompt - cached} tokens (    0.25 ms per token,  4000.00 tokens per second)`,
    ),
    slotLine(
      ms,
      'print_timing',
      job,
      `       eval time = ${number(decodeMs)} ms / ${output} tokens (    2.50 ms per token,   400.00 tokens per second)`,
    ),
    slotLine(
      ms,
      'print_timing',
      job,
      `      total time = ${number(prefillMs + decodeMs)} ms / ${prompt - cached + output} tokens`,
    ),
    released(ms, job, prompt + output - 1),
  ];
};

/** A whole task: launched, timed, released. */
export const task = (job: Job): readonly Told[] => [
  ...launched(job),
  ...timings(job.from + (job.prefillMs ?? 10) + (job.decodeMs ?? 30), job),
];

export type Story = { readonly facts: readonly Fact[]; readonly readings: readonly RecordReading[] };
export type StoryOptions = { readonly minConfidence?: number; readonly observed?: boolean; readonly endMs?: number };

/** Walks the lines in order of time; lines of one millisecond keep their order and share an arrival. */
export const story = (
  lines: readonly Lines[],
  { minConfidence = 0.5, observed = true, endMs }: StoryOptions = {},
): Story => {
  const flat = flatten(lines).map((line, index) => ({ ...line, index }));
  flat.sort((a, b) => a.ms - b.ms || a.index - b.index);
  const facts: Fact[] = [];
  const readings: RecordReading[] = [];
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
  const pipeline = createPipeline({
    folds: [tap, runners, requests],
    parserOf,
    describe: (fact) => facts.push(fact),
    onSignal: () => undefined,
    onTick: () => undefined,
    startAt: at(-1_000),
  });
  const positions = new Map<SourceInfo, number>();
  for (const { ms, text, source = SOURCE } of flat) {
    const bytes = new TextEncoder().encode(`${text}\n`);
    const position = positions.get(source) ?? 0;
    positions.set(source, position + bytes.length);
    pipeline.feed({ type: 'chunk', source, bytes, position, arrival: at(ms), observed });
  }
  pipeline.advance(endMs === undefined ? addSeconds(pipeline.now(), 10) : at(endMs));
  pipeline.end();
  return { facts, readings };
};

export const factsOfType = <T extends FactType>({ facts }: Story, type: T): readonly FactOf<T>[] =>
  facts.filter((fact): fact is FactOf<T> => fact.type === type);

export const closed = (told: Story): readonly FinishedRequest[] =>
  factsOfType(told, 'request.closed').map((fact) => fact.request);
