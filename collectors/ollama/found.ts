// What one text was found to be, before it gets its time and its line. Noise has shared, ready-made answers: most lines of
// a busy log are noise, and they should cost a look-up and nothing more.
import type { Severity } from '../../otel/signal.ts';
import type { LineClass } from '../reading.ts';

export type Found = {
  readonly class: LineClass;
  /** The kind when matched, else the class's name. */
  readonly name: string;
  readonly fields: unknown;
  readonly severity: Severity;
  /** The text itself may travel. */
  readonly told: boolean;
  /** What travels instead of the text, where it had to be rebuilt. */
  readonly body: string | undefined;
};

/** A ready answer without fields. */
export const plainFound = (
  cls: Exclude<LineClass, 'matched'>,
  name: string,
  severity: Severity,
  told = false,
): Found => ({
  class: cls,
  name,
  fields: undefined,
  severity,
  told,
  body: undefined,
});

/** By class and whether told, then by name: a busy log asks for one of these per line, so no key is composed. */
const ready = {
  noise: { told: new Map<string, Found>(), untold: new Map<string, Found>() },
  continuation: { told: new Map<string, Found>(), untold: new Map<string, Found>() },
};

/** The shared answer for a noise or continuation class. */
export const sharedFound = (cls: 'noise' | 'continuation', name: string, told = false): Found => {
  const byName = ready[cls][told ? 'told' : 'untold'];
  const known = byName.get(name);
  if (known !== undefined) return known;
  const found = plainFound(cls, name, 'INFO', told);
  byName.set(name, found);
  return found;
};

export const TORN: Found = plainFound('malformed', 'torn', 'WARN');
export const UNMATCHED_RAW: Found = plainFound('unmatched', 'raw', 'INFO');
export const UNMATCHED_SLOT: Found = plainFound('unmatched', 'slot', 'INFO');
export const UNMATCHED_SRV: Found = plainFound('unmatched', 'srv', 'INFO');
export const BLANK: Found = plainFound('noise', 'blank', 'INFO');
