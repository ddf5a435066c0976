// Requests from lines to facts: what a log of a known course must give, with nothing else around it.
import { describe, expect, test } from 'vitest';
import { secondsBetween } from '../../otel/time.ts';
import {
  access,
  at,
  cancelled,
  closed,
  counted,
  factsOfType,
  launched,
  listening,
  load,
  released,
  STDOUT,
  slog,
  started,
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

describe('several tasks, one request', () => {
  test('structured output: a cancelled first half and the second belong to one request', () => {
    const first = { id: 0, from: 100, prompt: 40 };
    const told = story([
      ready,
      launched(first),
      cancelled(300, first),
      released(301, first, 90),
      task({ id: 55, from: 320, prompt: 90, cached: 88, output: 20, prefillMs: 5, decodeMs: 60 }),
      access(386, 200, '291ms'),
    ]);
    expect(closed(told)).toHaveLength(1);
    expect(closed(told)[0]).toMatchObject({ outcome: 'ok', task: 55, tokens: { input: 90, output: 70 } });
    expect(factsOfType(told, 'request.abandoned')).toEqual([]);
  });

  test('an embedding call with two inputs', () => {
    const embedding = (id: number, from: number) =>
      [launched({ id, from, prompt: 9 }), released(from + 5, { id, from }, 9)].flat();
    const told = story([ready, embedding(0, 100), embedding(2, 106), access(112, 200, '16ms', '/api/embed')]);
    expect(closed(told)).toHaveLength(1);
    expect(factsOfType(told, 'request.abandoned')).toEqual([]);
  });
});

describe('what never comes', () => {
  test('a task without an access line is abandoned with its lines', () => {
    const told = story([ready, task({ id: 0, from: 100 }), access(90_000, 200, '1ms', '/')]);
    expect(factsOfType(told, 'request.abandoned')).toMatchObject([
      { reason: 'no_access_line', model: { name: 'wren:1b' } },
    ]);
  });

  test('a new start of the server ends what was under way', () => {
    const told = story([ready, launched({ id: 0, from: 100 }), listening(2_000)]);
    expect(factsOfType(told, 'request.abandoned')).toMatchObject([{ reason: 'server_restarted' }]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'server_stopped' }]);
  });

  test('shutdown tells what is open', () => {
    const told = story([ready, launched({ id: 0, from: 100 })], { endMs: 200 });
    expect(factsOfType(told, 'request.abandoned')).toMatchObject([{ reason: 'shutdown' }]);
  });
});

describe('the runner of a task', () => {
  test('equal slot and task ids of two runners are kept apart by the context of a slot', () => {
    const told = story([
      listening(-2_000),
      load(-1_500, 'wren', 40_001, { context: 4096 }),
      load(-900, 'finch', 40_002, { context: 8192 }),
      launched({ id: 0, from: 100, prompt: 30, context: 4096 }),
      launched({ id: 0, from: 101, prompt: 77, context: 8192 }),
      task({ id: 0, from: 100, prompt: 30, output: 5 }).slice(3),
      access(141, 200, '45ms', '/api/chat', '127.0.0.1'),
      task({ id: 0, from: 101, prompt: 77, output: 50, decodeMs: 80 }).slice(3),
      access(192, 200, '94ms', '/api/chat', '127.0.0.2'),
    ]);
    const models = new Map(closed(told).map((request) => [request.client, request.model.name]));
    expect(models).toEqual(
      new Map([
        ['127.0.0.1', 'wren:1b'],
        ['127.0.0.2', 'finch:1b'],
      ]),
    );
    expect(closed(told).map((request) => request.tokens.output)).toEqual([5, 50]);
  });

  test('equal contexts: the ids say which runner is meant', () => {
    const told = story([
      listening(-2_000),
      load(-1_500, 'wren', 40_001),
      load(-900, 'finch', 40_002),
      task({ id: 0, from: 100, output: 5 }),
      access(141, 200, '45ms'),
      task({ id: 6, from: 300, output: 9 }),
      access(341, 200, '45ms'),
      task({ id: 0, from: 500, output: 40 }),
      access(541, 200, '45ms'),
      task({ id: 16, from: 700, output: 9 }),
      access(741, 200, '45ms'),
      task({ id: 41, from: 900, output: 9 }),
      access(941, 200, '45ms'),
    ]);
    const keys = closed(told).map((request) => request.runner?.key);
    // The very first task could have been either's, and is not claimed to be anybody's.
    expect(keys[0]).toBeUndefined();
    expect([keys[3], keys[4]]).toEqual([keys[1], keys[2]]);
    expect(new Set(keys.slice(1))).toEqual(new Set(['1/1', '1/2']));
  });

  test('a log that starts in the middle still joins, without a model', () => {
    const [request] = closed(story([task({ id: 500, from: 100 }), access(141, 200, '45ms')]));
    expect(request).toMatchObject({ task: 500, model: {}, tokens: { input: 40 } });
  });
});

