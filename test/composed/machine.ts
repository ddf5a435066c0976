// The invented machine that the composed recording tells of: its GPUs, its models, its clock. Names of products are real so
// that dashboards look as they will; identities, digests and addresses are made up.

/** 12 November 2026, 09:00:00 UTC, as seconds: the agent starts here. */
const EPOCH_SECONDS = 1_794_474_000;
export const HOST_NAME = 'composed-host';
export const SEED = 20_261_112;
/** Length of the story in seconds: agent start to last event. */
export const END_SECONDS = 780;

/** The clock is set back once, by this much, as a time daemon does after a long sleep. */
export const CLOCK_STEP = { atSeconds: 612, bySeconds: 1.5 } as const;
/** How fast arrivals fall back towards a clock that was set back: collectors/sources/arrivals.ts, SLEW. */
const SLEW = 0.5;

const ns = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9));
const steppedSeconds = (at: number): number => (at < CLOCK_STEP.atSeconds ? at : at - CLOCK_STEP.bySeconds);
/** What the machine's clock shows `at` seconds into the story: programs stamp their lines with it. */
const wallNs = (at: number): bigint => ns(EPOCH_SECONDS) + ns(steppedSeconds(at));
/** When something that happened `at` is fed: arrivals only go forward. */
export const arrivalNs = (at: number): bigint => {
  const since = at - CLOCK_STEP.atSeconds;
  const ahead = since < 0 ? 0 : Math.max(0, CLOCK_STEP.bySeconds - SLEW * since);
  return wallNs(at) + ns(ahead);
};
/** `2026-11-12T09:00:00.000Z` of the machine's clock. */
export const wallIso = (at: number): string => new Date(Number(wallNs(at) / 1_000_000n)).toISOString();

export type Gpu = {
  readonly index: number;
  readonly uuid: string;
  /** As the kernel prints it, without function. */
  readonly bus: string;
  readonly name: string;
  readonly totalMib: number;
  readonly reservedMib: number;
  readonly limitWatts: number;
  readonly idleWatts: number;
  readonly idleCelsius: number;
  /** Degrees per watt above idle, once settled. */
  readonly celsiusPerWatt: number;
  /** MIG: the driver prints no utilisation and no fan; HBM has a temperature of its own. */
  readonly mig: boolean;
  readonly maxSmMhz: number;
  readonly memoryMhz: number;
};

const ada = { name: 'NVIDIA RTX 4000 Ada Generation', totalMib: 20_475, reservedMib: 521, limitWatts: 130 } as const;

export const GPUS: readonly [Gpu, Gpu, Gpu] = [
  {
    ...ada,
    index: 0,
    uuid: 'GPU-6b0e4f52-31a7-4c85-9d1e-2f4a8c77d310',
    bus: '0000:3b:00',
    idleWatts: 13,
    idleCelsius: 38,
    celsiusPerWatt: 0.34,
    mig: false,
    maxSmMhz: 2_175,
    memoryMhz: 9_001,
  },
  {
    ...ada,
    index: 1,
    uuid: 'GPU-a91d27c4-7b52-4e09-8a36-5c0e91fb6d27',
    bus: '0000:5e:00',
    idleWatts: 15,
    idleCelsius: 36,
    celsiusPerWatt: 0.31,
    mig: false,
    maxSmMhz: 2_175,
    memoryMhz: 9_001,
  },
  {
    index: 2,
    uuid: 'GPU-d4083e6f-90c1-4b7a-b2d5-18e76fa0c943',
    bus: '0000:af:00',
    name: 'NVIDIA A30',
    totalMib: 24_576,
    reservedMib: 512,
    limitWatts: 165,
    idleWatts: 31,
    idleCelsius: 34,
    celsiusPerWatt: 0.22,
    mig: true,
    maxSmMhz: 1_440,
    memoryMhz: 1_215,
  },
];
export const DRIVER = '570.172.08';
export const gpuAt = (index: number): Gpu => {
  const gpu = GPUS[index];
  if (gpu === undefined) throw new Error(`expected a GPU of the machine, found index ${index}`);
  return gpu;
};

export type Model = {
  readonly name: string;
  readonly blob: string;
  readonly architecture: string;
  readonly parameters: string;
  readonly embedding: boolean;
  readonly contextSize: number;
  readonly trainedContextSize: number;
  readonly parallel: number;
  readonly layers: number;
  /** Layers that fit on its GPU. */
  readonly offloaded: number;
  readonly gpuWeightsMib: number;
  readonly cpuWeightsMib: number;
  readonly kvMib: number;
  readonly computeMib: number;
  readonly loadSeconds: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Share of draft tokens that are accepted, where a draft model runs beside it. */
  readonly draftAcceptance?: number;
};

const blob = (word: string): string => word.repeat(8);
export const MODELS = {
  llama: {
    name: 'llama3.2:3b',
    blob: blob('3b1a0c94'),
    architecture: 'llama',
    parameters: '3.21 B',
    embedding: false,
    contextSize: 4_096,
    trainedContextSize: 131_072,
    parallel: 2,
    layers: 29,
    offloaded: 29,
    gpuWeightsMib: 1_918.35,
    cpuWeightsMib: 308.23,
    kvMib: 896,
    computeMib: 256.5,
    loadSeconds: 2.13,
    prefillTokensPerSecond: 3_400,
    decodeTokensPerSecond: 92,
  },
  qwen: {
    name: 'qwen3:32b',
    blob: blob('9e27d05f'),
    architecture: 'qwen3',
    parameters: '32.76 B',
    embedding: false,
    contextSize: 8_192,
    trainedContextSize: 40_960,
    parallel: 1,
    layers: 65,
    offloaded: 57,
    gpuWeightsMib: 16_420.71,
    cpuWeightsMib: 2_841.9,
    kvMib: 2_048,
    computeMib: 560,
    loadSeconds: 9.84,
    prefillTokensPerSecond: 210,
    decodeTokensPerSecond: 7.5,
  },
  mistral: {
    name: 'mistral-small3.2:24b',
    blob: blob('c4f8613d'),
    architecture: 'llama',
    parameters: '23.57 B',
    embedding: false,
    contextSize: 4_096,
    trainedContextSize: 131_072,
    parallel: 1,
    layers: 41,
    offloaded: 41,
    gpuWeightsMib: 13_302.36,
    cpuWeightsMib: 360,
    kvMib: 640,
    computeMib: 266,
    loadSeconds: 6.42,
    prefillTokensPerSecond: 760,
    decodeTokensPerSecond: 31,
    draftAcceptance: 0.62,
  },
  embed: {
    name: 'nomic-embed-text:latest',
    blob: blob('51d7ae80'),
    architecture: 'nomic-bert',
    parameters: '136.73 M',
    embedding: true,
    contextSize: 2_048,
    trainedContextSize: 2_048,
    parallel: 1,
    layers: 13,
    offloaded: 13,
    gpuWeightsMib: 260.86,
    cpuWeightsMib: 0,
    kvMib: 0,
    computeMib: 22.5,
    loadSeconds: 0.88,
    prefillTokensPerSecond: 9_200,
    decodeTokensPerSecond: 0,
  },
} as const satisfies { readonly [key: string]: Model };
export type ModelKey = keyof typeof MODELS;
export const modelOf = (key: ModelKey): Model => MODELS[key];
export const gpuMibOf = (model: Model): number => model.gpuWeightsMib + model.kvMib + model.computeMib;
