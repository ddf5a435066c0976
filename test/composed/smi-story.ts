// The four nvidia-smi children over the story: they print their rows, fail when a GPU is lost, end and are started again.
import { gpuSeconds, isLost, livesOn, type Second, shareOf, TENANT, TRANSCODER } from './gpu-state.ts';
import { END_SECONDS, GPUS, type Gpu } from './machine.ts';
import type { Life } from './server-state.ts';
import {
  appsHeader,
  appsRow,
  dmonDashes,
  dmonHeader,
  dmonRowOf,
  type ProcessRow,
  pmonHeader,
  pmonRow,
  queryHeader,
  queryRow,
} from './smi-rows.ts';
import { MOMENTS } from './story.ts';
import type { SourceName, Tape } from './tape.ts';

/** Phase of each child's rows within its interval. */
const PHASE = { dmon: 0.171, pmon: 0.402, 'query-apps': 0.803 } as const;
const PMON_SECONDS = 5;
const QUERY_SECONDS = 30;
const LOST_TEXT = 'Unable to determine the device handle for GPU0000:3B:00.0: Unknown Error';

/** When a child ran: a hole in time is a hole in its rows. */
type Run = readonly [from: number, to: number];
const { lost, reset } = MOMENTS;
const DMON_RUNS: readonly Run[] = [
  [0.9, lost + 8],
  [lost + 14, reset - 3],
  [reset + 4, END_SECONDS],
];
const PMON_RUNS: readonly Run[] = [
  [1.9, lost + 8],
  [lost + 14, 668],
  [689, END_SECONDS],
];
const QUERY_RUNS: readonly Run[] = [
  [0.5, lost + 8.7],
  [lost + 14, reset - 3],
  [reset + 4, END_SECONDS],
];
/** The first row comes at once, then one every QUERY_SECONDS. */
const FIRST_ROW_SECONDS = 0.2;
const inRun = (runs: readonly Run[], at: number): boolean => runs.some(([from, to]) => at >= from && at < to);

const restart = (
  tape: Tape,
  source: SourceName,
  title: string,
  endedAt: number,
  code: number,
  because: string,
  at: number,
): void => {
  const how =
    code === 143
      ? `nvidia-smi ${title} was ended by SIGTERM`
      : `nvidia-smi ${title} ended with code ${code}: ${because}`;
  tape.notice(source, endedAt, 'exited', how, code);
  tape.notice(source, at, 'restarted', `nvidia-smi ${title} was started again`);
};
const OFF_THE_BUS = 'a GPU fell off the bus: a reset or reboot is needed';

const tellDmon = (tape: Tape, seconds: ReadonlyMap<Gpu, readonly Second[]>): void => {
  for (const [from] of DMON_RUNS) for (const line of dmonHeader()) tape.say('dmon', from, line);
  for (let cycle = 1; cycle < END_SECONDS; cycle += 1) {
    const at = cycle + PHASE.dmon;
    if (!inRun(DMON_RUNS, at)) continue;
    for (const gpu of GPUS) {
      const second = seconds.get(gpu)?.[cycle - 1];
      if (second !== undefined) tape.say('dmon', at, isLost(gpu, at) ? dmonDashes(gpu) : dmonRowOf(gpu, second));
    }
  }
  // The last row before the end breaks off: the tool hung in the driver.
  tape.fragment('dmon', lost + 8.2, '    0      -      -');
  restart(tape, 'dmon', 'dmon', lost + 8.4, 15, OFF_THE_BUS, lost + 10.4);
  tape.say('dmon', lost + 10.6, LOST_TEXT);
  restart(tape, 'dmon', 'dmon', lost + 10.7, 15, OFF_THE_BUS, lost + 14 - 0.01);
  // A GPU can only be reset while nothing holds it: whoever resets it ends the monitors first.
  restart(tape, 'dmon', 'dmon', reset - 2.9, 143, '', reset + 4 - 0.01);
};

