// The contract between the NVIDIA grammar and the folds: rows of dmon, pmon and the CSV queries, and kernel lines.
// Absent is absent: a `-` or a bracketed status is never a number.

/** dmon columns by their printed names (`pwr`, `gtemp`, `sm`, …, old `temp` read as `gtemp`), in the units printed (W, C, %, MHz, MB). */
export type Columns = { readonly [name: string]: number };

/** A CSV cell: a number without its unit, a text, or absent with the printed status (`[N/A]`, `[Unknown Error]`). */
export type Cell = { readonly value: number | string } | { readonly absent: string };

export type XidPlace = {
  /** Normalised `dddd:bb:dd`, lower case. */
  readonly bus: string;
  readonly gpuInstance?: number;
  readonly computeInstance?: number;
};

export type NvidiaFields = {
  /** One dmon row. `absent` lists the columns that printed `-`; `cycle` counts rows cycles of this stream from 0. */
  'gpu.sample': {
    readonly index: number;
    readonly columns: Columns;
    readonly absent: readonly string[];
    readonly cycle: number;
  };
  /** The last, incomplete row of a stream: evidence of a GPU that hung while it was read. Metric columns, the index not counted. */
  'gpu.sample_truncated': { readonly index: number; readonly columnsRead: number; readonly columnsExpected: number };
  /** One pmon row of a process (placeholder rows of idle GPUs are noise). */
  'gpu.process': {
    readonly index: number;
    readonly pid: number;
    readonly type: string;
    readonly command: string;
    readonly columns: Columns;
  };
  /** One row of `--query-gpu`, keyed by the canonical names of the header without units. */
  'gpu.query': {
    readonly index?: number;
    readonly uuid?: string;
    readonly bus?: string;
    readonly cells: { readonly [field: string]: Cell };
  };
  /** One row of `--query-compute-apps`. */
  'gpu.app': {
    readonly uuid?: string;
    readonly bus?: string;
    readonly pid?: number;
    readonly command?: string;
    readonly usedBytes?: number;
  };
  /** nvidia-smi's own failure text: `lost`, `driver_mismatch`, `no_devices`, `no_driver`, `unknown_error`, `not_supported`, `inforom_corrupted`, … */
  'smi.failed': { readonly errorType: string; readonly bus?: string };
  xid: XidPlace & {
    readonly code: number;
    readonly pid?: number;
    /** comm of the channel's creator, or for 119/120 of whoever was waiting: the observer. */
    readonly process?: string;
    /** Allow-listed parts of the message by code (engine, fault type, link, row, new recovery action…). */
    readonly detail: { readonly [name: string]: string };
    readonly causedBy?: number;
  };
  sxid: XidPlace & {
    readonly code: number;
    readonly severity: string;
    readonly switch: string;
    readonly link?: number;
  };
  /** `NVRM: GPU at PCI:0000:91:00: GPU-…`: the kernel log's only bus → UUID line. */
  'kernel.gpu_identity': { readonly bus: string; readonly uuid: string };
  /** `GPU has fallen off the bus`, also the probe-time form of three lines that has no Xid. */
  'kernel.gpu_lost': { readonly bus: string; readonly duringProbe: boolean };
  'kernel.gsp_rate_limited': { readonly bus: string };
  /** A driver load marks volatile counters as restarted. */
  'kernel.driver_loaded': { readonly version: string };
  'kernel.gpu_serial': { readonly bus: string };
};
export type NvidiaKind = keyof NvidiaFields;
