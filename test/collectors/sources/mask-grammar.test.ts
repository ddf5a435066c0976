// Masking must not change what a line is: the grammar reads the masked log as it reads the real one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parserOf } from '../../../agent/parsers.ts';
import { detectDialect } from '../../../collectors/detect.ts';
import { createFramer } from '../../../collectors/frame.ts';
import type { Chunk, SourceInfo } from '../../../collectors/line.ts';
import type { RecordReading } from '../../../collectors/reading.ts';
import { createMask } from '../../../collectors/sources/mask.ts';
import { createByteMask } from '../../../collectors/sources/masked.ts';
import { CORPUS, corpusFiles, corpusIsHere } from '../../support/corpus.ts';
import { START } from '../../support/manual-clock.ts';

const info = { name: 'ollama', dialect: 'ollama', identity: 'm0' } as const;
const mask = createMask({ salt: 'salt', hostName: 'gpubox7' });

describe('masking and the grammar', () => {
  /** Class and kind of every reading of a log. */
  const kindsIn = (bytes: Uint8Array, source: SourceInfo): readonly string[] => {
    const kinds: string[] = [];
    const keep = (reading: RecordReading): void => {
      kinds.push(
        `${reading.line.position} ${reading.type === 'line' ? `${reading.class} ${reading.name}` : reading.kind}`,
      );
    };
    const framer = createFramer(source);
    const parser = parserOf(source);
    framer.push({ ...chunk, source, bytes }, (line) => parser.parse(line, keep));
    framer.end((line) => parser.parse(line, keep));
    parser.end(keep);
    return kinds;
  };
  const chunk: Chunk = {
    type: 'chunk',
    source: info,
    bytes: new Uint8Array(),
    position: 0,
    arrival: START,
    observed: false,
  };

  test.skipIf(!corpusIsHere)(
    'what a line is stays the same over all real logs (skipped: the corpus is not beside the repository)',
    () => {
      for (const file of corpusFiles('').filter((name) => /\.(?:log|txt)$/.test(name))) {
        const bytes = readFileSync(join(CORPUS, file));
        const dialect = detectDialect(bytes.subarray(0, 65_536).toString().split('\n')) ?? 'ollama';
        const byteMask = createByteMask(mask);
        const masked = Buffer.concat(
          [...byteMask.push({ ...chunk, bytes }), ...byteMask.flush()].map((part) => part.bytes),
        );
        expect(masked, file).toHaveLength(bytes.length);
        const source = { ...info, dialect };
        expect(kindsIn(masked, source), file).toEqual(kindsIn(bytes, source));
      }
    },
  );
});
