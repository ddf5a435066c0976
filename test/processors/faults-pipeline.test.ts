// The whole middle at work: Ollama's log, dmon, a query and the kernel's log in, and a trace that says that its GPU fell off the bus.
// All lines are composed after the forms of the real ones.
import { describe, expect, test } from 'vitest';
import { createPipeline } from '../../agent/pipeline.ts';
import type { Dialect, SourceInfo } from '../../collectors/line.ts';
import { createDmonParser } from '../../collectors/nvidia/dmon.ts';
import { createKernelParser } from '../../collectors/nvidia/kernel.ts';
import { createQueryGpuParser } from '../../collectors/nvidia/query.ts';
import { xidEntry } from '../../collectors/nvidia/xid-catalogue.ts';
import { createOllamaParser } from '../../collectors/ollama/parser.ts';
import type { Parser } from '../../collectors/reading.ts';
import type { LogSignal, Signal, SpanSignal } from '../../otel/signal.ts';
import { createDescribe } from '../../processors/describe/index.ts';
import { createFaultsFold } from '../../processors/faults.ts';
import { createGpusFold } from '../../processors/gpus.ts';
import { createRequestsFold } from '../../processors/requests.ts';
import { createRunnersFold } from '../../processors/runners.ts';
import { at, BUS_A, BUS_B, secondsOf, sourceOf, T0, UUID_A, UUID_B } from './gpu-readings.ts';

const BLOB = 'ab'.repeat(32);
const stamp = (seconds: number): string => `2026-05-04T10:00:${String(Math.floor(seconds)).padStart(2, '0')}.000Z`;
const slog = (seconds: number, rest: string): string => `time=${stamp(seconds)} level=INFO ${rest}`;
const compute = (id: number, bus: string): string =>
  `source=types.go:60 msg="inference compute" id=${id} library=CUDA compute=8.9 name=CUDA${id} description="NVIDIA Board" libdirs=ollama driver=13.0 pci_id=${bus}.0 type=discrete total="24.0 GiB" available="23.0 GiB"`;

/** Seconds, source, line. One chat from 10.0 to 16.0 on the GPU that is lost at 14.0, one from 17.0 to 18.0 after it. */
const log: readonly (readonly [number, Dialect, string])[] = [
  [0.1, 'query-gpu', 'index, uuid, pci.bus_id, name, driver_version'],
  [0.2, 'query-gpu', `0, ${UUID_A}, 0000${BUS_A.toUpperCase()}.0, NVIDIA Board, 580.65.06`],
  [0.2, 'query-gpu', `1, ${UUID_B}, 0000${BUS_B.toUpperCase()}.0, NVIDIA Board, 580.65.06`],
  [0.3, 'ollama', slog(0, 'source=routes.go:1864 msg="Listening on 127.0.0.1:11434 (version 0.34.4)"')],
  [0.4, 'ollama', slog(0, compute(0, BUS_A))],
  [0.4, 'ollama', slog(0, compute(1, BUS_B))],
  [
    1,
    'ollama',
    slog(
      1,
      `source=llama_server.go:436 msg="starting llama-server" cmd="/usr/lib/ollama/llama-server --model /var/lib/ollama/blobs/sha256-${BLOB} --port 40001 --host 127.0.0.1 --no-webui --offline -c 1024 -np 1"`,
    ),
  ],
  [1.1, 'ollama', `llama_prepare_model_devices: using device CUDA0 (NVIDIA Board) (${BUS_A}.0) - 22000 MiB free`],
  [1.2, 'ollama', 'load_tensors: offloaded 3/3 layers to GPU'],
  [1.5, 'ollama', slog(1, 'source=llama_server.go:1198 msg="llama-server started in 0.50 seconds"')],
  [10.005, 'ollama', 'slot get_availabl: id  0 | task -1 | selected slot by LRU, t_last = -1'],
  [10.006, 'ollama', 'slot launch_slot_: id  0 | task 0 | processing task, is_child = 0'],
  [
    10.03,
    'ollama',
    'slot update_slots: id  0 | task 0 | new prompt, n_ctx_slot = 1024, n_keep = 0, task.n_tokens = 50',
  ],
  [
    14,
    'kernel',
    `4,901,14000000,-;NVRM: Xid (PCI:${BUS_A}): 79, pid=4242, name=llama-server, GPU has fallen off the bus.`,
  ],
  [14.001, 'kernel', `4,902,14000100,-;NVRM: GPU ${BUS_A}.0: GPU has fallen off the bus.`],
  [
    15.998,
    'ollama',
    'slot print_timing: id  0 | task 0 | prompt eval time =     500.00 ms /    50 tokens (   10.00 ms per token,   100.00 tokens per second)',
  ],
  [
    15.998,
    'ollama',
    'slot print_timing: id  0 | task 0 |        eval time =    5460.00 ms /    53 tokens (  100.00 ms per token,    10.00 tokens per second)',
  ],
  [15.998, 'ollama', 'slot print_timing: id  0 | task 0 |       total time =    5960.00 ms /   103 tokens'],
  [15.999, 'ollama', 'slot      release: id  0 | task 0 | stop processing: n_tokens = 103, truncated = 0'],
  [16, 'ollama', '[GIN] 2026/05/04 - 10:00:16 | 200 |  6.003456789s |       127.0.0.1 | POST     "/api/chat"'],
  [18, 'ollama', '[GIN] 2026/05/04 - 10:00:18 | 200 |  1.001234567s |       127.0.0.1 | POST     "/api/chat"'],
];

