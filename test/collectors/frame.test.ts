// Framing: the same bytes give the same lines whatever the chunking, positions are exact in bytes, memory is bounded.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFramer } from '../../collectors/frame.ts';
import { type Chunk, LINE_BYTES_MAX, type Line, type NoticeKind } from '../../collectors/line.ts';
import { addNs, type Instant } from '../../otel/time.ts';
import { BASE, framed, SOURCE } from '../support/ollama-lines.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const texts = (bytes: Uint8Array): readonly string[] => framed(bytes).map((line) => line.text);

/** The same bytes cut at the given positions, one nanosecond between chunks. */
const framedInPieces = (
  bytes: Uint8Array,
  cuts: readonly number[],
): { lines: readonly Line[]; arrivals: readonly Instant[] } => {
  const framer = createFramer(SOURCE);
  const lines: Line[] = [];
  const arrivals: Instant[] = [];
  const keep = (line: Line): void => {
    lines.push(line);
  };
  let from = 0;
  for (const [index, to] of [...new Set([...cuts, bytes.length])].sort((a, b) => a - b).entries()) {
    if (to < from || to > bytes.length) continue;
    const arrival = addNs(BASE, index);
    const chunk: Chunk = {
      type: 'chunk',
      source: SOURCE,
      bytes: bytes.slice(from, to),
      position: from,
      arrival,
      observed: true,
    };
    framer.push(chunk, keep);
    while (arrivals.length < lines.length) arrivals.push(arrival);
    from = to;
  }
  framer.end(keep);
  return { lines, arrivals };
};

const strip = (line: Line) => ({
  text: line.text,
  position: line.position,
  sizeBytes: line.sizeBytes,
  truncated: line.truncated,
});

const pieces = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(bytesOf),
  fc.constantFrom('\n', '\r\n', '\0\0', 'µs', '\ufeff', '[GIN] ', '\r').map(bytesOf),
  fc.uint8Array({ maxLength: 6 }),
  fc.constant(Uint8Array.of(0xff, 0xfe)),
);
const anyBytes = fc
  .array(pieces, { maxLength: 40 })
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

describe('chunking', () => {
  test('any chunking gives the same lines', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(200), { maxLength: 20 }), (bytes, cuts) => {
        expect(framedInPieces(bytes, cuts).lines.map(strip)).toEqual(framed(bytes).map(strip));
      }),
      { numRuns: 500 },
    );
  });

  test('positions and sizes cover every byte once', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        let next = 0;
        for (const line of framed(bytes)) {
          expect(line.position).toBe(next);
          next += line.sizeBytes;
        }
        expect(next).toBe(bytes.length);
      }),
    );
  });

  test('a line arrives with the chunk that held its last byte', () => {
    const { lines, arrivals } = framedInPieces(bytesOf('one\ntwo\nthree\n'), [2, 6, 9]);
    expect(lines.map((line) => line.arrival)).toEqual(arrivals);
    expect(lines.map((line) => line.arrival - BASE)).toEqual([1n, 2n, 3n]);
  });

  test('the source may reuse its buffer', () => {
    const framer = createFramer(SOURCE);
    const lines: string[] = [];
    const buffer = bytesOf('abc');
    const chunk: Chunk = { type: 'chunk', source: SOURCE, bytes: buffer, position: 0, arrival: BASE, observed: true };
    framer.push(chunk, (line) => lines.push(line.text));
    buffer.set(bytesOf('def'));
    framer.push({ ...chunk, bytes: bytesOf('\n'), position: 3 }, (line) => lines.push(line.text));
    expect(lines).toEqual(['abc']);
  });
});

describe('forms', () => {
  test('CR LF, byte order mark, NUL runs and a last line without an end', () => {
    expect(texts(bytesOf('\ufeffone\r\n\0\0\0two\nthree'))).toEqual(['one', 'two', 'three']);
    expect(framed(bytesOf('\0\0\0two\n'))[0]?.sizeBytes).toBe(7);
  });

  test('invalid UTF-8 becomes U+FFFD and moves no position', () => {
    const lines = framed(Uint8Array.from([0xff, 0x61, 0xc2, 10, 0x62, 10]));
    expect(lines.map((line) => [line.text, line.position, line.sizeBytes])).toEqual([
      ['\ufffda\ufffd', 0, 4],
      ['b', 4, 2],
    ]);
  });

  test('UTF-16 with its mark is decoded', () => {
    const bytes = new Uint8Array(Buffer.from('\ufeffan µ\r\nother\n', 'utf16le'));
    expect(texts(bytes)).toEqual(['an µ', 'other']);
    expect(framed(bytes).map((line) => line.sizeBytes)).toEqual([14, 12]);
  });

  test('a carriage return inside a line stays for the grammar', () => {
    expect(texts(bytesOf('10%\r20%\rdone\n'))).toEqual(['10%\r20%\rdone']);
  });
});

describe('bounds', () => {
  test('a line of exactly the limit is whole, one byte more is cut', () => {
    const whole = framed(bytesOf(`${'x'.repeat(LINE_BYTES_MAX)}\n`))[0];
    expect([whole?.text.length, whole?.truncated]).toEqual([LINE_BYTES_MAX, false]);
    const cut = framed(bytesOf(`${'x'.repeat(LINE_BYTES_MAX + 1)}\n`))[0];
    expect([cut?.text.length, cut?.truncated, cut?.sizeBytes]).toEqual([LINE_BYTES_MAX, true, LINE_BYTES_MAX + 2]);
  });

  test('the cut never splits a character', () => {
    const cut = framed(bytesOf(`${'x'.repeat(LINE_BYTES_MAX - 1)}µµ\n`))[0];
    expect(cut?.text.endsWith('x')).toBe(true);
  });

  test('64 MiB without a line end: one line, its head kept, its bytes counted', () => {
    const framer = createFramer(SOURCE);
    const lines: Line[] = [];
    const bytes = new Uint8Array(65_536).fill(120);
    const count = 1_024;
    for (let index = 0; index < count; index++)
      framer.push(
        { type: 'chunk', source: SOURCE, bytes, position: index * bytes.length, arrival: BASE, observed: true },
        (line) => lines.push(line),
      );
    framer.end((line) => lines.push(line));
    expect(lines.map((line) => [line.text.length, line.sizeBytes, line.truncated])).toEqual([
      [LINE_BYTES_MAX, count * bytes.length, true],
    ]);
  });

  test.each<[NoticeKind, readonly string[]]>([
    ['rotated', ['half', 'next']],
    ['truncated', ['half', 'next']],
    ['exited', ['half', 'next']],
    ['stalled', ['halfnext']],
    ['clock_step', ['halfnext']],
  ])('%s: the partial line ends there or goes on', (kind, expected) => {
    const framer = createFramer(SOURCE);
    const lines: string[] = [];
    const keep = (line: Line): void => {
      lines.push(line.text);
    };
    const chunk = (text: string, position: number): Chunk => ({
      type: 'chunk',
      source: SOURCE,
      bytes: bytesOf(text),
      position,
      arrival: BASE,
      observed: true,
    });
    framer.push(chunk('half', 0), keep);
    framer.notice({ type: 'notice', kind, source: SOURCE, at: BASE, detail: '' }, keep);
    framer.push(chunk('next\n', 4), keep);
    framer.end(keep);
    expect(lines).toEqual(expected);
  });
});
