// What every source must do, whatever it reads. A source's own test file hands in how it is opened and written to.
import { expect, test } from 'vitest';
import type { Source, SourceContext, SourceEvent } from '../../../collectors/sources/source.ts';
import { createContext, createReader, openBelow, textOf } from './reader.ts';

export type Origin = {
  readonly source: Source;
  /** Makes bytes appear where the source reads. */
  readonly write: (bytes: Uint8Array) => Promise<void> | void;
  readonly cleanUp: () => Promise<void> | void;
  /** Where its files lie, to look for open descriptors. */
  readonly folder?: string;
};
export type SuiteOptions = {
  readonly open: (context: SourceContext) => Promise<Origin> | Origin;
  /** How far time is moved whenever the source waits; undefined where it is woken by what happens. */
  readonly stepMs?: number;
  /** What of written bytes is told: all, unless the source tells lines of its own. */
  readonly told?: (written: string) => string;
};

const PIECES = ['one\n', 'two\nthree', ' and a half\n', 'x'.repeat(150_000), '\n\n', 'last without end'];

const checkOrder = (events: readonly SourceEvent[]): void => {
  let position: number | undefined;
  let last = 0n;
  for (const event of events) {
    const at: bigint = event.type === 'chunk' ? event.arrival : event.at;
    expect(at, 'arrivals are strictly increasing').toBeGreaterThan(last);
    last = at;
    if (event.type !== 'chunk') continue;
    expect(event.bytes.length, 'no empty chunk').toBeGreaterThan(0);
    if (position !== undefined) expect(event.position, 'positions are contiguous').toBe(position);
    position = event.position + event.bytes.length;
  }
};

export const sourceSuite = ({ open, stepMs, told = (text) => text }: SuiteOptions): void => {
  const start = async () => {
    const context = createContext();
    const origin = await open(context);
    return { context, origin, reader: createReader(origin.source, context.clock, stepMs) };
  };

  test('tells every byte in order, exactly once, with contiguous positions and increasing arrivals', async () => {
    const { origin, reader } = await start();
    let written = '';
    for (const piece of PIECES) {
      await origin.write(Buffer.from(piece));
      written += piece;
      const expected = told(written);
      await reader.until((events) => textOf(events).length >= expected.length);
      expect(textOf(reader.events)).toBe(expected);
    }
    await reader.close();
    expect(textOf(reader.events)).toBe(told(written));
    checkOrder(reader.events);
    for (const event of reader.events)
      expect(event.type === 'chunk' ? event.source : event.source).toBe(origin.source.info);
    await origin.cleanUp();
  });

  test('ends when aborted, while it waits and while it is not pulled, and leaves nothing behind', async () => {
    const { context, origin, reader } = await start();
    await origin.write(Buffer.from('a line\n'));
    await reader.until((events) => textOf(events).length > 0);
    await reader.close();
    expect(context.clock.pending(), 'waits left behind').toBe(0);
    if (origin.folder !== undefined) expect(openBelow(origin.folder), 'descriptors left open').toBe(0);
    expect(await reader.next(), 'nothing after the end').toBeUndefined();
    await origin.cleanUp();
  });

  test('does nothing while it is not pulled', async () => {
    const { context, origin, reader } = await start();
    await origin.write(Buffer.from('a line\n'));
    await reader.until((events) => textOf(events).length > 0);
    await origin.write(Buffer.from('more\n'.repeat(100)));
    expect(context.clock.pending(), 'it waits for time without being asked').toBe(0);
    expect(textOf(reader.events)).toBe(told('a line\n'));
    await reader.close();
    await origin.cleanUp();
  });
};