const processesOn = (gpu: Gpu, lives: readonly Life[], at: number): readonly ProcessRow[] => {
  if (gpu.mig) return [{ pid: TENANT.pid, command: 'python3', mib: TENANT.mib }];
  const runners = livesOn(lives, gpu, at).map((life): ProcessRow => {
    const { all, prefill } = shareOf(life, at);
    const worked = all > 0.01;
    return {
      pid: life.pid,
      command: 'llama-server',
      mib: Math.round(life.gpuMib),
      ...(worked ? { sm: Math.round(100 * all * 0.93), mem: Math.round(100 * all * (0.74 - 0.3 * prefill)) } : {}),
    };
  });
  const [from, to] = MOMENTS.transcode;
  const transcodes = gpu.index === 1 && at >= from && at < to;
  return transcodes
    ? [...runners, { pid: TRANSCODER.pid, command: 'ffmpeg', sm: 4, mem: 2, enc: 41, dec: 22, mib: TRANSCODER.mib }]
    : runners;
};

const tellPmon = (tape: Tape, lives: readonly Life[]): void => {
  for (const [from] of PMON_RUNS.slice(0, 2)) for (const line of pmonHeader()) tape.say('pmon', from, line);
  for (let cycle = PMON_SECONDS; cycle < END_SECONDS; cycle += PMON_SECONDS) {
    const at = cycle + PHASE.pmon;
    if (!inRun(PMON_RUNS, at)) continue;
    for (const gpu of GPUS) {
      const rows = isLost(gpu, at) ? [] : processesOn(gpu, lives, at);
      if (rows.length === 0) tape.say('pmon', at, pmonRow(gpu, undefined));
      for (const row of rows) tape.say('pmon', at, pmonRow(gpu, row));
    }
  }
  restart(tape, 'pmon', 'pmon', lost + 8.5, 15, OFF_THE_BUS, lost + 14 - 0.02);
  tape.notice('pmon', 690.4 - 0.002, 'recovered', 'nvidia-smi pmon answers again');
  tape.notice('pmon', 665.4 + 25 - 0.5, 'stalled', 'nvidia-smi pmon has been silent: the driver may hang', 25);
};

const tellQueries = (tape: Tape, seconds: ReadonlyMap<Gpu, readonly Second[]>, lives: readonly Life[]): void => {
  for (const [from] of QUERY_RUNS) tape.say('query-gpu', from + 0.05, queryHeader());
  tape.say('query-apps', 0.6, appsHeader);
  const times = QUERY_RUNS.flatMap(([from, to]) =>
    Array.from(
      { length: Math.ceil((to - from) / QUERY_SECONDS) },
      (_, i) => from + FIRST_ROW_SECONDS + i * QUERY_SECONDS,
    ),
  );
  for (const time of times) {
    for (const gpu of GPUS) {
      const at = time + 0.000_2 * gpu.index;
      const second = seconds.get(gpu)?.[Math.max(0, Math.floor(at) - 1)];
      if (second === undefined || isLost(gpu, at)) continue;
      const isHit = gpu.mig && at > MOMENTS.containedError;
      const isRemapped = gpu.index === 1 && at > MOMENTS.rowRemap;
      const health = {
        remapped: isRemapped ? 1 : 0,
        pending: isHit || isRemapped,
        action: isHit ? 'Drain and Reset' : 'None',
      };
      tape.say('query-gpu', at, queryRow(gpu, { ...second, at }, health));
    }
  }
  tape.say('query-gpu', lost + 8.9, LOST_TEXT);
  restart(tape, 'query-gpu', 'query-gpu', lost + 9, 15, OFF_THE_BUS, lost + 14 - 0.005);
  // The driver gives the other GPUs' rows, and a complaint in the place of the lost one's.
  tape.say('query-gpu', lost + 14.1, LOST_TEXT);
  restart(tape, 'query-gpu', 'query-gpu', reset - 2.8, 143, '', reset + 4 - 0.005);
  for (let cycle = 3; cycle < END_SECONDS; cycle += QUERY_SECONDS) {
    const at = cycle + PHASE['query-apps'];
    for (const gpu of GPUS) {
      if (isLost(gpu, at)) continue;
      for (const { pid, command, mib } of processesOn(gpu, lives, at)) {
        const path = command === 'llama-server' ? '/usr/lib/ollama/llama-server' : `/usr/bin/${command}`;
        tape.say('query-apps', at, appsRow(gpu, at, pid, path, mib));
      }
    }
  }
};

export const tellSmi = (tape: Tape, lives: readonly Life[], random: () => number): void => {
  const seconds = gpuSeconds(lives, random);
  tellDmon(tape, seconds);
  tellPmon(tape, lives);
  tellQueries(tape, seconds, lives);
};
