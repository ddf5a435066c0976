// `replay PATH…`: one recording, or bare files together. Deterministic: the same input gives the same bytes.

import { RecordingError } from '../../collectors/sources/recording.ts';
import type { Snapshot } from '../../otel/aggregate.ts';
import type { MetricName } from '../../otel/catalogue/metrics.ts';
import { identityOf } from '../../otel/ids.ts';
import { parseRfc3339 } from '../../otel/time.ts';
import type { CommandContext, CommandFunction, ExitCode } from '../command.ts';
import { createCore } from '../core.ts';
import { type InputFile, openInput } from '../input-files.ts';
import { otlpJsonPrinter } from '../otlp-output.ts';
import { createPrinted, printerOf } from '../outputs.ts';
import { createParserOf, type ParserOf } from '../parsers.ts';
import { newsFromIn, resourceIn } from '../recording-facts.ts';
import { type Replayable, replayableFiles, replayableRecording } from '../replay.ts';
import { makeResource } from '../resource.ts';
import { readXidFile } from '../xid-file.ts';

const isFile = (input: InputFile): input is InputFile & { kind: 'file' } => input.kind === 'file';

/** Either something to replay, or the messages that say why not. */
const openAll = ({ paths, settings }: CommandContext, parserOf: ParserOf): Replayable | readonly string[] => {
  const opened = paths.map(openInput);
  const problems = opened.flatMap((input) => (input.kind === 'problem' ? [input.message] : []));
  if (problems.length > 0) return problems;
  const inputs = opened.filter((input) => input.kind !== 'problem');
  const [recording] = inputs.filter((input) => input.kind === 'recording');
  if (recording !== undefined && inputs.length > 1) {
    return ['replay: expected one recording or bare files, found both. What to do: replay them one after the other.'];
  }
  const start = settings.start === 'none' ? undefined : parseRfc3339(settings.start)?.at;
  return recording === undefined
    ? replayableFiles(inputs.filter(isFile), start, parserOf)
    : replayableRecording(recording.path);
};

const openOrProblems = (context: CommandContext, parserOf: ParserOf): Replayable | readonly string[] => {
  try {
    return openAll(context, parserOf);
  } catch (error) {
    if (error instanceof RecordingError) return [`${context.paths.join(' ')}: ${error.message}`];
    throw error;
  }
};

const LINES: MetricName = 'ollascope.lines';

/** What to say of files in which no line was known, as when another program's log was named; undefined where some were. */
const nothingKnown = (snapshot: Snapshot, paths: readonly string[]): string | undefined => {
  const points = snapshot.metrics.find(({ name }) => name === LINES)?.points ?? [];
  const isMatched = points.some(({ attributes }) => attributes['ollascope.line.class'] === 'matched');
  const found = points.length === 0 ? 'no line at all' : 'none that it knows';
  return isMatched
    ? undefined
    : `${paths.join(' ')}: expected lines of Ollama, nvidia-smi or the kernel's NVIDIA driver, found ${found}. What to do: \`ollascope check\` shows what is there.\n`;
};

const isProblems = (opened: Replayable | readonly string[]): opened is readonly string[] => Array.isArray(opened);

export const replay: CommandFunction = async (context): Promise<ExitCode> => {
  const { settings, tell, clock, signal, version } = context;
  const xids = readXidFile(settings['xid-catalogue']);
  const opened = openOrProblems(context, createParserOf('problem' in xids ? undefined : xids.overrides));
  const problems = [...(isProblems(opened) ? opened : []), ...('problem' in xids ? [xids.problem.trimEnd()] : [])];
  if (isProblems(opened) || 'problem' in xids) {
    tell(problems.map((problem) => `${problem}\n`).join(''));
    return 2;
  }
  const resource =
    resourceIn(opened.manifest?.host) ??
    makeResource({
      serviceName: settings['service-name'],
      version,
      env: {},
      instanceId: identityOf('replay'),
      hostName: 'replay',
    });
  const output = createPrinted(printerOf(context, otlpJsonPrinter(resource, version)), context);
  const newsFrom = newsFromIn(opened.manifest?.host);
  const core = createCore({
    settings,
    xidOverrides: xids.overrides,
    outputs: [output],
    startAt: opened.startAt,
    ...(newsFrom === undefined ? {} : { newsFrom }),
  });
  try {
    await opened.feed(core, { speed: settings.speed, clock, signal, pressure: () => output.pressure() });
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    // What lay before the damage is told all the same.
    core.end();
    await output.close();
    tell(`${context.paths.join(' ')}: ${error.message}\n`);
    return 2;
  }
  await output.close();
  const unknown =
    opened.manifest === undefined && !signal.aborted ? nothingKnown(core.snapshot(), context.paths) : undefined;
  if (unknown === undefined) return 0;
  tell(unknown);
  return 1;
};
