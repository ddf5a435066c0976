// OTLP that cannot be sent: each cause, in the words that the exporters really use for it, is told with the variable to correct.
import { describe, expect, test } from 'vitest';
import { explainDelivery, otlpProblems } from '../../agent/otlp-advice.ts';
import { createScratch } from '../support/scratch.ts';

const GRPC = { traces: 'grpc', logs: 'grpc', metrics: 'grpc' } as const;
const HTTP = { traces: 'http/protobuf', logs: 'http/protobuf', metrics: 'http/protobuf' } as const;
const to = () => 'http://127.0.0.1:4317 by grpc';

describe('what sending shows', () => {
  test.each([
    ['connect ECONNREFUSED 127.0.0.1:9', 'nothing listens there', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [
      '14 UNAVAILABLE: Name resolution failed for target dns:nowhere.invalid:4317',
      'no host',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
    [
      'write EPROTO 40AD:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps',
      'http://',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
    [
      '14 UNAVAILABLE: No connection established. Last error: Protocol error',
      'another protocol',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
    ],
    [
      'HPE_INVALID_CONSTANT: Parse Error: Expected HTTP/, RTSP/ or ICE/',
      'another protocol',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
    ],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate; if the root CA is installed',
      'not trusted',
      'OTEL_EXPORTER_OTLP_CERTIFICATE',
    ],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
      'not trusted',
      'OTEL_EXPORTER_OTLP_CERTIFICATE',
    ],
    [
      "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames",
      'another name',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
    ['ssl3_read_bytes:tlsv13 alert certificate required:../deps', 'asked for', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'],
    ['read ECONNRESET', 'https://', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [
      '14 UNAVAILABLE: No connection established. Last error: null. Resolution note: ',
      'https://',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
    ['404: Not Found', 'path', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['401: Unauthorized', 'let us in', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['something never seen before', 'What to do: see', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ])('%s', (reason, words, variable) => {
    const told = explainDelivery({}, `logs: not taken for now (${reason}); kept and tried again`, to);
    expect(told).toContain(reason.trim());
    expect(told).toContain('Sent to http://127.0.0.1:4317 by grpc.');
    expect(told).toContain(words);
    expect(told).toContain(variable);
  });

  test("a signal's own variable is named where it decides", () => {
    const env = {
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4317',
    };
    const refused = (signal: string) => `${signal}: 3 refused for good (404: Not Found)`;
    expect(explainDelivery(env, refused('logs'), to)).toContain('OTEL_EXPORTER_OTLP_LOGS_ENDPOINT');
    expect(explainDelivery(env, refused('traces'), to)).toContain(' OTEL_EXPORTER_OTLP_ENDPOINT');
  });

  test('other messages pass as they are, on one line', () => {
    expect(explainDelivery({}, 'logs: taken again, 7 waiting', to)).toBe('logs: taken again, 7 waiting');
    expect(explainDelivery({}, 'two\n  lines\n', to)).toBe('two lines');
  });
});

describe('what is known before anything is sent', () => {
  test('an address without its scheme', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318', OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'loki' };
    const problems = otlpProblems(env, HTTP);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toBe(
      'OTEL_EXPORTER_OTLP_ENDPOINT: expected an address such as http://127.0.0.1:4317, found "127.0.0.1:4318"; put http:// (or https:// where it speaks TLS) before it',
    );
    expect(otlpProblems({ ...env, OTEL_EXPORTER_OTLP_INSECURE: 'true' }, HTTP)).toHaveLength(2);
    expect(otlpProblems({ ...env, OTEL_EXPORTER_OTLP_INSECURE: 'true' }, GRPC)).toEqual([]);
  });

  test('certificates that cannot be read', () => {
    const scratch = createScratch();
    const there = scratch.write('ca.pem', 'x');
    const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: there, OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: `${there}.missing` };
    expect(otlpProblems(env, GRPC)).toEqual([
      `OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: expected a file that can be read, found ${JSON.stringify(`${there}.missing`)}; correct the path or its permissions, or unset it`,
    ]);
    scratch.remove();
  });

  test('nothing, where nothing is set or all is well', () => {
    expect(otlpProblems({}, GRPC)).toEqual([]);
    expect(otlpProblems({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4317' }, HTTP)).toEqual([]);
  });
});
