// What the API adds to the log: names of blobs, names of runners, and runners that are gone without a line.
import { describe, expect, test } from 'vitest';
import type { SourceInfo } from '../../collectors/line.ts';
import type { ApiFields, ApiKind, ApiReading, OllamaReading } from '../../collectors/reading.ts';
import type { Fact } from '../../processors/fact.ts';
import { createRequestsFold } from '../../processors/requests.ts';
import { createRunnersFold } from '../../processors/runners.ts';
import { at, BLOBS } from './requests-story.ts';

const source = (dialect: 'api' | 'ollama'): SourceInfo => ({
  name: dialect,
  dialect,
  identity: `00000000000000${dialect === 'api' ? 'c1' : 'c2'}`,
});
const common = (ms: number, dialect: 'api' | 'ollama') => ({
  at: at(ms),
  timing: 'logged' as const,
  severity: 'INFO' as const,
  offset: 0,
  body: undefined,
  line: {
    source: source(dialect),
    text: '',
    position: ms,
    sizeBytes: 1,
    arrival: at(ms),
    observed: true,
    truncated: false,
  },
});
const api = <K extends ApiKind>(ms: number, kind: K, fields: ApiFields[K]): ApiReading =>
  ({ ...common(ms, 'api'), type: 'api', kind, fields }) as ApiReading;
const loaded = (ms: number, blob: string, port: number): readonly OllamaReading[] => [
  {
    ...common(ms, 'ollama'),
    type: 'ollama',
    kind: 'runner.starting',
    fields: { engine: 'llamarunner', discovery: false, blob, port },
  },
  { ...common(ms + 250, 'ollama'), type: 'ollama', kind: 'runner.started', fields: { durationSeconds: 0.25 } },
];
const resident = (ms: number, ...names: readonly string[]): ApiReading =>
  api(ms, 'api.resident', {
    models: names.map((name) => ({ name, sizeBytes: 2_000, vramBytes: 1_000, expiresAt: at(ms + 60_000) })),
  });

const walk = (readings: readonly (OllamaReading | ApiReading)[]) => {
  const fold = createRunnersFold();
  const facts: Fact[] = [];
  const emit = (fact: Fact): void => {
    facts.push(fact);
  };
  for (const reading of readings) fold.step(reading, emit);
  fold.end(emit);
  return { facts, table: fold.table };
};

describe('names', () => {
  test('the only tag of a blob names it, one of several does not', () => {
    const models = api(0, 'api.models', {
      models: [
        { name: 'wren:1b', blob: BLOBS.wren },
        { name: 'finch:1b', blob: BLOBS.finch },
        { name: 'finch:latest', blob: BLOBS.finch },
      ],
    });
    const { table } = walk([models, ...loaded(100, BLOBS.wren, 1), ...loaded(500, BLOBS.finch, 2)]);
    expect(table.alive().map((runner) => runner.name)).toEqual(['wren:1b', undefined]);
  });

  test('the one resident name that no runner has is the one nameless runner', () => {
    const { table } = walk([...loaded(100, BLOBS.wren, 1), resident(1_000, 'wren:1b')]);
    expect(table.alive().map((runner) => runner.name)).toEqual(['wren:1b']);
  });

  test('two nameless runners are not guessed', () => {
    const { table } = walk([
      ...loaded(100, BLOBS.wren, 1),
      ...loaded(400, BLOBS.finch, 2),
      resident(1_000, 'wren:1b', 'finch:1b'),
    ]);
    expect(table.alive().map((runner) => runner.name)).toEqual([undefined, undefined]);
  });
});

describe('residents', () => {
  test('a runner that is no longer listed has gone', () => {
    const { facts, table } = walk([...loaded(100, BLOBS.wren, 1), resident(1_000, 'wren:1b'), resident(9_000)]);
    expect(facts.filter((fact) => fact.type === 'model.unloaded')).toMatchObject([
      { reason: 'unknown', model: { name: 'wren:1b' } },
    ]);
    expect(table.alive()).toEqual([]);
  });

  test('a runner younger than the question is not judged', () => {
    const named = api(0, 'api.models', { models: [{ name: 'wren:1b', blob: BLOBS.wren }] });
    const { table } = walk([named, ...loaded(100, BLOBS.wren, 1), resident(600)]);
    expect(table.alive()).toHaveLength(1);
  });

  test('sizes and the time left come from the list, and it silences the log', () => {
    const { facts } = walk([resident(1_000, 'wren:1b'), ...loaded(2_000, BLOBS.finch, 1)]);
    expect(facts.filter((fact) => fact.type === 'models.resident')).toEqual([
      {
        type: 'models.resident',
        at: at(1_000),
        from: 'api',
        models: [{ name: 'wren:1b', sizeBytes: 2_000, vramBytes: 1_000, expiresInSeconds: 60 }],
      },
    ]);
  });

  test('when the API is gone the log speaks again', () => {
    const { facts } = walk([
      resident(1_000),
      api(2_000, 'api.unreachable', { reason: 'refused' }),
      ...loaded(3_000, BLOBS.finch, 1),
    ]);
    expect(
      facts
        .filter((fact) => fact.type === 'models.resident')
        .map((fact) => fact.type === 'models.resident' && fact.from),
    ).toEqual(['api', 'log']);
  });
});

test("a log that starts in the middle: the one resident model is the request's", () => {
  const runners = createRunnersFold();
  const requests = createRequestsFold({ table: runners.table, minConfidence: 0.5 });
  const facts: Fact[] = [];
  const ignore = (): void => undefined;
  const access: OllamaReading = {
    ...common(5_000, 'ollama'),
    type: 'ollama',
    kind: 'http.access',
    fields: {
      status: 200,
      latencyNs: 80e6,
      latencyStepNs: 1,
      client: '127.0.0.1',
      method: 'POST',
      route: '/api/chat',
      endCivilSeconds: 0,
    },
  };
  for (const reading of [resident(1_000, 'wren:1b'), access]) {
    runners.step(reading, ignore);
    requests.step(reading, (fact) => facts.push(fact));
  }
  requests.end((fact) => facts.push(fact));
  const [closed] = facts.flatMap((fact) => (fact.type === 'request.closed' ? [fact.request] : []));
  expect(closed).toMatchObject({ model: { name: 'wren:1b' }, modelJoin: { method: 'api' } });
});
