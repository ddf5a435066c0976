// Random histories of a log: whatever is written, renamed away, truncated after it was read, or deleted, every byte is told
// once and in order.
import { appendFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasNotice, textOf } from '../collectors/sources/reader.ts';
import { followLog } from './following.ts';

const step = fc.oneof(
  fc.record({ act: fc.constant('write'), bytes: fc.integer({ min: 1, max: 200_000 }) }),
  fc.record({
    act: fc.constantFrom('rename', 'truncate', 'delete', 'look'),
    bytes: fc.integer({ min: 1, max: 5_000 }),
  }),
);

test('every byte of any history is told once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (history) => {
      const { log, reader, finish } = followLog();
      log.append('');
      await reader.until(hasNotice('opened'));
      let written = '';
      let line = 0;
      const write = (sizeBytes: number): void => {
        line += 1;
        const text = `${`line ${line} `.repeat(Math.ceil(sizeBytes / 8))}\n`;
        appendFileSync(log.path, text);
        written += text;
      };
      const look = () => reader.until((events) => textOf(events).length >= written.length);
      for (const { act, bytes } of history) {
        // A rename and its successor are seen before the next change of files: a chain of them is beyond a single name.
        if (act !== 'write') await look();
        write(bytes);
        if (act === 'rename') renameSync(log.path, `${log.path}.${line}`);
        if (act === 'delete') rmSync(log.path);
        if (act === 'truncate') {
          await look();
          truncateSync(log.path);
        }
        if (act === 'rename' || act === 'delete') write(1);
      }
      await look();
      await finish();
      expect(textOf(reader.events)).toBe(written);
    }),
    { numRuns: 60 },
  );
});
