import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRecorder } from '../../../collectors/sources/recorder.ts';
import {
  RecordingError,
  readLogWithArrivals,
  readRecording,
  rechunk,
  timeOfEvent,
} from '../../../collectors/sources/recording.ts';
import type { SourceEvent } from '../../../collectors/sources/source.ts';
import { addNs, addSeconds } from '../../../otel/time.ts';
import { CORPUS, corpusIsHere } from '../../support/corpus.ts';
import { START } from '../../support/manual-clock.ts';
import { textOf } from './reader.ts';

const ollama = { name: 'ollama', dialect: 'ollama', identity: 'o0', offsetSeconds: 3_600 } as const;
const dmon = { name: 'dmon', dialect: 'dmon', identity: 'd0' } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollascope-recording-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = () => ({
  dir: join(folder, 'made'),
  madeBy: '0.1.0',
  commands: ['ollascope record'],
  host: { system: 'linux' },
  masks: ['content'],
  startedAt: START,
  versions: { ollama: { ollama: '0.34.4' } },
});

/** Events of two sources, each later than the one before. */
const eventsOf = (
  steps: readonly { readonly of: number; readonly text: string; readonly observed: boolean }[],
): readonly SourceEvent[] => {
  const positions = [7, 0];
  return steps.map(({ of, text, observed }, index) => {
    const source = of === 0 ? ollama : dmon;
    const at = addNs(START, (index + 1) * 1_000_003);
    if (text === '') return { type: 'notice', kind: 'gap', source, at, detail: `lost ${index}`, amount: index };
    const position = positions[of] ?? 0;
    positions[of] = position + Buffer.byteLength(text);
    return { type: 'chunk', source, bytes: new Uint8Array(Buffer.from(text)), position, arrival: at, observed };
  });
};
const record = (events: readonly SourceEvent[], endedAt = addSeconds(START, 60)): string => {
  const recorder = createRecorder(options());
  for (const event of events) recorder.record(event);
  recorder.close(endedAt);
  return options().dir;
};
const aStep = fc.record({
  of: fc.integer({ min: 0, max: 1 }),
  text: fc.string({ maxLength: 40, unit: 'grapheme' }),
  observed: fc.boolean(),
});

test('what was recorded is read back: the same events in the same order', () => {
  fc.assert(
    fc.property(fc.array(aStep, { minLength: 1, maxLength: 30 }), (steps) => {
      const events = eventsOf(steps);
      const dir = record(events);
      const { manifest, events: read } = readRecording(dir);
      expect([...read()]).toEqual(events);
      expect([...read()], 'and again').toEqual(events);
      expect(manifest).toMatchObject({
        startedAt: START,
        endedAt: addSeconds(START, 60),
        complete: true,
        masks: ['content'],
      });
      rmSync(dir, { recursive: true });
    }),
    { numRuns: 40 },
  );
});

test('each source is one object, as the pipeline keeps its stations by it, with its zone and versions', () => {
  const dir = record(
    eventsOf([
      { of: 0, text: 'a\n', observed: true },
      { of: 0, text: 'b\n', observed: true },
      { of: 1, text: '# gpu\n', observed: true },
    ]),
  );
  const { manifest, events } = readRecording(dir);
  const [first, second] = [...events()];
  expect(first?.source).toBe(second?.source);
  expect(first?.source).toEqual(ollama);
  expect(manifest.sources[0]).toMatchObject({ file: 'ollama', versions: { ollama: '0.34.4' } });
  expect(readFileSync(join(dir, 'ollama.raw'), 'utf8')).toBe('a\nb\n');
});

test('smaller pieces are the same bytes at the same positions and times', () => {
  const events = eventsOf([
    { of: 0, text: 'abc\ndef\n', observed: true },
    { of: 1, text: '', observed: true },
    { of: 0, text: 'g\n', observed: true },
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), (sizeBytes) => {
      const pieces = [...rechunk(events, () => sizeBytes)];
      expect(textOf(pieces)).toBe(textOf(events));
      for (const piece of pieces) if (piece.type === 'chunk') expect(piece.bytes.length).toBeLessThanOrEqual(sizeBytes);
      const times = pieces.map(timeOfEvent);
      expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
    }),
  );
});

