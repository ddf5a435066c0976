import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { SourceContext } from '../../../collectors/sources/source.ts';
import { createStreamSource } from '../../../collectors/sources/stdin.ts';
import { createContext, createReader, hasNotice, hasText, kindsOf, observedText, textOf } from './reader.ts';
import { sourceSuite } from './source-suite.ts';

const info = { name: 'ollama', dialect: 'ollama', identity: 's0' } as const;

describe('a stream', () =>
  sourceSuite({
    open: (context: SourceContext) => {
      const stream = new PassThrough();
      return {
        source: createStreamSource({ info, open: () => stream }, context),
        write: (bytes) => {
          stream.write(bytes);
        },
        cleanUp: () => expect(stream.destroyed, 'the stream is let go of').toBe(true),
      };
    },
  }));

const follow = () => {
  const context = createContext();
  const stream = new PassThrough();
  return {
    stream,
    clock: context.clock,
    reader: createReader(createStreamSource({ info, open: () => stream }, context), context.clock),
  };
};

test('its end is told after its last bytes, also without a newline', async () => {
  const { stream, reader } = follow();
  stream.end('a\nb');
  await reader.until(hasNotice('ended'));
  expect(await reader.next()).toBeUndefined();
  expect(textOf(reader.events)).toBe('a\nb');
  expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'ended']);
});

test('what is piped in at once is a backlog; what comes after a quiet moment was observed', async () => {
  const { stream, clock, reader } = follow();
  stream.write('old\n');
  await reader.until(hasText('old'));
  const pulled = reader.next();
  await clock.waiting();
  clock.advance(50);
  await clock.waiting();
  stream.write('new\n');
  await pulled;
  await reader.close();
  expect(observedText(reader.events)).toBe('new\n');
});

test('a stream that breaks is told, and ends', async () => {
  const { stream, reader } = follow();
  await reader.until(hasNotice('opened'));
  const ended = reader.until(hasNotice('ended'));
  stream.destroy(new Error('gone'));
  await ended;
  expect(await reader.next()).toBeUndefined();
});
