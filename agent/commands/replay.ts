// `replay PATH…`: one recording, or bare files together. Deterministic: the same input gives the same bytes.

import { RecordingError } from '../../collectors/sources/recording.ts';
import type { Snapshot } from '../../otel/aggregate.ts';
import type { MetricName } from '../../otel/catalogue/metrics.ts';
import { identityOf } from '../../otel/ids.ts';
import type { Resource } from '../../otel/signal.ts';
import { parseRfc3339 } from '../../otel/time.ts';
import type { CommandContext, CommandFunction, ExitCode } from '../command.ts';
import { createCore } from '../core.ts';
import { type InputFile, openInput } from '../input-files.ts';
import { distanceOf, movedOutput } from '../moved.ts';
import { CLOSE_MS, createOtlpDelivery, otlpJsonPrinter } from '../otlp-output.ts';
import { createPrinted, pressureOf, printerOf } from '../outputs.ts';
import { createParserOf, type ParserOf } from '../parsers.ts';
import { composedIn, newsFromIn, resourceIn } from '../recording-facts.ts';
import { type Replayable, replayableFiles, replayableRecording } from '../replay.ts';
import { makeResource } from '../resource.ts';
import type { Output } from '../telling.ts';
import { readXidFile, type XidFile } from '../xid-file.ts';

const isFile = (input: InputFile): input is InputFile & { kind: 'file' } => input.kind === 'file';

/** Messages that say why nothing is replayed. */
type Problems = { readonly problems: readonly string[] };

const openAll = ({ paths, settings }: CommandContext, parserOf: ParserOf): Replayable | Problems => {
  const opened = paths.map(openInput);
  const problems = opened.flatMap((input) => (input.kind === 'problem' ? [input.message] : []));
  if (problems.length > 0) return { problems };
  const inputs = opened.filter((input) => input.kind !== 'problem');
  const [recording] = inputs.filter((input) => input.kind === 'recording');
  if (recording !== undefined && inputs.length > 1) {
    return {
      problems: [
        'replay: expected one recording or bare files, found both. What to do: replay them one after the other.',
      ],
    };
  }
  if (recording === undefined && settings.times === 'end-now') {
    return {
      problems: [
        '--times end-now: expected a recording, which knows when it ended, found bare files. What to do: --times start-now.',
      ],
    };
  }
  const start = settings.start === 'none' ? undefined : parseRfc3339(settings.start)?.at;
  return recording === undefined
    ? replayableFiles(inputs.filter(isFile), start, parserOf)
    : replayableRecording(recording.path);
};

const openOrProblems = (context: CommandContext, parserOf: ParserOf): Replayable | Problems => {
  try {
    return openAll(context, parserOf);
  } catch (error) {
    if (error instanceof RecordingError) return { problems: [`${context.paths.join(' ')}: ${error.message}`] };
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

const tellProblems = ({ tell }: CommandContext, problems: readonly string[]): ExitCode => {
  tell(problems.map((problem) => `${problem}\n`).join(''));
  return 2;
};

/** Where a replay is sent to, it waits as long as this for a receiver that does not answer. */
const CLOSE_REPLAY_MS = 60_000;

type Xids = Extract<XidFile, { overrides: unknown }>;

type Outputs = { readonly all: readonly Output[]; readonly lost: () => number };

/** Printed always, sent when asked; or the problems of the OTLP settings. */
const openOutputs = async (context: CommandContext, resource: Resource, byNs: bigint): Promise<Outputs | Problems> => {
  const printed = createPrinted(printerOf(context, otlpJsonPrinter(resource, context.version)), context);
  const all = [movedOutput(printed, byNs)];
  if (context.settings.otlp !== 'on') return { all, lost: () => 0 };
  const otlp = await createOtlpDelivery(context, resource, true);
  if ('problems' in otlp) return otlp;
  const { write, pressure, close, lost } = otlp.delivery;
  const sent = { write, pressure, close: () => close(context.signal.aborted ? CLOSE_MS : CLOSE_REPLAY_MS) };
  return { all: [...all, movedOutput(sent, byNs)], lost };
};

/** That of the run that was recorded; for all else one that is the same on every machine. */
const resourceOf = ({ settings, version }: CommandContext, { manifest }: Replayable): Resource =>
  resourceIn(manifest?.host) ??
  makeResource({
    serviceName: settings['service-name'],
    version,
    env: {},
    instanceId: identityOf('replay'),
    hostName: 'replay',
  });

const tellOnce = async (context: CommandContext, opened: Replayable, xids: Xids): Promise<ExitCode> => {
  const { settings, tell, clock, signal } = context;
  const { manifest, startAt, endAt = startAt } = opened;
  const byNs = distanceOf(settings.times, startAt, endAt, clock.now());
  const made = await openOutputs(context, resourceOf(context, opened), byNs);
  if ('problems' in made) return tellProblems(context, made.problems);
  const outputs = made.all;
  const composed = composedIn(manifest?.host);
  if (composed !== undefined) tell(`composed: ${composed}\n`);
  const newsFrom = newsFromIn(manifest?.host);
  const core = createCore({
    settings,
    xidOverrides: xids.overrides,
    outputs,
    startAt,
    ...(newsFrom === undefined ? {} : { newsFrom }),
  });
  const close = async (): Promise<void> => {
    await Promise.all(outputs.map((output) => output.close()));
  };
  try {
    await opened.feed(core, { speed: settings.speed, clock, signal, pressure: () => pressureOf(outputs) });
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    // What lay before the damage is told all the same.
    core.end();
    await close();
    tell(`${context.paths.join(' ')}: ${error.message}\n`);
    return 2;
  }
  await close();
  const lost = made.lost();
  // Played in a loop it goes on: the receiver may be back for the next time.
  if (lost > 0 && !settings.loop && !signal.aborted) {
    tell(
      `replay: expected the receiver to take everything, found ${lost} items that it did not. What to do: see the lines above.\n`,
    );
    return 1;
  }
  const unknown = manifest === undefined && !signal.aborted ? nothingKnown(core.snapshot(), context.paths) : undefined;
  if (unknown === undefined) return 0;
  tell(unknown);
  return 1;
};

export const replay: CommandFunction = async (context): Promise<ExitCode> => {
  const { settings, signal } = context;
  const xids = readXidFile(settings['xid-catalogue']);
  const parserOf = createParserOf('problem' in xids ? undefined : xids.overrides);
  for (;;) {
    const opened = openOrProblems(context, parserOf);
    if ('problems' in opened || 'problem' in xids) {
      const ofInput = 'problems' in opened ? opened.problems : [];
      return tellProblems(context, [...ofInput, ...('problem' in xids ? [xids.problem.trimEnd()] : [])]);
    }
    const code = await tellOnce(context, opened, xids);
    if (!settings.loop || signal.aborted || code !== 0) return code;
  }
};
