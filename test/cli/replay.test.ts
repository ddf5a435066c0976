// What `replay` prints is a function of what it reads: the same bytes twice, in other pieces, faster or slower. And the one thing
// that nothing else tells: a GPU's fault on the trace of the request that it hit.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Received, receivedOf } from '../support/otlp-received.ts';
import { ROOT, runProgram, startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { dmonLog, kernelLog, LOST_BUS, LOST_GPU, ollamaLog } from './composed.ts';

const DEMO = join(ROOT, 'recordings', 'demo');
const OUTPUTS = ['text', 'json', 'otlp-json'] as const;
/** The shortest pieces where everything is told. */
const PIECE_BYTES = { text: 4_096, json: 97, 'otlp-json': 1 } as const;
const scratch = createScratch();
afterAll(scratch.remove);

const files = [
  scratch.write('server.log', ollamaLog()),
  scratch.write('dmon.log', dmonLog()),
  scratch.write('kernel.log', kernelLog()),
] as const;

/** Only standard output, of a run that ended well and had nothing to complain about. */
const told = async (args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runProgram(['replay', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.length).toBeGreaterThan(500);
  return stdout;
};

/** Everything in the lines of an OTLP JSON output. */
const receivedIn = (text: string): Received => {
  const all: Received = { spans: [], logs: [], metrics: [] };
  for (const line of text.trimEnd().split('\n')) {
    const { spans, logs, metrics } = receivedOf(JSON.parse(line));
    all.spans.push(...spans);
    all.logs.push(...logs);
    all.metrics.push(...metrics);
  }
  return all;
};

/** The same recording with every read cut into pieces of at most `sizeBytes`. */
const inPieces = (name: string, sizeBytes: number): string => {
  const dir = scratch.path(name);
  cpSync(DEMO, dir, { recursive: true });
  const table = join(dir, 'ollama.arrivals.tsv');
  const rows = readFileSync(table, 'utf8').trimEnd().split('\n');
  const cut = rows.flatMap((row) => {
    const [at, position, size, observed] = row.split('\t');
    const pieces: string[] = [];
    for (let from = 0; from < Number(size); from += sizeBytes) {
      const piece = Math.min(sizeBytes, Number(size) - from);
      pieces.push(`${at}\t${Number(position) + from}\t${piece}\t${observed}\n`);
    }
    return pieces;
  });
  writeFileSync(table, cut.join(''));
  return dir;
};

describe.concurrent.each(OUTPUTS)('--output %s', (output) => {
  test('a recording tells the same twice and in any pieces', async () => {
    const dirs = [DEMO, DEMO, inPieces(`pieces-${output}`, PIECE_BYTES[output])];
    const [first, ...others] = await Promise.all(dirs.map((dir) => told([dir, '--output', output])));
    for (const other of others) expect(other === first, 'identical bytes').toBe(true);
  });

  test('bare files tell the same twice, wherever they lie and however fast', async () => {
    const elsewhere = files.map((path, index) => scratch.write(`elsewhere-${output}-${index}`, readFileSync(path)));
    const [first, ...others] = await Promise.all([
      told([...files, '--output', output]),
      told([...files, '--output', output]),
      told([...elsewhere, '--output', output]),
      told([...files, '--output', output, '--speed', '200']),
    ]);
    for (const other of others) expect(other === first, 'identical bytes').toBe(true);
  });
});

test('--speed takes its time', async () => {
  const begun = performance.now();
  await told([...files, '--speed', '100']);
  // From 21:40:00 to 21:40:40, a hundred times as fast.
  expect(performance.now() - begun).toBeGreaterThan(390);
});

describe('a log, dmon and a kernel log together', () => {
  let all: Received;
  let text: string;
  beforeAll(async () => {
    [all, text] = await Promise.all([told([...files, '--output', 'otlp-json']).then(receivedIn), told(files)]);
  });
  const servers = () => all.spans.filter(({ kind }) => kind === 2);
  const eventsOf = (name: string) => all.logs.filter(({ eventName }) => eventName === name);

  test('each request is one trace with its phases, tokens and model', () => {
    expect(servers()).toHaveLength(2);
    for (const server of servers()) {
      expect(server.name).toBe('chat sha256:c4c4c4c4c4c4');
      expect(server.attributes).toMatchObject({
        'gen_ai.usage.input_tokens': 41,
        'gen_ai.usage.output_tokens': 64,
        'http.route': '/api/chat',
        'http.response.status_code': 200,
      });
      const children = all.spans.filter(({ parentSpanId }) => parentSpanId === server.spanId);
      expect(children.map(({ name }) => name).sort()).toEqual(['decode', 'prefill', 'queue']);
      for (const child of children) {
        expect(child.traceId).toBe(server.traceId);
        expect(child.start >= server.start && child.end <= server.end).toBe(true);
      }
    }
    expect(text).not.toContain('abandoned');
  });

  test('the request that ran when the GPU was lost carries the fault, the one after it does not', () => {
    const [hit, after] = servers().toSorted((a, b) => (a.start < b.start ? -1 : 1));
    expect(hit?.status).toMatchObject({ code: 2, message: 'xid.79' });
    expect(hit?.events).toMatchObject([
      {
        name: 'nvidia.gpu.fault',
        at: 1_778_362_814_000_200_000n,
        attributes: { 'error.type': 'xid.79', 'hw.id': LOST_GPU, 'nvidia.fault.severity': 'FATAL' },
      },
    ]);
    expect(after?.status.code).not.toBe(2);
    expect(after?.events).toEqual([]);
  });

  test('a log record lists the trace that the fault hit, under the GPU’s own name', () => {
    const hit = servers().find(({ events }) => events.length > 0);
    expect(eventsOf('nvidia.gpu.fault')).toHaveLength(1);
    expect(eventsOf('nvidia.gpu.fault.settled')).toMatchObject([
      {
        severityText: 'FATAL',
        attributes: {
          'hw.id': LOST_GPU,
          'nvidia.gpu.bus': LOST_BUS.toLowerCase(),
          'nvidia.fault.codes': [79],
          'nvidia.fault.requests': 1,
          'nvidia.fault.trace_ids': [hit?.traceId],
          'nvidia.fault.models': ['sha256:c4c4c4c4c4c4'],
        },
      },
    ]);
  });

  test('every line is a log record, and those of a request name its trace', () => {
    const uids = all.logs.map(({ attributes }) => attributes['log.record.uid']).filter((uid) => uid !== undefined);
    expect(new Set(uids).size).toBe(uids.length);
    const linked = all.logs.filter(({ attributes }) => attributes['ollascope.line.kind'] === 'task.total_timing');
    expect(linked.map(({ traceId }) => traceId).sort()).toEqual(
      servers()
        .map(({ traceId }) => traceId)
        .sort(),
    );
  });

  test('the GPU that went on is told to the end, the lost one is not', () => {
    const last = all.metrics.filter(({ name }) => name === 'hw.power').at(-1);
    expect(last?.points.map(({ attributes, value }) => [attributes['hw.id'], value])).toEqual([['index:1', 13]]);
    const errors = all.metrics.filter(({ name }) => name === 'hw.errors').at(-1);
    expect(errors?.points).toMatchObject([{ value: 1, attributes: { 'hw.id': LOST_GPU, 'error.type': 'xid.79' } }]);
  });

  test('the waterfall shows it without colour', () => {
    expect(text).toMatch(/^trace [0-9a-f]{32} {2}chat .* ERROR xid\.79$/m);
    expect(text).toMatch(/^ {2}! nvidia\.gpu\.fault error\.type=xid\.79 FATAL \+4\.00\d s hw\.id=GPU-/m);
    expect(text).not.toContain('\u001b');
  });
});

test('the reader may go away, as with `| head`', async () => {
  const program = startProgram(['replay', DEMO, '--output', 'otlp-json']);
  await program.until(({ stdout }) => stdout().length > 0);
  program.closeStdout();
  const { code, signal, stderr } = await program.ended;
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
});
