// What becomes of the lines themselves, and what is told of requests before and beside their end.
import { describe, expect, test } from 'vitest';
import { secondsBetween } from '../../otel/time.ts';
import {
  access,
  at,
  closed,
  counted,
  factsOfType,
  launched,
  listening,
  load,
  slog,
  started,
  story,
  task,
} from './requests-story.ts';

const ready = [listening(-900), load(-700, 'wren', 40_001, { parallel: 2 })];

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

  test('a call that is no inference has no trace, so its line carries no trace id', () => {
    const told = story([ready, access(41, 200, '1ms', '/api/show')]);
    expect(closed(told).map(({ operation }) => operation)).toEqual([undefined]);
    expect(factsOfType(told, 'line.read').filter((fact) => fact.ref !== undefined)).toEqual([]);
  });

  test('an API that does not answer is told as a line, its answers are not', () => {
    const source = { name: 'ollama-api', dialect: 'api', identity: '00000000000000a3' } as const;
    const told = story([
      { ms: 10, text: '{"kind":"api.version","version":"0.34.4"}', source },
      { ms: 20, text: '{"kind":"api.unreachable","reason":"econnrefused"}', source },
    ]);
    expect(factsOfType(told, 'line.read')).toMatchObject([{ reading: { kind: 'api.unreachable' } }]);
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
