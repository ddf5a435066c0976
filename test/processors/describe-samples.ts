// One fact of every type, more where a type has several forms: what the describe tests walk over.
import type { FactOf, FactType, FinishedRequest } from '../../processors/fact.ts';
import { access, at, bound, GPU, hit, identified, kernel, ollama, ref, request, unmatched } from './describe-facts.ts';

const runner = { key: '1/3', pid: 5150, port: 41_765 };
const model = { name: 'llama3.2:3b', blob: '74701a8c35f6c8d9a4b91f3f3497643001d63e0c7a84e085bed452548fa88d45' };

export const sampleFacts: { readonly [K in FactType]: readonly FactOf<K>[] } = {
  'line.read': [
    { type: 'line.read', at: at(2.41), reading: access, ref, join: { method: 'assignment', confidence: 0.995 } },
    { type: 'line.read', at: at(3), reading: unmatched },
  ],
  'request.closed': [{ type: 'request.closed', at: at(2.7), request: request() }],
  'request.finished': [
    { type: 'request.finished', at: at(2.7), request: request({ faults: [hit()] }) },
    { type: 'request.finished', at: at(2.7), request: withoutOperation() },
  ],
  'request.fault_hit': [
    { type: 'request.fault_hit', at: at(2.7), request: request(), fault: hit() },
    {
      type: 'request.fault_hit',
      at: at(2.7),
      request: { ...request(), model: {} },
      fault: hit({ severity: 'WARN', gpu: { bus: '0000:5e:00' } }),
    },
  ],
  'request.abandoned': [
    {
      type: 'request.abandoned',
      at: at(9),
      ref: { traceId: '00aabbccddeeff112233445566778899', spanId: '99aabbccddeeff00' },
      start: bound(1),
      reason: 'server_restarted',
      model,
      runner,
    },
  ],
  'requests.under_way': [{ type: 'requests.under_way', at: at(1), active: 3, queued: 1 }],
  'server.started': [
    { type: 'server.started', at: at(0), version: '0.34.4', settings: { OLLAMA_NUM_PARALLEL: '2' } },
    { type: 'server.started', at: at(0), version: '', settings: {} },
  ],
  'model.load_started': [
    { type: 'model.load_started', at: at(0.02), runner, model, engine: 'llama-server', reading: access },
  ],
  'model.loaded': [
    {
      type: 'model.loaded',
      at: at(1.12),
      start: bound(0.02, 'logged'),
      runner,
      model,
      durationSeconds: 1.1,
      gpus: [GPU],
      layersOffloaded: 29,
      layersTotal: 29,
      gpuBytes: 3_006_477_107,
      cpuBytes: 308_281_344,
      contextSize: 4_096,
      parallel: 2,
    },
  ],
  'model.cpu_fallback': [
    { type: 'model.cpu_fallback', at: at(1.12), runner, model, layersOffloaded: 20, layersTotal: 33 },
  ],
  'model.load_failed': [{ type: 'model.load_failed', at: at(1), runner, model, errorType: 'out_of_memory' }],
  'model.unloaded': [{ type: 'model.unloaded', at: at(300), runner, model, reason: 'keep_alive' }],
  'model.evicted': [
    { type: 'model.evicted', at: at(40), runner, model, by: { blob: '00aa11bb22cc33dd44ee' }, reason: 'gpu_memory' },
  ],
  'models.resident': [
    {
      type: 'models.resident',
      at: at(5),
      from: 'api',
      models: [
        {
          name: 'llama3.2:3b',
          sizeBytes: 3_314_758_451,
          vramBytes: 3_006_477_107,
          expiresInSeconds: 299,
          contextSize: 4_096,
        },
        { name: 'all-minilm:l6', sizeBytes: 60_000_000, vramBytes: 60_000_000 },
      ],
    },
  ],
  'runner.crashed': [{ type: 'runner.crashed', at: at(7), runner, model, errorType: 'signal.killed' }],
  'prompt.truncated': [{ type: 'prompt.truncated', at: at(1.2), model, promptTokens: 5_000, keptTokens: 2_048, ref }],
  'context.shifted': [{ type: 'context.shifted', at: at(2), model, ref }],
  'draft.accepted': [{ type: 'draft.accepted', at: at(2), model, acceptance: 0.71 }],
  'gpu.described': [
    {
      type: 'gpu.described',
      at: at(0),
      gpu: identified,
      cells: {
        'memory.total': 12_282,
        'memory.used': 3_141,
        'enforced.power.limit': 200,
        pstate: 'P2',
        'fan.speed': 30,
        'temperature.gpu': 55,
        'temperature.gpu.tlimit': 28,
        gpu_recovery_action: 'None',
        'remapped_rows.pending': 'No',
        name: 'NVIDIA GeForce RTX 4070',
      },
    },
    { type: 'gpu.described', at: at(0), gpu: { uuid: GPU.uuid, bus: GPU.bus }, cells: {} },
  ],
  'gpu.sampled': [
    {
      type: 'gpu.sampled',
      at: at(1),
      gpu: identified,
      columns: {
        pwr: 187,
        gtemp: 61,
        sm: 97,
        mem: 44,
        fb: 3_141,
        pclk: 2_610,
        mclk: 10_251,
        rxpci: 12,
        pci: 0,
        gract: 81,
      },
      energyJoules: 4_211.5,
    },
    { type: 'gpu.sampled', at: at(2), gpu: { index: 3 }, columns: { pwr: 20 } },
  ],
  'gpu.process_sampled': [
    {
      type: 'gpu.process_sampled',
      at: at(1),
      gpu: identified,
      pid: 5150,
      command: 'ollama',
      columns: { sm: 95, fb: 2_867, ccpm: 0 },
      gone: false,
    },
    { type: 'gpu.process_sampled', at: at(9), gpu: identified, pid: 5150, command: 'ollama', columns: {}, gone: true },
  ],
  'gpu.stale': [
    { type: 'gpu.stale', at: at(20), gpu: identified, reason: 'lost' },
    { type: 'gpu.stale', at: at(20), gpu: { index: 0 }, reason: 'renamed' },
  ],
  'gpu.throttled': [{ type: 'gpu.throttled', at: at(3), gpu: identified, reason: 'sw_power_cap', seconds: 0.4 }],
  'gpu.xid': [{ type: 'gpu.xid', at: at(1.9), gpu: identified, code: 31, errorType: 'xid.31' }],
  'gpu.fault_raised': [
    {
      type: 'gpu.fault_raised',
      at: at(1.9),
      incident: 'f00dfacef00dface',
      gpu: identified,
      errorType: 'xid.31',
      severity: 'WARN',
      action: 'RESTART_APP',
      description: 'GPU memory page fault',
      process: 'ollama',
    },
  ],
  'gpu.fault_settled': [
    {
      type: 'gpu.fault_settled',
      at: at(7),
      raisedAt: at(1.9),
      incident: 'f00dfacef00dface',
      gpu: identified,
      errorType: 'xid.79',
      severity: 'FATAL',
      action: 'RESTART_BM',
      codes: [79, 154],
      records: 12,
      recordsAtLeast: true,
      runnersCrashed: 1,
      hit: [{ ref, model, join: { method: 'gpu_uuid', confidence: 0.99 } }],
    },
  ],
  'gpu.state_changed': [
    { type: 'gpu.state_changed', at: at(2), gpu: identified, state: 'failed', action: 'GPU Reset Required' },
    { type: 'gpu.state_changed', at: at(60), gpu: identified, state: 'ok', action: 'None' },
  ],
  'smi.failed': [{ type: 'smi.failed', at: at(2), errorType: 'lost' }],
  'lines.counted': [
    { type: 'lines.counted', at: at(1), source: ollama, class: 'matched', count: 120, delaySeconds: 0.4 },
    { type: 'lines.counted', at: at(1), source: ollama, class: 'unmatched', name: 'slog', count: 2 },
  ],
  'source.changed': [
    {
      type: 'source.changed',
      at: at(4),
      notice: {
        type: 'notice',
        kind: 'gap',
        source: ollama,
        at: at(4),
        detail: 'expected byte 900, found 1 000: 100 bytes are lost',
        amount: 100,
      },
    },
    {
      type: 'source.changed',
      at: at(0),
      notice: { type: 'notice', kind: 'opened', source: kernel, at: at(0), detail: '' },
    },
  ],
};

/** A model list: HTTP, but no inference. */
function withoutOperation(): FinishedRequest {
  const { operation: _, ...rest } = request({ route: '/api/tags', method: 'GET', phases: [], tokens: {}, model: {} });
  return rest;
}
