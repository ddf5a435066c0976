// The forms of settings: from the text of a flag or a variable, or a YAML value, to the value. Text is what everything arrives
// as, so a number or a switch is taken in both ways.
import { z } from 'zod';

export const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', '']).transform((t) => t === 'true' || t === '1' || t === ''),
]);
export const word = <const W extends readonly [string, ...string[]]>(...words: W) => z.enum(words);
export const text = z.string().min(1);
export const numeric = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
export const seconds = (min: number, max: number) => numeric.pipe(z.number().min(min).max(max));
export const count = (min: number, max: number) => numeric.pipe(z.number().int().min(min).max(max));
const HOST_PORT = /^(?:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):)?(\d{1,5})$/;
export const listen = z.union([
  z.literal('none'),
  z.union([z.string(), z.number().transform(String)]).pipe(
    z
      .string()
      .regex(HOST_PORT)
      .refine((t) => Number(t.slice(t.lastIndexOf(':') + 1)) <= 65_535),
  ),
]);
