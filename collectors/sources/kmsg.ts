// /dev/kmsg: one record per read, `6,1234,5678901,-;NVRM: Xid (PCI:0000:01:00): 79, …`, its continuation lines begin with a
// blank. Opening starts at the oldest record: what was there before is passed over. Read without blocking and polled,
// because a blocked read could not be given up.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { SourceInfo } from '../line.ts';
import { createBell } from './bell.ts';
import { errnoOf } from './open-log.ts';
import type { Source, SourceContext, SourceEvent } from './source.ts';
import { createTeller } from './teller.ts';

export const KMSG_PATH = '/dev/kmsg';
/** A record is at most 2048 bytes of text and its escapes; a smaller buffer would fail with EINVAL. */
const RECORD_BYTES_MAX = 8_192;
const POLL_MS = 250;
const NL = '\n';

export type KmsgSpec = {
  readonly info: SourceInfo;
  readonly startAt: 'end' | 'beginning';
  readonly openDevice?: () => Promise<KmsgDevice>;
};
/** One record per read; rejects with EAGAIN when there is none, with EPIPE when records were overwritten unread. */
export type KmsgDevice = { read(): Promise<string>; close(): Promise<void> };

const deviceOf = (handle: FileHandle): KmsgDevice => ({
  read: async () => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(RECORD_BYTES_MAX), 0, RECORD_BYTES_MAX, null);
    return buffer.toString('utf8', 0, bytesRead);
  },
  close: () => handle.close(),
});

const openKmsg = async (): Promise<KmsgDevice> =>
  deviceOf(await open(KMSG_PATH, constants.O_RDONLY | constants.O_NONBLOCK));

type Batch = { readonly text: string; readonly end: 'caught_up' | 'overrun' | 'failed'; readonly errno: string };

/** Records until there is none left, or until some were lost. */
const readBatch = async (device: KmsgDevice, isKept: (record: string) => boolean): Promise<Batch> => {
  let text = '';
  for (;;) {
    try {
      const record = await device.read();
      if (isKept(record)) text += record.endsWith(NL) ? record : record + NL;
    } catch (error) {
      const errno = errnoOf(error);
      const end = errno === 'EAGAIN' ? 'caught_up' : errno === 'EPIPE' ? 'overrun' : 'failed';
      return { text, end, errno };
    }
  }
};

export const createKmsgSource = (
  spec: KmsgSpec,
  isKept: (record: string) => boolean,
  { clock, arrivals }: SourceContext,
): Source => {
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const bell = createBell(clock);
    const teller = createTeller(spec.info, arrivals);
    let device: KmsgDevice;
    try {
      device = await (spec.openDevice ?? openKmsg)();
    } catch (error) {
      const detail = `expected to read the kernel's log, the system answered ${errnoOf(error)}: give the agent CAP_SYSLOG and the device, or the systemd-journal group`;
      yield* teller.notice('unavailable', detail);
      return;
    }
    let isBacklog = true;
    try {
      yield* teller.notice('opened', "reading the kernel's log");
      while (!signal.aborted) {
        const { text, end, errno } = await readBatch(device, isKept);
        const isTold = text !== '' && !(isBacklog && spec.startAt === 'end');
        if (isTold) yield* teller.chunk(Buffer.from(text), !isBacklog);
        if (end === 'overrun' && !isBacklog) {
          yield* teller.notice('gap', 'the kernel overwrote records before they were read: how many is not known');
        }
        if (end === 'failed') {
          yield* teller.notice('unavailable', `expected to read on in the kernel's log, the system answered ${errno}`);
          return;
        }
        if (end !== 'caught_up') continue;
        isBacklog = false;
        await bell.wait(signal, POLL_MS);
      }
    } finally {
      await device.close();
    }
  }
  return { info: spec.info, events };
};
