// Which grammar a bare file needs, by its first lines. Undefined means "nothing of NVIDIA's": another grammar may know it.
import type { Dialect } from '../line.ts';
import { openEnvelope } from './kernel-envelope.ts';
import { isStatus } from './query-cells.ts';
import { isAppHeader, parseQueryHeader } from './query-fields.ts';
import { smiFailureOf } from './smi-errors.ts';
import { parseHeader } from './table.ts';

/** A header comes early; a shell prompt, a failure or a date may stand before it. */
const LINES_MAX = 200;
/** No header and no kernel message is longer than a few kilobytes. */
const LINE_MAX = 16_384;

const BANNERS = ['==============NVSMI LOG==============', '<!DOCTYPE nvidia_smi_log', '| NVIDIA-SMI ', '|ERR!'];
/** A row of the default table: `| 30%   33C    P8              4W /  130W | …`. */
const TABLE_ROW = /^\|.{0,60}\d{1,4}W \/ {1,4}\d{1,4}W \|/;
const VALUE = /^(?:-?\d{1,18}(?:\.\d{1,9})?(?: (?:%|MiB|W|MHz|us))?|P\d{1,2})$/;
/** Fewer cells could be anything's numbers. */
const ROW_CELLS_MIN = 3;
const looksLikeQueryRow = (text: string): boolean => {
  const cells = text.split(', ');
  return cells.length >= ROW_CELLS_MIN && cells.every((cell) => isStatus(cell) || VALUE.test(cell));
};

const tableDialect = (text: string): Dialect | undefined => {
  const header = parseHeader(text);
  if (header === undefined) return undefined;
  if (header.type === 'units') return 'dmon';
  return header.schema.names[0] === 'pid' ? 'pmon' : 'dmon';
};
const queryDialect = (text: string): Dialect | undefined => {
  const fields = parseQueryHeader(text);
  if (fields !== undefined) return isAppHeader(fields) ? 'query-apps' : 'query-gpu';
  return looksLikeQueryRow(text) ? 'query-gpu' : undefined;
};
const isKernelLine = (text: string): boolean => text.includes('NVRM: ') || openEnvelope(text).from === 'kernel';
/** Other nvidia-smi output has no grammar of its own; every nvidia-smi parser knows it as noise. */
const isOtherSmi = (text: string): boolean =>
  BANNERS.some((banner) => text.startsWith(banner)) || TABLE_ROW.test(text) || smiFailureOf(text) !== undefined;

/** The dialect of the first line that tells one. */
export const nvidiaDialectOf = (lines: readonly string[]): Dialect | undefined => {
  for (const whole of lines.slice(0, LINES_MAX)) {
    const text = whole.slice(0, LINE_MAX).trimEnd();
    if (text === '') continue;
    const dialect = tableDialect(text) ?? queryDialect(text) ?? (isKernelLine(text) ? 'kernel' : undefined);
    if (dialect !== undefined) return dialect;
    if (isOtherSmi(text)) return 'dmon';
  }
  return undefined;
};
