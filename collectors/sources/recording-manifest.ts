// The manifest of a recording: what was recorded, when, from which versions, and what was masked. Checked when read, with
// every problem told at once, because recordings are handed from person to person.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Instant, instant, isoInstant, parseRfc3339 } from '../../otel/time.ts';
import type { SourceInfo } from '../line.ts';
import { errnoOf } from './open-log.ts';

export const MANIFEST_FILE = 'recording.json';
export const NOTICES_FILE = 'notices.tsv';
export const RECORDING_FORMAT = 1;
const NANOSECOND_DIGITS = 9;

/** One recorded source: its bytes in `<file>.raw`, their arrivals in `<file>.arrivals.tsv`. */
export type RecordedSource = SourceInfo & {
  readonly file: string;
  readonly versions: { readonly [program: string]: string };
};

export type RecordingManifest = {
  readonly format: typeof RECORDING_FORMAT;
  /** Version of ollascope that made it. */
  readonly madeBy: string;
  /** Command lines that made it, safe to tell. */
  readonly commands: readonly string[];
  /** Host facts that are safe to tell: system, processor count, GPU names. */
  readonly host: { readonly [fact: string]: string };
  readonly startedAt: Instant;
  /** Where time ended: a replay walks the ticks up to here. */
  readonly endedAt: Instant;
  /** False where the recorder was killed: `endedAt` is then the last event's time. */
  readonly complete: boolean;
  readonly masks: readonly string[];
  readonly sources: readonly RecordedSource[];
};

const timeText = z.string().transform((text, context) => {
  const parsed = parseRfc3339(text);
  if (parsed !== undefined) return parsed.at;
  context.addIssue({ code: 'custom', message: 'expected a time such as 2026-11-20T12:00:00.000000000Z' });
  return z.NEVER;
});

const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const sourceForm = z.object({
  name: z.string().min(1),
  dialect: z.enum(['ollama', 'dmon', 'pmon', 'query-gpu', 'query-apps', 'kernel', 'api']),
  identity: z.string().min(1),
  offsetSeconds: z.number().int().optional(),
  file: z.string().regex(FILE_NAME, 'expected a plain file name without folders'),
  versions: z.record(z.string(), z.string()),
});

const manifestForm = z.object({
  format: z.literal(RECORDING_FORMAT),
  madeBy: z.string(),
  commands: z.array(z.string()),
  host: z.record(z.string(), z.string()),
  startedAt: timeText,
  endedAt: timeText.optional(),
  masks: z.array(z.string()),
  sources: z.array(sourceForm).min(1, 'expected at least one source'),
});

/** `endedAt` is absent while the recorder runs. */
export const manifestText = (
  manifest: Omit<RecordingManifest, 'endedAt' | 'complete'> & { endedAt?: Instant },
): string => {
  const { startedAt, endedAt, ...rest } = manifest;
  const times = {
    startedAt: isoInstant(startedAt, NANOSECOND_DIGITS),
    ...(endedAt === undefined ? {} : { endedAt: isoInstant(endedAt, NANOSECOND_DIGITS) }),
  };
  return `${JSON.stringify({ ...rest, ...times }, null, 2)}\n`;
};

/** A recording that cannot be read: the message says what was expected, what was found and what to do. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

const readText = (dir: string): string => {
  try {
    return readFileSync(join(dir, MANIFEST_FILE), 'utf8');
  } catch (error) {
    throw new RecordingError(
      `expected a recording (a folder with ${MANIFEST_FILE}), the system answered ${errnoOf(error)} for ${MANIFEST_FILE}: name the recording's folder`,
    );
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new RecordingError(
      `expected JSON in ${MANIFEST_FILE}, found something else: the recording is damaged, record again`,
    );
  }
};

const fromForm = (form: z.output<typeof manifestForm>): RecordingManifest => ({
  ...form,
  endedAt: form.endedAt ?? instant(form.startedAt),
  complete: form.endedAt !== undefined,
  sources: form.sources.map(({ offsetSeconds, ...source }) =>
    offsetSeconds === undefined ? source : { ...source, offsetSeconds },
  ),
});

/** Reads and checks `recording.json`; throws RecordingError. */
export const readManifest = (dir: string): RecordingManifest => {
  const parsed = manifestForm.safeParse(parseJson(readText(dir)));
  if (parsed.success) return fromForm(parsed.data);
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  throw new RecordingError(`${MANIFEST_FILE} is not of format ${RECORDING_FORMAT}:\n  ${problems.join('\n  ')}`);
};
