// Facts as log events: stable names, severities, sentences, and the traces that a fault touched.
import { describe, expect, test } from 'vitest';
import type { LogSignal, Signal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import { FAULT_TRACE_IDS_MAX } from '../../processors/describe/logs-gpus.ts';
import type { Fact } from '../../processors/fact.ts';
import { GPU, ref } from './describe-facts.ts';
import { sampleFacts } from './describe-samples.ts';

const logsOf = (...facts: readonly Fact[]): readonly LogSignal[] => {
  const signals: Signal[] = [];
  for (const fact of facts) tell(fact, (signal) => signals.push(signal));
  return signals.filter((signal) => signal.signal === 'log');
};

describe('facts as events', () => {
  const only = (fact: Fact): LogSignal => {
    const [log, ...others] = logsOf(fact);
    if (log === undefined || others.length > 0) throw new Error(`${fact.type} is one event`);
    return log;
  };

  test.each([
    [
      'model.loaded',
      'ollama.model.loaded',
      'INFO',
      'llama3.2:3b loaded in 1.10 s, 29/29 layers on the GPU, 2.8 GiB GPU, 294 MiB CPU',
    ],
    [
      'model.cpu_fallback',
      'ollama.cpu_fallback',
      'WARN',
      'llama3.2:3b: 20 of 33 layers on the GPU, the rest on the CPU',
    ],
    [
      'model.evicted',
      'ollama.model.evicted',
      'WARN',
      'llama3.2:3b evicted to make room for sha256:00aa11bb22cc (gpu_memory)',
    ],
    ['runner.crashed', 'ollama.runner.crashed', 'ERROR', 'runner of llama3.2:3b died: signal.killed'],
    ['prompt.truncated', 'ollama.prompt.truncated', 'WARN', 'prompt of 5000 tokens cut to 2048 (llama3.2:3b)'],
    ['gpu.stale', 'nvidia.gpu.stale', 'WARN', `GPU 0 (${GPU.uuid}) is not heard of any more (lost)`],
    [
      'gpu.fault_raised',
      'nvidia.gpu.fault',
      'WARN',
      `xid.31 on GPU 0 (${GPU.uuid}): GPU memory page fault (RESTART_APP)`,
    ],
    [
      'source.changed',
      'ollascope.source.gap',
      'WARN',
      'ollama gap: expected byte 900, found 1 000: 100 bytes are lost',
    ],
  ] as const)('%s is %s', (type, eventName, severity, body) => {
    const [fact] = sampleFacts[type];
    if (fact === undefined) throw new Error('the sample has gone');
    expect(only(fact)).toMatchObject({ eventName, severity, body });
  });

  test('a fault settled again does not deny the requests of its first telling', () => {
    const [settled] = sampleFacts['gpu.fault_settled'];
    if (settled === undefined) throw new Error('the sample has gone');
    expect(only({ ...settled, hit: [], hitBefore: 2 }).body).toContain('12 lines, 2 requests hit before, 0 more,');
  });

  test('a settled fault lists the traces it touched, up to a bound, and counts all', () => {
    const [settled] = sampleFacts['gpu.fault_settled'];
    if (settled === undefined) throw new Error('the sample has gone');
    expect(only(settled)).toMatchObject({
      severity: 'FATAL',
      attributes: {
        'nvidia.fault.trace_ids': [ref.traceId],
        'nvidia.fault.models': ['llama3.2:3b'],
        'nvidia.fault.codes': [79, 154],
        'nvidia.fault.requests': 1,
      },
    });
    expect(only(settled).body).toContain('settled: at least 12 lines, 1 request hit, 1 runner died');
    const [one] = settled.hit;
    if (one === undefined) throw new Error('the sample has no hit');
    const many = only({ ...settled, hit: new Array(FAULT_TRACE_IDS_MAX + 9).fill(one) });
    expect(many.attributes['nvidia.fault.trace_ids']).toHaveLength(FAULT_TRACE_IDS_MAX);
    expect(many.attributes['nvidia.fault.requests']).toBe(FAULT_TRACE_IDS_MAX + 9);
  });

  test('a hit carries the trace of its request, the model and how sure the link is', () => {
    const [known, nameless] = logsOf(...sampleFacts['request.fault_hit']);
    expect(known).toMatchObject({
      body: expect.stringMatching(/^chat llama3\.2:3b was hit by xid\.\d+ on GPU/),
      spanRef: ref,
      attributes: { 'gen_ai.request.model': 'llama3.2:3b', 'nvidia.fault.incident': expect.any(String) },
    });
    expect(known?.attributes).toHaveProperty('ollascope.join.confidence');
    expect(nameless?.body).toMatch(/^chat was hit by xid/);
  });

  test('a recovered GPU is no warning, a failed one is an error', () => {
    expect(logsOf(...sampleFacts['gpu.state_changed']).map(({ severity }) => severity)).toEqual(['ERROR', 'INFO']);
  });

  test('what comes with every sample or row is no event', () => {
    expect(
      logsOf(
        ...sampleFacts['gpu.sampled'],
        ...sampleFacts['gpu.throttled'],
        ...sampleFacts['gpu.described'].slice(0, 1),
      ),
    ).toEqual([]);
  });
});
