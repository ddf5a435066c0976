// What is remembered of one GPU between its rows: freshness, power, throttling, processes, health.
// dmon decides freshness once it was heard; a GPU known from `--query-gpu` alone may be silent for that source's interval.
import type { Cell, Columns } from '../../collectors/nvidia/kinds.ts';
import { addSeconds, type Instant, secondsBetween } from '../../otel/time.ts';
import type { FactOf } from '../fact.ts';
import {
  GAP_INTERVALS,
  GPU_STALE_SECONDS,
  IDLE_SM_PERCENT_MAX,
  LOST_RECOVERY_SECONDS,
  QUERY_INTERVAL_SECONDS,
} from '../limits.ts';
import { type Activity, createInterval, createPowerSeries } from './energy.ts';
import type { Gpu } from './identity.ts';
import { createProcesses } from './processes.ts';
import { createThrottle } from './throttle.ts';

type State = FactOf<'gpu.state_changed'>['state'];
type Health = { readonly state: State; readonly action: string };

/** `gpu_recovery_action` as nvidia-smi prints it, and Xid 154's own spelling of the same states. */
const STATES: { readonly [action: string]: State } = {
  None: 'ok',
  'Drain P2P': 'degraded',
  'Drain and Reset': 'degraded',
  'Recover IMEX Domain': 'degraded',
  Reset: 'failed',
  Reboot: 'failed',
  'GPU Reset Required': 'failed',
  'Node Reboot Required': 'failed',
  'Bus Reset': 'failed',
  'System Reboot': 'failed',
};
/** A new driver's action that is not known here is some action: not healthy, not said to be dead. */
export const stateOfAction = (action: string): State => STATES[action] ?? 'degraded';

const textOf = (cell: Cell | undefined): string | undefined =>
  cell !== undefined && 'value' in cell ? String(cell.value) : undefined;

/** A pending row remap waits for the next reset: memory that is about to fail. */
const healthOf = (cells: { readonly [field: string]: Cell }): Health | undefined => {
  const action = textOf(cells['gpu_recovery_action']);
  const pending = textOf(cells['remapped_rows.pending']);
  if (action === undefined && pending === undefined) return undefined;
  const state = stateOfAction(action ?? 'None');
  if (state === 'ok' && (pending === 'Yes' || pending === '1')) return { state: 'predicted_failure', action: 'Reset' };
  return { state, action: action ?? 'None' };
};

const activityOf = (busyPercent: number | undefined, requestsWork: boolean): Activity => {
  if (requestsWork || (busyPercent ?? 0) > IDLE_SM_PERCENT_MAX) return 'working';
  return busyPercent === undefined ? 'unknown' : 'idle';
};

export type StaleReason = FactOf<'gpu.stale'>['reason'];

const createFreshness = () => {
  const sampleInterval = createInterval(1);
  const queryInterval = createInterval(QUERY_INTERVAL_SECONDS);
  let sampledHeard: Instant | undefined;
  let queriedHeard: Instant | undefined;
  let sampledAt: Instant | undefined;
  let lostAt: Instant | undefined;
  let ended = false;

  const isOverdue = (now: Instant): boolean => {
    const heard = sampledHeard ?? queriedHeard;
    if (heard === undefined) return false;
    const interval = sampledHeard === undefined ? queryInterval : sampleInterval;
    return secondsBetween(heard, now) > Math.max(GPU_STALE_SECONDS, GAP_INTERVALS * interval.seconds());
  };
  return {
    /** False for a row that was under way when the GPU was lost: no sign of life. */
    sampled: (at: Instant, heard: Instant): boolean => {
      if (lostAt !== undefined && at < addSeconds(lostAt, LOST_RECOVERY_SECONDS)) return false;
      sampleInterval.add(at);
      sampledHeard = heard;
      sampledAt = at;
      lostAt = undefined;
      ended = false;
      return true;
    },
    queried: (at: Instant, heard: Instant): void => {
      queryInterval.add(at);
      queriedHeard = heard;
      if (sampledHeard === undefined) ended = false;
    },
    intervalSeconds: sampleInterval.seconds,
    queryIntervalSeconds: queryInterval.seconds,
    /** True when the series end now: not before, and not by an old kernel line that newer samples disprove. */
    ends: (reason: StaleReason, at: Instant): boolean => {
      if (reason === 'lost') {
        if (sampledAt !== undefined && sampledAt > at) return false;
        lostAt = at;
      }
      const told = sampledHeard !== undefined || queriedHeard !== undefined;
      const ends = told && !ended;
      ended = ended || ends;
      return ends;
    },
    isOverdue: (now: Instant): boolean => !ended && isOverdue(now),
    wasSampled: (): boolean => sampledHeard !== undefined,
  };
};

export const createGpuState = (gpu: Gpu) => {
  let health: Health | undefined;
  let dmonPowerAt: Instant | undefined;
  let toldBeforeJoules = 0;
  const power = createPowerSeries();
  const freshness = createFreshness();

  return {
    gpu,
    power,
    freshness,
    throttle: createThrottle(),
    processes: createProcesses(),
    told: { processes: false },
    /** When a live row came first while the GPU had neither uuid nor bus id. */
    namelessSince: undefined as Instant | undefined,
    /** Since the first sample that was told under the present key. */
    energyJoules: (): number | undefined => {
      const total = power.totalJoules();
      return total === undefined ? undefined : total - toldBeforeJoules;
    },
    restartEnergy: (): void => {
      toldBeforeJoules = power.totalJoules() ?? 0;
    },
    /** The dmon stream that samples this GPU: its end is the end of the series. */
    sampledBy: undefined as string | undefined,
    addSamplePower: (at: Instant, columns: Columns, requestsWork: boolean): number | undefined => {
      if (columns['pwr'] === undefined) return undefined;
      dmonPowerAt = at;
      return power.add(at, columns['pwr'], freshness.intervalSeconds(), activityOf(columns['sm'], requestsWork));
    },
    /** A query's power stands in where dmon prints none; two streams of different pace are never mixed. */
    addQueryPower: (at: Instant, cells: { readonly [field: string]: Cell }, requestsWork: boolean): boolean => {
      const draw = cells['power.draw'];
      if (dmonPowerAt !== undefined || draw === undefined || !('value' in draw) || typeof draw.value !== 'number')
        return false;
      const busy = cells['utilization.gpu'];
      const percent = busy !== undefined && 'value' in busy && typeof busy.value === 'number' ? busy.value : undefined;
      power.add(at, draw.value, freshness.queryIntervalSeconds(), activityOf(percent, requestsWork));
      return true;
    },
    /** The new health when it differs from what was told last. */
    healthChange: (cells: { readonly [field: string]: Cell }): Health | undefined => {
      const now = healthOf(cells);
      if (now === undefined || (now.state === health?.state && now.action === health.action)) return undefined;
      health = now;
      return now;
    },
  };
};

export type GpuState = ReturnType<typeof createGpuState>;
