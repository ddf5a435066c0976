// What each GPU is doing, from rows of dmon, pmon and the queries, and when its series must end. Time comes from ticks;
// before the first one a reading's own time stands in. A value that was not printed stays absent, here and in every fact.
import type { Notice } from '../collectors/line.ts';
import type { Emit, NvidiaReading, OllamaReading } from '../collectors/reading.ts';
import type { Instant } from '../otel/time.ts';
import type { Fact, GpuIdentity } from './fact.ts';
import type { Fold } from './fold.ts';
import type { PowerView } from './gpus/energy.ts';
import { createGpuTable, type GpuView, gpuKey } from './gpus/identity.ts';
import {
  createStates,
  endSeries,
  type Hearing,
  identityOfRow,
  onProcess,
  onQuery,
  onSample,
  type Telling,
} from './gpus/rows.ts';
import type { GpuState } from './gpus/state.ts';

/** `power` and `gpus` are what the folds after this one may ask. */
export type GpusFold = Fold & { readonly gpus: GpuView; readonly power: PowerView };

/** The code of a GPU that is not on the bus any more. */
const XID_FALLEN_OFF_BUS = 79;

export const createGpusFold = (): GpusFold => {
  const table = createGpuTable();
  const states = createStates(table);
  let now: Instant | undefined;
  let underWay = 0;

  const onLost = (bus: string, from: Telling): void => {
    const state = states.of({ bus }, false, from);
    if (state !== undefined) endSeries(state, 'lost', from.at, from.emit);
  };
  const onNvidia = (reading: NvidiaReading, emit: Emit<Fact>): void => {
    const { at, line } = reading;
    const from = { at, source: line.source, emit };
    const heard = line.observed ? line.arrival : (now ?? at);
    const working = underWay > 0;
    const hearing = (state: GpuState): Hearing => ({ heard, held: states.waitsForName(state, line, heard) });
    if (reading.kind === 'gpu.sample') {
      const state = states.of({ index: reading.fields.index }, true, from);
      if (state !== undefined) onSample(reading, state, hearing(state), working, emit);
    } else if (reading.kind === 'gpu.query') {
      const part = identityOfRow(reading.fields);
      if (part.index === undefined && part.uuid === undefined && part.bus === undefined) return;
      states.heardQuery();
      const state = states.of(part, true, from);
      if (state !== undefined) onQuery(reading, state, heard, working, emit);
    } else if (reading.kind === 'gpu.process') {
      const state = states.of({ index: reading.fields.index }, true, from);
      if (state !== undefined) onProcess(reading, state, hearing(state), emit);
    } else if (reading.kind === 'gpu.app') {
      const { uuid, bus } = reading.fields;
      if (uuid === undefined && bus === undefined) return;
      const part = { ...(uuid === undefined ? {} : { uuid }), ...(bus === undefined ? {} : { bus }) };
      const state = states.of(part, true, from);
      if (state !== undefined) onProcess(reading, state, hearing(state), emit);
    } else onOther(reading, from);
  };
  /** Kernel lines, failures and rows that broke off. */
  const onOther = (reading: NvidiaReading, from: Telling): void => {
    switch (reading.kind) {
      case 'gpu.sample_truncated': {
        // The row was never ended: nvidia-smi hangs in the driver while it reads this GPU.
        const state = states.at(table.find({ index: reading.fields.index }));
        if (state !== undefined) endSeries(state, 'stalled', from.at, from.emit);
        return;
      }
      case 'smi.failed': {
        const { errorType, bus } = reading.fields;
        from.emit({ type: 'smi.failed', at: from.at, errorType });
        // With a bus id `Unknown Error` is the newer text of a GPU that is off the bus.
        if (bus !== undefined && (errorType === 'lost' || errorType === 'unknown_error')) onLost(bus, from);
        return;
      }
      case 'xid':
        if (reading.fields.code === XID_FALLEN_OFF_BUS) onLost(reading.fields.bus, from);
        else states.of({ bus: reading.fields.bus }, false, from);
        return;
      case 'kernel.gpu_lost':
        onLost(reading.fields.bus, from);
        return;
      case 'kernel.gpu_identity':
        onIdentity(reading.fields, from);
        return;
      case 'kernel.driver_loaded':
        // A backlog's driver load is older than the rows that named the GPUs.
        if (reading.line.observed) table.dropIndexes();
        return;
    }
  };
  /** `NVRM: GPU at PCI:…: GPU-…` or a line of Ollama's discovery: told once, when it brings something new. */
  const onIdentity = (part: GpuIdentity, from: Telling, counted = false): void => {
    const before = table.find(part)?.identity;
    const state = states.of(part, counted, from);
    if (state === undefined || gpuKey(state.gpu.identity) === (before === undefined ? undefined : gpuKey(before)))
      return;
    state.gpu.described = state.gpu.identity;
    from.emit({ type: 'gpu.described', at: from.at, gpu: state.gpu.identity, cells: {} });
  };
  /** Ollama's ids are uuids up to 0.24, CUDA ordinals from 0.30 on: those are no nvidia-smi indexes. */
  const onDiscovered = (reading: Extract<OllamaReading, { kind: 'gpu.discovered' }>, emit: Emit<Fact>): void => {
    const { id, pciBus, library } = reading.fields;
    const uuid = id.startsWith('GPU-') ? id : undefined;
    if (!library.toLowerCase().includes('cuda') || (uuid === undefined && pciBus === undefined)) return;
    const part = { ...(uuid === undefined ? {} : { uuid }), ...(pciBus === undefined ? {} : { bus: pciBus }) };
    onIdentity(part, { at: reading.at, source: reading.line.source, emit }, true);
  };
  const onNotice = (notice: Notice, emit: Emit<Fact>): void => {
    emit({ type: 'source.changed', at: notice.at, notice });
    if (notice.source.dialect !== 'dmon') return;
    if (notice.kind === 'restarted') table.dropIndexes();
    if (notice.kind !== 'exited' && notice.kind !== 'ended') return;
    states.each((state) => {
      if (state.sampledBy === notice.source.identity) endSeries(state, 'source_ended', notice.at, emit);
    });
  };
  const onTick = (at: Instant, emit: Emit<Fact>): void => {
    now = at;
    states.each((state) => {
      if (state.freshness.isOverdue(at)) endSeries(state, 'stalled', at, emit);
      state.processes.expire(state.gpu.identity, at, false, emit);
    });
  };

  return {
    name: 'gpus',
    gpus: table,
    power: { energyBetween: (gpu, from, to) => states.at(table.find(gpu))?.power.between(from, to) },
    step: (input, emit) => {
      if (input.type === 'tick') onTick(input.at, emit);
      else if (input.type === 'nvidia') onNvidia(input, emit);
      else if (input.type === 'notice') onNotice(input, emit);
      else if (input.type === 'ollama' && input.kind === 'gpu.discovered') onDiscovered(input, emit);
      else if (input.type === 'requests.under_way') underWay = input.active;
      return false;
    },
    end: () => undefined,
  };
};
