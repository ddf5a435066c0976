// Event times of rows that nvidia-smi prints. Its stamps are local, without a zone, and good to a second at best, so the
// arrival wins at a live follower; a bare file is read by its stamps, or by one interval per cycle.
import { addSeconds, civilSeconds, fromCivil, type Instant, NS_PER_SECOND } from '../../otel/time.ts';
import type { Line, SourceInfo } from '../line.ts';
import type { Stamp } from './readings.ts';

/** What a row says of its own time, in the source's zone. */
export type RowStamp = {
  /** Civil seconds of the day's midnight. */
  readonly daySeconds?: number;
  readonly secondOfDay?: number;
  readonly fractionNs?: number;
};

export type RowClock = {
  /** The time of a row; `newCycle` moves an unstamped stream on by one interval. */
  readonly row: (line: Line, stamp: RowStamp, newCycle: boolean) => Stamp;
  /** The time of a line between rows: that of the row before it. */
  readonly between: (line: Line) => Stamp;
};

/** nvidia-smi's default delay. A stream made with another one and without stamps is stretched or squeezed by it. */
const INTERVAL_SECONDS = 1;
const SECONDS_PER_DAY = 86_400;
/** A time of day that falls back by more than this passed midnight; less is a clock set back. */
const MIDNIGHT_STEP_SECONDS = 43_200;

const dayOf = (at: Instant, offsetSeconds: number): number => {
  const seconds = Number(at / BigInt(NS_PER_SECOND)) + offsetSeconds;
  return Math.floor(seconds / SECONDS_PER_DAY) * SECONDS_PER_DAY;
};

export const createRowClock = (source: SourceInfo): RowClock => {
  const offsetSeconds = source.offsetSeconds ?? 0;
  let last: Instant | undefined;
  let day: number | undefined;
  let lastSecondOfDay = 0;

  const ofTimeOnly = (line: Line, secondOfDay: number, fractionNs: number): Instant => {
    if (day === undefined) day = dayOf(line.arrival, offsetSeconds);
    else if (secondOfDay < lastSecondOfDay - MIDNIGHT_STEP_SECONDS) day += SECONDS_PER_DAY;
    lastSecondOfDay = secondOfDay;
    return fromCivil(day + secondOfDay, offsetSeconds, fractionNs);
  };
  const ofCycle = (line: Line, stamp: RowStamp, newCycle: boolean): Instant => {
    const midnight = stamp.daySeconds === undefined ? undefined : fromCivil(stamp.daySeconds, offsetSeconds);
    if (last === undefined) return midnight ?? line.arrival;
    const next = newCycle ? addSeconds(last, INTERVAL_SECONDS) : last;
    return midnight !== undefined && midnight > next ? midnight : next;
  };
  const row = (line: Line, stamp: RowStamp, newCycle: boolean): Stamp => {
    const { daySeconds, secondOfDay, fractionNs = 0 } = stamp;
    let result: Stamp;
    if (line.observed) result = { at: line.arrival, timing: 'observed' };
    else if (daySeconds !== undefined && secondOfDay !== undefined)
      result = { at: fromCivil(daySeconds + secondOfDay, offsetSeconds, fractionNs), timing: 'logged' };
    else if (secondOfDay !== undefined) result = { at: ofTimeOnly(line, secondOfDay, fractionNs), timing: 'estimated' };
    else result = { at: ofCycle(line, stamp, newCycle), timing: 'estimated' };
    last = result.at;
    return result;
  };
  const between = (line: Line): Stamp =>
    line.observed ? { at: line.arrival, timing: 'observed' } : { at: last ?? line.arrival, timing: 'estimated' };
  return { row, between };
};

const DATE = /^(\d{4})[/-]?(\d\d)[/-]?(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

/** `20210102` (dmon, pmon) or `2026/07/14` (queries) as civil seconds of its midnight. */
export const parseDate = (text: string): number | undefined => {
  const m = DATE.exec(text);
  if (m === null) return undefined;
  const [month, day] = [Number(m[2]), Number(m[3])];
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return civilSeconds(Number(m[1]), month, day, 0, 0, 0);
};

/** `19:12:31` or `08:12:53.353`. */
export const parseTime = (text: string): { secondOfDay: number; fractionNs: number } | undefined => {
  const m = TIME.exec(text);
  if (m === null) return undefined;
  const [hours, minutes, seconds] = [Number(m[1]), Number(m[2]), Number(m[3])];
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return { secondOfDay: hours * 3_600 + minutes * 60 + seconds, fractionNs: Number((m[4] ?? '').padEnd(9, '0')) };
};
