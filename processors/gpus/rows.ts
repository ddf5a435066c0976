// How one row of dmon, pmon or a query becomes facts of its GPU, and what is told when one of these tables of state is full.
// Rows that hold nothing but dashes are no sign of life: a dash is "unsupported" and "failed" alike.
import type { Line, SourceInfo } from '../../collectors/line.ts';
import type { Cell } from '../../collectors/nvidia/kinds.ts';
import type { Emit, NvidiaReading } from '../../collectors/reading.ts';
import { type Instant, secondsBetween } from '../../otel/time.ts';
import type { Fact, GpuIdentity } from '../fact.ts';
import { GPU_PROCESSES_MAX, GPUS_MAX, NAME_WAIT_AT_START_SECONDS, NAME_WAIT_SECONDS } from '../limits.ts';
import { type Gpu, type GpuTable, gpuKey } from './identity.ts';
import { createGpuState, type GpuState, type StaleReason } from './state.ts';

export type NvidiaOf<K extends NvidiaReading['kind']> = Extract<NvidiaReading, { kind: K }>;
type Cells = { readonly [field: string]: Cell };

const BYTES_PER_MIB = 1_048_576;
const textOf = (cells: Cells, field: string): string | undefined => {
  const cell = cells[field];
  return cell !== undefined && 'value' in cell && cell.value !== '' ? String(cell.value) : undefined;
};
const valuesOf = (cells: Cells): { readonly [field: string]: number | string } => {
  const values: { [field: string]: number | string } = {};
  for (const [field, cell] of Object.entries(cells))
    if ('value' in cell && cell.value !== '') values[field] = cell.value;
  return values;
};
export const identityOfRow = ({ index, uuid, bus, cells }: NvidiaOf<'gpu.query'>['fields']): GpuIdentity => {
  const name = textOf(cells, 'name');
  const driver = textOf(cells, 'driver_version');
  return {
    ...(index === undefined ? {} : { index }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(bus === undefined ? {} : { bus }),
    ...(name === undefined ? {} : { name }),
    ...(driver === undefined ? {} : { driver }),
  };
};

const isNamed = ({ identity }: Gpu): boolean => identity.uuid !== undefined || identity.bus !== undefined;

export type States = {
  /** The state of the GPU that a line names, made if need be; undefined when GPUS_MAX is hit. */
  readonly of: (part: GpuIdentity, counted: boolean, from: Telling) => GpuState | undefined;
  readonly each: (visit: (state: GpuState) => void) => void;
  readonly at: (gpu: Gpu | undefined) => GpuState | undefined;
  /** A query answered: there is one that will name GPUs again. */
  readonly heardQuery: () => void;
  /** True while a live row is not told because its GPU's lasting name is on the way. */
  readonly waitsForName: (state: GpuState, line: Line, heard: Instant) => boolean;
};
/** What telling needs: the time and the source of the line that is being folded. */
export type Telling = { readonly at: Instant; readonly source: SourceInfo; readonly emit: Emit<Fact> };

/** A bound or a hole is told as a gap of its source; it carries no amount, since no bytes were lost. */
const tellGap = ({ at, source, emit }: Telling, detail: string): void =>
  emit({ type: 'source.changed', at, notice: { type: 'notice', kind: 'gap', source, at, detail } });

export const createStates = (table: GpuTable): States => {
  const states = new Map<Gpu, GpuState>();
  let boundTold = false;
  let isQueried = false;
  return {
    at: (gpu) => (gpu === undefined ? undefined : states.get(gpu)),
    heardQuery: () => {
      isQueried = true;
    },
    waitsForName: (state, { observed }, heard) => {
      // A file of rows has nobody to name them; a series that was told goes on.
      if (!observed || isNamed(state.gpu) || state.gpu.told !== undefined) return false;
      state.namelessSince ??= heard;
      const wait = isQueried ? NAME_WAIT_SECONDS : NAME_WAIT_AT_START_SECONDS;
      return secondsBetween(state.namelessSince, heard) < wait;
    },
    each: (visit) => {
      for (const state of states.values()) visit(state);
    },
    of: (part, counted, from) => {
      const learnt = table.learn(part, counted);
      if (learnt === undefined) {
        if (!boundTold) tellGap(from, `more than ${GPUS_MAX} GPUs: the others are not told`);
        boundTold = true;
        return undefined;
      }
      const { gpu, renamed, described, restarts } = learnt;
      if (renamed !== undefined) from.emit({ type: 'gpu.stale', at: from.at, gpu: renamed, reason: 'renamed' });
      if (described !== undefined) from.emit({ type: 'gpu.stale', at: from.at, gpu: described, reason: 'renamed' });
      if (states.size > table.all().length) {
        for (const known of states.keys()) if (!table.all().includes(known)) states.delete(known);
      }
      const state = states.get(gpu) ?? createGpuState(gpu);
      states.set(gpu, state);
      // A sum over all series would count the energy told under the former key twice.
      if (restarts === true) state.restartEnergy();
      return state;
    },
  };
};

export const endSeries = (state: GpuState, reason: StaleReason, at: Instant, emit: Emit<Fact>): void => {
  if (!state.freshness.ends(reason, at)) return;
  const gpu = state.gpu.identity;
  state.processes.expire(gpu, at, true, emit);
  emit({ type: 'gpu.stale', at, gpu, reason });
};

/** A row's moment, and whether its GPU's name must be waited for: then it counts for energy and freshness, and is not told. */
export type Hearing = { readonly heard: Instant; readonly held: boolean };

export const onSample = (
  reading: NvidiaOf<'gpu.sample'>,
  state: GpuState,
  { heard, held: isHeld }: Hearing,
  busy: boolean,
  emit: Emit<Fact>,
): void => {
  const { at, fields } = reading;
  const { columns } = fields;
  // Only dashes: the GPU does not answer, and a dash cannot be told apart from "not supported". No sign of life.
  if (Object.keys(columns).length === 0 || !state.freshness.sampled(at, heard)) return;
  const gpu = state.gpu.identity;
  state.sampledBy = reading.line.source.identity;
  const gapSeconds = state.addSamplePower(at, columns, busy);
  if (isHeld) return;
  state.gpu.told = state.gpu.identity;
  if (gapSeconds !== undefined) {
    const detail = `no power of GPU ${gpuKey(gpu)} for ${gapSeconds.toFixed(1)} s: its energy is not counted`;
    tellGap({ at, source: reading.line.source, emit }, detail);
  }
  const energyJoules = state.energyJoules();
  emit({ type: 'gpu.sampled', at, gpu, columns, ...(energyJoules === undefined ? {} : { energyJoules }) });
  for (const held of state.throttle.sample(columns, state.freshness.intervalSeconds())) {
    emit({ type: 'gpu.throttled', at, gpu, ...held });
  }
};

export const onQuery = (
  { at, fields }: NvidiaOf<'gpu.query'>,
  state: GpuState,
  heard: Instant,
  busy: boolean,
  emit: Emit<Fact>,
): void => {
  const { cells } = fields;
  const gpu = state.gpu.identity;
  state.freshness.queried(at, heard);
  state.gpu.told = state.gpu.identity;
  emit({ type: 'gpu.described', at, gpu, cells: valuesOf(cells) });
  if (state.addQueryPower(at, cells, busy)) {
    emit({ type: 'gpu.sampled', at, gpu, columns: {}, energyJoules: state.energyJoules() ?? 0 });
  }
  for (const held of state.throttle.query(at, cells)) emit({ type: 'gpu.throttled', at, gpu, ...held });
  const health = state.healthChange(cells);
  if (health !== undefined) emit({ type: 'gpu.state_changed', at, gpu, ...health });
};

export type ProcessReading = NvidiaOf<'gpu.process'> | NvidiaOf<'gpu.app'>;
export const onProcess = (
  reading: ProcessReading,
  state: GpuState,
  { heard, held }: Hearing,
  emit: Emit<Fact>,
): void => {
  const { at, fields } = reading;
  if (fields.pid === undefined || held) return;
  const memory = reading.kind === 'gpu.app' ? reading.fields.usedBytes : undefined;
  const columns =
    reading.kind === 'gpu.process'
      ? reading.fields.columns
      : memory === undefined
        ? {}
        : { fb: memory / BYTES_PER_MIB };
  const from = reading.kind === 'gpu.process' ? 'pmon' : 'query-apps';
  const sight = { at, heard, pid: fields.pid, command: fields.command ?? '', columns, from } as const;
  state.gpu.told = state.gpu.identity;
  if (state.processes.see(state.gpu.identity, sight, emit) || state.told.processes) return;
  state.told.processes = true;
  const detail = `more than ${GPU_PROCESSES_MAX} processes on GPU ${gpuKey(state.gpu.identity)}: the others are not told`;
  tellGap({ at, source: reading.line.source, emit }, detail);
};
