import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chunk } from '../../../collectors/line.ts';
import { LINE_BYTES_MAX } from '../../../collectors/line.ts';
import { createMask } from '../../../collectors/sources/mask.ts';
import { createByteMask, maskSource } from '../../../collectors/sources/masked.ts';
import { createStreamSource } from '../../../collectors/sources/stdin.ts';
import { addNs } from '../../../otel/time.ts';
import { START } from '../../support/manual-clock.ts';
import { createContext, createReader, hasNotice, kindsOf, textOf } from './reader.ts';

const info = { name: 'ollama', dialect: 'ollama', identity: 'm0' } as const;
const mask = createMask({ salt: 'salt', hostName: 'gpubox7' });
const SLOG = 'time=2026-02-03T04:05:06.789Z level=DEBUG source=server.go:1580 ';

describe('what must not travel', () => {
  const secret = 'Sphinx of black quartz';
  test.each([
    ['a prompt', `${SLOG}msg="completion request" images=0 prompt="${secret}" format=""`],
    [
      'a prompt with quotes and a backslash at its end',
      `${SLOG}msg="completion request" prompt="say \\"${secret}\\" \\\\" format=""`,
    ],
    ['a prompt of one word', `${SLOG}msg="completion request" prompt=Sphinx format=""`],
    [
      'a prompt in a journal entry',
      `{"MESSAGE":"level=TRACE msg=\\"completion request\\" prompt=\\"a \\\\\\"${secret}\\\\\\" b\\" x=1"}`,
    ],
    ['a prompt that is cut off', `${SLOG}msg="completion request" prompt="${secret}`],
    ['a message in JSON', `srv  log_server_r: request: {"messages":[{"role":"user","content": "${secret}"}]}`],
    ['a URL query', `[GIN] 2026/02/03 - 04:05:06 | 200 |   51.807µs |       127.0.0.1 | GET      "/api/tags?q=Sphinx"`],
    [
      'a path that is no route',
      `[GIN] 2026/02/03 - 04:05:06 | 404 |   51.807µs |       127.0.0.1 | GET      "/Sphinx/quartz"`,
    ],
    [
      'a path that is no route, in a journal entry',
      `{"MESSAGE":"[GIN] 2026/02/03 - 04:05:06 | 404 |   51.807µs |       127.0.0.1 | GET      \\"/Sphinx/quartz\\""}`,
    ],
    ['names in no_proxy', `msg="server config" env="map[NO_PROXY:.Sphinx.example,quartz OLLAMA_DEBUG:INFO]"`],
    ['a proxy password', `msg="server config" env="map[HTTPS_PROXY:http://Sphinx:quartz@127.0.0.1:3128 NO_PROXY:]"`],
    ['a token', 'request with header Authorization: Bearer Sphinx0123456789'],
    ['a public key of the installation', `Your new public key is: ssh-ed25519 AAAASphinxquartzSphinxquartz`],
    ['a home folder', 'OLLAMA_MODELS:/home/Sphinx/.ollama/models'],
    ['a home folder of macOS', 'model=/Users/Sphinx/.ollama/models/blobs/sha256-00'],
    ['a home folder of Windows', 'C:\\Users\\Sphinx of quartz\\AppData\\Local\\Ollama'],
    ['a home folder of Windows, escaped', 'path="C:\\\\Users\\\\Sphinx\\\\.ollama"'],
    ["this machine's name", 'dial tcp: lookup gpubox7 on 127.0.0.53:53: no such host'],
    ['the host of a journal line', 'Feb 03 04:05:06 Sphinx ollama[812]: llama_model_loader: loaded'],
    ['the host of a journal line in another language', '7月 21 10:00:03 Sphinx ollama[4321]: x'],
    ['the host of an ISO journal line', '2026-02-03T04:05:06+0100 Sphinx kernel: NVRM: loading'],
    ['the host of a journal entry', '{"_HOSTNAME":"Sphinx","MESSAGE":"x"}'],
    ['the host of a URL', 'Get "http://Sphinx:11434/api": EOF'],
    ['a client', '[GIN] 2026/02/03 - 04:05:06 | 200 |   51.807µs |    192.168.17.4 | GET      "/"'],
    ['an IPv6 client', '[GIN] 2026/02/03 - 04:05:06 | 200 |   51.807µs |  2001:db8::beef | GET      "/"'],
    ['a GPU uuid', 'id=GPU-0f0f0f0f-1111-2222-3333-444455556666 library=cuda'],
    ['a serial number', 'NVRM: GPU Board Serial Number: 1653723052734'],
  ])('%s is masked, and the length stays', (_, line) => {
    const masked = mask(line);
    expect(masked).toHaveLength(line.length);
    expect(masked).not.toMatch(/Sphinx|quartz|gpubox7|192\.168\.17\.4|beef|0f0f0f0f|1653723052734/);
  });

  test.each([
    '[GIN] 2026/02/03 - 04:05:06 | 200 |   51.807µs |       127.1.0.1 | POST     "/api/chat"',
    '[GIN] 2026/02/03 - 04:05:06 | 200 |   51.807µs |             ::1 | POST     "/api/chat"',
    `${SLOG}msg="completion request" images=0 prompt=114 format=""`,
    'slot launch_slot_: id  0 | task 12 | processing task, is_child = 0',
    'time=2026-02-03T04:05:06.789Z level=INFO source=types.go:60 msg="inference compute" id=0 library=CUDA compute=9.0 name=CUDA0 driver=13.0 pci_id=0000:09:00.0 type=discrete total="93.6 GiB"',
    'NVRM: Xid (PCI:0000:10:1c): 79, pid=1896, name=ollama, GPU has fallen off the bus.',
    'Get "https://registry.ollama.ai/v2/library/tiny/manifests/latest": dial tcp: lookup registry.ollama.ai on 127.0.0.53:53: no such host',
    'time=2026-02-03T04:05:06.789Z level=INFO source=server.go:1 msg="starting runner" cmd="/usr/local/bin/ollama runner --model /usr/share/ollama/.ollama/models/blobs/sha256-ab --port 40123"',
    '    0    61     47     -      3      1      0      0   5001    210',
    'GPU 00000000:09:00.0, 550.120, 12.345.6',
  ])('what is needed stays: %s', (line) => {
    expect(mask(line)).toBe(line);
  });

  test('one device keeps one stand-in, in every source; other salts give others', () => {
    const uuid = 'GPU-0f0f0f0f-1111-2222-3333-444455556666';
    const inLog = /GPU-\S+/.exec(mask(`id=${uuid} x`))?.[0];
    const inKernel = /GPU-\S+/.exec(mask(`NVRM: GPU at PCI:0000:91:00: ${uuid}`))?.[0];
    expect(inLog).toBe(inKernel);
    expect(inLog).toMatch(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(createMask({ salt: 'other' })(uuid)).not.toBe(inLog);
  });

  test('an ordinary word as the name of the machine is left alone', () => {
    expect(createMask({ salt: 's', hostName: 'ollama' })('ollama runs')).toBe('ollama runs');
  });

  test('any text keeps its length', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '"',
        '\\',
        'prompt="',
        '"content":"',
        '?',
        '/home/',
        'http://',
        '192.168.1.1',
        ' | ',
        '::',
        'lookup ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(mask(pieces.join(''))).toHaveLength(pieces.join('').length);
      }),
    );
  });

  test.each(['\\', '/', 'a:', '"', '|', ' ', 'C:\\', '/home/a', '1.', 'prompt="', '[1,'])(
    'a long line of %j is masked in linear time',
    (unit) => {
      const line = unit.repeat(Math.ceil(LINE_BYTES_MAX / unit.length));
      expect(mask(line)).toHaveLength(line.length);
    },
  );
});

