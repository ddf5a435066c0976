// What the real Collector says and does where its surroundings are wrong: ports taken, no folder or no room for its queue,
// backends that are not there, speak TLS or do not. And what the agent says when the Collector is not what its settings say.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../real/backends/ask.ts';
import { freePort } from '../real/ports.ts';
import { startProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';
import { backendsOfTest, collectorOfTest, disposeAfterTest } from './collector-disposed.ts';
import { type Environment, hostPort, type RunningCollector, startCollector, towards } from './collector-running.ts';
import { logsBody, post, RESOURCE, sendUntilTaken, traceIdAt, tracesBody } from './collector-sent.ts';
import { type Certificate, makeCertificate, tlsInFrontOf } from './collector-tls.ts';

const scratch = createScratch();
let certificate: Certificate;
let other: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate(scratch.path('right'));
  other = await makeCertificate(scratch.path('other'));
});
afterAll(scratch.remove);

const errorsOf = (collector: RunningCollector): string =>
  collector
    .said()
    .split('\n')
    .filter((line) => /"level":"(?:warn|error|info)","ts".*(?:error|fail)/i.test(line))
    .join('\n');

describe('it does not start, and says why', () => {
  test.each([
    'OLLASCOPE_OTLP_GRPC',
    'OLLASCOPE_OTLP_HTTP',
    'OLLASCOPE_COLLECTOR_HEALTH',
    'OLLASCOPE_COLLECTOR_METRICS_PORT',
  ])('the port of %s is taken', async (variable) => {
    const port = await freePort();
    // Whoever connects is cut off: an open connection would keep the port from being let go.
    const taken = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
    disposeAfterTest(() => new Promise((resolve) => taken.close(() => resolve())));
    const value = variable.endsWith('_PORT') ? String(port) : `127.0.0.1:${port}`;
    await expect(startCollector({ [variable]: value })).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${port}: bind: address already in use`),
    );
  });

  test('the place of its queue is no folder', async () => {
    const file = scratch.write('a-file', '');
    await expect(startCollector({ OLLASCOPE_COLLECTOR_STATE: join(file, 'queue') })).rejects.toThrow(
      /file_storage\/queue: problem accessing configured directory: .*a-file.*not a directory/,
    );
  });

  test('a value that is none', async () => {
    await expect(startCollector({ OLLASCOPE_MEMORY_MIB: 'plenty' })).rejects.toThrow(
      /'limit_mib' expected type 'uint32'/,
    );
    await expect(startCollector({ OLLASCOPE_TRACE_EXPORTERS: '[otlp_grpc/jager]' })).rejects.toThrow(
      /references exporter "otlp_grpc\/jager" which is not configured/,
    );
  });
});

test('a disk without room: senders are refused, by the name of the file, and it goes on when there is room', async () => {
  const backends = await backendsOfTest();
  backends.answerWith(() => ({ kind: 'unavailable' }));
  const environment = { ...towards(backends), OLLASCOPE_COLLECTOR_STATE: scratch.path('full-queue') };
  const collector = await startCollector(environment, { fileBlocksMax: 512 });
  const body = (n: number) => logsBody([{ n, body: 'a few words '.repeat(2_000) }]);
  const statuses: number[] = [];
  try {
    for (let n = 0; n < 20; n += 1) statuses.push(await post(collector.httpUrl, 'logs', body(n)));
    expect(collector.said()).toMatch(/exporter_otlp_http_loki_logs: file too large/);
  } finally {
    await collector.server.stop('SIGKILL');
    await collector.dispose();
  }
  const refused = statuses.flatMap((status, n) => (status === 200 ? [] : [n]));
  expect(refused.map((n) => statuses[n])).toEqual(refused.map(() => 503));
  expect([statuses[0], statuses.at(-1)]).toEqual([200, 503]);
  backends.answerWith(() => ({ kind: 'accept' }));
  const withRoom = await collectorOfTest(environment);
  for (const n of refused) await sendUntilTaken(withRoom.httpUrl, 'logs', body(n));
  // Those that were taken are not asked for: otel/COLLECTOR.md says what a full disk may cost.
  await backends.waitFor(({ received }) => {
    const arrived = new Set(received.logs.map(({ attributes }) => attributes['log.record.uid']));
    return refused.every((n) => arrived.has(`uid:${n}`));
  }, 60_000);
});

describe('backends', () => {
  test('that nobody has started: each is told with its address, nothing is given up', async () => {
    const port = await freePort();
    const nowhere = { httpUrl: `http://127.0.0.1:${port}`, grpcUrl: `http://127.0.0.1:${port}` };
    const collector = await collectorOfTest(towards(nowhere));
    expect(await post(collector.httpUrl, 'logs', logsBody([{ n: 1, body: 'x' }]))).toBe(200);
    expect(await post(collector.httpUrl, 'traces', tracesBody([{ n: 1 }]))).toBe(200);
    await until(
      'both are told',
      () =>
        new RegExp(`otlp_http/loki[^\\n]*127\\.0\\.0\\.1:${port}[^\\n]*connection refused`).test(errorsOf(collector)) &&
        /otlp_grpc\/jaeger[^\n]*Exporting failed|Exporting failed[^\n]*otlp_grpc\/jaeger/.test(errorsOf(collector)),
    );
    expect(errorsOf(collector)).toContain('Will retry the request after interval');
    expect(await collector.ownMetrics()).not.toContain('otelcol_exporter_send_failed');
    expect(await collector.ownSum('otelcol_exporter_queue_size')).toBeGreaterThan(0);
  });

  test('behind TLS: an unknown CA is told and nothing lost; with the right one it all arrives', async () => {
    const backends = await backendsOfTest();
    const http = await tlsInFrontOf(backends.httpUrl, certificate, 'http/1.1');
    const grpc = await tlsInFrontOf(backends.grpcUrl, certificate, 'h2');
    disposeAfterTest(http.close, grpc.close);
    const state = scratch.path('tls-queue');
    const environment = {
      ...towards({ httpUrl: http.url, grpcUrl: grpc.url }),
      OLLASCOPE_JAEGER_INSECURE: 'false',
      OLLASCOPE_LOKI_HEADERS: '{x-scope-orgid: blue}',
      OLLASCOPE_COLLECTOR_STATE: state,
    };
    const distrustful = await startCollector({ ...environment, OLLASCOPE_BACKEND_CA_FILE: other.certFile });
    try {
      expect(await post(distrustful.httpUrl, 'logs', logsBody([{ n: 1, body: 'x' }]))).toBe(200);
      expect(await post(distrustful.httpUrl, 'traces', tracesBody([{ n: 1 }]))).toBe(200);
      await until('the unknown CA is told', () =>
        ['otlp_http/loki', 'otlp_grpc/jaeger'].every((exporter) =>
          errorsOf(distrustful)
            .split('\n')
            .some((line) => line.includes(exporter) && /certificate signed by unknown authority/.test(line)),
        ),
      );
      expect(backends.received.logs).toEqual([]);
    } finally {
      await distrustful.dispose();
    }
    await collectorOfTest({ ...environment, OLLASCOPE_BACKEND_CA_FILE: certificate.certFile });
    await backends.waitFor(({ received }) => received.logs.length > 0 && received.spans.length > 0, 60_000);
    expect(backends.received.spans[0]).toMatchObject({ traceId: traceIdAt(1), resource: RESOURCE });
    expect(backends.requests.find(({ signal }) => signal === 'logs')?.headers).toMatchObject({
      'x-scope-orgid': 'blue',
    });
  });

  test('a CA file that is not there stops the start, by its name', async () => {
    await expect(startCollector({ OLLASCOPE_BACKEND_CA_FILE: '/nonexistent/ca.pem' })).rejects.toThrow(
      /failed to load CA[\s\S]*\/nonexistent\/ca\.pem/,
    );
  });
});

