// Every stored LogQL query against a real Loki: a recording with two GPUs, faults, crashes and evictions is told to it, and each
// answer is compared with the same question asked of all records in TypeScript.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parametersIn } from '../../loki/parameters.ts';
import { logqlOf, type Query, queries } from '../../loki/queries/index.ts';
import { type LokiLine, lokiMetric, lokiQuery, until } from '../real/backends/ask.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';
import { createScratch } from '../support/scratch.ts';
import { type Expected, expectedAnswers, fieldOf, type Numbers, rowKey, rowsOf } from './expected-answers.ts';
import { TOLD_TO, tell } from './telling.ts';

const scratch = createScratch();
let stack: Stack;
let records: readonly LokiLine[] = [];
let expected: { readonly [name: string]: Expected } = {};
let given: { readonly [name: string]: string } = {};

/** Lines that the recording lacks, as a server prints them. */
const RARE = [
  'time=2026-05-09T21:40:00.000Z level=INFO source=routes.go:1864 msg="Listening on 127.0.0.1:11434 (version 0.34.4)"',
  `time=2026-05-09T21:40:01.000Z level=WARN source=sched.go:642 msg="gpu VRAM usage didn't recover within timeout" seconds=5.12 model=/var/lib/ollama/blobs/sha256-${'c4'.repeat(32)}`,
  'Error: listen tcp 127.0.0.1:11434: bind: address already in use',
  // Last: everything after it belongs to its dump.
  '2026/05/09 21:40:02 [Recovery] 2026/05/09 - 21:40:02 panic recovered:',
];

/** The recording has links of 0.98, and none below the default of 0.9. */
const SURE = '0.99';
const SECONDS = 1e9;
const SPAN_SECONDS = 7_200;
/** More than all records of the test. */
const LIMIT = 10_000;

const everything = (): Promise<LokiLine[]> =>
  lokiQuery(stack.lokiUrl, '{service_name=~".+"}', {
    from: Date.now() / 1_000 - SPAN_SECONDS,
    to: Date.now() / 1_000 + 600,
    limit: LIMIT,
  });
const has = (lines: readonly LokiLine[], event: string): boolean =>
  lines.some((line) => fieldOf(line, 'event_name') === event);

beforeAll(async () => {
  stack = await startStack({ only: TOLD_TO });
  await tell(stack, { paths: ['recordings/composed-two-gpus'], times: 'end-now' });
  await tell(stack, { paths: [scratch.write('server.log', `${RARE.join('\n')}\n`)], times: 'start-now' });
  records = await until('the last records told', everything, {
    holds: (lines) => has(lines, 'ollama.request.panic') && has(lines, 'ollama.request.fault_hit'),
  });
  const hit = records.find((record) => fieldOf(record, 'event_name') === 'ollama.request.fault_hit');
  if (hit === undefined) throw new Error('expected a request that a fault hit');
  given = {
    trace: fieldOf(hit, 'trace_id'),
    incident: fieldOf(hit, 'nvidia_fault_incident'),
    window: '2h',
    sure: SURE,
  };
  expected = expectedAnswers({ trace: given['trace'] ?? '', incident: given['incident'] ?? '', sure: Number(SURE) });
});

afterAll(async () => {
  scratch.remove();
  await stack?.stop();
});

const logqlFor = (query: Query): string => {
  const names = parametersIn(query.expr);
  const wanted = Object.fromEntries(
    Object.entries(given).filter(
      ([name]) => names.includes(name) && (name !== 'incident' || query.name === 'incident'),
    ),
  );
  const filled = logqlOf(query, wanted, SPAN_SECONDS);
  if ('problems' in filled) throw new Error(filled.problems.join('; '));
  return filled.text;
};

const lineKey = (line: LokiLine): string => `${line.at} ${line.line}`;

const compareLines = async (logql: string, test: (record: LokiLine) => boolean): Promise<void> => {
  const from = Date.now() / 1_000 - SPAN_SECONDS;
  const found = await lokiQuery(stack.lokiUrl, logql, { from, to: Date.now() / 1_000 + 600, limit: LIMIT });
  const wanted = records.filter(test).map(lineKey).sort();
  expect(wanted.length).toBeGreaterThan(0);
  expect(found.map(lineKey).sort()).toEqual(wanted);
};

