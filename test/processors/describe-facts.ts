// A real-looking request, its access line, a GPU and a fault, as the describe tests vary them.
import type { Line, SourceInfo } from '../../collectors/line.ts';
import type { OllamaReading, RecordReading } from '../../collectors/reading.ts';
import { addSeconds, fromCivil, type Instant } from '../../otel/time.ts';
import type { Bound, FaultHit, FinishedRequest } from '../../processors/fact.ts';

/** 2026-03-01T12:00:00Z */
export const T0: Instant = fromCivil(1_772_366_400, 0);
export const at = (seconds: number): Instant => addSeconds(T0, seconds);

export const ollama: SourceInfo = { name: 'ollama', dialect: 'ollama', identity: 'a1b2c3d4e5f60718' };
export const kernel: SourceInfo = { name: 'kernel', dialect: 'kernel', identity: '0011223344556677' };

export const bound = (seconds: number, from: Bound['from'] = 'observed', uncertaintySeconds = 0.001): Bound => ({
  at: at(seconds),
  from,
  uncertaintySeconds,
});

export const ref = { traceId: '5f0c7e2a9b1d4c3e8f6071829304a5b6', spanId: '1122334455667788' };

export const GPU = { uuid: 'GPU-11111111-2222-3333-4444-555555555555', bus: '0000:3b:00', index: 0 } as const;
export const identified = { ...GPU, name: 'NVIDIA GeForce RTX 4070', driver: '570.86.15' } as const;

export const hit = (more: Partial<FaultHit> = {}): FaultHit => ({
  incident: 'f00dfacef00dface',
  errorType: 'xid.31',
  at: at(1.9),
  gpu: GPU,
  severity: 'ERROR',
  action: 'RESTART_APP',
  join: { method: 'gpu_uuid', confidence: 0.99 },
  ...more,
});

/** A cold chat: 20 ms of queue, 1.1 s of load, 310 ms for 512 tokens (96 of them cached), 980 ms for 88. */
export const request = (more: Partial<FinishedRequest> = {}): FinishedRequest => ({
  ref,
  operation: 'chat',
  route: '/api/chat',
  method: 'POST',
  status: 200,
  outcome: 'ok',
  client: '192.0.2.7',
  start: bound(0, 'derived', 0.0008),
  end: bound(2.41, 'observed', 0.0004),
  phases: [
    { name: 'place layers', start: bound(0.03, 'logged'), end: bound(0.2, 'logged'), within: 'load model' },
    { name: 'queue', start: bound(0, 'derived'), end: bound(0.02) },
    { name: 'load model', start: bound(0.02, 'logged'), end: bound(1.12, 'logged') },
    { name: 'start runner', start: bound(0.2, 'logged'), end: bound(1.1, 'logged'), within: 'load model' },
    { name: 'prefill', start: bound(1.12), end: bound(1.43, 'derived') },
    { name: 'decode', start: bound(1.43, 'derived'), end: bound(2.41) },
  ],
  model: { name: 'llama3.2:3b', blob: '74701a8c35f6c8d9a4b91f3f3497643001d63e0c7a84e085bed452548fa88d45' },
  modelJoin: { method: 'single_model', confidence: 1 },
  runner: { key: '1/3', pid: 5150, port: 41_765 },
  gpus: [GPU],
  tokens: { input: 512, inputCached: 96, output: 88 },
  prefillSeconds: 0.31,
  decodeSeconds: 0.98,
  queueSeconds: 0.02,
  loadSeconds: 1.1,
  taskJoin: { method: 'assignment', confidence: 0.995 },
  slot: 0,
  task: 48,
  faults: [],
  energyJoules: 214.5,
  source: ollama,
  ...more,
});

export const lineOf = (source: SourceInfo, text: string, more: Partial<Line> = {}): Line => ({
  source,
  text,
  position: 18_233,
  sizeBytes: text.length + 1,
  arrival: at(2.412),
  observed: true,
  truncated: false,
  ...more,
});

export const access: OllamaReading = {
  type: 'ollama',
  kind: 'http.access',
  at: at(2.41),
  timing: 'observed',
  severity: 'INFO',
  line: lineOf(ollama, '[GIN] 2026/03/01 - 12:00:02 | 200 |  2.410000001s |  192.0.2.7 | POST "/api/chat"'),
  offset: 0,
  body: '[GIN] 2026/03/01 - 12:00:02 | 200 |  2.410000001s |  192.0.2.7 | POST "/api/chat"',
  fields: {
    status: 200,
    latencyNs: 2_410_000_001,
    latencyStepNs: 1,
    client: '192.0.2.7',
    method: 'POST',
    route: '/api/chat',
    endCivilSeconds: 1_772_366_402,
  },
};

export const reading = (more: Partial<RecordReading> = {}): RecordReading => ({ ...access, ...more }) as RecordReading;

export const unmatched: RecordReading = {
  type: 'line',
  class: 'unmatched',
  name: 'slog',
  at: at(3),
  timing: 'logged',
  severity: 'WARN',
  line: lineOf(ollama, 'time=2026-03-01T12:00:03.000Z level=WARN msg="something nobody has seen"'),
  offset: 0,
  body: undefined,
};
