// Everything that can be told, in the three texts that people read: one golden of every fact there is. A change of a name,
// a unit, an attribute or a sentence shows here as a diff.
import { expect, test } from 'vitest';
import { createAggregate } from '../../otel/aggregate.ts';
import { createPrometheusText } from '../../otel/export/prometheus-text.ts';
import type { Signal } from '../../otel/signal.ts';
import { describe as tell } from '../../processors/describe/index.ts';
import { expectGolden } from '../support/golden.ts';
import { renderGoldens } from '../support/three-texts.ts';
import { at, T0 } from './describe-facts.ts';
import { allFacts } from './describe-further.ts';

const resource = { attributes: { 'service.name': 'ollama', 'service.instance.id': '4f0c2b6a9d1e7788' } };

test('every fact there is, as three texts', () => {
  const signals: Signal[] = [];
  const aggregate = createAggregate({ startAt: T0, seriesMax: 2_000 });
  // Ends of series are left out: this golden is about what is said, and a golden of nothing says nothing.
  for (const fact of allFacts) tell(fact, (signal) => signals.push(signal));
  for (const signal of signals) if (signal.signal === 'metric') aggregate.add(signal);
  const texts = renderGoldens(signals, createPrometheusText(resource)(aggregate.snapshot(at(10))), resource);
  expect(texts.traces).toContain('chat llama3.2:3b');
  expectGolden('describe/metrics.prom', texts.metrics);
  expectGolden('describe/logs.txt', texts.logs);
  expectGolden('describe/traces.txt', texts.traces);
});
