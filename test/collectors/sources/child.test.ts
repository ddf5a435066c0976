import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSmiSource, type SmiSpec } from '../../../collectors/sources/nvidia-smi.ts';
import { createFakeSmi, type FakeSmi } from '../../support/fake-nvidia-smi.ts';
import { createContext, createReader, hasNotice, hasText, kindsOf, noticeOf, textOf } from './reader.ts';
import { sourceSuite } from './source-suite.ts';

const info = { name: 'dmon', dialect: 'dmon', identity: 'd0' } as const;
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

describe('a child', () =>
  sourceSuite({
    open: async (context) => {
      const smi = await createFakeSmi();
      const run = smi.nextRun();
      const source = createSmiSource({ info, mode: 'dmon', program: smi.program, intervalSeconds: 1 }, context);
      // The child runs once its source is pulled, so what is written is not waited for here.
      const write = (bytes: Uint8Array): void => {
        void run.then((started) => started.order({ do: 'write', text: Buffer.from(bytes).toString('latin1') }));
      };
      return { source, write, cleanUp: smi.close };
    },
  }));

describe('a supervised nvidia-smi', () => {
  let smi: FakeSmi;
  beforeEach(async () => {
    smi = await createFakeSmi();
  });
  afterEach(() => smi.close());
  const follow = (spec: Partial<SmiSpec> = {}) => {
    const context = createContext();
    const full: SmiSpec = { info, mode: 'dmon', program: smi.program, intervalSeconds: 1, ...spec };
    return { clock: context.clock, reader: createReader(createSmiSource(full, context), context.clock) };
  };

  test('is asked for what is cheap, leaves out PCIe, and leaves no process behind', async () => {
    const { reader } = follow({ intervalSeconds: 2 });
    const pulled = reader.next();
    const run = await smi.nextRun();
    expect(run.args).toEqual(['dmon', '-s', 'pucvme', '-d', '2']);
    await run.order({ do: 'write', text: '# gpu\n' });
    await pulled;
    await reader.close();
    await run.gone;
    expect(isGone(run.pid)).toBe(true);
  });

  test('asks for PCIe where it is wanted, and goes on without it where it is refused', async () => {
    const { clock, reader } = follow({ pcie: true });
    const exited = reader.until(hasNotice('exited'));
    const first = await smi.nextRun();
    expect(first.args).toEqual(['dmon', '-s', 'pucvmet', '-d', '1']);
    await first.order({ do: 'exit', code: 2 });
    await exited;
    const answered = reader.until(hasText('# gpu'));
    await clock.waiting();
    clock.advance(1_000);
    const second = await smi.nextRun();
    expect(second.args).toEqual(['dmon', '-s', 'pucvme', '-d', '1']);
    await second.order({ do: 'write', text: '# gpu\n' });
    await answered;
    await reader.close();
    await second.gone;
  });

  test('exit code 2 asks with fewer letters, told with the reason', async () => {
    const { clock, reader } = follow();
    const exited = reader.until(hasNotice('exited'));
    await (await smi.nextRun()).order({ do: 'exit', code: 2 });
    await exited;
    const answered = reader.until(hasText('# gpu'));
    await clock.waiting();
    clock.advance(1_000);
    const second = await smi.nextRun();
    expect(second.args).toEqual(['dmon', '-s', 'pucm', '-d', '1']);
    await second.order({ do: 'write', text: '# gpu\n' });
    await answered;
    await reader.close();
    expect(kindsOf(reader.events)).toEqual(['exited', 'restarted', 'bytes']);
    expect(noticeOf(reader.events, 'exited')).toMatchObject({
      amount: 2,
      detail: expect.stringContaining('fewer are tried'),
    });
  });

  test('child crash in mid-row: the row and the complaint after it are told apart, then the code of a lost GPU', async () => {
    const { reader } = follow();
    const exited = reader.until(hasNotice('exited'));
    const run = await smi.nextRun();
    await run.order({ do: 'write', text: '    0    61    4' });
    await run.order({
      do: 'complain',
      text: 'Unable to determine the device handle for GPU0000:17:00.0: Unknown Error\n',
    });
    await run.order({ do: 'exit', code: 15 });
    await exited;
    expect(textOf(reader.events)).toBe(
      '    0    61    4\nUnable to determine the device handle for GPU0000:17:00.0: Unknown Error\n',
    );
    expect(noticeOf(reader.events, 'exited')).toMatchObject({
      amount: 15,
      detail: expect.stringContaining('fell off the bus'),
    });
    await reader.close();
    expect(smi.starts()).toBe(1);
  });

  test('child stall: told once after fifteen silent seconds, and again when it answers', async () => {
    const { clock, reader } = follow();
    const first = reader.until(hasText('0'));
    const run = await smi.nextRun();
    await run.order({ do: 'write', text: '    0    61\n' });
    await first;
    const stalled = reader.until(hasNotice('stalled'));
    await clock.waiting();
    clock.advance(15_000);
    await stalled;
    const recovered = reader.until(hasNotice('recovered'));
    await clock.waiting();
    clock.advance(15_000);
    await run.order({ do: 'write', text: '    0    62\n' });
    await recovered;
    await reader.until(hasText('62'));
    await reader.close();
    expect(kindsOf(reader.events)).toEqual(['bytes', 'stalled', 'recovered', 'bytes']);
    expect(noticeOf(reader.events, 'stalled')).toMatchObject({ amount: 15 });
  });

  test('a child that does not obey is killed after a bounded wait', async () => {
    const { clock, reader } = follow();
    const first = reader.until(hasText('0'));
    const run = await smi.nextRun();
    await run.order({ do: 'ignoreTerm' });
    await run.order({ do: 'write', text: '    0\n' });
    await first;
    const closed = reader.close();
    await clock.waiting();
    clock.advance(2_000);
    await closed;
    expect(isGone(run.pid)).toBe(true);
  });

  test('back-pressure: a writer that nobody reads is made to wait', async () => {
    const { reader } = follow();
    const first = reader.until(hasText('#'));
    const run = await smi.nextRun();
    await run.order({ do: 'write', text: '#\n' });
    await first;
    const bytes = 2_000_000;
    let toldWhenWritten = 0;
    const written = run.order({ do: 'write', text: '.'.repeat(bytes) }).then(() => {
      toldWhenWritten = textOf(reader.events).length;
    });
    await reader.until((events) => textOf(events).length >= bytes + 2);
    await written;
    await reader.close();
    // A pipe holds 64 KiB, the stream as much, and one read may be under way.
    expect(toldWhenWritten).toBeGreaterThan(bytes - 400_000);
  });

  test('a query asks for the fields that this driver lists', async () => {
    const { reader } = follow({ mode: 'query-gpu', intervalSeconds: 30 });
    const told = reader.until(hasText('index'));
    const help = await smi.nextRun();
    expect(help.args).toEqual(['--help-query-gpu']);
    await help.order({
      do: 'write',
      text: 'Names:\n\n"index"\nThe index.\n\n"uuid" or "gpu_uuid"\nThe id.\n\n"serial"\nNo.\n',
    });
    await help.order({ do: 'exit', code: 0 });
    const query = await smi.nextRun();
    expect(query.args).toEqual(['--query-gpu=index,uuid', '--format=csv', '-l', '30']);
    await query.order({ do: 'write', text: 'index, uuid\n' });
    await told;
    await reader.close();
  });

  test('pmon never asks for a longer delay than it takes', async () => {
    const { reader } = follow({ mode: 'pmon', intervalSeconds: 60 });
    const told = reader.until(hasText('#'));
    const run = await smi.nextRun();
    expect(run.args).toEqual(['pmon', '-s', 'um', '-d', '10']);
    await run.order({ do: 'write', text: '#\n' });
    await told;
    await reader.close();
  });

  test('a missing program is told with what to do', async () => {
    const { reader } = follow({ program: { file: 'nvidia-smi-that-is-not-here' } });
    await reader.until(hasNotice('unavailable'));
    await reader.close();
    expect(noticeOf(reader.events, 'unavailable')).toMatchObject({ detail: expect.stringContaining('ENOENT') });
  });
});
