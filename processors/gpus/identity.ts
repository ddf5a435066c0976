// Which GPU is which: one record per GPU, found by uuid, bus id or nvidia-smi index. A surprising rule: the index is only
// borrowed. It belongs to one enumeration of nvidia-smi, so a restart of its source or of the driver takes it away again.
import type { GpuIdentity, GpuRef } from '../fact.ts';
import { GPUS_MAX } from '../limits.ts';

/** One GPU of this host. The object stays the same while its identity grows. */
export type Gpu = {
  identity: GpuIdentity;
  /** Seen by nvidia-smi or listed by Ollama: part of the census. A GPU that only the kernel named is not. */
  counted: boolean;
  /** As it was when series were last told of it. */
  told: GpuIdentity | undefined;
  /** As it was when a log named it, before anything measured it: one series says so. */
  described?: GpuIdentity | undefined;
};

/** Read-only view for the folds after this one. */
export type GpuView = {
  readonly find: (ref: GpuRef) => Gpu | undefined;
  /** GPUs of the host as nvidia-smi or Ollama lists them; undefined before either did. */
  readonly census: () => number | undefined;
  /** The one GPU of a host that has exactly one. */
  readonly only: () => Gpu | undefined;
};

export type Learnt = {
  readonly gpu: Gpu;
  /** Series told under this identity must end: their key changed. */
  readonly renamed?: GpuIdentity;
  /** What a log called it ends too: only who it is was told under that name. */
  readonly described?: GpuIdentity;
  /** The renamed series were this very GPU's, so its running totals begin anew under the new key. */
  readonly restarts?: true;
};

export type GpuTable = GpuView & {
  /** Joins what one line says of one GPU with what is known; undefined when GPUS_MAX is hit. */
  readonly learn: (part: GpuIdentity, counted: boolean) => Learnt | undefined;
  /** Indexes mean nothing any more (nvidia-smi or the driver began anew); who has no other name keeps it. */
  readonly dropIndexes: () => void;
  readonly all: () => readonly Gpu[];
};

/**
 * `hw.id` of a GPU, wherever one is told: its uuid; before one is known the bus id, then `index:N`, since dmon's rows
 * come before anything names a bus. Two keys of one GPU never live side by side: learning the better one ends the other's series.
 */
export const gpuKey = (gpu: GpuIdentity): string =>
  gpu.uuid ?? gpu.bus ?? (gpu.index === undefined ? 'unknown' : `index:${gpu.index}`);

/** The index is an attribute of the series, so another index is another series. */
const sameSeries = (a: GpuIdentity, b: GpuIdentity): boolean =>
  gpuKey(a) === gpuKey(b) && (a.index ?? b.index) === (b.index ?? a.index);

const contradicts = (a: GpuIdentity, b: GpuIdentity): boolean =>
  (a.uuid !== undefined && b.uuid !== undefined && a.uuid !== b.uuid) ||
  (a.bus !== undefined && b.bus !== undefined && a.bus !== b.bus);

const withoutIndex = ({ index: _, ...rest }: GpuIdentity): GpuIdentity => rest;

/** Undefined fields of `part` never erase what is known. */
const joined = (known: GpuIdentity, part: GpuIdentity): GpuIdentity => {
  const defined = Object.entries(part).filter(([, value]) => value !== undefined);
  const same: { readonly [field: string]: unknown } = known;
  // The same object while nothing changes: a row of every GPU comes every second.
  if (defined.every(([field, value]) => same[field] === value)) return known;
  return { ...known, ...Object.fromEntries(defined) };
};

const named = (gpu: Gpu): boolean => gpu.identity.uuid !== undefined || gpu.identity.bus !== undefined;