describe('bytes on their way', () => {
  const chunkOf = (bytes: Uint8Array, position: number, index: number): Chunk => ({
    type: 'chunk',
    source: info,
    bytes,
    position,
    arrival: addNs(START, index + 1),
    observed: true,
  });
  const pass = (pieces: readonly Uint8Array[]): readonly Chunk[] => {
    const byteMask = createByteMask(mask);
    const told: Chunk[] = [];
    let position = 100;
    for (const [index, piece] of pieces.entries()) {
      told.push(...byteMask.push(chunkOf(piece, position, index)));
      position += piece.length;
    }
    return [...told, ...byteMask.flush()];
  };
  const bytesOf = (chunks: readonly Chunk[]): Buffer => Buffer.concat(chunks.map((chunk) => chunk.bytes));

  test('any cutting gives the bytes of masking line by line, at their positions', () => {
    const log = `${SLOG}msg="completion request" prompt="Sphinx of quartz" format=""\nPrüfung µs\n[GIN] x | 10.1.2.3 |\nlast`;
    const whole = Buffer.from(log);
    const expected = bytesOf(pass([whole]));
    expect(expected).toHaveLength(whole.length);
    expect(expected.toString('utf8')).not.toContain('Sphinx');
    expect(expected.toString('utf8')).toContain('Prüfung µs');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: whole.length })), (cuts) => {
        const ends = [...cuts, whole.length].sort((a, b) => a - b);
        const pieces = ends
          .map((end, index) => whole.subarray(ends[index - 1] ?? 0, end))
          .filter((piece) => piece.length > 0);
        const chunks = pass(pieces);
        expect(bytesOf(chunks).equals(expected)).toBe(true);
        let position = 100;
        for (const chunk of chunks) {
          expect(chunk.position).toBe(position);
          position += chunk.bytes.length;
        }
      }),
    );
  });

  test('of a line that is too long to hold, the rest is blanked, and the next line is whole again', () => {
    const long = Buffer.from(`prompt="${'Sphinx '.repeat(LINE_BYTES_MAX / 4)}`);
    const told = bytesOf(pass([long, Buffer.from('Sphinx'), Buffer.from('Sphinx\nslots idle\n')])).toString('latin1');
    expect(told).toHaveLength(long.length + 6 + 18);
    expect(told).not.toContain('Sphinx');
    expect(told.endsWith('x\nslots idle\n')).toBe(true);
  });

  test('of UTF-16, which cannot be masked line by line, nothing travels', () => {
    const told = bytesOf(pass([Buffer.from('\ufeffprompt="Sphinx"\n', 'utf16le')]));
    expect(told.every((byte) => byte === 0)).toBe(true);
  });

  test("journald's arrays of bytes are looked into", () => {
    const text = 'prompt="Sphinx"';
    const line = `{"MESSAGE":[${[...Buffer.from(text)].join(',')}]}\n`;
    const told = bytesOf(pass([Buffer.from(line)])).toString();
    expect(told).toHaveLength(line.length);
    expect(Buffer.from(JSON.parse(told).MESSAGE as number[]).toString()).toMatch(/^prompt="[xX]{6}"$/);
  });

  test('an unfinished line is told before a notice, masked', async () => {
    const context = createContext();
    const stream = new PassThrough();
    const reader = createReader(
      maskSource(createStreamSource({ info, open: () => stream }, context), mask),
      context.clock,
    );
    stream.end('whole\nprompt="Sphinx');
    await reader.until(hasNotice('ended'));
    expect(textOf(reader.events)).toBe('whole\nprompt="xxxxxx');
    expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'ended']);
    await reader.close();
  });
});
