// The grammar is total: any text gives readings and never an exception, in time linear in the text, the same every time.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOllamaParser } from '../../../collectors/ollama/parser.ts';
import { allRaw, allSlog, allSlot } from '../../../collectors/ollama/table.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { framed, readText, SOURCE, told } from '../../support/ollama-lines.ts';

const samples = [...allSlog, ...allSlot, ...allRaw].flatMap((p) => p.samples.map((sample) => sample.line));
const GIN = '[GIN] 2026/03/04 - 05:06:07 | 200 |   1.5s |       127.0.0.1 | POST     "/api/chat"';
const envelopes = [
  '',
  'ollama-1  | ',
  '2026-05-04T03:02:01.5Z stderr P ',
  'Mar 04 05:06:07 h ollama[1]: ',
  '[pod/a/ollama] ',
  '{"log":"',
];

const mutated = fc
  .tuple(
    fc.constantFrom(...samples, GIN),
    fc.constantFrom(...envelopes),
    fc.nat(200),
    fc.nat(40),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  .map(([line, envelope, at, length, text]) => `${envelope}${line.slice(0, at)}${text}${line.slice(at + length)}`);
const anyText = fc.array(fc.oneof(mutated, fc.string({ unit: 'binary' }), fc.constantFrom(...samples, GIN)), {
  maxLength: 12,
});

test('mutated and random lines: every line is told, none throws, twice the same', () => {
  fc.assert(
    fc.property(anyText, (parts) => {
      const lines = framed(new TextEncoder().encode(parts.join('\n')));
      const run = (): readonly RecordReading[] => {
        const readings: RecordReading[] = [];
        const parser = createOllamaParser(SOURCE);
        for (const line of lines) parser.parse(line, (reading) => readings.push(reading));
        parser.end((reading) => readings.push(reading));
        return readings;
      };
      const readings = run();
      const toldLines = new Set(readings.map((reading) => reading.line.position));
      expect(lines.every((line) => toldLines.has(line.position))).toBe(true);
      expect(run()).toEqual(readings);
      for (const reading of readings) expect(reading.offset).toBeLessThanOrEqual(reading.line.text.length);
    }),
    { numRuns: 1_000 },
  );
});

test('readings come in the order of the lines, but for those told late', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...samples, GIN), { maxLength: 20 }), (parts) => {
      const positions = readText(parts.join('\n'))
        .filter((reading) => told(reading) !== 'matched runner.crash_dump' && told(reading) !== 'malformed torn')
        .map((reading) => reading.line.position);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
    }),
  );
});

// A reader that is quadratic in the line would run into the suite's time-out; a linear one takes milliseconds.
describe('hostile lines of a million characters', () => {
  const SIZE = 1_000_000;
  const of = (part: string): string => part.repeat(Math.ceil(SIZE / part.length)).slice(0, SIZE);
  const hostile: readonly (readonly [string, string])[] = [
    ['quotes', `time=2026-03-04T05:06:07.890Z level=INFO msg="${of('\\"')}`],
    ['backslashes', `time=2026-03-04T05:06:07.890Z level=INFO msg="${of('\\')}`],
    ['pairs', `time=2026-03-04T05:06:07.890Z level=INFO msg=a ${of('a=b ')}`],
    ['record heads', of('time=2026-03-04T05:06:07.890Z level=INFO msg="')],
    ['almost heads', of('time=2026-03-04T05:06:07.890Z lev')],
    ['access heads', of('[GIN] 2026/03/04 - 05:06:07 | 200 | ')],
    ['access path', `${GIN.slice(0, -1)}${of('\\"')}`],
    ['slot heads', of('slot print_timing: id  0 | task 7 | ')],
    ['server heads', of('srv  update_slots: ')],
    ['spaces', of(' ')],
    ['tabs', of('\t')],
    ['dots', of('.')],
    ['carriage returns', of('\r')],
    ['colours', of('\x1b[31')],
    ['brackets', of('[')],
    ['calls', `panic: x\n${of('f(')}`],
    ['device names', `llama_prepare_model_devices: using device CUDA0 (${of('(')}`],
    ['key and value', of('a="b" ')],
    ['braces', of('{"log":')],
    ['compose', `${of('a')} | b`],
    ['digits', `slot print_timing: id ${of('9')}`],
    ['Go map', `time=2026-03-04T05:06:07.890Z level=INFO msg="server config" env="map[${of('OLLAMA_A: ')}"`],
    ['load request', `time=2026-03-04T05:06:07.890Z level=INFO msg=load request="${of('ID:a Layers:')}"`],
  ];
  test.each(hostile)('%s', (_name, text) => {
    const readings = readText(`${text}\n${text}\n`);
    expect(readings.length).toBeGreaterThan(0);
  });
});
