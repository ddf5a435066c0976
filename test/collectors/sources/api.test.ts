import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createApiParser } from '../../../collectors/api/parse.ts';
import type { Line } from '../../../collectors/line.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { createApiSource, RESIDENT_MS } from '../../../collectors/sources/api.ts';
import { instant } from '../../../otel/time.ts';
import { createContext, createReader, hasNotice, hasText, kindsOf, textOf } from './reader.ts';

const info = { name: 'api', dialect: 'api', identity: 'a0' } as const;
const BLOB = 'ab'.repeat(32);

type Answers = { [path: string]: { readonly status?: number; readonly body: string } };
const ordinary = (): Answers => ({
  '/api/version': { body: '{"version":"0.34.4"}' },
  '/api/ps': {
    body: JSON.stringify({
      models: [
        {
          name: 'tiny:latest',
          model: 'tiny:latest',
          size: 500,
          size_vram: 400,
          context_length: 1024,
          expires_at: '2026-11-20T12:00:00.5+01:00',
          details: { secret: 'x' },
        },
        { name: 'pinned', size: 7, size_vram: 7, expires_at: '2318-03-02T00:00:00Z' },
        { broken: true },
      ],
    }),
  },
  '/api/tags': {
    body: JSON.stringify({
      models: [
        { name: 'tiny:latest', digest: 'd1', size: 500 },
        { name: 'far', digest: 'd2', remote_host: 'https://x' },
      ],
    }),
  },
  '/api/show': {
    body: JSON.stringify({
      modelfile: `# comment\nFROM /home/me/blobs/sha256-${BLOB}\nSYSTEM "you are"\n`,
      template: 'x',
    }),
  },
});

