// The kernel's log, of which only what speaks of NVIDIA's driver is told: /dev/kmsg where it can be read, else journald,
// else a notice that says what to do.
import type { SourceInfo } from '../line.ts';
import { createJournalSource } from './journal.ts';
import { keepLines } from './kept-lines.ts';
import { createKmsgSource } from './kmsg.ts';
import type { Source, SourceContext, SourceEvent } from './source.ts';
import { createTeller } from './teller.ts';

export type KernelSpec = {
  readonly info: SourceInfo;
  /** Where discovery found it readable. */
  readonly from: 'kmsg' | 'journal' | 'none';
  readonly startAt: 'end' | 'beginning';
};

/** `NVRM: Xid …`, `nvidia-nvswitch1: SXid …`, `nvidia 0000:01:00.0: …`; the same inside a JSON envelope. */
const OF_DRIVER = /NVRM|nvidia|S?Xid \(/i;
export const isOfDriver = (record: string): boolean => OF_DRIVER.test(record);

const createNoSource = ({ info }: KernelSpec, { arrivals }: SourceContext): Source => {
  async function* events(): AsyncGenerator<SourceEvent> {
    const detail =
      'expected /dev/kmsg or journald, found neither readable: GPU faults (Xid) will be missing; give the agent CAP_SYSLOG and the device, or the systemd-journal group';
    yield* createTeller(info, arrivals).notice('unavailable', detail);
  }
  return { info, events };
};

export const createKernelSource = (spec: KernelSpec, context: SourceContext): Source => {
  const { info, startAt } = spec;
  switch (spec.from) {
    case 'kmsg':
      return createKmsgSource({ info, startAt }, isOfDriver, context);
    case 'journal':
      return keepLines(createJournalSource({ info, select: 'kernel', startAt }, context), isOfDriver);
    case 'none':
      return createNoSource(spec, context);
  }
};
