// A log that is not read while it is written has times only on some of its lines. Slot and timing lines carry the last time before
// them, which may be an idle hour old: here they are moved to the next time there is, mostly the access line of their request, and
// the first lines of a finished task back by what it took. A task is never later than that, and rarely much earlier.
import type { OllamaReading, RecordReading } from '../collectors/reading.ts';
import { addNs, type Instant, later, NS_PER_MS, secondsBetween } from '../otel/time.ts';

/** Times carried over are called good to about a second: nearer ones stay as they are. */
const CARRIED_SECONDS_MAX = 1.5;
/** Lines held until the next time: a debug-level request prints about 130, 16 of them at once as many times that. */
const HELD_MAX = 4_096;

type TaskReading = Extract<OllamaReading, { readonly fields: { readonly slot: number; readonly task: number } }>;
type Total = Extract<OllamaReading, { readonly kind: 'task.total_timing' }>;

const isTaskReading = (reading: RecordReading): reading is TaskReading =>
  reading.type === 'ollama' && reading.kind.startsWith('task.') && 'slot' in reading.fields && 'task' in reading.fields;
const isTotal = (reading: RecordReading): reading is Total =>
  reading.type === 'ollama' && reading.kind === 'task.total_timing';
/** Lines that are printed when a task begins; all its others come at its end or in between. */
const BEGINNINGS: ReadonlySet<OllamaReading['kind']> = new Set(['task.launched', 'task.prompt', 'task.cached']);

const keyOf = ({ fields }: TaskReading): string => `${fields.slot} ${fields.task}`;

/** A runner's last lines may come after the access line that they belong to: what fits into that request stays with it. */
const isLate = (total: Total | undefined, before: RecordReading | undefined): boolean =>
  total !== undefined &&
  before?.type === 'ollama' &&
  before.kind === 'http.access' &&
  before.fields.method === 'POST' &&
  before.fields.latencyNs >= total.fields.durationMs * NS_PER_MS;

/** Moves the lines of tasks among `held` towards `end`; a line between them is carried along. `before` came right before them. */
const moved = (
  held: readonly RecordReading[],
  end: Instant,
  before: RecordReading | undefined,
): readonly RecordReading[] => {
  const totals = new Map<string, Total>();
  const begun = new Set<string>();
  for (const reading of held) {
    if (isTotal(reading)) totals.set(keyOf(reading), reading);
    else if (isTaskReading(reading) && reading.kind === 'task.launched') begun.add(keyOf(reading));
  }
  let floor: Instant | undefined;
  return held.map((reading, index) => {
    // `slot get_availabl: id  0 | task -1 | …` names no task: it comes right before the launch of one.
    const next = isTaskReading(reading) && reading.fields.task < 0 ? held[index + 1] : reading;
    if (next !== undefined && isTaskReading(next)) {
      const total = totals.get(keyOf(next));
      const backNs = BEGINNINGS.has(next.kind) ? (total?.fields.durationMs ?? 0) * NS_PER_MS : 0;
      if (begun.has(keyOf(next)) || !isLate(total, before)) floor = later(floor ?? reading.at, addNs(end, -backNs));
    }
    return floor === undefined ? reading : { ...reading, at: floor };
  });
};

export type Retime = {
  readonly reading: (reading: RecordReading) => void;
  /** Lines that nothing followed for a whole tick are not held any longer. */
  readonly tick: () => void;
  readonly flush: () => void;
};

/** Passes the readings of one source on, in their order. Only Ollama's lines without a time of their own are ever held. */
export const createRetime = (emit: (reading: RecordReading) => void): Retime => {
  /** The last reading with a time. */
  let last: RecordReading | undefined;
  let held: RecordReading[] = [];
  let isFresh = false;
  const pass = (readings: readonly RecordReading[]): void => {
    held = [];
    for (const reading of readings) emit(reading);
  };
  const flush = (): void => {
    if (held.length > 0) pass(held);
  };
  return {
    reading: (reading) => {
      const isAccess = reading.type === 'ollama' && reading.kind === 'http.access';
      if (
        reading.timing === 'estimated' &&
        reading.at === last?.at &&
        !isAccess &&
        reading.line.source.dialect === 'ollama'
      ) {
        if (held.length >= HELD_MAX) flush();
        held.push(reading);
        isFresh = true;
        return;
      }
      if (held.length > 0) {
        const apart = last === undefined ? 0 : secondsBetween(last.at, reading.at);
        pass(apart > CARRIED_SECONDS_MAX ? moved(held, reading.at, last) : held);
      }
      last = reading;
      emit(reading);
    },
    tick: () => {
      if (!isFresh) flush();
      isFresh = false;
    },
    flush,
  };
};