describe('the Ollama API', () => {
  let server: Server | undefined;
  afterEach(
    () =>
      new Promise<void>((resolve) => {
        server?.closeAllConnections();
        if (server === undefined) resolve();
        else server.close(() => resolve());
        server = undefined;
      }),
  );
  const serve = async (answers: Answers) => {
    const asked: string[] = [];
    const handle = (request: IncomingMessage): { status: number; body: string } => {
      asked.push(`${request.method} ${request.url}`);
      const answer = answers[request.url ?? ''];
      return { status: answer?.status ?? (answer === undefined ? 404 : 200), body: answer?.body ?? '' };
    };
    const made = createServer((request, response) => {
      const { status, body } = handle(request);
      request.resume().once('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
    });
    server = made;
    const port = await new Promise<number>((resolve) => {
      made.listen(0, '127.0.0.1', () => {
        const address = made.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    return { asked, origin: `http://127.0.0.1:${port}` };
  };
  const follow = (origin: string, stepMs?: number) => {
    const context = createContext();
    const source = createApiSource({ info, origin }, context);
    return { clock: context.clock, source, reader: createReader(source, context.clock, stepMs) };
  };

  test('each answer is one line of allowed fields; a model that never expires has no expiry', async () => {
    const { asked, origin } = await serve(ordinary());
    const { reader } = follow(origin);
    await reader.until(hasText('api.models'));
    await reader.close();
    const lines = textOf(reader.events)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { kind: 'api.version', version: '0.34.4' },
      {
        kind: 'api.resident',
        models: [
          {
            name: 'tiny:latest',
            sizeBytes: 500,
            vramBytes: 400,
            contextSize: 1024,
            expiresAt: '2026-11-20T12:00:00.5+01:00',
          },
          { name: 'pinned', sizeBytes: 7, vramBytes: 7 },
        ],
      },
      { kind: 'api.models', models: [{ name: 'tiny:latest', blob: BLOB, sizeBytes: 500 }, { name: 'far' }] },
    ]);
    expect(asked).toEqual(['GET /api/version', 'GET /api/ps', 'GET /api/tags', 'POST /api/show']);
  });

  test('nothing that could wake or load a model is ever asked, and a known model is not shown again', async () => {
    const { asked, origin } = await serve(ordinary());
    const { source, reader } = follow(origin, RESIDENT_MS);
    const answers = (): number => textOf(reader.events).split('api.models').length;
    for (let round = 0; round < 3; round += 1) {
      const before = answers();
      source.requestRefresh();
      await reader.until(() => answers() > before);
    }
    await reader.close();
    expect(new Set(asked)).toEqual(new Set(['GET /api/version', 'GET /api/ps', 'GET /api/tags', 'POST /api/show']));
    expect(asked.filter((one) => one.endsWith('show'))).toHaveLength(1);
    expect(asked.filter((one) => one.endsWith('tags'))).toHaveLength(3);
  });

  test('aborted, it leaves no wait and no connection behind', async () => {
    const { origin } = await serve(ordinary());
    const { clock, reader } = follow(origin);
    await reader.until(hasText('api.models'));
    const pulled = reader.next();
    await clock.waiting();
    await reader.close();
    expect(await pulled).toBeUndefined();
    expect(clock.pending()).toBe(0);
    // A server closes by itself only when its last connection is gone.
    await new Promise<void>((resolve) => {
      server?.close(() => resolve());
    });
    server = undefined;
  });

  test('api down: told once as a line and a notice, recovery told, and all is asked again', async () => {
    const { origin } = await serve(ordinary());
    const port = Number(new URL(origin).port);
    const running = server;
    await new Promise<void>((resolve) => {
      running?.close(() => resolve());
    });
    const { clock, reader } = follow(origin);
    await reader.until(hasNotice('unavailable'));
    const pulled = reader.until(hasNotice('recovered'));
    await clock.waiting();
    clock.advance(RESIDENT_MS);
    await clock.waiting();
    await new Promise<void>((resolve) => {
      running?.listen(port, '127.0.0.1', () => resolve());
    });
    clock.advance(RESIDENT_MS);
    await pulled;
    await reader.close();
    expect(textOf(reader.events)).toMatch(/^\{"kind":"api.unreachable","reason":"refused"\}\n\{"kind":"api.version"/);
    expect(kindsOf(reader.events)).toEqual(['bytes', 'unavailable', 'bytes', 'recovered']);
  });

  test.each([
    ['an answer that is too large', { body: `"${'x'.repeat(9_000_000)}"` }, 'too_large'],
    ['an answer that is not JSON', { body: '<html>' }, 'not_json'],
    ['an error', { status: 503, body: '{}' }, 'status_503'],
    ['another program on the port', { body: '{"hello":1}' }, 'not_ollama'],
  ])('%s is a class, not a crash', async (_, answer, reason) => {
    const { origin } = await serve({ ...ordinary(), '/api/version': answer });
    const { reader } = follow(origin);
    await reader.until(hasNotice('unavailable'));
    await reader.close();
    expect(textOf(reader.events)).toBe(`{"kind":"api.unreachable","reason":"${reason}"}\n`);
  });
});

describe('the lines of the API source', () => {
  const read = (text: string): RecordReading | undefined => {
    const line: Line = {
      source: info,
      text,
      position: 0,
      sizeBytes: text.length,
      arrival: instant(5n),
      observed: true,
      truncated: false,
    };
    const readings: RecordReading[] = [];
    createApiParser(info).parse(line, (reading) => readings.push(reading));
    expect(readings).toHaveLength(1);
    return readings[0];
  };

  test('are read back to the fields of readings', () => {
    expect(read('{"kind":"api.version","version":"0.30.7"}')).toMatchObject({
      kind: 'api.version',
      fields: { version: '0.30.7' },
    });
    expect(
      read(
        '{"kind":"api.resident","models":[{"name":"a","sizeBytes":2,"vramBytes":1,"expiresAt":"2026-11-20T12:00:00Z"}]}',
      ),
    ).toMatchObject({
      kind: 'api.resident',
      fields: { models: [{ name: 'a', sizeBytes: 2, vramBytes: 1, expiresAt: 1795176000000000000n }] },
    });
    expect(
      read(`{"kind":"api.models","models":[{"name":"a","blob":"${BLOB}"},{"name":"b","blob":"no"}]}`),
    ).toMatchObject({
      fields: { models: [{ name: 'a', blob: BLOB }, { name: 'b' }] },
    });
    expect(read('{"kind":"api.unreachable","reason":"refused"}')).toMatchObject({
      severity: 'WARN',
      fields: { reason: 'refused' },
    });
  });

  test.each([
    ['not json', 'malformed'],
    ['[]', 'malformed'],
    ['{"kind":"api.version"}', 'malformed'],
    ['{"kind":"api.resident","models":3}', 'malformed'],
    ['{"kind":"api.unreachable","reason":"a text of somebody"}', 'malformed'],
    ['{"kind":"api.other"}', 'unmatched'],
  ])('%s is %s', (text, expected) => {
    expect(read(text)).toMatchObject({ type: 'line', class: expected, body: undefined });
  });
});
