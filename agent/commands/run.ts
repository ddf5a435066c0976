// `run`: follows what settings and discovery give. Where there is nothing and it may, the bundled recording is shown instead.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createArrivals } from '../../collectors/sources/arrivals.ts';
import { createMask, MASKS } from '../../collectors/sources/mask.ts';
import { maskSource } from '../../collectors/sources/masked.ts';
import { createRecorder } from '../../collectors/sources/recorder.ts';
import { RecordingError } from '../../collectors/sources/recording.ts';
import type { LogEventName } from '../../otel/catalogue/logs.ts';
import type { LogSignal } from '../../otel/signal.ts';
import { secondsBetween } from '../../otel/time.ts';
import type { CommandContext, CommandFunction, ExitCode } from '../command.ts';
import { discover } from '../discovery.ts';
import { createHost } from '../host.ts';
import { hostFacts, recordedFacts } from '../host-facts.ts';
import { runLive } from '../live.ts';
import { type LiveSources, openLiveSources } from '../live-sources.ts';
import { chooseOtlp } from '../otlp-output.ts';
import { newsFromIn, notesOfRun, resourceIn, versionsIn } from '../recording-facts.ts';
import { replayableRecording } from '../replay.ts';
import { makeResource } from '../resource.ts';
import { openSession } from '../session.ts';
import { packageRoot } from '../version.ts';
import { readXidFile, type XidFile } from '../xid-file.ts';

/** The recording that is shown where nothing else is. */
const DEMO = ['recordings', 'demo'] as const;
/** The demo lasts about this long, whatever the recording's length. */
const DEMO_SECONDS = 12;

const LOAD_STARTED: LogEventName = 'ollama.model.load_started';
const GOOD_NEWS: ReadonlySet<string | undefined> = new Set<LogEventName>([
  'ollascope.source.opened',
  'ollascope.source.recovered',
]);

const SOURCE_EVENTS = 'ollascope.source.';

/** What went wrong with a source, or came right again, as a line for people; of everything else nothing. */
const sourceTrouble = ({ eventName, severity, body }: LogSignal): readonly string[] => {
  const isTold = eventName?.startsWith(SOURCE_EVENTS) === true && severity === 'WARN';
  return isTold || GOOD_NEWS.has(eventName) ? [`ollascope: ${body}\n`] : [];
};

const tellStart = ({ tell }: CommandContext, lines: readonly string[]): void =>
  tell(lines.map((line) => `ollascope: ${line}\n`).join(''));

const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

type Xids = Extract<XidFile, { overrides: unknown }>;

const runDemo = async (context: CommandContext, xids: Xids): Promise<ExitCode> => {
  const dir = join(packageRoot(), ...DEMO);
  const { manifest, startAt, feed } = replayableRecording(dir);
  const facts = hostFacts();
  const resource =
    resourceIn(manifest?.host) ?? makeResource({ serviceName: 'ollama', version: context.version, env: {}, ...facts });
  const newsFrom = newsFromIn(manifest?.host);
  const session = await openSession({
    context,
    resource,
    xidOverrides: xids.overrides,
    startAt,
    sendOtlp: false,
    ...(newsFrom === undefined ? {} : { newsFrom }),
  });
  if (session === undefined) return 2;
  tellStart(context, [
    'found neither Ollama nor a GPU here (`ollascope doctor` says where it looked).',
    'THIS IS A BUNDLED RECORDING of a real Ollama, not your machine; nothing of it is sent anywhere.',
    ...(session.scrapeUrl === undefined ? [] : [`metrics: ${session.scrapeUrl}`]),
  ]);
  const seconds = manifest === undefined ? DEMO_SECONDS : secondsBetween(manifest.startedAt, manifest.endedAt);
  const speed = Math.max(1, seconds / DEMO_SECONDS);
  await feed(session.core, { speed, clock: context.clock, signal: context.signal, pressure: session.pressure });
  if (!context.settings['exit-when-done'] && session.scrapeUrl !== undefined && !context.signal.aborted) {
    tellStart(context, ['the recording is over; /metrics is served until Ctrl-C.']);
    await untilStopped(context.signal);
  }
  await session.close();
  return 0;
};

