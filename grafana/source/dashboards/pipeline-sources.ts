// Pipeline health, first part: what the agent reads. Its sources, and what it understood of their lines.
import { field } from '../../../loki/fields.ts';
import type { RowSpec } from '../dashboard.ts';
import { by, latest, perSecond, perStep, series, shareOf, shown } from '../expressions.ts';
import { stored, stream } from '../logs.ts';
import { anyIsBad, countBars, graph, logs, rising, stat, table, timeline } from '../panel-form.ts';
import { column, now, over, records } from '../queries.ts';
import { cellOf } from '../tables.ts';
import { unit } from '../units.ts';
import { none, PER_SERVER } from '../words.ts';

const SOURCE = [...PER_SERVER, 'ollascope.source'] as const;
const UNMATCHED = { 'ollascope.line.class': '=~"unmatched|malformed"' } as const;
const sourceName = `${shown('ollascope.source')} ${shown('host.name')}`;
const LINES_SHOWN = 100;

export const sourcesRow: RowSpec = {
  title: 'Sources',
  panels: [
    timeline({
      title: 'Sources deliver',
      what: 'Whether each source delivers. Stalled: it should but does not.',
      none: none.agent,
      unit: unit.none,
      states: [
        { value: 0, text: 'stalled, away or ended', color: 'red' },
        { value: 1, text: 'delivers', color: 'green' },
      ],
      queries: [over(latest('max', 'ollascope.source.up', SOURCE), sourceName)],
    }),
    table({
      title: 'Last line of each source',
      what: 'When each source gave its last line. A quiet log is no fault: requests may just be missing.',
      none: none.agent,
      unit: unit.none,
      rows: 'values',
      queries: [
        column(`${latest('max', 'ollascope.source.last_line.time', SOURCE)} * 1000`),
        column(latest('max', 'ollascope.source.delay', SOURCE)),
        column(`sum ${by(...SOURCE)} (increase(${series('ollascope.lines')}[$__range]))`),
      ],
      columns: [
        { field: 'host_name', title: 'Host' },
        { field: 'ollascope_source', title: 'Source' },
        { field: cellOf('A'), title: 'Last line', unit: unit.ago, width: 150 },
        { field: cellOf('B'), title: 'Behind', unit: unit.seconds, width: 100, thresholds: rising(5, 60) },
        { field: cellOf('C'), title: 'Lines', unit: unit.count, decimals: 0, width: 100 },
      ],
    }),
    graph({
      title: 'Reading behind the source',
      what: 'How far reading is behind. Rising: the receiver of our data is slow, or the log is faster than the agent.',
      none: none.agent,
      unit: unit.seconds,
      min: 0,
      width: 8,
      queries: [over(latest('max', 'ollascope.source.delay', SOURCE), sourceName)],
    }),
    countBars({
      title: 'What happened to sources',
      what: 'Rotations, truncations, gaps, restarts, clock steps.',
      none: none.neverHappened,
      stacked: true,
      width: 8,
      queries: [
        over(
          perStep('ollascope.source.events', [...SOURCE, 'ollascope.source.event']),
          `${shown('ollascope.source.event')} ${sourceName}`,
        ),
      ],
    }),
    graph({
      title: 'Bytes lost',
      what: 'Bytes that are known to be lost: a log deleted or overwritten before it was read.',
      none: 'Nothing was lost.',
      unit: unit.bytes,
      style: 'bars',
      width: 8,
      queries: [over(perStep('ollascope.source.lost', SOURCE), sourceName)],
    }),
  ],
};

export const linesRow: RowSpec = {
  title: 'What was understood',
  panels: [
    graph({
      title: 'Lines by class',
      what: 'Lines read per second: matched, noise (known and of no use), continuation, unmatched, malformed.',
      none: none.agent,
      unit: unit.perSecond,
      stacked: true,
      width: 8,
      queries: [over(perSecond('ollascope.lines', ['ollascope.line.class']), shown('ollascope.line.class'))],
    }),
    graph({
      title: 'Share not understood',
      what: 'Share of lines that no pattern matches. A step up after an update of Ollama or the driver: the grammar must learn it.',
      none: none.agent,
      unit: unit.share,
      min: 0,
      width: 8,
      thresholds: rising(0.01, 0.05),
      queries: [
        over(
          shareOf(perSecond('ollascope.lines', SOURCE, UNMATCHED), perSecond('ollascope.lines', SOURCE)),
          sourceName,
        ),
      ],
    }),
    stat({
      title: 'Cells without a metric',
      what: 'Cells of nvidia-smi columns that no metric takes: a newer driver tells more.',
      none: 'Every column is known.',
      unit: unit.count,
      decimals: 0,
      width: 4,
      height: 8,
      queries: [
        now(
          `sum ${by('nvidia.smi.column')} (increase(${series('ollascope.smi.unknown_columns')}[$__range]))`,
          shown('nvidia.smi.column'),
        ),
      ],
    }),
    stat({
      title: 'Failures of nvidia-smi',
      what: 'Failures that nvidia-smi told, by cause.',
      none: none.neverHappened,
      unit: unit.count,
      decimals: 0,
      width: 4,
      height: 8,
      thresholds: anyIsBad,
      queries: [
        now(`sum ${by('error.type')} (increase(${series('ollascope.smi.failures')}[$__range]))`, shown('error.type')),
      ],
    }),
    logs({
      title: 'Lines that no pattern matched',
      what: 'Told by class and length only: their text stays on the host. `ollascope check` shows them there.',
      none: 'Every line was understood.',
      unit: unit.none,
      width: 12,
      height: 8,
      queries: [records(`${stream} | ${field('ollascope.line.class')}=~"unmatched|malformed"`, LINES_SHOWN)],
    }),
    logs({
      title: 'News of sources',
      what: 'Sources that were rotated, stalled, lost or came back.',
      none: none.logs,
      unit: unit.none,
      width: 12,
      height: 8,
      queries: [records(stored('sources'), LINES_SHOWN)],
    }),
  ],
};
