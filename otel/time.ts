// Instants as branded bigint nanoseconds since the Unix epoch, and the few conversions the core needs.
// Nothing here reads a clock: civil dates are computed, so that parsing and printing are pure.

declare const instantBrand: unique symbol;

/** Nanoseconds since 1970-01-01T00:00:00Z. Branded so that durations and instants cannot be mixed up. */
export type Instant = bigint & { readonly [instantBrand]: true };

export const NS_PER_SECOND = 1_000_000_000;
export const NS_PER_MS = 1_000_000;
const NS_PER_SECOND_BIG = 1_000_000_000n;
const NS_PER_MS_BIG = 1_000_000n;
const SECONDS_PER_DAY = 86_400;

/** The named seam at which a plain bigint becomes an Instant. */
export const instant = (ns: bigint): Instant => ns as Instant;
export const fromMillis = (ms: number): Instant => instant(BigInt(Math.round(ms * 1_000)) * 1_000n);
export const toMillis = (at: Instant): number => Number(at / NS_PER_MS_BIG) + Number(at % NS_PER_MS_BIG) / NS_PER_MS;
/** `ns` may be negative; fractions of a nanosecond are rounded. */
export const addNs = (at: Instant, ns: number): Instant => instant(at + BigInt(Math.round(ns)));
export const addSeconds = (at: Instant, seconds: number): Instant => addNs(at, seconds * NS_PER_SECOND);
/** Exact while the distance is below 2^53 ns (104 days), which every caller's windows are. */
export const nsBetween = (from: Instant, to: Instant): number => Number(to - from);
export const secondsBetween = (from: Instant, to: Instant): number => Number(to - from) / NS_PER_SECOND;
export const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);
export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);
/** The OpenTelemetry data types carry `[seconds, nanoseconds]`. */
export const toHrTime = (at: Instant): [number, number] => [
  Number(at / NS_PER_SECOND_BIG),
  Number(at % NS_PER_SECOND_BIG),
];

/** Days since the epoch of a proleptic Gregorian date (Howard Hinnant's `days_from_civil`). */
export const daysFromCivil = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

/** Seconds since the epoch of a civil time read as if it were UTC: subtract the zone's offset to get an instant. */
export const civilSeconds = (y: number, mo: number, d: number, h: number, mi: number, s: number): number =>
  daysFromCivil(y, mo, d) * SECONDS_PER_DAY + h * 3_600 + mi * 60 + s;

/** An instant from civil seconds, the zone's offset (seconds east of UTC) and a fraction in nanoseconds. */
export const fromCivil = (seconds: number, offsetSeconds: number, fractionNs = 0): Instant =>
  instant(BigInt(seconds - offsetSeconds) * NS_PER_SECOND_BIG + BigInt(fractionNs));

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

/** `2026-11-20T12:22:24.085Z`; `fractionDigits` 0 to 9 (3 unless told), truncated, never rounded up. */
export const isoInstant = (at: Instant, fractionDigits = 3): string => {
  const ns = Number(((at % NS_PER_SECOND_BIG) + NS_PER_SECOND_BIG) % NS_PER_SECOND_BIG);
  const total = Number((at - BigInt(ns)) / NS_PER_SECOND_BIG);
  const days = Math.floor(total / SECONDS_PER_DAY);
  const secondOfDay = total - days * SECONDS_PER_DAY;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const clock = `${two(Math.floor(secondOfDay / 3_600))}:${two(Math.floor(secondOfDay / 60) % 60)}:${two(secondOfDay % 60)}`;
  const fraction = fractionDigits === 0 ? '' : `.${ns.toString().padStart(9, '0').slice(0, fractionDigits)}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock}${fraction}Z`;
};

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)$/;

/** Reads `2026-06-09T11:07:52.131Z` or `…+05:30`; returns the instant and the zone's offset in seconds, or undefined. */
export const parseRfc3339 = (text: string): { at: Instant; offsetSeconds: number } | undefined => {
  const m = RFC3339.exec(text);
  if (m === null) return undefined;
  const zone = m[8] ?? 'Z';
  const sign = zone.startsWith('-') ? -1 : 1;
  const offsetSeconds = zone === 'Z' ? 0 : sign * (Number(zone.slice(1, 3)) * 3_600 + Number(zone.slice(-2)) * 60);
  const seconds = civilSeconds(Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6]));
  return { at: fromCivil(seconds, offsetSeconds, Number((m[7] ?? '').padEnd(9, '0'))), offsetSeconds };
};