const byKey = (rows: ReadonlyMap<string, number>): readonly (readonly [string, string])[] =>
  [...rows].map(([key, value]) => [key, value.toPrecision(6)] as const).sort(([a], [b]) => (a < b ? -1 : 1));

const compareNumbers = async (logql: string, numbers: Numbers): Promise<void> => {
  const at = Number(records.at(-1)?.at ?? 0n) / SECONDS + 60;
  const samples = await lokiMetric(stack.lokiUrl, logql, at);
  const found = new Map(samples.map(({ metric, value }) => [rowKey(numbers.by, (name) => metric[name] ?? ''), value]));
  const wanted = rowsOf(numbers, records);
  expect(wanted.size).toBeGreaterThan(0);
  if (numbers.top === undefined) {
    expect(byKey(found)).toEqual(byKey(wanted));
    return;
  }
  // Which of several equal ones is last is up to Loki: each must be right, and none greater left out.
  const greatest = [...wanted.values()].sort((a, b) => b - a).slice(0, numbers.top);
  expect([...found.values()].sort((a, b) => b - a).map((value) => value.toPrecision(6))).toEqual(
    greatest.map((value) => value.toPrecision(6)),
  );
  for (const [key, value] of found) expect(wanted.get(key)).toBeCloseTo(value, 5);
};

it('has an expectation for each query, and a query for each expectation', () => {
  expect(Object.keys(expected).sort()).toEqual(queries.map(({ name }) => name).sort());
});

describe('every stored query answers what it says', () => {
  it.each(queries.map((query) => [query.name, query] as const))('%s', async (name, query) => {
    const wanted = expected[name];
    if (wanted === undefined) throw new Error(`expected an expectation for ${name}`);
    if ('lines' in wanted) await compareLines(logqlFor(query), wanted.lines);
    else await compareNumbers(logqlFor(query), wanted.numbers);
  });
});

describe('parameters narrow it down', () => {
  const of = (name: string): Query => {
    const query = queries.find((one) => one.name === name);
    if (query === undefined) throw new Error(`expected ${name}`);
    return query;
  };
  const ask = async (name: string, parameters: { readonly [name: string]: string }): Promise<readonly LokiLine[]> => {
    const filled = logqlOf(of(name), parameters, SPAN_SECONDS);
    if ('problems' in filled) throw new Error(filled.problems.join('; '));
    const from = Date.now() / 1_000 - SPAN_SECONDS;
    return lokiQuery(stack.lokiUrl, filled.text, { from, to: Date.now() / 1_000 + 600 });
  };

  it('by a model whose name has a dot, literally and with *', async () => {
    const loads = records.filter((record) => fieldOf(record, 'event_name') === 'ollama.model.loaded');
    const model = fieldOf(loads[0] as LokiLine, 'gen_ai_request_model');
    const own = loads.filter((record) => fieldOf(record, 'gen_ai_request_model') === model);
    expect(own.length).toBeLessThan(loads.length);
    expect(await ask('model-loads', { model })).toHaveLength(own.length);
    expect(await ask('model-loads', { model: `${model.slice(0, 3)}*` })).not.toHaveLength(0);
    expect(await ask('model-loads', { model: '*' })).toHaveLength(loads.length);
    expect(await ask('model-loads', { model: model.replace(/[a-z]/, '.') })).toHaveLength(0);
  });

  it('by a value that would end the string, the selector or the query: nothing is found and nothing breaks', async () => {
    for (const nasty of [
      '"} or {service_name=~".+',
      '`',
      '\\',
      '" | line_format "x',
      '{{.trace_id}}',
      '\n',
      '$1',
      'ä"ö',
    ])
      expect(await ask('model-loads', { model: nasty })).toEqual([]);
  });

  it('by service and host', async () => {
    const all = await ask('errors', {});
    expect(await ask('errors', { service: 'ollama', host: 'composed-*' })).toHaveLength(
      all.filter((line) => line.labels['host_name'] === 'composed-host').length,
    );
    expect(await ask('errors', { service: 'another' })).toEqual([]);
  });
});
