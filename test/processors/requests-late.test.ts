// A follower on a busy machine reads lines late. The order of the lines in their stream and the stamps of later ones say how
// late at most; what that does not settle is linked when it is all that is left.
import { describe, expect, test } from 'vitest';
import type { RecordReading } from '../../collectors/reading.ts';
import { addNs, type Instant, NS_PER_MS } from '../../otel/time.ts';
import { createArrivals } from '../../processors/arrivals.ts';
import { confidenceOfMargin } from '../../processors/join/confidence.ts';
import { joinCost } from '../../processors/join/cost.ts';
import { type JoinRequest, type JoinTask, joinRequests } from '../../processors/join.ts';
import {
  access,
  at,
  closed,
  factsOfType,
  listening,
  load,
  SOURCE,
  STDOUT,
  slog,
  story,
  type Told,
  task,
} from './requests-story.ts';

/** The same line, read at `ms`: what stands in it keeps its time. */
const readAt = (ms: number, line: Told | readonly Told[]): readonly Told[] =>
  (Array.isArray(line) ? line : [line]).map((one: Told) => ({ ...one, ms }));

const ready = [listening(-900), load(-700, 'wren', 40_001)];
/** A stamp that is read at once: what the delay of the others is held against. */
const prompt = slog(0, 'INFO', 'msg="loaded runners" count=1');

describe('an access line that is read late', () => {
  // Ends at 160 by the log, read at 190, when the next model's start (stamped 162) is read too.
  const late = [
    ready,
    prompt,
    task({ id: 0, from: 115 }),
    readAt(190, access(160, 200, '50ms')),
    readAt(190, load(162, 'finch', 40_002)[0] ?? []),
    load(163, 'finch', 40_002).slice(1),
  ];

  test('its request keeps its task although the next load seems to begin inside it', () => {
    const told = story(late);
    expect(closed(told)).toMatchObject([{ outcome: 'ok', model: { name: 'wren:1b' }, tokens: { output: 12 } }]);
    expect(factsOfType(told, 'request.abandoned')).toEqual([]);
  });

  test('it ends no later than the stamp of the line after it allows', () => {
    const [request] = closed(story(late));
    expect(request?.end.at).toBeLessThanOrEqual(at(167));
    expect(request?.end.at).toBeGreaterThanOrEqual(at(160));
    expect(request?.start.at).toBe(addNs(request?.end.at ?? at(0), -50 * NS_PER_MS));
  });

  test('no runner that was started after it is its model', () => {
    const told = story([
      ready,
      task({ id: 0, from: 115 }),
      readAt(190, access(160, 200, '50ms')),
      readAt(190, access(161, 200, '900µs', '/api/generate')),
      readAt(190, load(162, 'finch', 40_002)[0] ?? []),
      load(163, 'finch', 40_002).slice(1),
    ]);
    for (const request of closed(told)) expect(request.model).toMatchObject({ name: 'wren:1b' });
  });

  test('a stamp in another stream bounds nothing', () => {
    const [request] = closed(
      story([
        ready,
        task({ id: 0, from: 115 }),
        readAt(190, { ...access(160, 200, '50ms'), source: STDOUT }),
        readAt(191, slog(162, 'INFO', 'msg="loaded runners" count=1')),
      ]),
    );
    expect(request?.end.at).toBe(at(190));
  });

  test('without any stamp after it, it is linked because nothing else is left, and not as sure', () => {
    const told = story([ready, prompt, task({ id: 0, from: 115 }), readAt(185, access(160, 200, '50ms'))]);
    const [request] = closed(told);
    expect(request).toMatchObject({ outcome: 'ok', tokens: { output: 12 }, taskJoin: { method: 'only_candidate' } });
    expect(request?.taskJoin.confidence).toBeLessThan(0.9);
    expect(request?.taskJoin.confidence).toBeGreaterThan(0.5);
    expect(factsOfType(told, 'request.abandoned')).toEqual([]);
  });
});

