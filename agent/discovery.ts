// Looks around on the machine for everything that can be followed, without changing or waking anything. The result is plain
// data: what `run` takes where a setting says `auto`, and what `doctor` prints.

import { type FoundGpus, findGpus } from './find-gpus.ts';
import { findOllama, type OllamaLog } from './find-ollama.ts';
import type { Finding } from './finding.ts';
import type { Host } from './host.ts';

export type { OllamaLog } from './find-ollama.ts';
export type { Finding } from './finding.ts';

export type Discovery = {
  readonly ollamaLogs: readonly OllamaLog[];
  /** Where Ollama's API should answer, whether or not it does. */
  readonly ollamaOrigin: string;
  readonly ollamaAnswers: boolean;
  readonly nvidiaSmi?: string;
  readonly driver?: string;
  readonly gpus: FoundGpus['gpus'];
  readonly kernel: FoundGpus['kernel'];
  readonly isWsl: boolean;
  /** What holds this process itself, if anything does. */
  readonly container?: 'docker' | 'kubernetes' | 'other';
  readonly findings: readonly Finding[];
};

const containerOf = async (host: Host): Promise<Discovery['container']> => {
  if (host.environment('KUBERNETES_SERVICE_HOST') !== undefined) return 'kubernetes';
  if ((await host.facts('/.dockerenv')) !== undefined) return 'docker';
  const cgroup = (await host.read('/proc/1/cgroup')) ?? '';
  if (/kubepods/.test(cgroup)) return 'kubernetes';
  if (/docker/.test(cgroup)) return 'docker';
  const isOther = /libpod|containerd|lxc/.test(cgroup) || (await host.facts('/run/.containerenv')) !== undefined;
  return isOther ? 'other' : undefined;
};

const placeFinding = (isWsl: boolean, container: Discovery['container']): Finding => {
  if (container !== undefined) {
    const whatToDo = 'mount or pipe in the log that is to be followed; process ids of GPUs are those of the host';
    return {
      what: 'this machine',
      state: 'found',
      where: `a container (${container})`,
      why: 'only what is mounted in is seen',
      whatToDo,
    };
  }
  return {
    what: 'this machine',
    state: 'found',
    where: isWsl ? 'WSL2' : 'the host itself',
    why: 'decides where logs are looked for',
  };
};

export const discover = async (host: Host): Promise<Discovery> => {
  const isWsl = /microsoft/i.test((await host.read('/proc/version')) ?? '');
  const container = await containerOf(host);
  const ollama = await findOllama(host, isWsl);
  const { findings: gpuFindings, ...gpus } = await findGpus(host, isWsl);
  return {
    ...gpus,
    ollamaLogs: ollama.logs,
    ollamaOrigin: ollama.origin,
    ollamaAnswers: ollama.answers,
    isWsl,
    ...(container === undefined ? {} : { container }),
    findings: [placeFinding(isWsl, container), ...ollama.findings, ...gpuFindings],
  };
};
