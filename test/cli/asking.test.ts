// `query` and `trace` without a server that answers as it should: what is wrong is named, with the setting and what to do.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searches } from '../../jaeger/searches/index.ts';
import { queries } from '../../loki/queries/index.ts';
import { runProgram } from '../support/program.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const seen: { readonly url: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
let server: Server;
let url = '';

/** By the first part of the path: a status and a body. */
const answers: { readonly [part: string]: readonly [number, string] } = {
  empty: [200, '{"status":"success","data":{"resultType":"streams","result":[]}}'],
  locked: [401, 'no'],
  html: [200, '<html>hello</html>'],
  other: [200, '{"hello":"world"}'],
  broken: [500, 'the disk is full'],
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    seen.push({ url: path, headers: request.headers });
    const [status, body] = answers[path.split('/')[1] ?? ''] ?? [404, '404 page not found'];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const query = (base: string, ...args: readonly string[]) => runProgram(['query', '--loki-url', base, ...args]);

describe.concurrent('the libraries', () => {
  test('are listed, every name with its question', async () => {
    const [loki, jaeger] = await Promise.all([runProgram(['query']), runProgram(['trace'])]);
    expect([loki.code, jaeger.code]).toEqual([0, 0]);
    for (const { name, what } of queries)
      expect(loki.stdout).toMatch(new RegExp(`^  ${name} +${what.slice(0, 20)}`, 'm'));
    for (const { name, what } of searches)
      expect(jaeger.stdout).toMatch(new RegExp(`^  ${name} +${what.slice(0, 12)}`, 'm'));
  });

  test('are listed for machines', async () => {
    const { stdout } = await runProgram(['query', '--json']);
    expect(JSON.parse(stdout)).toHaveLength(queries.length);
  });
});

describe('what is wrong with the question', () => {
  test.each([
    ['a name that is nearly right', ['truncated'], /truncated: expected a query .* did you mean truncated-prompts/],
    ['a parameter that is missing', ['trace'], /trace: --param trace: expected 16 to 64 hexadecimal digits/],
    [
      'a parameter that is none',
      ['errors', '--param', 'nobody=1'],
      /errors: --param nobody: expected one of service, host/,
    ],
    ['a parameter without a value', ['errors', '--param', 'model'], /--param: expected name=value, found "model"/],
    [
      'a parameter beside LogQL',
      ['{a="b"}', '--param', 'model=x'],
      /--param model: expected no parameter beside LogQL/,
    ],
    ['a time that is none', ['errors', '--since', 'yesterday'], /--since: expected a duration back from now/],
    [
      'an end before its begin',
      ['errors', '--since', '1h', '--until', '2h'],
      /--since, --until: expected a begin before/,
    ],
    ['a limit that is too large', ['errors', '--limit', '6000'], /--limit: expected a whole number from 1 to 5000/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await query('http://127.0.0.1:9', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('a trace that is neither id nor search', async () => {
    const { code, stderr } = await runProgram(['trace', TRACE.slice(2)]);
    expect(code).toBe(2);
    expect(stderr).toContain('expected a trace id (32 hexadecimal digits) or the name of a search');
  });
});

describe('what is wrong with the server', () => {
  test.each([
    ['nobody listens', 'http://127.0.0.1:9', 3, 'found nothing listening there (ECONNREFUSED). What to do: start it'],
    ['no such host', 'http://nowhere.invalid', 3, 'found no host of that name'],
    ['no address', 'localhost:3100', 2, 'expected an address such as http://127.0.0.1:3100'],
  ])('%s', async (_, base, expectedCode, message) => {
    const { code, stderr } = await query(base, 'errors');
    expect(code).toBe(expectedCode);
    expect(stderr).toMatch(/^--loki-url \(OLLASCOPE_LOKI_URL\): /);
    expect(stderr).toContain(message);
  });

  test.each([
    ['locked', 'found status 401. What to do: put user and password into the address'],
    ['html', 'found a server that answers no JSON'],
    ['other', 'found a server with other answers'],
    ['nothing-here', 'found a server that does not know its paths'],
    ['broken', 'failed: status 500, the disk is full'],
  ])('%s', async (part, message) => {
    const { code, stderr } = await query(`${url}/${part}`, 'errors');
    expect(code).toBe(3);
    expect(stderr).toContain(message);
  });

  test('plain HTTP where TLS is expected', async () => {
    const { code, stderr } = await query(url.replace('http:', 'https:'), 'errors');
    expect(code).toBe(3);
    expect(stderr).toContain('check http:// and https://');
  });

  test('Jaeger away: the setting is named', async () => {
    for (const asked of [TRACE, 'latest']) {
      const { code, stderr } = await runProgram(['trace', asked, '--jaeger-url', 'http://127.0.0.1:9']);
      expect(code).toBe(3);
      expect(stderr).toMatch(/^--jaeger-url \(OLLASCOPE_JAEGER_URL\): expected Jaeger at http:\/\/127\.0\.0\.1:9/);
    }
  });
});

test('user and password of an address go into a header and into no message', async () => {
  const secret = url.replace('http://', 'http://ann:s%40cret@');
  const before = seen.length;
  const refused = await query(`${secret}/locked`, 'errors');
  expect(seen[before]?.headers['authorization']).toBe(`Basic ${Buffer.from('ann:s@cret').toString('base64')}`);
  const away = await query('http://ann:s%40cret@127.0.0.1:9', 'errors');
  for (const { stdout, stderr } of [refused, away]) expect(stdout + stderr).not.toMatch(/ann|s@cret|s%40cret/);
});

test('headers of a tenant are sent, and what is none is told', async () => {
  const before = seen.length;
  const asked = await runProgram(['query', 'errors', '--loki-url', `${url}/empty`], {
    env: { OLLASCOPE_LOKI_HEADERS: 'X-Scope-OrgID=team%20a' },
  });
  expect(asked.code).toBe(1);
  expect(seen[before]?.headers['x-scope-orgid']).toBe('team a');
  expect(seen[before]?.url).toContain('/empty/loki/api/v1/query_range?query=');
  const wrong = await query(url, 'errors', '--loki-headers', 'token');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('--loki-headers (OLLASCOPE_LOKI_HEADERS): expected name=value');
});
