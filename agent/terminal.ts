// The text view: each finished request as a waterfall, loads, faults and source notices as single lines, GPUs now and then.
// Pure except for the `write` it is handed. Nothing that came from a log reaches the terminal unfiltered.
import { cellsOf, cut, printable } from '../jaeger/cells.ts';
import { type Paint, paintWith, type Shade } from '../jaeger/paint.ts';
import { renderWaterfall, WIDTH_MIN } from '../jaeger/waterfall.ts';
import type { Snapshot } from '../otel/aggregate.ts';
import type { LogEventName } from '../otel/catalogue/logs.ts';
import type { LogSignal, Severity, SpanSignal } from '../otel/signal.ts';
import { type Instant, isoInstant, later, secondsBetween } from '../otel/time.ts';
import { gpuStatus } from './terminal-gpus.ts';

export type TerminalOptions = {
  /** Gets whole lines, newline included. */
  readonly write: (text: string) => void;
  /** Terminal cells, asked anew for each batch: windows are resized. */
  readonly width: () => number;
  /** False for NO_COLOR and for anything that is no terminal: then no escape is ever written. */
  readonly colour: boolean;
};

/** What one tick told: see the telling of the agent. */
export type TerminalBatch = {
  readonly at: Instant;
  readonly spans: readonly SpanSignal[];
  readonly logs: readonly LogSignal[];
  readonly snapshot?: Snapshot;
};

export type Terminal = { readonly batch: (batch: TerminalBatch) => void };

/** Between two lines about the GPUs, in event time: often enough to see load, rare enough not to hide the requests. */
const STATUS_SECONDS = 30;
/** `12:22:24.085 ERROR `: what every line of an event begins with, and how far its next lines are indented. */
const PREFIX_CELLS = 19;

/** Events that deserve a line; all other records are for Loki. */
const shown: ReadonlySet<LogEventName> = new Set<LogEventName>([
  'ollama.server.started',
  'ollama.server.bind_failed',
  'ollama.model.loaded',
  'ollama.model.load_failed',
  'ollama.model.unloaded',
  'ollama.model.evicted',
  'ollama.cpu_fallback',
  'ollama.runner.crashed',
  'ollama.prompt.truncated',
  'ollama.context.shifted',
  'ollama.request.abandoned',
  'nvidia.gpu.fault',
  'nvidia.gpu.fault.settled',
  'nvidia.gpu.state_changed',
  'nvidia.gpu.stale',
  'nvidia.smi.failed',
  'ollascope.source.rotated',
  'ollascope.source.truncated',
  'ollascope.source.deleted',
  'ollascope.source.gap',
  'ollascope.source.stalled',
  'ollascope.source.recovered',
  'ollascope.source.exited',
  'ollascope.source.restarted',
  'ollascope.source.unavailable',
  'ollascope.source.clock_step',
]);

const shades: { readonly [S in Severity]: Shade } = {
  TRACE: 'dim',
  DEBUG: 'dim',
  INFO: 'dim',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
};

/** Words put into lines of at most `width` cells; a word that is longer is cut. */
const wrapWords = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && cellsOf(last) + 1 + cellsOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, width));
  }
  return lines;
};

const eventLines = (log: LogSignal, width: number, paint: Paint): string => {
  const clock = isoInstant(log.at).slice(11, 23);
  const severity = paint(shades[log.severity], log.severity.padEnd(5));
  const lines = wrapWords(printable(log.body).trim(), Math.max(1, width - PREFIX_CELLS));
  return `${paint('dim', clock)} ${severity} ${lines.join(`\n${' '.repeat(PREFIX_CELLS)}`)}\n`;
};

type Item = { readonly at: Instant; readonly text: string };
const byTime = (a: Item, b: Item): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0);

/** All spans of a request are told in one batch, its SERVER span among them. */
const traceItems = (spans: readonly SpanSignal[], width: number, colour: boolean): readonly Item[] =>
  [...Map.groupBy(spans, ({ traceId }) => traceId).values()].map((trace) => ({
    at: trace.map(({ end }) => end).reduce(later),
    text: `\n${renderWaterfall(trace, { width, colour })}\n`,
  }));

export const createTerminal = ({ write, width, colour }: TerminalOptions): Terminal => {
  const paint = paintWith(colour);
  let statusAt: Instant | undefined;

  const status = (snapshot: Snapshot, cells: number): void => {
    if (statusAt !== undefined && Math.abs(secondsBetween(statusAt, snapshot.at)) < STATUS_SECONDS) return;
    const lines = gpuStatus(snapshot);
    if (lines.length === 0) return;
    statusAt = snapshot.at;
    const clock = isoInstant(snapshot.at).slice(11, 23);
    for (const line of lines) write(`${paint('dim', cut(`${clock} ${printable(line)}`, cells))}\n`);
  };

  return {
    batch: ({ spans, logs, snapshot }) => {
      const cells = Math.max(WIDTH_MIN, Math.floor(width()));
      const events = logs.filter(({ eventName }) => eventName !== undefined && shown.has(eventName));
      const lines = events.map((log) => ({ at: log.at, text: eventLines(log, cells, paint) }));
      for (const { text } of [...lines, ...traceItems(spans, cells, colour)].sort(byTime)) write(text);
      if (snapshot !== undefined) status(snapshot, cells);
    },
  };
};
