// An OTLP receiver in the test's own process: HTTP (protobuf and JSON) and gRPC on free loopback ports. It answers what the
// test tells it to, and tests wait for what they expect to arrive instead of sleeping.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import {
  decodeRequest,
  type Received,
  type ReceivedLog,
  type ReceivedMetric,
  type ReceivedSpan,
  type SignalKind,
} from './otlp-received.ts';

export type * from './otlp-received.ts';

/** What the receiver answers. Only what it accepts is in `received`. */
export type Answer =
  | { readonly kind: 'accept' }
  /** HTTP 503 or gRPC UNAVAILABLE, with Retry-After or RetryInfo where given. */
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds?: number }
  /** HTTP 400 or gRPC INVALID_ARGUMENT. */
  | { readonly kind: 'refuse' }
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  /** No answer at all until the receiver closes. */
  | { readonly kind: 'hang' };

export type OtlpReceiver = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT with http/protobuf. */
  readonly httpUrl: string;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT with grpc. */
  readonly grpcUrl: string;
  readonly received: {
    readonly spans: ReceivedSpan[];
    readonly logs: ReceivedLog[];
    readonly metrics: ReceivedMetric[];
  };
  /** Requests that came, whatever was answered. */
  readonly requests: {
    readonly signal: SignalKind;
    readonly answer: Answer['kind'];
    readonly headers: { readonly [name: string]: unknown };
  }[];
  /** From now on; `count` is the number of the request for this signal, from 1. */
  readonly answerWith: (answer: (signal: SignalKind, count: number) => Answer) => void;
  /** Resolves as soon as it holds, checked after every request. Fails, with what has come so far, after `timeoutMs`. */
  readonly waitFor: (holds: (receiver: OtlpReceiver) => boolean, timeoutMs?: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

const WAIT_MS_MAX = 10_000;
const GRPC_UNAVAILABLE = 14;
const GRPC_INVALID_ARGUMENT = 3;
const GRPC_FRAME_HEADER = 5;
const PATHS: { readonly [path: string]: SignalKind } = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
};

/** Prometheus and Loki take OTLP below a path of their own: one receiver can stand for either. */
const BACKEND_PREFIX = /^\/(?:api\/v1\/otlp|otlp)(?=\/v1\/)/;
const signalOf = (path: string | undefined): SignalKind | undefined => PATHS[(path ?? '').replace(BACKEND_PREFIX, '')];

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80))];
const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
/** ExportXServiceResponse { partial_success { rejected_x, error_message } }. */
const partialSuccess = (rejected: number, message: string): Buffer =>
  field(1, Buffer.concat([Buffer.from([1 << 3, ...varint(rejected)]), field(2, Buffer.from(message))]));
