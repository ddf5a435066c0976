// Which GPUs a runner sits on. Up to 0.24 the log names them by uuid; from 0.30 on by an index that is relative to the
// server's view, which discovery ties to a PCI address. A device name of a child (`CUDA0`) is relative to the child: last resort.
import type { OllamaFields } from '../../collectors/ollama/kinds.ts';
import type { GpuRef } from '../fact.ts';
import { GPU_IDS_MAX } from '../limits.ts';

type Discovered = OllamaFields['gpu.discovered'];

const isGpu = (gpu: Discovered): boolean => gpu.library.toLowerCase() !== 'cpu' && gpu.id !== 'cpu';

const refOfId = (id: string, bus: string | undefined): GpuRef => {
  const uuid = /^(GPU|MIG)-/.test(id) ? { uuid: id } : {};
  const index = /^\d{1,3}$/.test(id) ? { index: Number(id) } : {};
  return { ...uuid, ...(bus === undefined ? {} : { bus }), ...index };
};

export const createGpus = () => {
  let found = new Map<string, GpuRef>();
  return {
    discovered: (gpu: Discovered): void => {
      if (isGpu(gpu) && found.size < GPU_IDS_MAX) found.set(gpu.id, refOfId(gpu.id, gpu.pciBus));
    },
    /** A new start of the server discovers again. */
    forget: (): void => {
      found = new Map();
    },
    any: (): boolean => found.size > 0,
    /** The GPU of a host that has exactly one. */
    only: (): GpuRef | undefined => (found.size === 1 ? found.values().next().value : undefined),
    byId: (id: string): GpuRef => found.get(id) ?? refOfId(id, undefined),
    byBus: (bus: string): GpuRef => [...found.values()].find((gpu) => gpu.bus === bus) ?? { bus },
  };
};
export type Gpus = ReturnType<typeof createGpus>;

const sameGpu = (a: GpuRef, b: GpuRef): boolean =>
  (a.uuid !== undefined && a.uuid === b.uuid) ||
  (a.bus !== undefined && a.bus === b.bus) ||
  (a.bus === undefined && b.bus === undefined && a.uuid === undefined && a.index === b.index);

/** `gpus` with one more, unless it is there already. */
export const withGpu = (gpus: readonly GpuRef[], gpu: GpuRef): readonly GpuRef[] =>
  gpus.some((known) => sameGpu(known, gpu)) ? gpus : [...gpus, gpu];

/** Host memory has many names: `CPU`, `CPU_Mapped`, `CPU_REPACK`, `CUDA_Host`, `Host`. */
export const isHostDevice = (device: string): boolean => /^(cpu|host)|_host$/i.test(device);