describe('the agent, before a Collector with TLS', () => {
  const secured = (more: Environment = {}): Promise<RunningCollector> =>
    collectorOfTest({
      OLLASCOPE_OTLP_TLS: 'true',
      OLLASCOPE_OTLP_CERT_FILE: certificate.certFile,
      OLLASCOPE_OTLP_KEY_FILE: certificate.keyFile,
      ...more,
    });
  const agent = (env: Environment) => {
    const log = scratch.write('server.log', 'time=2026-11-20T14:43:36.463Z level=INFO source=routes.go:1 msg="x"\n');
    const none = ['--ollama-url', '--nvidia-smi', '--kernel-log', '--metrics-listen'].flatMap((flag) => [flag, 'none']);
    return startProgram(['run', '--ollama-log', log, ...none], { env: { OLLASCOPE_METRIC_INTERVAL: '0.5', ...env } });
  };
  const https = (url: string): string => `https://${hostPort(url)}`;

  const urlOf = (collector: RunningCollector, protocol: string): string =>
    protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl;
  const PROTOCOLS = ['grpc', 'http/protobuf'] as const;

  test.each(PROTOCOLS)('%s: what lacks is told by its variable; what is right is let in', async (protocol) => {
    const plain = await secured();
    const picky = await secured({ OLLASCOPE_OTLP_CLIENT_CA_FILE: other.certFile });
    const ca = { OTEL_EXPORTER_OTLP_CERTIFICATE: certificate.certFile };
    const to = (collector: RunningCollector): Environment => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: https(urlOf(collector, protocol)),
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    });
    const plainly = { ...to(plain), OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(plain, protocol) };
    const wrong: readonly (readonly [Environment, RegExp])[] = [
      [plainly, /write https:\/\/ in OTEL_EXPORTER_OTLP_ENDPOINT/],
      [to(plain), /set OTEL_EXPORTER_OTLP_CERTIFICATE to/],
      [{ ...to(plain), OTEL_EXPORTER_OTLP_CERTIFICATE: other.certFile }, /set OTEL_EXPORTER_OTLP_CERTIFICATE to/],
      [{ ...to(picky), ...ca }, /set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY/],
    ];
    // All at once: by HTTP the exporters themselves try again for ten seconds before they say anything.
    await Promise.all(
      wrong.map(async ([env, advice]) => {
        const program = agent(env);
        await program.until(({ stderr }) => advice.test(stderr()), 40_000);
        program.kill('SIGKILL');
        await program.ended;
      }),
    );
    const program = agent({ ...to(plain), ...ca });
    await until('the agent is let in', () => plain.ownSum('otelcol_receiver_accepted_metric_points'), {
      holds: (points) => points > 0,
    });
    program.kill('SIGTERM');
    const { stderr } = await program.ended;
    expect(stderr).not.toContain('What to do');
  });
});
