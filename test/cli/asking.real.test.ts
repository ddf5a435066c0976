// `query` and `trace` as a person types them, against a real Loki and a real Jaeger.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOLD_TO, tell } from '../loki/telling.ts';
import { lokiQuery, until } from '../real/backends/ask.ts';
import { type Stack, startStack } from '../real/backends/stack.ts';
import { type Ended, runProgram } from '../support/program.ts';

let stack: Stack;
let trace = '';

const asked = (...args: readonly string[]): Promise<Ended> =>
  runProgram(args, {
    env: { OLLASCOPE_LOKI_URL: stack.lokiUrl, OLLASCOPE_JAEGER_URL: stack.jaegerUrl, COLUMNS: '110' },
  });

beforeAll(async () => {
  stack = await startStack({ only: TOLD_TO });
  await tell(stack, { paths: ['recordings/composed-two-gpus'], times: 'end-now' });
  const hits = '{service_name="ollama"} | event_name="ollama.request.fault_hit"';
  const [hit] = await until('the requests that faults hit', () => lokiQuery(stack.lokiUrl, hits));
  trace = hit?.metadata['trace_id'] ?? '';
});
afterAll(() => stack?.stop());

describe('query', () => {
  it('asks a stored query by its name: records as text, with their fields', async () => {
    const { code, stdout, stderr } = await asked('query', 'requests-hit');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\{host_name="composed-host", service_name="ollama"\}\n/);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \w+ +\S+ \S+ was hit by xid\.\d+ on /m);
    expect(stdout).toContain(`trace_id="${trace}"`);
  });

  it('narrows down by parameters, and answers JSON', async () => {
    const { stdout } = await asked('query', 'trace', '--param', `trace=${trace}`, '--json');
    const answer: { records: { metadata: { [name: string]: string } }[] } = JSON.parse(stdout);
    expect(answer.records.length).toBeGreaterThan(1);
    expect(new Set(answer.records.map(({ metadata }) => metadata['trace_id']))).toEqual(new Set([trace]));
  });

  it('shows numbers as a table, over a span and step by step', async () => {
    const table = await asked('query', 'unloads');
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^gen_ai_request_model +ollascope_reason +value\n\S+:\S+ +\w+ +\d+\n/);
    const series = await asked('query', 'request-duration-p95', '--param', 'window=5m');
    expect(series.stdout).toMatch(/^time +http_route +value\n\d{4}-/);
  });

  it('asks any LogQL', async () => {
    const lines = await asked('query', '{service_name="ollama"} |= "was hit by"', '--limit', '2');
    expect(lines.stdout.match(/was hit by/g)).toHaveLength(2);
    expect(lines.stderr).toContain('only the newest 2');
    const number = await asked('query', 'sum(count_over_time({service_name="ollama"}[1h]))');
    expect(number.stdout).toMatch(/^value\n +\d+\n$|^value\n\d+\n$/);
  });

  it('says what Loki says of LogQL that is none', async () => {
    const { code, stderr } = await asked('query', '{service_name=} |= 1');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Loki did not take the question: parse error at line 1/);
  });

  it('says that nothing was found, where it looked and what to do', async () => {
    const { code, stdout, stderr } = await asked('query', 'errors', '--param', 'service=nobody');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^nothing found from .* to .*\. What to do: look further back with --since/);
  });
});

describe('trace', () => {
  it('draws one, with its log records and the faults that hit it', async () => {
    const { code, stdout, stderr } = await asked('trace', trace.toUpperCase());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`trace ${trace}`);
    expect(stdout).toMatch(/! nvidia\.gpu\.fault error\.type=xid\.\d+/);
    expect(stdout).toMatch(/^Log records of the trace: [1-9]/m);
    expect(stdout).toMatch(/^Records of faults that hit it: [1-9]/m);
    expect(stdout).toContain('event_name="nvidia.gpu.fault"');
  });

  it('lists what a search finds', async () => {
    const { code, stdout } = await asked('trace', 'hit-by-fault');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^trace +when +duration +name +tokens +outcome\n/);
    expect(stdout).toMatch(new RegExp(`^${trace} .*hit by xid\\.\\d+`, 'm'));
    const json = await asked('trace', 'hit-by-fault', '--json', '--limit', '2');
    expect(JSON.parse(json.stdout)).toHaveLength(2);
  });

  it('says that nobody knows a trace, and that nothing was found', async () => {
    const unknown = await asked('trace', 'f'.repeat(32));
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('ollascope trace latest');
    const none = await asked('trace', 'by-model', '--param', 'model=nobody');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('in service ollama');
  });

  it('shows the trace when Loki is away, and the lines when Jaeger forgot', async () => {
    const env = { OLLASCOPE_LOKI_URL: 'http://127.0.0.1:9', OLLASCOPE_JAEGER_URL: stack.jaegerUrl };
    const noLoki = await runProgram(['trace', trace], { env });
    expect(noLoki.code).toBe(0);
    expect(noLoki.stdout).toContain(`trace ${trace.slice(0, 8)}`);
    expect(noLoki.stderr).toContain(
      '--loki-url (OLLASCOPE_LOKI_URL): expected Loki at http://127.0.0.1:9, found nothing',
    );
    const jaeger = stack.server('jaeger');
    await jaeger.stop();
    await jaeger.start();
    const forgotten = await asked('trace', trace);
    expect(forgotten.code).toBe(0);
    expect(forgotten.stdout).toMatch(/^Log records of the trace: [1-9]/m);
    expect(forgotten.stderr).toContain('does not know this trace, Loki has lines of it');
  });
});

it('each server at the place of the other is named for what it is not', async () => {
  const swapped = { OLLASCOPE_LOKI_URL: stack.jaegerUrl, OLLASCOPE_JAEGER_URL: stack.lokiUrl };
  const query = await runProgram(['query', 'errors'], { env: swapped });
  expect(query.code).toBe(3);
  expect(query.stderr).toMatch(
    /^--loki-url \(OLLASCOPE_LOKI_URL\): expected Loki at .* What to do: check host and port/,
  );
  const search = await runProgram(['trace', 'latest'], { env: swapped });
  expect(search.code).toBe(3);
  expect(search.stderr).toMatch(
    /^--jaeger-url \(OLLASCOPE_JAEGER_URL\): expected Jaeger at .* What to do: check host and port/,
  );
});
