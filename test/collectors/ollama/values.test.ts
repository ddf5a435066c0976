// Go's values as printed: total functions, undefined for anything that is not of the form.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCommand } from '../../../collectors/ollama/command.ts';
import { readConfig } from '../../../collectors/ollama/config.ts';
import { classifyError, exitOf } from '../../../collectors/ollama/errors.ts';
import { scanSlog, unquote } from '../../../collectors/ollama/slog.ts';
import {
  blobOf,
  durationSeconds,
  numberOf,
  pciBus,
  portOf,
  shortModel,
  sizeBytes,
  sizesBytes,
} from '../../../collectors/ollama/values.ts';

test.each([
  ['6.5 GiB', 6_979_321_856],
  ['457.0 MiB', 479_199_232],
  ['0 B', 0],
  ['67593371648', 67_593_371_648],
  ['1.1 KB', 1_100],
  ['x GiB', undefined],
  ['', undefined],
])('size %s', (text, bytes) => {
  expect(sizeBytes(text)).toBe(bytes);
});

test('sizes of a slice are summed', () => {
  expect([sizesBytes('[1.0 GiB 2.0 GiB]'), sizesBytes('[]'), sizesBytes('2.0 GiB')]).toEqual([
    3_221_225_472,
    undefined,
    2_147_483_648,
  ]);
});

test.each([
  ['0000:09:00.0', '0000:09:00'],
  ['00000000:0A:00.0', '0000:0a:00'],
  ['c1:00.0', '0000:c1:00'],
  ['unknown id', undefined],
  ['', undefined],
])('bus %s', (text, bus) => {
  expect(pciBus(text)).toBe(bus);
});

test('names, paths and addresses', () => {
  expect(shortModel('registry.ollama.ai/library/wren:1b')).toBe('wren:1b');
  expect(shortModel('hf.co/someone/model:Q4')).toBe('hf.co/someone/model:Q4');
  expect(blobOf('C:\\models\\blobs\\sha256-aabbccddeeff')).toBe('aabbccddeeff');
  expect(blobOf('/models/x.gguf')).toBeUndefined();
  expect([portOf('[::]:11434'), portOf('127.0.0.1:8080'), portOf('nothing')]).toEqual([11434, 8080, undefined]);
  expect([
    durationSeconds('5m0s'),
    durationSeconds('-1s'),
    durationSeconds('3.7478ms'),
    durationSeconds('forever'),
  ]).toEqual([300, -1, 0.0037478, undefined]);
  expect([numberOf('12'), numberOf(''), numberOf('0x1'), numberOf(undefined)]).toEqual([
    12,
    undefined,
    undefined,
    undefined,
  ]);
});

describe('slog', () => {
  test('strconv.Quote is undone', () => {
    expect(unquote('a\\n\\t\\"b\\\\ \\x1b \\u00a0 \\U0001F600')).toBe('a\n\t"b\\ \x1b \u00a0 😀');
  });

  test('any text survives quoting', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (value, after) => {
        const quoted = JSON.stringify(value);
        const text = `time=2026-03-04T05:06:07.890+05:30 level=INFO source=a.go:1 msg="m" k=${quoted} z=${JSON.stringify(after)}`;
        const record = scanSlog(text, 0, text.length);
        expect(record?.pairs[0]?.[0]).toBe('k');
        expect(record?.pairs).toHaveLength(2);
        expect(record?.complete).toBe(true);
      }),
    );
  });

  test('zone, level and pairs', () => {
    const text =
      'time=2026-03-04T05:06:07.890-03:30 level=DEBUG-4 source=a.go:1 msg=load "total vram"="6.0 GiB" x=%!w(<nil>)';
    expect(scanSlog(text, 0, text.length)).toMatchObject({
      offsetSeconds: -12_600,
      severity: 'DEBUG',
      message: 'load',
      pairs: [
        ['total vram', '6.0 GiB'],
        ['x', '%!w(<nil>)'],
      ],
      complete: true,
    });
  });

  test.each([
    'time=2026-03-04T05:06:07.890Z',
    'time=2026-03-04T05:06:07.890 level=INFO msg=a',
    'time=abc level=INFO msg=a',
    'time=2026-13-04T05:06:07.890Z level=INFO msg=a',
  ])('no head: %s', (text) => {
    expect(scanSlog(text, 0, text.length)).toBeUndefined();
  });
});

test('a command: flags as whole words, context per request', () => {
  expect(
    readCommand(
      '/x/llama-server --model C:\\blobs\\sha256-aabbccddeeff --port 1234 -c 8192 -np 4 --cache-type-k q8_0 --embedding',
      true,
    ),
  ).toEqual({
    engine: 'llama-server',
    discovery: false,
    blob: 'aabbccddeeff',
    port: 1234,
    contextSize: 2048,
    parallel: 4,
    kvCacheType: 'q8_0',
    embedding: true,
  });
});

test('settings: listed names with plain values only', () => {
  expect(
    readConfig(
      'map[HTTPS_PROXY:http://u:p@h:1 OLLAMA_DEBUG:INFO OLLAMA_HOST:http://0.0.0.0:11434 OLLAMA_MODELS:/a b OLLAMA_KV_CACHE_TYPE: OLLAMA_VULKAN:false ROCR_VISIBLE_DEVICES:]',
    ),
  ).toEqual({
    OLLAMA_DEBUG: 'INFO',
    OLLAMA_VULKAN: 'false',
  });
});

test.each([
  ['Post "http://127.0.0.1:1/completion": context canceled', 'canceled', true],
  ['Post "http://127.0.0.1:1/completion": EOF', 'runner_gone', false],
  ['timed out waiting for llama runner to start - progress 0.97 - ', 'load_timeout', false],
  ['model requires more system memory (13.4 GiB) than is available (9.1 GiB)', 'insufficient_memory', false],
  [
    'llama runner process has terminated: CUDA error: an illegal memory access was encountered',
    'cuda.illegal_memory_access',
    false,
  ],
  ['%!w(<nil>)', 'unknown', false],
  ['something else', 'other', false],
])('error %s', (text, errorType, clientLeft) => {
  expect(classifyError(text)).toEqual({ errorType, clientLeft });
});

test('how a child ended', () => {
  expect([exitOf('exit status 0xc0000409'), exitOf('x: signal: killed'), exitOf('nothing'), exitOf(undefined)]).toEqual(
    ['exit status 0xc0000409', 'signal: killed', undefined, undefined],
  );
});