type Recording = { readonly dir: string; readonly salt: string };

const runSources = async (
  context: CommandContext,
  live: LiveSources,
  xids: Xids,
  recording: Recording | undefined,
  driver: string | undefined,
): Promise<ExitCode> => {
  const { settings, clock, signal, version, env } = context;
  const facts = hostFacts(recording?.salt);
  const resource = makeResource({
    serviceName: settings['service-name'],
    version,
    env: recording === undefined ? env : {},
    ...facts,
  });
  const otlp = await chooseOtlp(context);
  const startAt = clock.now();
  const newsFrom = settings['start-at'] === 'end' ? startAt : undefined;
  const session = await openSession({
    context,
    resource,
    xidOverrides: xids.overrides,
    startAt,
    ...(newsFrom === undefined ? {} : { newsFrom }),
    sendOtlp: otlp.send,
    onBatch: ({ logs }) => {
      // Where nothing is printed, as in a container, this is the only place where a wrong path shows.
      if (settings.output === 'none') for (const line of logs.flatMap(sourceTrouble)) context.tell(line);
      // A load names a blob; its name is asked for now instead of minutes later.
      if (logs.some(({ eventName }) => eventName === LOAD_STARTED)) live.api?.requestRefresh();
    },
  });
  if (session === undefined) return 2;
  const mask = recording === undefined ? undefined : createMask({ salt: recording.salt, hostName: facts.realHostName });
  const recorder =
    recording === undefined
      ? undefined
      : createRecorder({
          dir: recording.dir,
          madeBy: version,
          commands: ['ollascope record'],
          host: notesOfRun({ resource, facts: recordedFacts(), ...(newsFrom === undefined ? {} : { newsFrom }) }),
          masks: MASKS,
          startedAt: startAt,
        });
  tellStart(context, [
    `following ${live.followed.join(', ')}`,
    otlp.send ? `sending OTLP: ${otlp.why}` : `not sending OTLP: ${otlp.why}`,
    ...(session.scrapeUrl === undefined ? [] : [`metrics: ${session.scrapeUrl}`]),
    ...(recording === undefined ? [] : [`recording into ${recording.dir}, masked; Ctrl-C ends it`]),
  ]);
  await runLive({
    sources: mask === undefined ? live.sources : live.sources.map((source) => maskSource(source, mask)),
    core: session.core,
    ...(recorder === undefined ? {} : { recorder, learnt: () => versionsIn(session.core.snapshot(), driver) }),
    pressure: session.pressure,
    clock,
    now: live.now,
    signal,
  });
  await session.close();
  return 0;
};

const nothingFound = ({ tell }: CommandContext): ExitCode => {
  tell(
    'ollascope: expected Ollama or a GPU to follow, found neither. What to do: `ollascope doctor` says where it looked; ' +
      'name a log with --ollama-log, or see the bundled recording with --demo-when-idle.\n',
  );
  return 3;
};

/** What `run` and `record` share; `recordDir` undefined keeps nothing. */
export const follow = async (context: CommandContext, recordDir: string | undefined): Promise<ExitCode> => {
  const { settings, env, clock, tell, random } = context;
  const xids = readXidFile(settings['xid-catalogue']);
  if ('problem' in xids) {
    tell(xids.problem);
    return 2;
  }
  const discovery = await discover(createHost(clock, env));
  const arrivals = createArrivals(clock);
  const { instanceId } = hostFacts();
  const live = openLiveSources({ settings, discovery, context: { clock, arrivals }, instanceId, stdin: context.stdin });
  if (live.idle) {
    const hasDemo = existsSync(join(packageRoot(), ...DEMO, 'recording.json'));
    return settings['demo-when-idle'] && hasDemo ? runDemo(context, xids) : nothingFound(context);
  }
  const recording = recordDir === undefined ? undefined : { dir: recordDir, salt: String(random()) };
  try {
    return await runSources(context, live, xids, recording, discovery.driver);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    tell(`${recordDir ?? 'recording'}: ${error.message}\n`);
    return 2;
  }
};

export const run: CommandFunction = (context) => {
  const { record } = context.settings;
  return follow(context, record === 'none' ? undefined : record);
};
