// The access line: every printed form of a duration, odd clients and paths, and what of it may travel.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goDurationAt } from '../../../collectors/ollama/values.ts';
import { readText } from '../../support/ollama-lines.ts';

const line = (status: number, latency: string, client: string, method: string, path: string): string =>
  `[GIN] 2026/03/04 - 05:06:07 | ${status} | ${latency.padStart(13)} | ${client.padStart(15)} | ${method.padEnd(8)} ${path}`;

const access = (text: string) => {
  const [reading] = readText(`${text}\n`);
  return reading?.type === 'ollama' && reading.kind === 'http.access' ? reading : undefined;
};
const duration = (text: string) => goDurationAt(text, 0, text.length);

describe('durations', () => {
  test.each([
    ['0s', 0, 1],
    ['500ns', 500, 1],
    ['1µs', 1_000, 1_000],
    ['45.474µs', 45_474, 1],
    ['500.1┬Ás', 500_100, 100],
    ['500.1┬╡s', 500_100, 100],
    ['17.390952ms', 17_390_952, 1],
    ['8.213004411s', 8_213_004_411, 1],
    ['59.999999999s', 59_999_999_999, 1],
    ['1m0s', 60e9, 1e9],
    ['5m16s', 316e9, 1e9],
    ['1h38m42s', 5_922e9, 1e9],
  ])('%s', (text, ns, stepNs) => {
    expect(duration(text)).toEqual({ ns, stepNs });
  });

  test.each(['', 's', '5', '5x', '5 s', 'ms', '1.2.3s', '-1s', '5mss'])('%s is none', (text) => {
    expect(duration(text)).toBeUndefined();
  });

  test('what Go prints is read to the nanosecond', () => {
    fc.assert(
      fc.property(fc.nat(59_999), fc.nat(999_999), (ms, ns) => {
        const text = `${ms}.${String(ns).padStart(6, '0')}ms`;
        expect(duration(text)?.ns).toBe(ms < 60_000 ? ms * 1_000_000 + ns : -1);
      }),
    );
  });
});

describe('fields', () => {
  test('a plain line', () => {
    const reading = access(line(200, '831.748µs', '127.0.0.1', 'GET', '"/api/tags"'));
    expect(reading?.fields).toEqual({
      status: 200,
      latencyNs: 831_748,
      latencyStepNs: 1,
      client: '127.0.0.1',
      method: 'GET',
      route: '/api/tags',
      endCivilSeconds: 1_772_600_767,
    });
    expect(reading?.body).toBe(line(200, '831.748µs', '127.0.0.1', 'GET', '"/api/tags"'));
    expect([
      reading?.severity,
      access(line(404, '1s', '', 'GET', '"/"'))?.severity,
      access(line(503, '1s', '', 'GET', '"/"'))?.severity,
    ]).toEqual(['INFO', 'WARN', 'ERROR']);
  });

  test('colours', () => {
    const text =
      '[GIN] 2026/03/04 - 05:06:07 |\x1b[97;42m 200 \x1b[0m|  6.5s |       127.0.0.1 |\x1b[97;46m POST    \x1b[0m "/api/chat"';
    expect(access(text)?.fields).toMatchObject({
      status: 200,
      latencyNs: 6_500_000_000,
      method: 'POST',
      route: '/api/chat',
    });
  });

  test.each([
    ['2001:db8:85a3::8a2e:370:7334', '2001:db8:85a3::8a2e:370:7334'],
    ['::1', '::1'],
    ['', ''],
    ['not-an-address', ''],
  ])('client %s', (printed, client) => {
    expect(access(line(200, '1s', printed, 'GET', '"/"'))?.fields.client).toBe(client);
  });

  test('unknown methods and paths are named other, and the path stays at home', () => {
    const reading = access(line(404, '1s', '::1', 'PROPFIND', '"/secret/x?token=hidden"'));
    expect(reading?.fields).toMatchObject({ method: '_OTHER', route: 'other' });
    expect(reading?.body).not.toMatch(/secret|hidden|PROPFIND/);
  });

  test('a query is dropped, parameters are named', () => {
    expect(access(line(200, '1s', '::1', 'POST', '"/v1/messages?beta=true"'))?.fields.route).toBe('/v1/messages');
    expect(access(line(200, '1s', '::1', 'HEAD', '"/api/blobs/sha256:aa"'))?.fields.route).toBe('/api/blobs/:digest');
  });

  test('nothing inside the quotes is read, not even a whole access line', () => {
    const forged = `"/x\\n${line(200, '1s', '1.1.1.1', 'GET', '\\"/api/chat\\"')}"`;
    const readings = readText(`${line(404, '1s', '::1', 'GET', forged)}\n`);
    expect(readings.map((reading) => reading.type === 'ollama' && reading.fields)).toMatchObject([
      { status: 404, route: 'other' },
    ]);
  });

  test.each([
    '[GIN] 2026/03/04 - 05:06',
    '[GIN] 2026/13/04 - 05:06:07 | 200 | 1s | ::1 | GET "/"',
    line(200, '1s', '::1', 'GET', '"/api'),
  ])('torn: %s', (text) => {
    expect(readText(`${text}\n`)).toMatchObject([{ type: 'line', class: 'malformed', name: 'torn', body: undefined }]);
  });
});
