// nvidia-smi, the GPUs it lists, and a kernel log that can be read for Xid lines.
import { SMI_PLACES } from '../collectors/sources/nvidia-smi.ts';
import type { Finding } from './finding.ts';
import type { Host } from './host.ts';

export type FoundGpus = {
  /** Path of a nvidia-smi that answered. */
  readonly nvidiaSmi?: string;
  readonly driver?: string;
  readonly gpus: readonly { readonly index: string; readonly name: string }[];
  readonly kernel: 'kmsg' | 'journal' | 'none';
  readonly findings: readonly Finding[];
};

/** A first call without persistence on a chassis of many GPUs takes over ten seconds. */
const SMI_TIMEOUT_MS = 20_000;
const COMMAND_TIMEOUT_MS = 5_000;
const INSTALL =
  "install NVIDIA's driver; in a container start with `--gpus all` and NVIDIA_DRIVER_CAPABILITIES=utility; without an NVIDIA GPU nothing is to be done";

const placeOf = async (host: Host): Promise<string | undefined> => {
  for (const place of SMI_PLACES) {
    const path = place.startsWith('/') ? ((await host.canRead(place)) ? place : undefined) : await host.find(place);
    if (path !== undefined) return path;
  }
  return undefined;
};

/** `0, NVIDIA GeForce RTX 3060, 550.120` */
const gpuIn = (row: string): { index: string; name: string; driver: string } | undefined => {
  const m = /^(\d+), (.+), ([\d.]+)$/.exec(row.trim());
  return m === null ? undefined : { index: m[1] ?? '', name: m[2] ?? '', driver: m[3] ?? '' };
};

/** nvidia-smi's own words where it fails are its own: at most the first line of them is told. */
const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 160);

const smiFindings = async (host: Host): Promise<Omit<FoundGpus, 'kernel'>> => {
  const path = await placeOf(host);
  if (path === undefined) {
    const finding: Finding = {
      what: 'nvidia-smi',
      state: 'missing',
      where: SMI_PLACES.join(', '),
      why: 'not on the search path',
      whatToDo: INSTALL,
    };
    return { gpus: [], findings: [finding] };
  }
  const output = await host.run(
    path,
    ['--query-gpu=index,name,driver_version', '--format=csv,noheader'],
    SMI_TIMEOUT_MS,
  );
  const rows = (output?.stdout ?? '').split('\n').flatMap((row) => gpuIn(row) ?? []);
  if (output === undefined || rows.length === 0) {
    const why =
      output === undefined
        ? `it gave no answer within ${SMI_TIMEOUT_MS / 1_000} s: the driver may hang`
        : `it lists no GPU: ${firstLine(output.stdout + output.stderr)}`;
    const finding: Finding = {
      what: 'nvidia-smi',
      state: 'problem',
      where: path,
      why,
      whatToDo: 'run nvidia-smi by hand; after a driver update reload the module or reboot',
    };
    return { gpus: [], findings: [finding] };
  }
  const driver = rows[0]?.driver ?? '';
  const findings: Finding[] = [
    { what: 'nvidia-smi', state: 'found', where: path, why: `driver ${driver}` },
    ...rows.map(
      ({ index, name }): Finding => ({
        what: `GPU ${index}`,
        state: 'found',
        where: name,
        why: 'sampled once a second',
      }),
    ),
  ];
  return { nvidiaSmi: path, driver, gpus: rows.map(({ index, name }) => ({ index, name })), findings };
};

const kernelFindings = async (
  host: Host,
  isWsl: boolean,
): Promise<{ kernel: FoundGpus['kernel']; finding: Finding }> => {
  const what = "kernel's log (Xid lines)";
  if (isWsl) {
    return {
      kernel: 'none',
      finding: {
        what,
        state: 'missing',
        why: "under WSL2 NVIDIA's kernel driver runs in Windows: Xid lines do not reach this kernel",
      },
    };
  }
  const ringError = await host.kernelRingError();
  if (ringError === undefined)
    return { kernel: 'kmsg', finding: { what, state: 'found', where: '/dev/kmsg', why: 'readable by this user' } };
  const entry = await host.run('journalctl', ['-k', '-n', '1', '-o', 'cat', '-q'], COMMAND_TIMEOUT_MS);
  if (entry?.exit.type === 'code' && entry.exit.code === 0 && entry.stdout !== '') {
    return {
      kernel: 'journal',
      finding: {
        what,
        state: 'found',
        where: 'journald',
        why: `readable by this user (/dev/kmsg answered ${ringError})`,
      },
    };
  }
  const whatToDo =
    'add this user to the systemd-journal group, or give the agent CAP_SYSLOG and /dev/kmsg; without it GPU faults are not seen';
  return {
    kernel: 'none',
    finding: {
      what,
      state: 'problem',
      where: '/dev/kmsg, journald',
      why: `the system answered ${ringError}, and the journal shows nothing`,
      whatToDo,
    },
  };
};

export const findGpus = async (host: Host, isWsl: boolean): Promise<FoundGpus> => {
  const smi = await smiFindings(host);
  const { kernel, finding } = await kernelFindings(host, isWsl);
  return { ...smi, kernel, findings: [...smi.findings, finding] };
};