test('a recorder that was killed leaves a recording that ends with its last event', () => {
  const events = eventsOf([
    { of: 0, text: 'a\n', observed: true },
    { of: 1, text: 'b\n', observed: true },
  ]);
  const recorder = createRecorder(options());
  for (const event of events) recorder.record(event);
  appendFileSync(join(options().dir, 'dmon.arrivals.tsv'), '17900000');
  const { manifest, events: read } = readRecording(options().dir);
  expect(manifest).toMatchObject({ complete: false, endedAt: timeOfEvent(events[1] as SourceEvent) });
  expect([...read()]).toEqual(events);
  recorder.close(addSeconds(START, 1));
});

test('two sources of one name keep apart, odd names become file names', () => {
  const twin = { ...ollama, name: '../Ollama log', identity: 'o1' };
  const other = { ...twin, identity: 'o2' };
  const at = (n: number) => addNs(START, n);
  const chunk = (source: typeof twin, n: number): SourceEvent => ({
    type: 'chunk',
    source,
    bytes: Buffer.from(`${n}\n`),
    position: 0,
    arrival: at(n),
    observed: true,
  });
  const { manifest, events } = readRecording(record([chunk(twin, 1), chunk(other, 2)]));
  expect(manifest.sources.map((source) => source.file)).toEqual(['Ollama-log', 'Ollama-log-2']);
  expect(textOf([...events()])).toBe('1\n2\n');
});

describe('clear errors', () => {
  const one = () =>
    record(
      eventsOf([
        { of: 0, text: 'a\nb\n', observed: true },
        { of: 0, text: '', observed: true },
      ]),
    );
  const edit = (dir: string, change: (manifest: Record<string, unknown>) => void): void => {
    const path = join(dir, 'recording.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
  };
  const read = (dir: string) => () => [...readRecording(dir).events()];

  test('no recording there', () => {
    expect(read(folder)).toThrow(RecordingError);
    expect(read(folder)).toThrow('expected a recording (a folder with recording.json)');
  });
  test('no JSON', () => {
    writeFileSync(join(folder, 'recording.json'), '{');
    expect(read(folder)).toThrow('expected JSON');
  });
  test('a later format, and every other problem at once', () => {
    const dir = one();
    edit(dir, (manifest) => Object.assign(manifest, { format: 2, startedAt: 'yesterday', sources: [] }));
    expect(read(dir)).toThrow(
      /format[\s\S]*startedAt: expected a time such as[\s\S]*sources: expected at least one source/,
    );
  });
  test('a file name that leads elsewhere', () => {
    const dir = one();
    edit(dir, (manifest) => Object.assign((manifest['sources'] as object[])[0] as object, { file: '../../secret' }));
    expect(read(dir)).toThrow('expected a plain file name');
  });
  test('a missing file', () => {
    const dir = one();
    rmSync(join(dir, 'ollama.arrivals.tsv'));
    expect(read(dir)).toThrow('the recording is incomplete');
  });
  test('a broken row', () => {
    const dir = one();
    appendFileSync(join(dir, 'ollama.arrivals.tsv'), 'nonsense\n');
    expect(read(dir)).toThrow('ollama.arrivals.tsv, row 2');
  });
  test('an unknown notice', () => {
    const dir = one();
    appendFileSync(join(dir, 'notices.tsv'), '1790000000000000009\tollama\texploded\t\tx\n');
    expect(read(dir)).toThrow('notices.tsv, row 2');
  });
  test('bytes cut short', () => {
    const dir = one();
    truncateSync(join(dir, 'ollama.raw'), 2);
    expect(read(dir)).toThrow('expected 4 bytes at position 7, found 2');
  });
  test('a folder that is not empty is not written into', () => {
    one();
    expect(one).toThrow('nothing is overwritten');
  });
});

test.skipIf(!corpusIsHere)(
  'a log with a table of arrivals is read whole (skipped: the corpus of real logs is not beside the repository)',
  () => {
    const name = join(CORPUS, 'live', '0.34.4-split-debug0');
    const events = [...readLogWithArrivals(`${name}.log`, `${name}.arrival.tsv`, ollama)];
    expect(textOf(events)).toBe(readFileSync(`${name}.log`, 'latin1'));
    const times = events.map(timeOfEvent);
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
  },
);
