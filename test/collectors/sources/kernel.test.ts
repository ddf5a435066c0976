import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createJournalSource, journalArguments } from '../../../collectors/sources/journal.ts';
import { keepLines } from '../../../collectors/sources/kept-lines.ts';
import { isOfDriver } from '../../../collectors/sources/kernel.ts';
import { createKmsgSource, type KmsgDevice } from '../../../collectors/sources/kmsg.ts';
import type { Source, SourceContext } from '../../../collectors/sources/source.ts';
import { createStreamSource } from '../../../collectors/sources/stdin.ts';
import { createFakeSmi } from '../../support/fake-nvidia-smi.ts';
import { createContext, createReader, hasText, kindsOf, noticeOf, observedText, textOf } from './reader.ts';
import { sourceSuite } from './source-suite.ts';

const info = { name: 'kernel', dialect: 'kernel', identity: 'k0' } as const;
const xid = (n: number): string => `4,${n},${n}000000,-;NVRM: Xid (PCI:0000:01:00): ${n}, pid=7, name=runner, told\n`;

/** Records as the device gives them: one per read, EAGAIN when there is none. */
const createRing = () => {
  const records: (string | { readonly errno: string })[] = [];
  let isClosed = false;
  const device: KmsgDevice = {
    read: () => {
      const record = records.shift() ?? { errno: 'EAGAIN' };
      return typeof record === 'string'
        ? Promise.resolve(record)
        : Promise.reject(Object.assign(new Error('ring'), { code: record.errno }));
    },
    close: () => {
      isClosed = true;
      return Promise.resolve();
    },
  };
  return { records, device, isClosed: () => isClosed };
};

const openRing = (context: SourceContext, startAt: 'end' | 'beginning') => {
  const ring = createRing();
  const openDevice = () => Promise.resolve(ring.device);
  return { ring, source: createKmsgSource({ info, startAt, openDevice }, () => true, context) };
};

describe('the kernel ring', () =>
  sourceSuite({
    stepMs: 250,
    open: (context) => {
      const { ring, source } = openRing(context, 'beginning');
      let held = '';
      const write = (bytes: Uint8Array): void => {
        held += Buffer.from(bytes).toString('latin1');
        const end = held.lastIndexOf('\n') + 1;
        for (const record of held.slice(0, end).match(/[^\n]*\n/g) ?? []) ring.records.push(record);
        held = held.slice(end);
      };
      return { source, write, cleanUp: () => expect(ring.isClosed()).toBe(true) };
    },
    told: (written) => written.slice(0, written.lastIndexOf('\n') + 1),
  }));

describe('kmsg', () => {
  const follow = (startAt: 'end' | 'beginning') => {
    const context = createContext();
    const { ring, source } = openRing(context, startAt);
    return { ring, clock: context.clock, reader: createReader(source, context.clock, 250) };
  };

  test('what was in the ring before is passed over, what comes is observed', async () => {
    const { ring, reader } = follow('end');
    ring.records.push(xid(31), xid(45));
    await reader.next();
    const pulled = reader.until(hasText('79,'));
    ring.records.push({ errno: 'EAGAIN' }, xid(79));
    await pulled;
    await reader.close();
    expect(textOf(reader.events)).toBe(xid(79));
    expect(observedText(reader.events)).toBe(xid(79));
  });

  test('kmsg overrun: overwritten records are told as a gap, and reading goes on', async () => {
    const { ring, reader } = follow('end');
    await reader.next();
    ring.records.push({ errno: 'EAGAIN' }, xid(31), { errno: 'EPIPE' }, xid(79));
    await reader.until(hasText('79,'));
    await reader.close();
    expect(kindsOf(reader.events)).toEqual(['opened', 'bytes', 'gap', 'bytes']);
  });

  test('a device that cannot be opened is told with what to do', async () => {
    const context = createContext();
    const openDevice = () => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' }));
    const reader = createReader(
      createKmsgSource({ info, startAt: 'end', openDevice }, () => true, context),
      context.clock,
    );
    expect(await reader.next()).toMatchObject({ kind: 'unavailable', detail: expect.stringContaining('CAP_SYSLOG') });
    expect(await reader.next()).toBeUndefined();
  });
});

describe('kept lines', () => {
  const streams: PassThrough[] = [];
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.destroy();
  });
  const keep = (context: SourceContext): { stream: PassThrough; source: Source } => {
    const stream = new PassThrough();
    streams.push(stream);
    return { stream, source: keepLines(createStreamSource({ info, open: () => stream }, context), isOfDriver) };
  };

  test('only records of the driver are told, whole, with contiguous positions', async () => {
    const context = createContext();
    const { stream, source } = keep(context);
    const reader = createReader(source, context.clock);
    stream.write('usb 1-1: new device\nNVRM: Xid (PCI:0000:01:00): 79, GPU has fal');
    stream.write('len off the bus.\naudit: secret\nnvidia 0000:01:00.0: reset\n');
    await reader.until(hasText('reset\n'));
    await reader.close();
    expect(textOf(reader.events)).toBe(
      'NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\nnvidia 0000:01:00.0: reset\n',
    );
    const last = reader.events.findLast((event) => event.type === 'chunk');
    expect(last?.type === 'chunk' && last.position + last.bytes.length).toBe(textOf(reader.events).length);
  });
});

describe('a journal', () =>
  sourceSuite({
    open: async (context) => {
      const journalctl = await createFakeSmi();
      const run = journalctl.nextRun();
      const spec = { info, select: 'kernel', startAt: 'end', program: journalctl.program } as const;
      const write = (bytes: Uint8Array): void => {
        void run.then((started) => started.order({ do: 'write', text: Buffer.from(bytes).toString('latin1') }));
      };
      return { source: createJournalSource(spec, context), write, cleanUp: journalctl.close };
    },
  }));

test('journalctl is asked for named fields of one unit, or of the kernel, and follows', () => {
  const unit = journalArguments({ select: { unit: 'ollama.service' }, startAt: 'end' });
  expect(unit.slice(0, 8)).toEqual(['-u', 'ollama.service', '-b', '-f', '-n', '0', '-o', 'json']);
  expect(unit.join(' ')).not.toMatch(/HOSTNAME|CMDLINE|MACHINE/);
  expect(journalArguments({ select: 'kernel', startAt: 'beginning' }).slice(0, 4)).toEqual(['-k', '-f', '-n', 'all']);
});

test('a device that fails later is told, and ends', async () => {
  const context = createContext();
  const { ring, source } = openRing(context, 'end');
  const reader = createReader(source, context.clock, 250);
  ring.records.push({ errno: 'EAGAIN' }, { errno: 'EIO' });
  while ((await reader.next()) !== undefined);
  expect(noticeOf(reader.events, 'unavailable')).toMatchObject({ detail: expect.stringContaining('EIO') });
});
