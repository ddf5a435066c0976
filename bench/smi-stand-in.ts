// nvidia-smi of a host with eight GPUs, for benchmarks: a real child process in its place that prints a sample a second.
// It is told what to print over a socket by the benchmark, so that nothing of it counts as the agent's.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeSmi, type FakeRun } from '../test/support/fake-nvidia-smi.ts';
import { dmonSample, GPUS } from './looped-log.ts';

const SAMPLE_MS = 1_000;
const indexes = Array.from({ length: GPUS }, (_, index) => index);
const uuidOf = (index: number): string => `GPU-0000000${index}-aaaa-bbbb-cccc-00000000000${index}`;

const PMON_HEAD =
  '# gpu         pid   type     fb   ccpm     sm    mem    enc    dec    jpg    ofa    command \n' +
  '# Idx           #    C/G     MB     MB      %      %      %      %      %      %    name \n';
const pmonSample = (n: number): string =>
  indexes
    .map(
      (gpu) =>
        `    ${gpu}      ${4_100 + gpu}     C  18240      0     ${(n * 7) % 90}     40      -      -      -      -    llama-server   \n`,
    )
    .join('');

const cellOf = (field: string, index: number): string => {
  const values: { readonly [field: string]: string } = {
    timestamp: new Date().toISOString().slice(0, 23).replaceAll('-', '/').replace('T', ' '),
    index: String(index),
    uuid: uuidOf(index),
    'pci.bus_id': `00000000:${(index + 16).toString(16)}:00.0`,
    name: 'NVIDIA H100 80GB HBM3',
    driver_version: '590.48.01',
    'memory.total': '81559 MiB',
    'memory.used': '19818 MiB',
    'temperature.gpu': '59',
    'power.draw': '631.95 W',
    'power.limit': '700.00 W',
    pstate: 'P0',
  };
  return values[field] ?? '[N/A]';
};
const queryText = (argument: string): string => {
  const fields = argument.slice(argument.indexOf('=') + 1).split(',');
  const rows = indexes.map((index) => fields.map((field) => cellOf(field, index)).join(', '));
  return `${[fields.join(', '), ...rows].join('\n')}\n`;
};

/** Plays one start until it is over; gives what stops it. */
const play = (run: FakeRun): (() => void) => {
  const [mode = ''] = run.args;
  if (mode.startsWith('--help')) {
    void run.order({ do: 'exit', code: 0 });
    return () => undefined;
  }
  if (mode.startsWith('--query-gpu')) void run.order({ do: 'write', text: queryText(mode) });
  if (mode !== 'dmon' && mode !== 'pmon') return () => undefined;
  let n = 0;
  const sample = (): void => {
    const text = mode === 'dmon' ? dmonSample(n) : `${n === 0 ? PMON_HEAD : ''}${pmonSample(n)}`;
    n += 1;
    void run.order({ do: 'write', text });
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  const stop = (): void => clearInterval(timer);
  void run.gone.then(stop);
  return stop;
};

export type SmiStandIn = { readonly path: string; readonly close: () => Promise<void> };

export const startSmi = async (): Promise<SmiStandIn> => {
  const fake = await createFakeSmi();
  const folder = mkdtempSync(join(tmpdir(), 'ollascope-bench-smi-'));
  const path = join(folder, 'nvidia-smi');
  const words = [fake.program.file, ...(fake.program.firstArguments ?? [])].map((word) => `'${word}'`).join(' ');
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(path, 0o755);
  const stops: (() => void)[] = [];
  let open = true;
  const serve = async (): Promise<void> => {
    while (open) stops.push(play(await fake.nextRun()));
  };
  void serve();
  return {
    path,
    close: async () => {
      open = false;
      for (const stop of stops) stop();
      await fake.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