describe('bounds on arrivals', () => {
  const reading = (timing: 'observed' | 'logged', ms: number, arrivalMs: number, source = SOURCE): RecordReading => ({
    type: 'line',
    class: 'noise',
    name: 'other',
    at: at(ms),
    timing,
    severity: 'INFO',
    offset: 0,
    body: undefined,
    line: { source, text: '', position: 0, sizeBytes: 1, arrival: at(arrivalMs), observed: true, truncated: false },
  });

  const bounded = (stamps: readonly (readonly [ms: number, arrivalMs: number])[]): readonly (Instant | undefined)[] => {
    const seen: (Instant | undefined)[] = [];
    const arrivals = createArrivals<{ latest?: Instant }>((item, latest) => {
      item.latest = latest;
    });
    for (const [ms, arrivalMs] of stamps) {
      const item: { latest?: Instant } = {};
      arrivals.note(reading('observed', arrivalMs, arrivalMs), item);
      arrivals.pass(reading('logged', ms, arrivalMs));
      seen.push(item.latest);
    }
    return seen;
  };

  test('the first stamp bounds nothing: its own delay is not known', () => {
    const [first] = bounded([[100, 140]]);
    expect(first).toBeGreaterThanOrEqual(at(140));
  });

  test('a late stamp bounds by what the least delayed one took', () => {
    const [, second] = bounded([
      [100, 101],
      [200, 240],
    ]);
    expect(second).toBe(at(205));
  });

  test('a clock that differs by seconds moves nothing that was read in time', () => {
    const seconds = Array.from({ length: 600 }, (_, n): readonly [number, number] => [n * 10, n * 10 + 2_500]);
    for (const [index, latest] of bounded(seconds).entries())
      expect(latest).toBeGreaterThanOrEqual(at(index * 10 + 2_500));
  });

  test('a clock that was set back is forgotten', () => {
    const stamps = Array.from({ length: 1_200 }, (_, n): readonly [number, number] => [
      n < 300 ? n * 10 : n * 10 - 60_000,
      n * 10,
    ]);
    expect(bounded(stamps).at(-1)).toBeGreaterThanOrEqual(at(11_990));
  });
});

describe('what is left alone on both sides', () => {
  const request = (given: Partial<JoinRequest> = {}): JoinRequest => ({
    endMs: 1_000,
    latencyMs: 106,
    latencyStepMs: 0,
    jitterMs: 1.5,
    order: 100,
    stream: 'a',
    position: 10_000,
    embedding: false,
    failed: false,
    aloneCost: 12,
    ...given,
  });
  const work = (endedMs: number, given: Partial<JoinTask> = {}): JoinTask => ({
    launchedMs: endedMs - 100,
    endedMs,
    totalMs: 100,
    end: 'ended',
    jitterMs: 1.5,
    order: 96,
    stream: 'a',
    generated: true,
    ...given,
  });
  const late = request({ endMs: 1_030 });
  const sureness = (links: ReturnType<typeof joinRequests>): readonly (number | undefined)[] =>
    links.map(({ task: column, marginNats }) => (column < 0 ? undefined : confidenceOfMargin(marginNats)));

  test('one request and one task are linked, weakly', () => {
    expect(joinCost(late, work(999))).toBe(Number.POSITIVE_INFINITY);
    const links = joinRequests([late], [work(999)], [true]);
    expect(links).toMatchObject([{ task: 0, rivals: 1 }]);
    expect(sureness(links)[0]).toBeCloseTo(0.6, 2);
  });

  test.each([
    ['two tasks', [late], [work(999), work(998)]],
    ['two requests', [late, request({ endMs: 1_032 })], [work(999)]],
    ['further than the lag', [request({ endMs: 1_120 })], [work(999)]],
    ['a failed request', [request({ endMs: 1_030, failed: true, aloneCost: 6 })], [work(999)]],
    ['a task that was cancelled', [late], [work(999, { end: 'cancelled' })]],
    ['a task longer than the request', [request({ endMs: 1_030, latencyMs: 90 })], [work(999)]],
    [
      'a runner that was started after it',
      [late],
      [work(999, { runner: 'r', loadPlace: { stream: 'a', position: 20_000 } })],
    ],
  ])('%s: nothing is linked', (_, requests, tasks) => {
    const links = joinRequests(
      requests,
      tasks,
      requests.map(() => true),
    );
    expect(links.map((link) => link.task)).toEqual(requests.map(() => -1));
  });

  test("a runner's start after the access line excludes its tasks, in the same stream only", () => {
    const started = (stream: string): JoinTask => work(999, { runner: 'r', loadPlace: { stream, position: 20_000 } });
    expect(joinCost(request(), started('a'))).toBe(Number.POSITIVE_INFINITY);
    expect(joinCost(request(), started('b'))).toBe(joinCost(request(), work(999)));
  });

  test('a request that is not due keeps its task from one that is', () => {
    const links = joinRequests([late, request({ endMs: 1_000 })], [work(999)], [true, false]);
    expect(links.map((link) => link.task)).toEqual([-1, -1]);
  });
});