export const createGpuTable = (): GpuTable => {
  let gpus: Gpu[] = [];

  const byUuid = (uuid?: string) => (uuid === undefined ? undefined : gpus.find((gpu) => gpu.identity.uuid === uuid));
  const byBus = (bus?: string) => (bus === undefined ? undefined : gpus.find((gpu) => gpu.identity.bus === bus));
  const byIndex = (index?: number) =>
    index === undefined ? undefined : gpus.find((gpu) => gpu.identity.index === index);

  /** Whoever holds the index but is another GPU by uuid or bus loses it: the newest snapshot is right. */
  const claimIndex = (part: GpuIdentity): Gpu | undefined => {
    const holder = byIndex(part.index);
    if (holder === undefined || !contradicts(holder.identity, part)) return holder;
    holder.identity = withoutIndex(holder.identity);
    return undefined;
  };
  /** A board moved to another slot keeps its uuid; the bus id goes to whoever is there now. */
  const claimBus = (part: GpuIdentity): Gpu | undefined => {
    const holder = byBus(part.bus);
    if (holder === undefined || part.uuid === undefined || (holder.identity.uuid ?? part.uuid) === part.uuid)
      return holder;
    const { bus: _, ...rest } = holder.identity;
    holder.identity = rest;
    return undefined;
  };

  /** A row of dmon or pmon from a GPU whose series are told as it is known: nothing to learn. */
  const knownByIndex = (part: GpuIdentity, counted: boolean): Gpu | undefined => {
    if (part.uuid !== undefined || part.bus !== undefined || part.name !== undefined || part.driver !== undefined)
      return undefined;
    const gpu = byIndex(part.index);
    return gpu !== undefined && gpu.counted === counted && gpu.told === gpu.identity ? gpu : undefined;
  };

  const learn = (part: GpuIdentity, counted: boolean): Learnt | undefined => {
    const known = knownByIndex(part, counted);
    if (known !== undefined) return { gpu: known };
    const found = new Set([byUuid(part.uuid), claimBus(part), claimIndex(part)].filter((gpu) => gpu !== undefined));
    const same = [...found];
    // A record that series were told under goes on; among two of them the one with the lasting name.
    const told = same.filter((one) => one.told !== undefined);
    const gpu = told.find((one) => one.identity.uuid !== undefined) ?? told[0] ?? same[0];
    if (gpu === undefined) {
      if (gpus.length >= GPUS_MAX) return undefined;
      const made: Gpu = { identity: joined({}, part), counted, told: undefined };
      gpus.push(made);
      return { gpu: made };
    }
    const others = same.filter((one) => one !== gpu);
    for (const other of others) gpu.identity = joined(other.identity, gpu.identity);
    gpu.identity = joined(gpu.identity, part);
    gpu.counted = counted || same.some((one) => one.counted);
    gpus = gpus.filter((one) => !others.includes(one));
    const described = same
      .map((one) => one.described)
      .find((before) => before !== undefined && gpuKey(before) !== gpuKey(gpu.identity));
    const formerly = described === undefined ? {} : { described };
    if (described !== undefined) gpu.described = undefined;
    const renamed = told
      .map((one) => one.told)
      .find((before) => before !== undefined && !sameSeries(before, gpu.identity));
    if (renamed === undefined) return { gpu, ...formerly };
    const restarts = gpu.told === renamed;
    gpu.told = gpu.identity;
    return { gpu, renamed, ...formerly, ...(restarts ? { restarts } : {}) };
  };

  /** By index and by bus apart: a row of dmon and a line of Ollama may be one GPU that nothing has linked yet. */
  const census = (): number | undefined => {
    const counted = gpus.filter((gpu) => gpu.counted);
    const count = Math.max(
      counted.filter((gpu) => gpu.identity.index !== undefined).length,
      counted.filter(named).length,
    );
    return count === 0 ? undefined : count;
  };

  return {
    learn,
    census,
    find: (ref) => byUuid(ref.uuid) ?? byBus(ref.bus) ?? byIndex(ref.index),
    only: () => {
      const counted = gpus.filter((gpu) => gpu.counted);
      return census() === 1 ? (counted.find((gpu) => gpu.told !== undefined) ?? counted[0]) : undefined;
    },
    dropIndexes: () => {
      for (const gpu of gpus) if (named(gpu)) gpu.identity = withoutIndex(gpu.identity);
    },
    all: () => gpus,
  };
};