const parserOf = (source: SourceInfo): Parser => {
  if (source.dialect === 'kernel') return createKernelParser(source);
  if (source.dialect === 'dmon') return createDmonParser(source);
  return source.dialect === 'query-gpu' ? createQueryGpuParser(source) : createOllamaParser(source);
};

const run = (): Signal[] => {
  const runners = createRunnersFold();
  const gpus = createGpusFold();
  const folds = [
    runners,
    createRequestsFold({ table: runners.table, minConfidence: 0.5 }),
    gpus,
    createFaultsFold({ catalogue: xidEntry, power: gpus.power, gpus: gpus.gpus }),
  ];
  const signals: Signal[] = [];
  const onSignal = (signal: Signal): void => void signals.push(signal);
  const describeFact = createDescribe({ sendUnmatchedText: false });
  const pipeline = createPipeline({
    folds,
    parserOf,
    describe: describeFact,
    onSignal,
    onTick: () => undefined,
    startAt: T0,
  });
  // A source is one object for as long as it lives, as the sources of the agent are.
  const sources = new Map<Dialect, SourceInfo>();
  const positions = new Map<Dialect, number>();
  const rows: (readonly [number, Dialect, string])[] = [[0.5, 'dmon', '# gpu   pwr  sm\n# Idx     W   %']];
  for (let s = 1; s <= 20; s += 1) {
    const busy = s >= 10 && s < 14;
    rows.push([
      s,
      'dmon',
      s < 14 ? `    0    ${busy ? 240 : 40}  ${busy ? 95 : 0}\n    1    30   0` : '    0     -   -\n    1    30   0',
    ]);
  }
  for (const [seconds, dialect, text] of [...log, ...rows].toSorted(([a], [b]) => a - b)) {
    const source = sources.get(dialect) ?? sourceOf(dialect);
    sources.set(dialect, source);
    const bytes = new TextEncoder().encode(`${text}\n`);
    const position = positions.get(dialect) ?? 0;
    positions.set(dialect, position + bytes.length);
    pipeline.feed({ type: 'chunk', source, bytes, position, arrival: at(seconds), observed: true });
  }
  pipeline.advance(at(40));
  pipeline.end();
  return signals;
};

describe('a GPU that falls off the bus', () => {
  const signals = run();
  const requests = signals.filter(
    (signal): signal is SpanSignal => signal.signal === 'span' && signal.kind === 'server',
  );
  const logs = signals.filter((signal): signal is LogSignal => signal.signal === 'log');
  const eventsOf = (name: string): LogSignal[] => logs.filter(({ eventName }) => eventName === name);

  test('is an event on the request in flight, whose span is an error', () => {
    const [hit] = requests.filter(({ end }) => end <= at(17));
    expect(hit?.status).toEqual({ code: 'error', message: 'xid.79' });
    expect(hit?.attributes['ollama.model.gpus']).toEqual([UUID_A]);
    // A third of its work went unsampled once the GPU was gone: no energy rather than a wrong one.
    expect(hit?.attributes).not.toHaveProperty('ollama.request.energy');
    expect(hit?.events).toMatchObject([
      {
        name: 'nvidia.gpu.fault',
        at: at(14),
        attributes: {
          'hw.id': UUID_A,
          'error.type': 'xid.79',
          'nvidia.fault.severity': 'FATAL',
          'nvidia.fault.action': 'RESTART_BM',
        },
      },
    ]);
  });

  test('is none on the request after it', () => {
    const [spared] = requests.filter(({ start }) => start > at(16));
    expect(spared?.status.code).toBe('unset');
    expect(spared?.events).toEqual([]);
  });

  test('is one log record that lists the traces it touched', () => {
    expect(eventsOf('nvidia.gpu.fault')).toHaveLength(1);
    const [settled, ...more] = eventsOf('nvidia.gpu.fault.settled');
    expect(more).toEqual([]);
    expect(settled?.attributes['nvidia.fault.trace_ids']).toEqual(
      requests.filter(({ end }) => end <= at(17)).map(({ traceId }) => traceId),
    );
    expect(settled?.attributes['nvidia.fault.records']).toBe(1);
  });

  test('ends the series of that GPU and of no other', () => {
    const stale = eventsOf('nvidia.gpu.stale').filter(({ at: when }) => secondsOf(when) < 30);
    expect(stale.map(({ attributes }) => attributes['hw.id'])).toContain(UUID_A);
    expect(stale.filter(({ at: when, attributes }) => attributes['hw.id'] === UUID_B && when < at(20))).toEqual([]);
    const errors = signals.filter((signal) => signal.signal === 'metric' && signal.name === 'hw.errors');
    expect(errors).toMatchObject([{ value: 1, attributes: { 'hw.id': UUID_A, 'error.type': 'xid.79' } }]);
  });
});
