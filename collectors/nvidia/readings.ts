// The few constructors that every NVIDIA parser shares. Only rows and lines the grammar vouches for carry a body.
import type { Severity } from '../../otel/signal.ts';
import type { Instant } from '../../otel/time.ts';
import type { Line } from '../line.ts';
import type { LineReading, Timing } from '../reading.ts';

/** When something happened and how that is known. */
export type Stamp = { readonly at: Instant; readonly timing: Timing };

type Common = {
  readonly at: Instant;
  readonly timing: Timing;
  readonly severity: Severity;
  readonly line: Line;
  readonly offset: number;
  readonly body: string | undefined;
};

export const common = (line: Line, stamp: Stamp, severity: Severity, body: string | undefined): Common => ({
  at: stamp.at,
  timing: stamp.timing,
  severity,
  line,
  offset: 0,
  body,
});

/** A line without meaning of its own; its text never travels. */
export const lineReading = (
  line: Line,
  stamp: Stamp,
  lineClass: LineReading['class'],
  name: string,
  severity: Severity = lineClass === 'malformed' ? 'WARN' : 'INFO',
): LineReading => ({ ...common(line, stamp, severity, undefined), type: 'line', class: lineClass, name });

/** False for a last line that was cut off: a complete one counts its terminator in `sizeBytes`. Exact for ASCII, which all rows are. */
export const isTerminated = (line: Line): boolean => line.truncated || line.sizeBytes > line.text.length;
