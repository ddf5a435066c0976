// The nvidia-smi children: dmon and pmon for what moves, two queries for what moves slowly. Each is one long-lived process,
// never one per sample: every start opens the driver, which costs seconds where persistence is off.
import type { SourceInfo } from '../line.ts';
import type { Exit } from './backoff.ts';
import { createChildSource } from './child.ts';
import { type Command, type Launch, launch, outputOf, type Program } from './launch.ts';
import { fieldsOfHelp, fieldsToAsk, QUERY_APPS_FIELDS, QUERY_GPU_FIELDS } from './query-fields.ts';
import type { Source, SourceContext } from './source.ts';

export type SmiSpec = {
  readonly info: SourceInfo;
  readonly mode: 'dmon' | 'pmon' | 'query-gpu' | 'query-apps';
  readonly program: Program;
  /** Whole seconds between samples. */
  readonly intervalSeconds: number;
  /** dmon: PCIe traffic as well. */
  readonly pcie?: boolean;
  readonly launch?: Launch;
};

/** Usable places, best first; the second is the stub that WSL2 mirrors from the Windows driver. */
export const SMI_PLACES = ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi', 'nvidia-smi.exe'] as const;
/** Slow fields: limits, totals, states. */
export const QUERY_INTERVAL_SECONDS = 30;
/** pmon takes at most this delay. */
const PMON_SECONDS_MAX = 10;
/**
 * Groups of dmon by falling demand: power, utilisation, clocks, violations, memory, errors. `t` (PCIe) only where somebody
 * asks for it: it holds the driver 40 ms per GPU and sample. Old cards and drivers refuse letters: fewer are tried.
 */
const DMON_LETTERS = ['pucvme', 'pucm', 'puc', 'pu', 'p'] as const;
const PCIE_LETTERS = 'pucvmet';
const PMON_LETTERS = ['um', 'u'] as const;
/** A start on a chassis of many GPUs takes 10 s. */
const STALL_SECONDS_MIN = 15;
const STALL_INTERVALS = 5;
const HELP_TIMEOUT_MS = 15_000;
const HELP_BYTES_MAX = 1_048_576;

/** Bad argument, operation not available: the option is not known here. */
const isRefused = (exit: Exit | undefined): boolean => exit?.type === 'code' && (exit.code === 2 || exit.code === 3);

const MEANINGS: { readonly [code: number]: string } = {
  2: 'an option is not known to this version: fewer are tried',
  3: 'not available on this GPU: fewer groups are tried',
  4: 'no permission: run as a user that may use the GPU',
  6: 'no GPU was found',
  8: "a GPU's external power cables are not attached",
  9: 'the driver is not loaded: load or install it',
  10: 'the kernel has an interrupt problem with a GPU',
  12: 'the NVML library was not found: install the driver, in a container use the NVIDIA runtime',
  13: 'the NVML library lacks a function: the driver is too old',
  14: 'the infoROM of a GPU is corrupted',
  15: 'a GPU fell off the bus: a reset or reboot is needed',
};
const meaningOf = (exit: Exit): string | undefined => (exit.type === 'code' ? MEANINGS[exit.code] : undefined);

/** Walks a list of choices, a step at every refusal; after the last it says there is nothing left, then begins anew. */
const stepper = <T>(choices: readonly T[]) => {
  let index = 0;
  return (last: Exit | undefined): T | undefined => {
    if (isRefused(last)) index += 1;
    const choice = choices[index];
    if (choice === undefined) index = 0;
    return choice;
  };
};

const scrolling = ({ mode, program, intervalSeconds, pcie = false }: SmiSpec) => {
  const dmonLetters = pcie ? [PCIE_LETTERS, ...DMON_LETTERS] : DMON_LETTERS;
  const letters = stepper<string>(mode === 'dmon' ? dmonLetters : PMON_LETTERS);
  const delay = mode === 'dmon' ? intervalSeconds : Math.min(intervalSeconds, PMON_SECONDS_MAX);
  return (last: Exit | undefined): Command | undefined => {
    const chosen = letters(last);
    return chosen === undefined ? undefined : { program, args: [mode, '-s', chosen, '-d', String(delay)] };
  };
};

/** An unknown field fails the whole call, so the list is cut to what this driver lists, asked anew before every start. */
const querying = (spec: SmiSpec, context: SourceContext, start: Launch) => {
  const isGpu = spec.mode === 'query-gpu';
  const wanted = isGpu ? QUERY_GPU_FIELDS : QUERY_APPS_FIELDS;
  const [help, query] = isGpu
    ? ['--help-query-gpu', '--query-gpu']
    : ['--help-query-compute-apps', '--query-compute-apps'];
  return async (_: Exit | undefined, signal: AbortSignal): Promise<Command | undefined> => {
    const limits = { clock: context.clock, signal, timeoutMs: HELP_TIMEOUT_MS, bytesMax: HELP_BYTES_MAX };
    const output = await outputOf({ program: spec.program, args: [help] }, limits, start);
    const known = fieldsOfHelp(output?.stdout ?? '');
    const fields = fieldsToAsk(wanted, known);
    return {
      program: spec.program,
      args: [`${query}=${fields.join(',')}`, '--format=csv', '-l', String(spec.intervalSeconds)],
    };
  };
};

export const createSmiSource = (spec: SmiSpec, context: SourceContext): Source => {
  const isScrolling = spec.mode === 'dmon' || spec.mode === 'pmon';
  const start = spec.launch ?? launch;
  return createChildSource(
    {
      info: spec.info,
      title: `nvidia-smi ${spec.mode}`,
      next: isScrolling ? scrolling(spec) : querying(spec, context, start),
      // No application on the GPU is silence in a query of applications, and normal.
      ...(spec.mode === 'query-apps'
        ? {}
        : { stallSeconds: Math.max(STALL_SECONDS_MIN, STALL_INTERVALS * spec.intervalSeconds) }),
      meaningOf,
      launch: start,
    },
    context,
  );
};
