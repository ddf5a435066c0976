// Log records as the text that goldens hold.
import { describe, expect, test } from 'vitest';
import { formatLogs, streamOf } from '../../loki/format.ts';
import type { LogSignal } from '../../otel/signal.ts';
import { addNs } from '../../otel/time.ts';
import { at, ref } from '../processors/describe-facts.ts';

const log = (more: Partial<LogSignal> = {}): LogSignal => ({
  signal: 'log',
  scope: 'ollascope/ollama',
  at: at(1),
  observedAt: at(1),
  severity: 'WARN',
  body: 'first\nsecond',
  attributes: { 'b.key': 'says "hi"', 'a.key': [1, 2] },
  ...more,
});

describe('log records as Loki shows them', () => {
  test('stream, line, and sorted structured metadata', () => {
    const resource = { attributes: { 'service.name': 'ollama', 'k8s.node.name': 'n1', 'service.instance.id': 'x' } };
    expect(
      formatLogs([log({ eventName: 'ollama.cpu_fallback', spanRef: ref, observedAt: addNs(at(1), 5) })], resource),
    ).toBe(
      `{k8s_node_name="n1", service_name="ollama"}
2026-03-01T12:00:01.000000000Z WARN  first
    second
    a_key="[1,2]" b_key="says \\"hi\\"" detected_level="warn" event_name="ollama.cpu_fallback" observed_timestamp="1772366401000000005" scope_name="ollascope/ollama" severity_number="13" severity_text="WARN" span_id="1122334455667788" trace_id="5f0c7e2a9b1d4c3e8f6071829304a5b6"
`,
    );
  });

  test('nothing told, nothing shown', () => {
    expect(formatLogs([], { attributes: {} })).toBe('');
  });

  test('only labels of the catalogue make a stream', () => {
    expect(
      streamOf({ attributes: { 'service.name': 'ollama', 'service.instance.id': 'random', 'host.id': 'h' } }),
    ).toBe('{service_name="ollama"}');
  });
});
