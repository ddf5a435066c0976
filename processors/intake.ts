// Counts record readings by source and class and tells the counts on ticks: one cheap increment per line, a handful of facts
// per second. This is how "nothing is dropped silently" becomes a number.
import type { SourceInfo } from '../collectors/line.ts';
import { classOf, type Emit, type LineClass, type RecordReading } from '../collectors/reading.ts';
import { type Instant, secondsBetween } from '../otel/time.ts';
import type { Fact } from './fact.ts';
import type { Fold, Input } from './fold.ts';
import { LINE_NAMES_MAX } from './limits.ts';

type Count = {
  readonly source: SourceInfo;
  readonly class: LineClass;
  readonly name?: string;
  count: number;
  delaySeconds?: number | undefined;
};

const isRecord = (input: Input): input is RecordReading =>
  input.type === 'ollama' || input.type === 'nvidia' || input.type === 'api' || input.type === 'line';

/** Only classes without a kind of their own are told by name; names come from tables, the bound guards against a bug there. */
const nameOf = (reading: RecordReading): string | undefined => (reading.type === 'line' ? reading.name : undefined);

export const createIntakeFold = (): Fold => {
  const counts = new Map<SourceInfo, Map<string, Count>>();
  /** Those that counted something since the last tick: most ticks have nothing to tell, and none looks through all. */
  let untold: Count[] = [];
  let lastAt: Instant | undefined;

  const countOf = (reading: RecordReading): Count => {
    const source = reading.line.source;
    let bySource = counts.get(source);
    if (bySource === undefined) {
      bySource = new Map();
      counts.set(source, bySource);
    }
    const named = nameOf(reading);
    const key = named ?? 'matched';
    const known = bySource.get(key);
    if (known !== undefined && (named === undefined || known.class === classOf(reading))) return known;
    const name = bySource.size < LINE_NAMES_MAX ? named : 'other';
    const full = `${classOf(reading)}/${name ?? ''}`;
    const counted = bySource.get(full) ?? {
      source,
      class: classOf(reading),
      ...(name === undefined ? {} : { name }),
      count: 0,
    };
    bySource.set(full, counted);
    if (known === undefined && name === named) bySource.set(key, counted);
    return counted;
  };

  const count = (counted: Count, { timing, at, line }: RecordReading): void => {
    if (counted.count === 0) untold.push(counted);
    counted.count += 1;
    // A stamp of a whole second, or of another clock, can lie ahead of the arrival: that is no delay.
    if (timing === 'logged' && line.observed) counted.delaySeconds = Math.max(0, secondsBetween(at, line.arrival));
  };

  const tell = (at: Instant, emit: Emit<Fact>): void => {
    if (untold.length === 0) return;
    for (const counted of untold) {
      const { source, name, count, delaySeconds } = counted;
      const base = { type: 'lines.counted', at, source, class: counted.class, count } as const;
      emit({
        ...base,
        ...(name === undefined ? {} : { name }),
        ...(delaySeconds === undefined ? {} : { delaySeconds }),
      });
      counted.count = 0;
      counted.delaySeconds = undefined;
    }
    untold = [];
  };

  return {
    name: 'intake',
    step: (input, emit) => {
      if (input.type === 'tick') {
        tell(input.at, emit);
        lastAt = input.at;
      } else if (isRecord(input)) {
        count(countOf(input), input);
        lastAt = input.at;
      }
      return false;
    },
    end: (emit) => {
      if (lastAt !== undefined) tell(lastAt, emit);
    },
  };
};