describe('older versions and DEBUG', () => {
  const group = (name: string, pid: number, blob: string): string =>
    `runner.name=library/${name} runner.size="1.5 GiB" runner.vram="1.5 GiB" runner.parallel=1 runner.pid=${pid} runner.model=/models/blobs/sha256-${blob} runner.num_ctx=4096`;
  const old = (ms: number, letter: string, port: number) => [
    slog(
      ms,
      'INFO',
      `msg="starting runner" cmd="/usr/bin/ollama runner --model /models/blobs/sha256-${letter.repeat(64)} --port ${port}"`,
    ),
    slog(ms + 250, 'INFO', 'msg="llama runner started in 0.25 seconds"'),
  ];

  test('no tasks: one model is known, its request has no phases', () => {
    const [request] = closed(story([listening(0, '0.24.0'), old(100, 'a', 40_001), access(900, 200, '80ms')]));
    expect(request).toMatchObject({
      model: { blob: 'a'.repeat(64) },
      modelJoin: { method: 'single_model' },
      tokens: {},
      phases: [],
    });
  });

  test('no tasks, two models: nothing is claimed', () => {
    const [request] = closed(
      story([listening(0, '0.24.0'), old(100, 'a', 40_001), old(400, 'b', 40_002), access(900, 200, '80ms')]),
    );
    expect(request).toMatchObject({ model: {}, modelJoin: { method: 'none', confidence: 0 } });
  });

  test('the k-th finished line names the k-th request', () => {
    const finished = (ms: number, name: string, pid: number, letter: string) =>
      slog(ms, 'DEBUG', `msg="context for request finished" ${group(name, pid, letter.repeat(64))}`);
    const told = story([
      listening(0, '0.24.0'),
      old(100, 'a', 40_001),
      old(400, 'b', 40_002),
      access(900, 200, '80ms', '/api/chat', '127.0.0.1'),
      access(900, 404, '80µs', '/api/chat', '127.0.0.9'),
      access(900, 200, '60ms', '/api/chat', '127.0.0.2'),
      finished(900, 'finch:1b', 71, 'b'),
      finished(900, 'wren:1b', 70, 'a'),
    ]);
    const models = new Map(closed(told).map((request) => [request.client, request.model.name]));
    expect(models).toEqual(
      new Map([
        ['127.0.0.9', undefined],
        ['127.0.0.1', 'finch:1b'],
        ['127.0.0.2', 'wren:1b'],
      ]),
    );
  });
});

describe('lines', () => {
  test('a truncated prompt is tied to the task that has its length', () => {
    const cut = slog(100, 'WARN', 'msg="truncating input prompt" limit=514 prompt=3000 keep=4 new=514');
    const told = story([ready, cut, task({ id: 0, from: 105, prompt: 514 }), access(146, 200, '50ms')]);
    expect(closed(told)[0]?.truncatedPrompt).toEqual({ promptTokens: 3000, keptTokens: 514 });
    expect(factsOfType(told, 'prompt.truncated')).toMatchObject([
      { promptTokens: 3000, keptTokens: 514, ref: closed(told)[0]?.ref },
    ]);
    const line = factsOfType(told, 'line.read').find(
      (fact) => fact.reading.type === 'ollama' && fact.reading.kind === 'request.truncated',
    );
    expect(line?.ref).toEqual(closed(told)[0]?.ref);
  });

  test('task lines and the access line carry the span of their request', () => {
    const told = story([ready, task({ id: 0, from: 100 }), access(141, 200, '45ms')]);
    const linked = factsOfType(told, 'line.read').filter((fact) => fact.ref !== undefined);
    expect(linked).toHaveLength(8);
    expect(new Set(linked.map((fact) => fact.ref?.traceId))).toEqual(new Set([closed(told)[0]?.ref.traceId]));
  });

  test('how many are under way', () => {
    const told = story(
      [
        listening(0),
        load(100, 'wren', 40_001, { parallel: 2 }),
        launched({ id: 0, from: 400 }),
        launched({ id: 1, slot: 1, from: 401 }),
      ],
      { endMs: 450 },
    );
    expect(factsOfType(told, 'requests.under_way').map(({ active, queued }) => [active, queued])).toEqual([
      [0, 1],
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });

  test('a request is told within a second of its end', () => {
    const told = story([ready, task({ id: 0, from: 100 }), access(141, 200, '45ms')], { endMs: 900 });
    const [fact] = factsOfType(told, 'request.closed');
    expect(fact).toBeDefined();
    expect(secondsBetween(at(141), at(900))).toBeLessThan(1);
  });

  test('two finished lines of one load are one load', () => {
    const told = story([listening(0), load(100, 'wren', 40_001), started(351, '0.26'), counted(351, 1)]);
    expect(factsOfType(told, 'model.loaded')).toMatchObject([{ durationSeconds: 0.25, model: { name: 'wren:1b' } }]);
  });
});
