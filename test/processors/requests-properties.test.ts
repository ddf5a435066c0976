// What must hold for every log, however broken: nothing told twice or never, nothing outside its request, the same facts for
// the same bytes, and every bound holds.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVIDENCE_MAX, JOIN_WINDOW_MAX, LINES_PER_TASK_MAX, OPEN_REQUESTS_MAX } from '../../processors/limits.ts';
import {
  access,
  cancelled,
  closed,
  factsOfType,
  type Lines,
  launched,
  listening,
  load,
  released,
  type Story,
  slog,
  story,
  type Told,
  task,
} from './requests-story.ts';

const text = (facts: readonly unknown[]): string =>
  JSON.stringify(facts, (_, value) => (typeof value === 'bigint' ? String(value) : value));

const jobs = fc.array(
  fc.record({
    slot: fc.integer({ min: 0, max: 1 }),
    id: fc.integer({ min: 0, max: 60 }),
    from: fc.integer({ min: 0, max: 1_500 }),
    decodeMs: fc.integer({ min: 1, max: 200 }),
    prompt: fc.integer({ min: 1, max: 90 }),
    output: fc.integer({ min: 1, max: 60 }),
    context: fc.constantFrom(4096, 8192),
    end: fc.constantFrom('whole', 'cut', 'cancelled'),
  }),
  { maxLength: 12 },
);
const accesses = fc.array(
  fc.record({
    ms: fc.integer({ min: 0, max: 2_000 }),
    status: fc.constantFrom(200, 200, 200, 400, 404, 499, 500, 503),
    latencyMs: fc.integer({ min: 0, max: 1_500 }),
    route: fc.constantFrom('/api/chat', '/api/generate', '/api/embed', '/api/tags'),
  }),
  { maxLength: 15 },
);
const strays = fc.array(
  fc.record({
    ms: fc.integer({ min: 0, max: 2_000 }),
    line: fc.constantFrom(
      'level=DEBUG source=sched.go:404 msg="context for request finished"',
      'level=INFO source=a.go:1 msg="aborting completion request due to client closing the connection"',
      'level=WARN source=a.go:1 msg="truncating input prompt" limit=514 prompt=3000 keep=4 new=40',
      'level=WARN source=a.go:1 msg="llama-server process no longer running" sys=9 string="signal: killed"',
      'level=INFO source=a.go:1 msg="Listening on 127.0.0.1:11434 (version 0.34.4)"',
      'level=INFO source=a.go:1 msg="loaded runners" count=1',
    ),
  }),
  { maxLength: 6 },
);

const compose = (given: {
  jobs: typeof jobs extends fc.Arbitrary<infer J> ? J : never;
  accesses: typeof accesses extends fc.Arbitrary<infer A> ? A : never;
  strays: typeof strays extends fc.Arbitrary<infer S> ? S : never;
  loads: boolean;
}): readonly Lines[] => [
  given.loads
    ? [
        listening(-3_000),
        load(-2_500, 'wren', 40_001, { parallel: 2 }),
        load(-900, 'finch', 40_002, { parallel: 2, context: 8192 }),
      ]
    : [],
  given.jobs.map((job): Lines => {
    if (job.end === 'whole') return task(job);
    if (job.end === 'cut') return launched(job);
    return [
      launched(job),
      cancelled(job.from + job.decodeMs, job),
      released(job.from + job.decodeMs, job, job.prompt + 3),
    ];
  }),
  given.accesses.map(({ ms, status, latencyMs, route }) =>
    access(ms, status, latencyMs === 0 ? '0s' : `${latencyMs}.25ms`, route),
  ),
  given.strays.map(({ ms, line }): Told => ({ ms, text: slog(ms, 'X', '').text.replace(/level=X .*/, line) })),
];

const logs = fc.record({ jobs, accesses, strays, loads: fc.boolean() }).map(compose);

const isConserved = ({ facts, readings }: Story): void => {
  const lines = facts.flatMap((fact) => (fact.type === 'line.read' ? [fact.reading] : []));
  expect(lines).toHaveLength(readings.length);
  expect(new Set(lines).size).toBe(readings.length);
};