/** google.rpc.Status { code, details: [Any { RetryInfo { Duration { seconds } } }] }. */
const retryInfo = (seconds: number): string =>
  Buffer.concat([
    Buffer.from([1 << 3, GRPC_UNAVAILABLE]),
    field(
      3,
      Buffer.concat([
        field(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')),
        field(2, field(1, Buffer.from([1 << 3, ...varint(seconds)]))),
      ]),
    ),
  ]).toString('base64');

const readAll = async (stream: AsyncIterable<unknown>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const answerHttp = (response: ServerResponse, answer: Answer, json: boolean): void => {
  if (answer.kind === 'hang') return;
  if (answer.kind === 'unavailable') {
    const after = answer.retryAfterSeconds;
    response.writeHead(503, after === undefined ? {} : { 'retry-after': String(after) }).end();
    return;
  }
  if (answer.kind === 'refuse') {
    response.writeHead(400).end('refused');
    return;
  }
  const partial = answer.kind === 'partial' ? answer : undefined;
  response.writeHead(200, { 'content-type': json ? 'application/json' : 'application/x-protobuf' });
  if (json)
    response.end(JSON.stringify(partial === undefined ? {} : { partialSuccess: { errorMessage: partial.message } }));
  else response.end(partial === undefined ? Buffer.alloc(0) : partialSuccess(partial.rejected, partial.message));
};

const answerGrpc = (stream: ServerHttp2Stream, answer: Answer): void => {
  if (answer.kind === 'hang') return;
  const failed = answer.kind === 'unavailable' || answer.kind === 'refuse';
  const body = answer.kind === 'partial' ? partialSuccess(answer.rejected, answer.message) : Buffer.alloc(0);
  const trailers: { [name: string]: string } = { 'grpc-status': '0' };
  if (answer.kind === 'refuse') trailers['grpc-status'] = String(GRPC_INVALID_ARGUMENT);
  if (answer.kind === 'unavailable') {
    trailers['grpc-status'] = String(GRPC_UNAVAILABLE);
    if (answer.retryAfterSeconds !== undefined)
      trailers['grpc-status-details-bin'] = retryInfo(answer.retryAfterSeconds);
  }
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  const header = Buffer.alloc(GRPC_FRAME_HEADER);
  header.writeUInt32BE(body.length, 1);
  stream.end(failed ? undefined : Buffer.concat([header, body]));
};

/** `httpPort`, `grpcPort`: for a receiver that comes back where one was; any free ones unless given. */
export const startOtlpReceiver = async (httpPort = 0, grpcPort = 0): Promise<OtlpReceiver> => {
  const received: Received = { spans: [], logs: [], metrics: [] };
  const requests: OtlpReceiver['requests'] = [];
  const waiting = new Set<() => void>();
  const sessions = new Set<ServerHttp2Session>();
  let answerOf: (signal: SignalKind, count: number) => Answer = () => ({ kind: 'accept' });

  const take = (
    signal: SignalKind,
    body: Uint8Array,
    form: 'protobuf' | 'json',
    headers: { [name: string]: unknown },
  ): Answer => {
    const answer = answerOf(signal, requests.filter((request) => request.signal === signal).length + 1);
    requests.push({ signal, answer: answer.kind, headers });
    if (answer.kind === 'accept' || answer.kind === 'partial') {
      const more = decodeRequest(signal, body, form);
      received.spans.push(...more.spans);
      received.logs.push(...more.logs);
      received.metrics.push(...more.metrics);
    }
    return answer;
  };
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };

  const http = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readAll(request);
    const signal = signalOf(request.url);
    if (signal === undefined) {
      response.writeHead(404).end();
      return;
    }
    const json = (request.headers['content-type'] ?? '').includes('json');
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    answerHttp(response, take(signal, plain, json ? 'json' : 'protobuf', { ...request.headers }), json);
    wake();
  });
  const grpc = createHttp2Server();
  grpc.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  grpc.on('stream', async (stream, headers) => {
    stream.on('error', () => stream.close());
    const framed = await readAll(stream);
    const signal = signalOf(headers[':path']);
    if (signal === undefined) {
      stream.respond({ ':status': 404 }, { endStream: true });
      return;
    }
    const message = framed.subarray(GRPC_FRAME_HEADER);
    answerGrpc(stream, take(signal, framed[0] === 1 ? gunzipSync(message) : message, 'protobuf', { ...headers }));
    wake();
  });
  http.listen(httpPort, '127.0.0.1');
  grpc.listen(grpcPort, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(grpc, 'listening')]);
  const portOf = (address: string | AddressInfo | null): number =>
    typeof address === 'object' && address !== null ? address.port : 0;

  const receiver: OtlpReceiver = {
    httpUrl: `http://127.0.0.1:${portOf(http.address())}`,
    grpcUrl: `http://127.0.0.1:${portOf(grpc.address())}`,
    received,
    requests,
    answerWith: (answer) => {
      answerOf = answer;
    },
    waitFor: (holds, timeoutMs = WAIT_MS_MAX) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!holds(receiver)) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve();
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          const seen = `${received.spans.length} spans, ${received.logs.length} log records, ${received.metrics.length} metrics in ${requests.length} requests`;
          reject(new Error(`expected something that did not come within ${timeoutMs} ms; found ${seen}`));
        }, timeoutMs);
        waiting.add(check);
        check();
      }),
    close: async () => {
      http.closeAllConnections();
      for (const session of sessions) session.destroy();
      await Promise.all([new Promise((resolve) => http.close(resolve)), new Promise((resolve) => grpc.close(resolve))]);
    },
  };
  return receiver;
};
