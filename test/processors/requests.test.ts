// Requests from lines to facts: what a log of a known course must give, with nothing else around it.
import { describe, expect, test } from 'vitest';
import {
  access,
  at,
  cancelled,
  closed,
  factsOfType,
  launched,
  listening,
  load,
  released,
  STDOUT,
  slog,
  starting,
  story,
  task,
} from './requests-story.ts';

const ready = [listening(-900), load(-700, 'wren', 40_001, { parallel: 2 })];

describe('a request and its task', () => {
  test('tokens, durations, model and phases of a plain chat', () => {
    const told = story([
      ready,
      task({ id: 0, from: 105, cached: 15, prompt: 40, output: 12 }),
      access(146, 200, '45.2ms'),
    ]);
    const [request] = closed(told);
    expect(request).toMatchObject({
      operation: 'chat',
      route: '/api/chat',
      outcome: 'ok',
      model: { name: 'wren:1b' },
      runner: { key: '1/1', port: 40_001 },
      tokens: { input: 40, inputCached: 15, output: 12 },
      prefillSeconds: 0.01,
      decodeSeconds: 0.03,
      slot: 0,
      task: 0,
    });
    expect(request?.phases.map((phase) => phase.name)).toEqual(['queue', 'prefill', 'decode']);
    expect(request?.taskJoin.confidence).toBeGreaterThan(0.99);
    expect(request?.start).toEqual({
      at: at(146 - 45.2),
      from: 'derived',
      uncertaintySeconds: expect.closeTo(0.01, 3),
    });
  });

  test('the access line may come before the timing lines', () => {
    const told = story([ready, task({ id: 0, from: 100 }), access(136, 200, '44ms')]);
    expect(closed(told)[0]).toMatchObject({ task: 0, outcome: 'ok' });
  });

  test('two streams, the access line first', () => {
    const told = story([ready, { ...access(139, 200, '42ms'), source: STDOUT }, task({ id: 0, from: 100 })]);
    expect(closed(told)[0]).toMatchObject({ task: 0, model: { name: 'wren:1b' } });
  });

  test('a wait for a load is a phase of its own', () => {
    const told = story([
      listening(0),
      load(110, 'wren', 40_001),
      task({ id: 0, from: 365 }),
      access(406, 200, '300ms'),
    ]);
    const [request] = closed(told);
    expect(request?.phases.map((phase) => phase.name)).toEqual(['queue', 'load model', 'prefill', 'decode']);
    expect(request?.loadSeconds).toBeCloseTo(0.25, 3);
    expect(request?.queueSeconds).toBeCloseTo(0.009, 2);
  });

  test('two requests that end together are told apart by what they lasted', () => {
    const told = story([
      ready,
      task({ id: 0, slot: 0, from: 100, decodeMs: 90 }),
      task({ id: 1, slot: 1, from: 160, decodeMs: 30 }),
      access(201, 200, '46ms', '/api/chat', '127.0.0.2'),
      access(201, 200, '105ms', '/api/chat', '127.0.0.1'),
    ]);
    const byClient = new Map(closed(told).map((request) => [request.client, request.task]));
    expect(byClient).toEqual(
      new Map([
        ['127.0.0.2', 1],
        ['127.0.0.1', 0],
      ]),
    );
  });

  test('what cannot be told apart is said to be unsure', () => {
    const told = story([
      ready,
      task({ id: 0, slot: 0, from: 100 }),
      task({ id: 1, slot: 1, from: 100 }),
      access(141, 200, '45ms', '/api/chat', '127.0.0.1'),
      access(141, 200, '45ms', '/api/chat', '127.0.0.2'),
    ]);
    for (const request of closed(told)) expect(request.taskJoin.confidence).toBeLessThan(0.9);
    expect(new Set(closed(told).map((request) => request.task))).toEqual(new Set([0, 1]));
  });

  test('a link below the least confidence is not made', () => {
    const lines = [
      ready,
      task({ id: 0, slot: 0, from: 100 }),
      task({ id: 1, slot: 1, from: 100 }),
      access(141, 200, '45ms', '/api/chat', '127.0.0.1'),
      access(141, 200, '45ms', '/api/chat', '127.0.0.2'),
    ];
    const told = story(lines, { minConfidence: 0.95 });
    expect(closed(told).map((request) => request.taskJoin)).toEqual([
      { method: 'none', confidence: 0 },
      { method: 'none', confidence: 0 },
    ]);
    expect(factsOfType(told, 'request.abandoned')).toEqual([]);
  });
});

describe('outcomes', () => {
  test('a stream that its client left is 200 with a cancelled task', () => {
    const job = { id: 0, from: 100 };
    const told = story([ready, launched(job), access(180, 200, '84ms'), cancelled(195, job), released(196, job, 52)]);
    expect(closed(told)[0]).toMatchObject({
      outcome: 'client_aborted',
      errorType: 'client_closed',
      tokens: { input: 40, output: 12 },
    });
  });

  test('a client that left while waiting for a slot is 500 beside the line that says so', () => {
    const left = slog(150, 'INFO', 'msg="aborting completion request due to client closing the connection"');
    const told = story([ready, left, access(150, 500, '50ms')]);
    expect(closed(told)[0]).toMatchObject({ outcome: 'client_aborted', errorType: 'client_closed' });
  });

  test('a runner that dies in mid-stream makes a 200 an error', () => {
    const gone = slog(501, 'WARN', 'msg="llama-server process no longer running" sys=9 string="signal: killed"');
    const told = story([ready, launched({ id: 0, from: 100 }), access(500, 200, '405ms'), gone, gone]);
    expect(closed(told)[0]).toMatchObject({ status: 200, outcome: 'error', errorType: 'runner.gone' });
    expect(factsOfType(told, 'runner.crashed')).toHaveLength(1);
  });

  test('a load that its client did not wait for', () => {
    const told = story([
      listening(0),
      starting(100, 'wren', 40_001),
      slog(350, 'WARN', 'msg="client connection closed before llama-server finished loading, aborting load"'),
      slog(
        350,
        'INFO',
        `msg="Load failed" model=/models/blobs/sha256-${'a'.repeat(64)} error="timed out waiting for llama-server to start: context canceled"`,
      ),
      access(352, 499, '258ms'),
    ]);
    expect(closed(told)[0]).toMatchObject({
      outcome: 'client_aborted',
      errorType: 'client_closed',
      model: { blob: 'a'.repeat(64) },
    });
    expect(factsOfType(told, 'model.load_failed')).toMatchObject([{ errorType: 'client_closed' }]);
  });

  test.each([
    [404, 'client_error', '404'],
    [503, 'rejected', '503'],
    [500, 'error', '500'],
  ])('%i alone', (status, outcome, errorType) => {
    const [request] = closed(story([ready, access(100, status, '1.2ms')]));
    expect(request).toMatchObject({ outcome, errorType });
    expect(request?.task).toBeUndefined();
  });

  test('an answer without work where tasks are logged is a load or unload call', () => {
    const told = story([
      ready,
      task({ id: 0, from: 100 }),
      access(141, 200, '45ms'),
      access(900, 200, '700µs', '/api/generate'),
    ]);
    expect(closed(told).map((request) => request.outcome)).toEqual(['ok', 'load_only']);
  });

  test('other routes have neither operation nor phases', () => {
    const [request] = closed(story([ready, access(900, 200, '6m28s', '/api/pull')]));
    expect(request).toMatchObject({ route: '/api/pull', phases: [], modelJoin: { method: 'none', confidence: 0 } });
    expect(request?.operation).toBeUndefined();
  });
});
