// The GPUs' side of the story, second by second: what the runners did decides utilisation, power, heat and memory.
import { END_SECONDS, GPUS, type Gpu } from './machine.ts';
import type { Life } from './server-state.ts';
import { MOMENTS } from './story.ts';

export const TRANSCODER = { pid: 9_914, mib: 412 } as const;
/** Somebody else's program on the MIG instance: no concern of Ollama's. */
export const TENANT = { pid: 31_877, mib: 9_470 } as const;

export type Second = {
  readonly at: number;
  readonly watts: number;
  readonly celsius: number;
  readonly memoryCelsius: number | undefined;
  readonly sm: number;
  readonly memory: number;
  readonly encoder: number;
  readonly decoder: number;
  readonly smMhz: number;
  readonly memoryMhz: number;
  readonly powerViolation: number;
  readonly thermalViolation: number;
  readonly usedMib: number;
  readonly correctable: number;
  readonly uncorrectable: number;
  readonly replays: number;
  readonly rxMb: number;
  readonly txMb: number;
  /** Microseconds since the driver was loaded. */
  readonly powerCapUs: number;
  readonly thermalUs: number;
};

const inside = (at: number, [from, to]: readonly [number, number] | readonly number[]): boolean =>
  at >= (from ?? 0) && at < (to ?? 0);
/** GPU 0 does not answer from its loss until it was reset. */
export const isLost = (gpu: Gpu, at: number): boolean =>
  gpu.index === 0 && at >= MOMENTS.lost && at < MOMENTS.reset + 2;

/** How much slower work is on a GPU that is held back. */
export const slownessOf = (gpu: Gpu | undefined, at: number): number => {
  if (gpu?.index === 0 && inside(at, MOMENTS.thermal)) return 1.34;
  if (gpu?.index === 1 && inside(at, MOMENTS.powerCap)) return 1.18;
  return 1;
};

/** Share of the second before `at` in which a process worked, in all and on prompts. */
export const shareOf = ({ busy }: Life, at: number): { readonly all: number; readonly prefill: number } => {
  let all = 0;
  let prefill = 0;
  for (const stretch of busy) {
    const overlap = Math.min(stretch.to, at) - Math.max(stretch.from, at - 1);
    if (overlap <= 0) continue;
    all += overlap;
    if (stretch.at === 'prefill') prefill += overlap;
  }
  return { all: Math.min(1, all), prefill: Math.min(1, prefill) };
};
export const livesOn = (lives: readonly Life[], gpu: Gpu, at: number): readonly Life[] =>
  lives.filter((life) => life.gpu === gpu.index && life.from < at && life.to > at);

const FANLESS_HEAT = 24;
const SETTLING_SECONDS = 14;

type Walk = { celsius: number; powerCapUs: number; thermalUs: number };

