// Event times of kernel lines. A live line's arrival wins (dmesg's wall stamps drift after suspend); for a backlog the stamp
// is used, and a stamp since boot needs the boot time: without one the distances are kept and only the origin is estimated.
import {
  civilSeconds,
  fromCivil,
  type Instant,
  instant,
  isoInstant,
  NS_PER_SECOND,
  nsBetween,
} from '../../otel/time.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { KernelStamp } from './kernel-envelope.ts';
import type { Stamp } from './readings.ts';

const SECONDS_PER_DAY = 86_400;
/** A stamp may lie this far after the arrival and still be of the same year: zones differ by up to a day. */
const AHEAD_NS_MAX = SECONDS_PER_DAY * NS_PER_SECOND;
/** Lines of one log do not go back by half a year: the year turned. */
const BACK_NS_MAX = 180 * SECONDS_PER_DAY * NS_PER_SECOND;

const yearOf = (at: Instant): number => Number(isoInstant(at, 0).slice(0, 4));

export const createKernelClock = (
  source: SourceInfo,
  bootAt?: Instant,
): ((line: Line, stamp: KernelStamp | undefined) => Stamp) => {
  const offsetSeconds = source.offsetSeconds ?? 0;
  let last: Instant | undefined;
  /** Estimated instant of boot, so that the first stamp since boot falls on its line's arrival. */
  let origin: Instant | undefined;

  const ofYearless = (line: Line, stamp: Extract<KernelStamp, { form: 'yearless' }>): Instant => {
    const inYear = (year: number): Instant =>
      fromCivil(
        civilSeconds(year, stamp.month, stamp.day, 0, 0, 0) + stamp.secondOfDay,
        offsetSeconds,
        stamp.fractionNs,
      );
    if (last !== undefined) {
      const same = inYear(yearOf(last));
      return nsBetween(same, last) > BACK_NS_MAX ? inYear(yearOf(last) + 1) : same;
    }
    const year = yearOf(line.arrival);
    const same = inYear(year);
    return nsBetween(line.arrival, same) > AHEAD_NS_MAX ? inYear(year - 1) : same;
  };
  const ofStamp = (line: Line, stamp: KernelStamp): Stamp => {
    switch (stamp.form) {
      case 'absolute':
        return { at: stamp.at, timing: 'logged' };
      case 'local':
        return { at: fromCivil(stamp.civilSeconds, offsetSeconds, stamp.fractionNs), timing: 'logged' };
      case 'yearless':
        return { at: ofYearless(line, stamp), timing: 'logged' };
      case 'monotonic': {
        if (bootAt !== undefined) return { at: instant(bootAt + stamp.ns), timing: 'logged' };
        origin ??= instant((last ?? line.arrival) - stamp.ns);
        return { at: instant(origin + stamp.ns), timing: 'estimated' };
      }
    }
  };
  return (line, stamp) => {
    const result: Stamp = line.observed
      ? { at: line.arrival, timing: 'observed' }
      : stamp === undefined
        ? { at: last ?? line.arrival, timing: 'estimated' }
        : ofStamp(line, stamp);
    last = result.at;
    return result;
  };
};
