// The kernel's side of the story, as /dev/kmsg gives it: a driver that was loaded at boot, faults of GPUs, a reset.

import { TENANT } from './gpu-state.ts';
import { DRIVER, type Gpu, gpuAt } from './machine.ts';
import { MOMENTS } from './story.ts';
import type { Tape } from './tape.ts';

/** The machine was up for so long when the agent came. */
const UPTIME_SECONDS = 93_412.5;
const BOOTED_SECONDS = -UPTIME_SECONDS + 14.2;

export type Named = { readonly mistralPid: number; readonly llamaPid: number };

export const tellKernel = (tape: Tape, { mistralPid, llamaPid }: Named): void => {
  let sequence = 1_180;
  const say = (at: number, message: string, priority = 4): void => {
    sequence += 1;
    const micros = Math.round((UPTIME_SECONDS + at) * 1e6);
    tape.say('kernel', at < 0 ? -0.5 : at, `${priority},${sequence},${micros},-;${message}`);
  };
  /** Printed once per GPU and load of the driver, before its first Xid. */
  const introduce = (at: number, { bus, uuid }: Gpu): void => {
    say(at, `NVRM: GPU at PCI:${bus}: ${uuid}`);
    say(at, 'NVRM: GPU Board Serial Number: 1320000000000');
  };
  const xid = (at: number, { bus }: Gpu, rest: string, instance = ''): void =>
    say(at, `NVRM: Xid (PCI:${bus}${instance}): ${rest}`);
  const [first, second, third] = [gpuAt(0), gpuAt(1), gpuAt(2)];
  say(
    BOOTED_SECONDS,
    `NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  ${DRIVER}  Release Build  (builder@composed)`,
    5,
  );

  // A runner touches memory that is not its own: its requests fail, its neighbours do not notice.
  const { pageFault, lost, reset, containedError, rowRemap } = MOMENTS;
  introduce(pageFault, second);
  xid(
    pageFault + 0.000_1,
    second,
    `31, pid=${mistralPid}, name=llama-server, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_3 faulted @ 0x7f42_1a000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ`,
  );
  xid(pageFault + 0.011, second, `45, pid=${mistralPid}, name=llama-server, Ch 00000008 caused by previous Xid 31`);

  // A GPU falls off the bus in the middle of two answers, asks for a reset and gets one.
  introduce(lost, first);
  xid(lost + 0.000_1, first, `79, pid=${llamaPid}, name=llama-server, GPU has fallen off the bus.`);
  say(lost + 0.000_2, `NVRM: GPU ${first.bus}.0: GPU has fallen off the bus.`);
  say(lost + 0.000_3, `NVRM: GPU ${first.bus}.0: GPU serial number is 1320000000000.`);
  xid(lost + 0.2, first, '154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)');
  const waited =
    'Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76 (GSP_RM_CONTROL) (0x20801702 0x4).';
  xid(lost + 6.2, first, `119, pid=4410, name=nvidia-smi, ${waited}`);
  xid(lost + 12.4, first, `119, pid=4410, name=nvidia-smi, ${waited}`);
  say(
    lost + 18.5,
    `NVRM: Rate limiting GSP RPC error prints for GPU at PCI:${first.bus} (printing 1 of every 30).  The GPU likely needs to be reset.`,
  );
  xid(reset, first, '154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)');

  // Memory of the MIG GPU fails under somebody else's program: no request of Ollama's is touched.
  introduce(containedError, third);
  xid(
    containedError + 0.000_1,
    third,
    `94, pid=${TENANT.pid}, name=python3, Contained: CE User Channel (0x9). RST: No, D-RST: Yes`,
    ' GPU-I:05',
  );
  xid(
    containedError + 0.002,
    third,
    `63, pid=${TENANT.pid}, name=python3, Row Remapper: New row (0x00000002f5a81000) marked for remapping, reset gpu to activate.`,
  );
  xid(containedError + 0.03, third, '154, GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)');

  // A row is set aside under a running answer, which goes on.
  xid(rowRemap, second, '63, Row Remapper: New row (0x00000001c04f2000) marked for remapping, reset gpu to activate.');
};
