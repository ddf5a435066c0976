// Energy of one request: power above the idle floor while it prefilled and decoded, shared with whoever worked beside it.
// Absent rather than guessed: below 80 % sampled, shorter than one sampling interval, floor not seen yet, or GPU not known.
import { earlier, type Instant, later, secondsBetween } from '../../otel/time.ts';
import type { FinishedRequest, GpuRef } from '../fact.ts';
import type { PowerView } from '../gpus/energy.ts';
import { type GpuView, gpuKey } from '../gpus/identity.ts';
import { ENERGY_COVERED_MIN, SHARERS_MAX } from '../limits.ts';
import { usesGpu } from './blast.ts';

/** When a request worked, on which GPUs, and how many tokens it moved per second (undefined where they are not known). */
export type Work = {
  readonly from: Instant;
  readonly to: Instant;
  readonly gpus: readonly GpuRef[];
  readonly tokensPerSecond: number | undefined;
};

/** Requests under way from an instant on. */
export type UnderWay = { readonly at: Instant; readonly active: number };

/** GPUs of the request; on a host with one GPU that one. Empty when not known. */
const gpusOf = (request: FinishedRequest, gpus: GpuView): readonly GpuRef[] => {
  const found = new Map<string, GpuRef>();
  for (const ref of request.gpus) {
    const known = gpus.find(ref)?.identity;
    found.set(gpuKey(known ?? ref), known ?? ref);
  }
  const only = gpus.only()?.identity;
  return found.size === 0 && only !== undefined ? [only] : [...found.values()];
};

/** Evaluated prompt tokens and generated ones, over the time of work. */
const tokensPerSecond = (request: FinishedRequest, seconds: number): number | undefined => {
  const { input, inputCached = 0, output } = request.tokens;
  if ((input === undefined && output === undefined) || seconds <= 0) return undefined;
  const tokens = Math.max(0, (input ?? 0) - inputCached) + (output ?? 0);
  return tokens > 0 ? tokens / seconds : undefined;
};

/** Prefill's start to decode's end; the whole request where the phases are not known. */
export const workOf = (request: FinishedRequest, gpus: GpuView): Work => {
  const phases = request.phases.filter(({ name }) => name === 'prefill' || name === 'decode');
  const starts = phases.map((phase) => phase.start.at);
  const ends = phases.map((phase) => phase.end.at);
  const from = starts.length === 0 ? request.start.at : starts.reduce(earlier);
  const to = ends.length === 0 ? request.end.at : ends.reduce(later);
  return { from, to, gpus: gpusOf(request, gpus), tokensPerSecond: tokensPerSecond(request, secondsBetween(from, to)) };
};

export const overlaps = (a: Work, b: Work): boolean => a.from < b.to && b.from < a.to;
const onSameGpu = (work: Work, gpu: GpuRef): boolean => work.gpus.some((ref) => gpuKey(ref) === gpuKey(gpu));

const activeAt = (changes: readonly UnderWay[], at: Instant): number => {
  for (let i = changes.length - 1; i >= 0; i -= 1) {
    const change = changes[i];
    if (change !== undefined && change.at <= at) return change.active;
  }
  return 0;
};

type Piece = { readonly from: Instant; readonly to: Instant };

/** The span of work cut wherever somebody began or ended, or the number under way changed. */
const piecesOf = (work: Work, others: readonly Work[], changes: readonly UnderWay[]): readonly Piece[] => {
  const cuts = new Set<Instant>([work.from, work.to]);
  for (const other of others) for (const at of [other.from, other.to]) if (at > work.from && at < work.to) cuts.add(at);
  for (const { at } of changes.slice(-2 * SHARERS_MAX)) if (at > work.from && at < work.to) cuts.add(at);
  const sorted = [...cuts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.slice(1).map((to, index) => ({ from: sorted[index] ?? work.from, to }));
};

/**
 * Share of one piece, 0 to 1: by tokens per second among the requests on that GPU. Requests still under way have no tokens yet:
 * they count with the mean rate of the known ones, so two equal requests get halves whichever closes first.
 */
const shareOf = (
  piece: Piece,
  work: Work,
  gpu: GpuRef,
  others: readonly Work[],
  changes: readonly UnderWay[],
): number => {
  const beside = others.filter((other) => other.from < piece.to && other.to > piece.from);
  const known = [work, ...beside.filter((other) => onSameGpu(other, gpu))];
  const rates = known.map((one) => one.tokensPerSecond).filter((rate) => rate !== undefined);
  const mean = rates.length === known.length ? rates.reduce((sum, rate) => sum + rate, 0) / rates.length : 1;
  const rateOf = (one: Work): number => (rates.length === known.length ? (one.tokensPerSecond ?? mean) : 1);
  // Who is under way and on which GPU is not known before it closes: spread evenly would need that, so all count here.
  const open = Math.max(0, activeAt(changes, piece.from) - 1 - beside.length);
  const all = known.reduce((sum, one) => sum + rateOf(one), 0) + open * mean;
  return rateOf(work) / all;
};

/** Sharing context: the works that closed lately (asked for only where a GPU was used), and how many were under way when. */
export type Sharing = { readonly others: () => readonly Work[]; readonly changes: readonly UnderWay[] };

/**
 * Joules above idle of a request, or undefined. Error bound: both edges of the work are known to one sampling interval, so
 * ± (power swing × interval) / energy; about ± 10 % for 10 s at 1 Hz, ± 50 % for 2 s; sharing adds what tokens do not tell
 * (a prefill token costs less than a decode token), and up to 20 % of the time may have had no sample.
 */
export const requestEnergy = (
  request: FinishedRequest,
  work: Work,
  { power, gpus, sharing }: { readonly power: PowerView; readonly gpus: GpuView; readonly sharing: Sharing },
): number | undefined => {
  if (!usesGpu(request) || work.gpus.length === 0) return undefined;
  const others = sharing
    .others()
    .filter((other) => overlaps(other, work))
    .slice(-SHARERS_MAX);
  const pieces = piecesOf(work, others, sharing.changes);
  let joules = 0;
  for (const gpu of work.gpus) {
    const whole = power.energyBetween(gpus.find(gpu)?.identity ?? gpu, work.from, work.to);
    if (whole === undefined || whole.idleJoules === undefined || whole.covered < ENERGY_COVERED_MIN) return undefined;
    if (secondsBetween(work.from, work.to) < whole.intervalSeconds) return undefined;
    for (const piece of pieces) {
      const part = power.energyBetween(gpu, piece.from, piece.to);
      const above = Math.max(0, (part?.joules ?? 0) - (part?.idleJoules ?? 0));
      joules += above * shareOf(piece, work, gpu, others, sharing.changes);
    }
  }
  return joules;
};
