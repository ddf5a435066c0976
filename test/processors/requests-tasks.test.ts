// Whose task a line is: several tasks of one request, several runners with the same ids, versions that print no tasks.
import { describe, expect, test } from 'vitest';
import {
  access,
  cancelled,
  closed,
  factsOfType,
  launched,
  listening,
  load,
  released,
  slog,
  story,
  task,
} from './requests-story.ts';

const ready = [listening(-900), load(-700, 'wren', 40_001, { parallel: 2 })];

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

test('accepted draft tokens take no task ids: the next task is still its runner’s', () => {
  const draft = (ms: number, id: number) => ({
    ms,
    text: `slot print_timing: id  0 | task ${id} | draft acceptance = 0.75000 (   45 accepted /    60 generated)`,
  });
  const drafted = (id: number, from: number) => {
    const lines = task({ id, from, prompt: 20, output: 60, prefillMs: 10, decodeMs: 100 });
    return [lines.slice(0, -1), draft(from + 110, id), lines.slice(-1)];
  };
  // Wren's ids are far beyond; finch's 60 tokens took 15 batches: its second task is 16, not 61.
  const told = story([
    listening(-2_900),
    load(-2_700, 'wren', 40_001),
    task({ id: 0, from: -2_000, output: 400, prefillMs: 10, decodeMs: 100 }),
    access(-1_888, 200, '112ms'),
    load(-1_700, 'finch', 40_002),
    drafted(0, 100),
    access(212, 200, '112ms'),
    drafted(16, 400),
    access(512, 200, '112ms'),
  ]);
  expect(closed(told).map(({ runner }) => runner?.key)).toEqual(['1/1', '1/2', '1/2']);
});

test('a request that waited for a slot of a runner that died goes by the port that its failure names', () => {
  const hungUp = (ms: number) =>
    slog(ms, 'ERROR', 'msg="llama-server completion error" error="Post \\"http://127.0.0.1:40002/completion\\": EOF"');
  const told = story([
    listening(-2_900),
    load(-2_700, 'wren', 40_001),
    load(-1_700, 'finch', 40_002),
    hungUp(500),
    access(500, 500, '300ms', '/api/generate'),
  ]);
  expect(closed(told)[0]).toMatchObject({
    model: { name: 'finch:1b' },
    modelJoin: { method: 'failed_line', confidence: 0.95 },
    errorType: 'runner.gone',
  });
});