const secondOf = (gpu: Gpu, lives: readonly Life[], at: number, random: () => number, walk: Walk): Second => {
  const here = livesOn(lives, gpu, at);
  const shares = here.map((life) => shareOf(life, at));
  const all = Math.min(
    1,
    shares.reduce((sum, share) => sum + share.all, 0),
  );
  const prefill = Math.min(
    1,
    shares.reduce((sum, share) => sum + share.prefill, 0),
  );
  const filling = here.some(({ from, busy }) => at - from > 0.3 && (busy[0]?.from ?? Number.POSITIVE_INFINITY) > at);
  const encoding = gpu.index === 1 && inside(at, MOMENTS.transcode);
  const capped = gpu.index === 1 && inside(at, MOMENTS.powerCap) && all > 0.3;
  const hot = gpu.index === 0 && inside(at, MOMENTS.thermal);
  const throttled = hot && all > 0.3;
  const reach = (gpu.limitWatts - gpu.idleWatts) * (throttled ? 0.7 : 0.86);
  const wanted = gpu.idleWatts + reach * all * (0.93 + 0.07 * prefill) + (encoding ? 17 : 0) + (filling ? 14 : 0);
  const watts = capped ? gpu.limitWatts + Math.round(random() * 2 - 1) : Math.round(wanted + 2 * random());
  const target = gpu.idleCelsius + gpu.celsiusPerWatt * (watts - gpu.idleWatts) + (hot ? FANLESS_HEAT : 0);
  walk.celsius += (target - walk.celsius) / SETTLING_SECONDS;
  const powerViolation = capped ? 18 + Math.round(34 * random()) : 0;
  walk.powerCapUs += powerViolation * 10_000;
  walk.thermalUs += throttled ? 410_000 + Math.round(90_000 * random()) : 0;
  const busy = all > 0.02;
  const spilled = here.some(({ gpuMib }) => gpuMib > 18_000) && all > 0.05;
  return {
    at,
    watts,
    celsius: Math.round(walk.celsius),
    memoryCelsius: undefined,
    sm: Math.round(100 * all * (0.9 + 0.09 * prefill)),
    memory: Math.round(100 * all * (0.74 - 0.3 * prefill)),
    encoder: encoding ? 36 + Math.round(9 * random()) : 0,
    decoder: encoding ? 19 + Math.round(6 * random()) : 0,
    smMhz:
      busy || encoding
        ? gpu.maxSmMhz - 60 - (throttled ? 510 : 0) - (capped ? 330 : 0) - 15 * Math.round(3 * random())
        : 210,
    memoryMhz: busy || encoding || filling ? gpu.memoryMhz : 405,
    powerViolation,
    thermalViolation: throttled ? 1 : 0,
    usedMib: Math.round(3 + here.reduce((sum, life) => sum + life.gpuMib, 0) + (encoding ? TRANSCODER.mib : 0)),
    correctable: 0,
    uncorrectable: 0,
    replays: gpu.index === 1 ? (at > 301 ? 3 : 2) : 0,
    rxMb: filling
      ? 9_800 + Math.round(2_400 * random())
      : spilled
        ? 240 + Math.round(60 * random())
        : Math.round(30 * all * random()),
    txMb: spilled ? 190 + Math.round(40 * random()) : Math.round(12 * all * random()),
    powerCapUs: walk.powerCapUs,
    thermalUs: walk.thermalUs,
  };
};

/** The MIG GPU has a steady tenant of its own; utilisation is not told there. */
const tenantSecond = (gpu: Gpu, at: number, random: () => number): Second => {
  const watts = 84 + Math.round(9 * random());
  const celsius = Math.round(gpu.idleCelsius + gpu.celsiusPerWatt * (watts - gpu.idleWatts));
  return {
    at,
    watts,
    celsius,
    memoryCelsius: celsius + 5,
    sm: 0,
    memory: 0,
    encoder: 0,
    decoder: 0,
    smMhz: gpu.maxSmMhz,
    memoryMhz: gpu.memoryMhz,
    powerViolation: 0,
    thermalViolation: 0,
    usedMib: TENANT.mib + 58,
    correctable: 4 + (at > 205 ? 1 : 0) + (at > 601 ? 2 : 0),
    uncorrectable: at > MOMENTS.containedError ? 1 : 0,
    replays: 0,
    rxMb: 120 + Math.round(40 * random()),
    txMb: 20 + Math.round(20 * random()),
    powerCapUs: 0,
    thermalUs: 0,
  };
};

/** One row per second and GPU, as the sensors would show it. */
export const gpuSeconds = (lives: readonly Life[], random: () => number): ReadonlyMap<Gpu, readonly Second[]> =>
  new Map(
    GPUS.map((gpu) => {
      const walk: Walk = { celsius: gpu.idleCelsius, powerCapUs: 1_204_000, thermalUs: 0 };
      const seconds = Array.from({ length: END_SECONDS - 1 }, (_, i) => {
        const at = i + 1;
        return gpu.mig ? tenantSecond(gpu, at, random) : secondOf(gpu, lives, at, random, walk);
      });
      return [gpu, seconds] as const;
    }),
  );
