// Processes of one GPU, from pmon rows and from `--query-compute-apps`. Neither says that a process ended: it stops being
// listed, so the last sight and the source's longest interval decide. Pids are the host's, also inside containers.
import type { Columns } from '../../collectors/nvidia/kinds.ts';
import type { Emit } from '../../collectors/reading.ts';
import { addSeconds, type Instant, later } from '../../otel/time.ts';
import type { Fact, GpuIdentity } from '../fact.ts';
import { APPS_GONE_SECONDS, GPU_PROCESSES_MAX, PMON_GONE_SECONDS } from '../limits.ts';

type Process = { readonly command: string; goneAfter: Instant };

export type Sight = {
  readonly at: Instant;
  /** The agent's own time at which it was read: absence is measured on that clock. */
  readonly heard: Instant;
  readonly pid: number;
  readonly command: string;
  readonly columns: Columns;
  readonly from: 'pmon' | 'query-apps';
};

export const createProcesses = () => {
  const processes = new Map<number, Process>();

  return {
    /** Returns false when GPU_PROCESSES_MAX is hit. */
    see: (gpu: GpuIdentity, sight: Sight, emit: Emit<Fact>): boolean => {
      const { at, pid, columns } = sight;
      const goneAfter = addSeconds(sight.heard, sight.from === 'pmon' ? PMON_GONE_SECONDS : APPS_GONE_SECONDS);
      const known = processes.get(pid);
      if (known === undefined && processes.size >= GPU_PROCESSES_MAX) return false;
      // pmon cuts names at 15 characters, the query does not: the first name heard stays, or one process would be two series.
      const process = known ?? { command: sight.command, goneAfter };
      process.goneAfter = later(process.goneAfter, goneAfter);
      processes.set(pid, process);
      emit({ type: 'gpu.process_sampled', at, gpu, pid, command: process.command, columns, gone: false });
      return true;
    },
    /** Tells those not seen for too long; `all` when their GPU's series end. */
    expire: (gpu: GpuIdentity, now: Instant, all: boolean, emit: Emit<Fact>): void => {
      for (const [pid, { command, goneAfter }] of processes) {
        if (!all && now <= goneAfter) continue;
        processes.delete(pid);
        emit({ type: 'gpu.process_sampled', at: now, gpu, pid, command, columns: {}, gone: true });
      }
    },
  };
};

export type Processes = ReturnType<typeof createProcesses>;
