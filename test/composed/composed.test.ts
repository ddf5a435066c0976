// The composed recording is what its generator writes, and it tells nearly everything that can be told: what it does not tell
// stands here with its reason.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { logEventNames } from '../../otel/catalogue/logs.ts';
import { metricNames } from '../../otel/catalogue/metrics.ts';
import { prometheusName } from '../../otel/names.ts';
import type { LogSignal, SpanSignal } from '../../otel/signal.ts';
import { runProgram } from '../support/program.ts';
import { replayed } from '../support/replayed.ts';
import { ROOT } from '../tidy/sources.ts';
import { composed, RECORDING } from './compose.ts';
import { gpuAt } from './machine.ts';

const dir = join(ROOT, 'recordings', RECORDING);
const SIZE_MAX = 2 * 1024 * 1024;

/** A core without exporters has no delivery; a replay has no process of its own and reads nothing late. */
const METRICS_NOT_TOLD: readonly string[] = [
  'ollascope.delivery.queue.size',
  'ollascope.delivery.exported',
  'ollascope.delivery.retries',
  'ollascope.delivery.dropped',
  'ollascope.delivery.duration',
  'process.cpu.time',
  'process.memory.usage',
  'process.uptime',
  // Nothing overflows, nothing is refused, and the driver prints no column that is not known.
  'ollascope.series.overflow',
  'ollascope.series.refused',
  'ollascope.smi.unknown_columns',
];
const EVENTS_NOT_TOLD: { readonly [event: string]: string } = {
  'ollascope.source.ended': 'only a stream on standard input ends',
  'ollama.request.panic': 'no handler of 0.34 is known to panic',
  'ollama.cache.slot': 'printed by the runners of 0.3.13 to 0.24',
  'ollama.server.low_vram': 'printed by 0.11.4 to 0.15.4',
  'ollama.server.bind_failed': 'a server that cannot start has no story',
  'ollama.gpu.none': 'this machine has GPUs',
  'ollama.load.fits': 'printed at INFO up to 0.11.4',
  'ollama.load.offload': 'printed up to 0.12.10',
  'ollama.load.request': 'printed by 0.11.5 to 0.24',
  'ollama.load.device_listed': 'printed up to 0.24',
  'ollama.load.too_large': 'printed up to 0.24',
  'ollama.unload.vram_not_recovered': 'the cards give their memory back',
  'ollama.runner.oom_expiring': 'memory runs out while loading, not while running',
  'ollama.runner.crash_dump': 'dumps are those of the Go runners up to 0.24',
  'ollama.cloud.model': 'nothing runs elsewhere',
  'nvidia.sxid': 'this machine has no NVSwitch',
};

const { signals, scrape } = replayed(dir);
const logs = signals.filter((signal): signal is LogSignal => signal.signal === 'log');
const spans = signals.filter((signal): signal is SpanSignal => signal.signal === 'span');

describe('the recording', () => {
  test('is what its generator writes: after a change run `node test/composed/write.ts`', () => {
    const files = composed();
    expect(readdirSync(dir).toSorted()).toEqual([...files.keys()].toSorted());
    const other = [...files].filter(([name, text]) => readFileSync(join(dir, name), 'utf8') !== text);
    expect(other.map(([name]) => name)).toEqual([]);
  });

  test('stays small', () => {
    const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
    expect(bytes).toBeLessThan(SIZE_MAX);
  });

  test('says that it is composed', () => {
    const manifest = JSON.parse(readFileSync(join(dir, 'recording.json'), 'utf8'));
    expect(manifest).toMatchObject({ madeBy: 'composed', host: { composed: expect.stringContaining('invented') } });
  });

  test('says so whenever it is replayed', async () => {
    const { stderr, code } = await runProgram(['replay', dir, '--output', 'none']);
    expect([code, stderr]).toEqual([0, 'composed: an invented machine; forms after real ones\n']);
  });
});

describe('what it tells', () => {
  test('every metric, but those that no recording can tell', () => {
    const families = new Set([...scrape.matchAll(/^# TYPE (\S+)/gm)].map(([, family]) => family));
    const missing = metricNames.filter((name) => !families.has(prometheusName(name)));
    expect(missing.toSorted()).toEqual(METRICS_NOT_TOLD.toSorted());
  });

  test('every log event, but those that this machine cannot have', () => {
    const told = new Set(logs.map(({ eventName }) => eventName));
    const missing = logEventNames.filter((name) => !told.has(name));
    expect(missing.toSorted()).toEqual(Object.keys(EVENTS_NOT_TOLD).toSorted());
  });

  test('every kind of span', () => {
    const names = new Set(spans.map(({ name }) => name.split(' ')[0]));
    for (const name of ['chat', 'text_completion', 'embeddings', 'abandoned', 'queue', 'load', 'place', 'start'])
      expect(names).toContain(name);
    for (const name of ['prefill', 'decode']) expect(names).toContain(name);
  });

  test('no line is unmatched or malformed but the two that are meant to be', () => {
    const strange = logs.filter(({ attributes }) =>
      /unmatched|malformed/.test(String(attributes['ollascope.line.class'])),
    );
    expect(strange.map(({ attributes }) => attributes['ollascope.line.name'])).toEqual(['raw', 'slog']);
  });
});

test('each fault hits the requests that were on its GPU, and nobody else', () => {
  const hits = logs
    .filter(({ eventName }) => eventName === 'ollama.request.fault_hit')
    .map(({ attributes: a }) => [a['error.type'], a['hw.id'], a['gen_ai.request.model'], a['ollascope.join.method']]);
  const [first, second] = [gpuAt(0).uuid, gpuAt(1).uuid];
  expect(hits).toEqual([
    ['xid.31', second, 'mistral-small3.2:24b', 'gpu_bus'],
    ['xid.31', second, 'mistral-small3.2:24b', 'gpu_bus'],
    ['xid.79', first, 'llama3.2:3b', 'gpu_bus'],
    ['xid.79', first, 'llama3.2:3b', 'gpu_bus'],
    ['xid.63', second, 'qwen3:32b', 'gpu_bus'],
  ]);
});
