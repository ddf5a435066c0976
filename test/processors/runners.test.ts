// Models and runners from lines to facts: loads, placement, unloads at every level of detail, evictions, crashes.
import { describe, expect, test } from 'vitest';
import {
  at,
  type Bird,
  BLOBS,
  counted,
  factsOfType,
  listening,
  load,
  named,
  slog,
  started,
  starting,
  story,
  type Told,
} from './requests-story.ts';

const line = (ms: number, text: string): Told => ({ ms, text });
const group = (bird: Bird, pid: number): string =>
  `runner.name=library/${bird}:1b runner.size="2.0 GiB" runner.vram="2.0 GiB" runner.parallel=1 runner.pid=${pid} runner.model=/models/blobs/sha256-${BLOBS[bird]} runner.num_ctx=4096`;
const gpu = slog(
  10,
  'INFO',
  'msg="inference compute" id=0 filter_id=0 library=CUDA compute=8.9 name=CUDA0 description="NVIDIA T9" libdirs=ollama,cuda_v13 driver=13.0 pci_id=0000:21:00.0 type=discrete total="15.0 GiB" available="14.0 GiB"',
);

describe('loads', () => {
  test('duration, bounds, name, port, context', () => {
    const told = story([listening(0), load(100, 'wren', 40_001, { parallel: 2, context: 8192 })]);
    expect(factsOfType(told, 'model.loaded')).toEqual([
      {
        type: 'model.loaded',
        at: at(350),
        start: { at: at(100), from: 'logged', uncertaintySeconds: 0.001 },
        runner: { key: '1/1', port: 40_001 },
        model: { name: 'wren:1b', blob: BLOBS.wren },
        durationSeconds: 0.25,
        gpus: [],
        contextSize: 8192,
        parallel: 2,
      },
    ]);
  });

  test('layers, memory by place and the GPU; fewer layers than there are is CPU fallback', () => {
    const told = story([
      listening(0),
      gpu,
      starting(100, 'wren', 40_001),
      line(150, 'llama_prepare_model_devices: using device CUDA0 (NVIDIA T9) (0000:21:00.0) - 14000 MiB free'),
      line(160, 'load_tensors: offloaded 20/29 layers to GPU'),
      line(161, 'load_tensors:        CUDA0 model buffer size =  2000.00 MiB'),
      line(161, 'load_tensors:          CPU model buffer size =   500.00 MiB'),
      started(350, '0.25'),
      named(350, 'wren'),
    ]);
    expect(factsOfType(told, 'model.loaded')[0]).toMatchObject({
      layersOffloaded: 20,
      layersTotal: 29,
      gpuBytes: 2000 * 1024 ** 2,
      cpuBytes: 500 * 1024 ** 2,
      gpus: [{ bus: '0000:21:00', index: 0 }],
    });
    expect(factsOfType(told, 'model.cpu_fallback')).toMatchObject([{ layersOffloaded: 20, layersTotal: 29 }]);
  });

  test('without any GPU few layers on one are no fallback', () => {
    const told = story([
      listening(0),
      starting(100, 'wren', 40_001),
      line(150, 'load_tensors: offloaded 0/29 layers to GPU'),
      started(350, '0.25'),
    ]);
    expect(factsOfType(told, 'model.cpu_fallback')).toEqual([]);
  });

  test('two loads at once: each finished line goes to the load that lasted that long', () => {
    const told = story([
      listening(0),
      starting(100, 'wren', 40_001),
      starting(1_100, 'finch', 40_002),
      started(1_500, '0.40'),
      started(3_100, '3.00'),
    ]);
    expect(
      factsOfType(told, 'model.loaded').map(({ runner, durationSeconds }) => [runner.port, durationSeconds]),
    ).toEqual([
      [40_002, 0.4],
      [40_001, 3],
    ]);
  });

  test('discovery runs are no loads', () => {
    const told = story([
      listening(0, '0.24.0'),
      slog(10, 'INFO', 'msg="starting runner" cmd="/usr/bin/ollama runner --ollama-engine --port 40000"'),
    ]);
    expect(factsOfType(told, 'model.load_started')).toEqual([]);
  });

  test('a failed load is told with its class and is no unload', () => {
    const told = story([
      listening(0),
      starting(100, 'wren', 40_001),
      slog(
        900,
        'INFO',
        `msg="Load failed" model=/models/blobs/sha256-${BLOBS.wren} error="llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory"`,
      ),
    ]);
    expect(factsOfType(told, 'model.load_failed')).toMatchObject([
      { runner: { key: '1/1' }, model: { blob: BLOBS.wren } },
    ]);
    expect(factsOfType(told, 'model.load_failed')[0]?.errorType).not.toBe('client_closed');
    expect(factsOfType(told, 'model.unloaded')).toEqual([]);
  });
});

describe('unloads', () => {
  test('DEBUG tells the chain: once, by pid, with the reason', () => {
    const told = story([
      listening(0),
      load(100, 'wren', 40_001),
      slog(400, 'DEBUG', `msg="context for request finished" ${group('wren', 77)}`),
      slog(900, 'DEBUG', `msg="timer expired, expiring to unload" ${group('wren', 77)}`),
      slog(900, 'DEBUG', `msg="runner expired event received" ${group('wren', 77)}`),
      slog(901, 'DEBUG', 'msg="stopping llama server" pid=77'),
      slog(905, 'DEBUG', 'msg="llama server stopped" pid=77'),
      slog(
        905,
        'DEBUG',
        `msg="runner terminated and removed from list, blocking for VRAM recovery" ${group('wren', 77)}`,
      ),
    ]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([
      { reason: 'keep_alive', runner: { key: '1/1', pid: 77 } },
    ]);
  });

  test('INFO tells nothing: the next load of the blob ends the runner, reason unknown', () => {
    const told = story([listening(0), load(100, 'wren', 40_001), load(9_000, 'wren', 40_002)]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'unknown', runner: { key: '1/1' } }]);
  });

  test('with another context it is a reload', () => {
    const told = story([listening(0), load(100, 'wren', 40_001), load(9_000, 'wren', 40_002, { context: 8192 })]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'reloaded' }]);
  });

  test('one model at a time: a count of one means that the other was evicted', () => {
    const config = slog(
      -10,
      'INFO',
      'msg="server config" env="map[OLLAMA_KEEP_ALIVE:5m0s OLLAMA_MAX_LOADED_MODELS:1]"',
    );
    const told = story([
      config,
      listening(0),
      load(100, 'wren', 40_001),
      counted(350, 1),
      load(900, 'finch', 40_002),
      counted(1_150, 1),
    ]);
    expect(factsOfType(told, 'model.evicted')).toMatchObject([
      { model: { name: 'wren:1b' }, by: { blob: BLOBS.finch }, reason: 'max_loaded_models' },
    ]);
    expect(factsOfType(told, 'model.unloaded')).toMatchObject([{ reason: 'evicted' }]);
  });

  test('which of several went is not guessed', () => {
    const told = story([
      listening(0),
      load(100, 'wren', 1),
      load(400, 'finch', 2),
      load(700, 'heron', 3),
      counted(950, 2),
    ]);
    expect(factsOfType(told, 'model.unloaded')).toEqual([]);
  });
});