describe('for every log', () => {
  test('each record is told once, each access line is one request', () => {
    fc.assert(
      fc.property(logs, fc.boolean(), (lines, observed) => {
        const told = story(lines, { observed });
        isConserved(told);
        const ended = told.readings.filter(
          (reading) => reading.type === 'ollama' && reading.kind === 'http.access',
        ).length;
        expect(closed(told)).toHaveLength(ended);
        expect(new Set(closed(told).map((request) => request.ref.traceId)).size).toBe(ended);
      }),
      { numRuns: 150 },
    );
  });

  test('phases lie inside their request, parts inside their whole', () => {
    fc.assert(
      fc.property(logs, fc.boolean(), (lines, observed) => {
        for (const { start, end, phases } of closed(story(lines, { observed, minConfidence: 0 }))) {
          expect(end.at >= start.at).toBe(true);
          for (const phase of phases) {
            const whole = phases.find((other) => other.name === phase.within);
            const [from, to] = [whole?.start.at ?? start.at, whole?.end.at ?? end.at];
            expect(phase.start.at >= from && phase.start.at <= phase.end.at && phase.end.at <= to).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('no task is in two requests, none is both finished and abandoned', () => {
    fc.assert(
      fc.property(logs, (lines) => {
        const told = story(lines, { minConfidence: 0 });
        const launches = factsOfType(told, 'line.read').filter(
          ({ reading }) => reading.type === 'ollama' && reading.kind === 'task.launched',
        );
        const finished = new Set(closed(told).map((request) => request.ref.traceId));
        const abandoned = new Set(factsOfType(told, 'request.abandoned').map(({ ref }) => ref.traceId));
        for (const { ref } of launches)
          expect(ref !== undefined && finished.has(ref.traceId) !== abandoned.has(ref.traceId)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('the same bytes give the same facts and ids', () => {
    fc.assert(
      fc.property(logs, (lines) => {
        expect(text(story(lines).facts)).toBe(text(story(lines).facts));
      }),
      { numRuns: 40 },
    );
  });
});

describe('bounds', () => {
  const ready = [listening(-900), load(-700, 'wren', 40_001, { parallel: 2 })];

  test('lines beyond what is held for a task go on without a span', () => {
    const job = { id: 0, from: 100 };
    const many = Array.from(
      { length: LINES_PER_TASK_MAX + 5 },
      (_, n): Told => ({
        ms: 101,
        text: `slot print_timing: id  0 | task 0 | n_gen = ${n}, tg =  50.00 t/s`,
      }),
    );
    const told = story([ready, launched(job), many, task(job).slice(3), access(141, 200, '45ms')]);
    isConserved(told);
    expect(
      factsOfType(told, 'line.read').filter((fact) => fact.join?.method === 'bound').length,
    ).toBeGreaterThanOrEqual(5);
    expect(closed(told)[0]).toMatchObject({ task: 0 });
  });

  test('more access lines at once than one assignment takes', () => {
    const burst = Array.from({ length: 3 * JOIN_WINDOW_MAX }, (_, n) =>
      access(100 + n / 100, 200, '45ms', '/api/chat', `127.0.1.${n}`),
    );
    const told = story([ready, burst]);
    isConserved(told);
    expect(closed(told)).toHaveLength(3 * JOIN_WINDOW_MAX);
  });

  test('more open tasks than are kept: the oldest is abandoned, with the reason', () => {
    const open = Array.from({ length: OPEN_REQUESTS_MAX + 3 }, (_, n) =>
      launched({ id: 3 * n, slot: n % 200, from: 100 }).slice(0, 1),
    );
    const told = story([open]);
    isConserved(told);
    expect(
      factsOfType(told, 'request.abandoned').filter(({ reason }) => reason === 'bound').length,
    ).toBeGreaterThanOrEqual(3);
  });

  test('more unclaimed evidence than is kept', () => {
    const lines = Array.from({ length: EVIDENCE_MAX + 40 }, () =>
      slog(100, 'INFO', 'msg="aborting completion request due to client closing the connection"'),
    );
    isConserved(story([ready, lines]));
  });
});
