// Lines as log records: place, fields, link, and a text only where the grammar vouches for it.
import { describe, expect, test } from 'vitest';
import type { NvidiaReading, OllamaReading, RecordReading } from '../../collectors/reading.ts';
import type { LogSignal, Signal } from '../../otel/signal.ts';
import { createDescribe, describe as tell } from '../../processors/describe/index.ts';
import type { Fact } from '../../processors/fact.ts';
import { at, GPU, kernel, lineOf, ollama, reading, ref, unmatched } from './describe-facts.ts';
import { sampleFacts } from './describe-samples.ts';

const logsOf = (...facts: readonly Fact[]): readonly LogSignal[] => {
  const signals: Signal[] = [];
  for (const fact of facts) tell(fact, (signal) => signals.push(signal));
  return signals.filter((signal) => signal.signal === 'log');
};
const logOf = (read: RecordReading): LogSignal => {
  const [log, ...others] = logsOf({ type: 'line.read', at: read.at, reading: read });
  if (log === undefined || others.length > 0) throw new Error('a line is one record');
  return log;
};

type OllamaKindOf<K extends OllamaReading['kind']> = Extract<OllamaReading, { kind: K }>['fields'];
const ollamaReading = <K extends OllamaReading['kind']>(
  kind: K,
  fields: OllamaKindOf<K>,
  body?: string,
): RecordReading =>
  ({
    type: 'ollama',
    kind,
    fields,
    at: at(1),
    timing: 'logged',
    severity: 'INFO',
    line: lineOf(ollama, 'x'.repeat(99)),
    offset: 0,
    body,
  }) as OllamaReading;
const nvidiaReading = <K extends NvidiaReading['kind']>(
  kind: K,
  fields: Extract<NvidiaReading, { kind: K }>['fields'],
): RecordReading =>
  ({
    type: 'nvidia',
    kind,
    fields,
    at: at(1),
    timing: 'observed',
    severity: 'ERROR',
    line: lineOf(kernel, 'x'),
    offset: 0,
    body: 'NVRM: Xid',
  }) as NvidiaReading;

describe('a line as a log record', () => {
  test('time, place, event, fields and link of an access line', () => {
    expect(logsOf(...sampleFacts['line.read'])[0]).toEqual({
      signal: 'log',
      scope: 'ollascope/ollama',
      at: at(2.41),
      observedAt: at(2.412),
      severity: 'INFO',
      eventName: 'ollama.request.access',
      body: '[GIN] 2026/03/01 - 12:00:02 | 200 |  2.410000001s |  192.0.2.7 | POST "/api/chat"',
      spanRef: ref,
      attributes: {
        'log.record.uid': 'a1b2c3d4e5f60718:18233',
        'ollascope.source': 'ollama',
        'ollascope.line.class': 'matched',
        'ollascope.line.kind': 'http.access',
        'ollascope.timing': 'observed',
        'http.request.method': 'POST',
        'http.route': '/api/chat',
        'http.response.status_code': 200,
        'client.address': '192.0.2.7',
        'ollama.request.duration': 2.410000001,
        'ollascope.join.method': 'assignment',
        'ollascope.join.confidence': 0.995,
      },
    });
  });

  test('an unmatched line is told by class and length; its text only where somebody asked for it', () => {
    expect(logOf(unmatched).body).toBe('unmatched slog line, 73 bytes');
    const sent: Signal[] = [];
    createDescribe({ sendUnmatchedText: true })({ type: 'line.read', at: at(3), reading: unmatched }, (signal) =>
      sent.push(signal),
    );
    expect(sent).toMatchObject([{ body: unmatched.line.text }]);
  });

  test.each([
    [{ class: 'malformed', name: 'dmon' }, 'malformed dmon line, 73 bytes'],
    [{ class: 'continuation', name: 'crash_dump' }, 'continuation of crash_dump, 73 bytes'],
    [{ class: 'noise', name: 'load_dots' }, 'noise load_dots line, 73 bytes'],
  ] as const)('a line without a text of its own: %o', (more, body) => {
    expect(logOf({ ...unmatched, ...more } as RecordReading).body).toBe(body);
  });

  test('a matched line that the grammar does not vouch for is told by kind and length', () => {
    expect(logOf(ollamaReading('request.failed', { errorType: 'runner.gone', clientLeft: false })).body).toBe(
      'request.failed line, 100 bytes',
    );
  });

  test('records glued into one line have ids of their own', () => {
    expect(logOf(reading({ offset: 41 })).attributes['log.record.uid']).toBe('a1b2c3d4e5f60718:18233+41');
  });

  test('a line over the limit says so', () => {
    const cut = { ...unmatched, line: lineOf(ollama, 'x', { truncated: true }) };
    expect(logOf(cut).attributes['ollascope.line.truncated']).toBe(true);
    expect(logOf(unmatched).attributes).not.toHaveProperty('ollascope.line.truncated');
  });

  test('a runner group is flattened, GPUs become a list', () => {
    const runner = {
      model: 'slow:latest',
      pid: 21_007,
      blob: 'f940',
      contextSize: 2_048,
      parallel: 2,
      sizeBytes: 1,
      gpus: [GPU.uuid],
    };
    expect(logOf(ollamaReading('request.finished_context', { runner })).attributes).toMatchObject({
      'gen_ai.request.model': 'slow:latest',
      'ollama.runner.pid': 21_007,
      'ollama.model.blob': 'f940',
      'ollama.context.size': 2_048,
      'ollama.runner.parallel': 2,
      'ollama.model.gpus': [GPU.uuid],
    });
    const gpus = [{ gpu: GPU.uuid, layers: 29 }];
    expect(logOf(ollamaReading('load.request', { operation: 'commit', gpus })).attributes).toMatchObject({
      'ollama.load.operation': 'commit',
      'ollama.model.gpus': [GPU.uuid],
    });
  });

  test('settings and details become name=value', () => {
    const settings = { OLLAMA_NUM_PARALLEL: '4', OLLAMA_KEEP_ALIVE: '5m0s' };
    expect(logOf(ollamaReading('server.config', { settings })).attributes['ollama.settings']).toEqual([
      'OLLAMA_NUM_PARALLEL=4',
      'OLLAMA_KEEP_ALIVE=5m0s',
    ]);
    const xid = logOf(
      nvidiaReading('xid', { bus: '0000:3b:00', code: 31, pid: 5150, process: 'ollama', detail: { engine: 'GR0' } }),
    );
    expect(xid).toMatchObject({ scope: 'ollascope/nvidia', eventName: 'nvidia.xid', body: 'NVRM: Xid' });
    expect(xid.attributes).toMatchObject({
      'nvidia.gpu.bus': '0000:3b:00',
      'nvidia.xid.code': 31,
      'error.type': 'xid.31',
      'process.pid': 5150,
      'nvidia.xid.process': 'ollama',
      'nvidia.xid.detail': ['engine=GR0'],
    });
  });

  test('units are those of the attribute: milliseconds become seconds', () => {
    const timing = logOf(ollamaReading('task.decode_timing', { slot: 0, task: 48, durationMs: 980, tokens: 88 }));
    expect(timing.attributes).toMatchObject({
      'ollama.task.duration': 0.98,
      'ollama.task.tokens': 88,
      'ollama.slot.id': 0,
    });
  });

  test("Ollama's own device ordinals are no GPU ids", () => {
    const discovered = (id: string) => logOf(ollamaReading('gpu.discovered', { id, library: 'CUDA' })).attributes;
    expect(discovered('0')).not.toHaveProperty('hw.id');
    expect(discovered(GPU.uuid)['hw.id']).toBe(GPU.uuid);
  });
});
