// From settings and discovery to the sources that are opened. `auto` takes what was found; anything named is taken as named,
// and its source says what is wrong with it.

import type { Readable } from 'node:stream';
import type { Dialect, SourceInfo } from '../collectors/line.ts';
import type { ApiSource } from '../collectors/sources/api.ts';
import type { StartPosition } from '../collectors/sources/file.ts';
import { QUERY_INTERVAL_SECONDS } from '../collectors/sources/nvidia-smi.ts';
import { sourceKinds } from '../collectors/sources/registry.ts';
import type { Source, SourceContext } from '../collectors/sources/source.ts';
import { identityOf } from '../otel/ids.ts';
import type { Instant } from '../otel/time.ts';
import type { Discovery, OllamaLog } from './discovery.ts';
import { OLLAMA_UNIT } from './find-ollama.ts';
import { ollamaOrigin } from './ollama-host.ts';
import type { Settings } from './settings-table.ts';
import { warmUpOffset } from './warm-up.ts';

export type LiveSourcesOptions = {
  readonly settings: Settings;
  readonly discovery: Discovery;
  readonly context: SourceContext;
  /** Part of the identity of sources that have no place of their own: children, the kernel, the API. */
  readonly instanceId: string;
  readonly stdin: () => Readable;
};

export type LiveSources = {
  readonly sources: readonly Source[];
  readonly api: ApiSource | undefined;
  /** What is followed, a line each, for people. */
  readonly followed: readonly string[];
  /** Time as the sources' arrivals tell it: later at every call. */
  readonly now: () => Instant;
  /** Neither Ollama nor a GPU was found or named. */
  readonly idle: boolean;
};

const SMI_MODES = ['dmon', 'pmon', 'query-gpu', 'query-apps'] as const;

const logsOf = ({ settings, discovery }: LiveSourcesOptions): readonly (OllamaLog | { readonly kind: 'stdin' })[] => {
  const named = settings['ollama-log'];
  if (named === 'auto') return discovery.ollamaLogs;
  if (named === 'none') return [];
  if (named === 'journal') return [{ kind: 'journal', unit: OLLAMA_UNIT }];
  if (named === '-') return [{ kind: 'stdin' }];
  // Two files where standard output and error were redirected apart.
  return named.split(',').map((path) => ({ kind: 'file', path: path.trim() }));
};

const ollamaSources = (options: LiveSourcesOptions): readonly (readonly [Source, string])[] => {
  const { settings, context, instanceId } = options;
  const logs = logsOf(options);
  return logs.map((log, index): readonly [Source, string] => {
    const name = logs.length === 1 ? 'ollama' : `ollama-${index + 1}`;
    if (log.kind === 'file') {
      const startAt: StartPosition =
        settings['start-at'] === 'beginning' ? 'beginning' : { offset: warmUpOffset(log.path) };
      return [
        sourceKinds.file({ name, dialect: 'ollama', path: log.path, startAt }, context),
        `Ollama's log ${log.path}`,
      ];
    }
    const info: SourceInfo = { name, dialect: 'ollama', identity: identityOf(log.kind, instanceId) };
    if (log.kind === 'stdin')
      return [sourceKinds.stdin({ info, open: options.stdin }, context), "Ollama's log on standard input"];
    const startAt = settings['start-at'] === 'beginning' ? 'beginning' : 'recent';
    return [sourceKinds.journal({ info, select: { unit: log.unit }, startAt }, context), `the journal of ${log.unit}`];
  });
};

const apiSource = (options: LiveSourcesOptions, hasLog: boolean): ApiSource | undefined => {
  const { settings, discovery, context, instanceId } = options;
  const named = settings['ollama-url'];
  if (named === 'none') return undefined;
  const isNamed = named !== 'auto' && !isListenAddress(named);
  if (!isNamed && !hasLog && !discovery.ollamaAnswers) return undefined;
  const info: SourceInfo = { name: 'ollama-api', dialect: 'api', identity: identityOf('api', instanceId) };
  return sourceKinds.api({ info, origin: named === 'auto' ? discovery.ollamaOrigin : ollamaOrigin(named) }, context);
};

/** OLLAMA_HOST says where the server listens: `0.0.0.0` there is no proof that one runs here. */
const isListenAddress = (text: string): boolean => !text.includes('://');

const gpuSources = ({ settings, discovery, context, instanceId }: LiveSourcesOptions): readonly Source[] => {
  const named = settings['nvidia-smi'];
  const file = named === 'auto' ? discovery.nvidiaSmi : named === 'none' ? undefined : named;
  if (file === undefined) return [];
  return SMI_MODES.map((mode) => {
    const intervalSeconds =
      mode === 'query-gpu' || mode === 'query-apps' ? QUERY_INTERVAL_SECONDS : settings['gpu-interval'];
    const info: SourceInfo = { name: mode, dialect: mode satisfies Dialect, identity: identityOf(mode, instanceId) };
    return sourceKinds['nvidia-smi'](
      { info, mode, program: { file }, intervalSeconds, pcie: settings['gpu-pcie'] },
      context,
    );
  });
};

const kernelSources = (
  { settings, discovery, context, instanceId }: LiveSourcesOptions,
  hasGpu: boolean,
): readonly Source[] => {
  const named = settings['kernel-log'];
  if (named === 'none' || (named === 'auto' && !hasGpu)) return [];
  const info: SourceInfo = { name: 'kernel', dialect: 'kernel', identity: identityOf('kernel', instanceId) };
  const startAt = settings['start-at'] === 'beginning' ? 'beginning' : 'end';
  if (named === 'auto') return [sourceKinds.kernel({ info, from: discovery.kernel, startAt }, context)];
  if (named === 'kmsg' || named === 'journal') return [sourceKinds.kernel({ info, from: named, startAt }, context)];
  return [sourceKinds.file({ name: 'kernel', dialect: 'kernel', path: named, startAt }, context)];
};

export const openLiveSources = (options: LiveSourcesOptions): LiveSources => {
  const ollama = ollamaSources(options);
  const api = apiSource(options, ollama.length > 0);
  const gpus = gpuSources(options);
  const kernel = kernelSources(options, gpus.length > 0);
  return {
    sources: [...ollama.map(([source]) => source), ...(api === undefined ? [] : [api]), ...gpus, ...kernel],
    api,
    followed: [
      ...ollama.map(([, words]) => words),
      ...(api === undefined ? [] : ["Ollama's API"]),
      ...(gpus.length === 0 ? [] : ['nvidia-smi dmon, pmon and queries']),
      ...(kernel.length === 0 ? [] : ["the kernel's log"]),
    ],
    now: options.context.arrivals.next,
    idle: ollama.length === 0 && api === undefined && gpus.length === 0 && kernel.length === 0,
  };
};
