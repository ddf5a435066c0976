// Durations and rates as people read them: three or four significant digits, the unit always printed.
import { NS_PER_MS, NS_PER_SECOND } from '../otel/time.ts';

const NS_PER_US = 1_000;
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3_600;

/** `0 ms`, `312 µs`, `4.51 ms`, `310 ms`, `2.410 s`, `2 m 05 s`, `1 h 02 m`; never negative (a clock set back reads 0). */
export const durationText = (ns: number): string => {
  if (!(ns > 0)) return '0 ms';
  if (ns < NS_PER_MS) return `${Math.max(1, Math.round(ns / NS_PER_US))} µs`;
  if (ns < 10 * NS_PER_MS) return `${(ns / NS_PER_MS).toFixed(2)} ms`;
  if (ns < NS_PER_SECOND) return `${Math.floor(ns / NS_PER_MS)} ms`;
  const seconds = ns / NS_PER_SECOND;
  if (seconds < SECONDS_PER_MINUTE) return `${(Math.floor(seconds * 1_000) / 1_000).toFixed(3)} s`;
  const whole = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  if (whole < SECONDS_PER_HOUR)
    return `${Math.floor(whole / SECONDS_PER_MINUTE)} m ${two(whole % SECONDS_PER_MINUTE)} s`;
  return `${Math.floor(whole / SECONDS_PER_HOUR)} h ${two(Math.floor((whole % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE))} m`;
};

/** `89.8 tok/s`, or undefined where the rate means nothing (no tokens, no time). */
export const rateText = (tokens: number, ns: number): string | undefined => {
  if (!(tokens > 0) || !(ns > 0)) return undefined;
  const rate = (tokens * NS_PER_SECOND) / ns;
  return `${rate >= 100 ? Math.round(rate) : rate.toFixed(1)} tok/s`;
};
