// Running `ollama serve` processes, from /proc: where their output goes, which address they were told, whether a container
// holds them. Reads only what the system shows to this user.
import type { Host } from './host.ts';

export type OllamaProcess = {
  readonly pid: number;
  /** Files that standard output and error go to; one where both go to the same. Empty for a terminal, pipe or journal. */
  readonly files: readonly string[];
  /** What the output goes to where that is no file: `pipe`, `socket`, `/dev/pts/1`, or unknown. */
  readonly output: string;
  readonly hostSetting?: string;
  /** Id of the container it runs in, seen from outside. */
  readonly container?: string;
  readonly unit?: string;
};

/** More than any machine runs; a bound against a /proc full of processes of that name. */
const PROCESSES_MAX = 16;
/** `/usr/bin/ollama serve`; also started as `ollama start`. */
const isServe = (command: readonly string[]): boolean =>
  /(?:^|[\\/])ollama(?:\.exe)?$/.test(command[0] ?? '') && (command[1] === 'serve' || command[1] === 'start');

/** Outside a container its processes' cgroup names it: `…/docker-<64 hex digits>.scope`, `/kubepods/…/<64 hex digits>`. */
const containerIn = (cgroup: string): string | undefined =>
  /(?:docker|libpod|cri-containerd|kubepods|containerd)\S*?([0-9a-f]{64})/.exec(cgroup)?.[1];
const unitIn = (cgroup: string): string | undefined => /\/([A-Za-z0-9@_.-]+\.service)(?:\/|$)/m.exec(cgroup)?.[1];

const variableIn = (environ: string, name: string): string | undefined =>
  environ
    .split('\0')
    .find((entry) => entry.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const describe = async (host: Host, pid: number): Promise<OllamaProcess> => {
  const folder = `/proc/${pid}`;
  const outputs = [await host.link(`${folder}/fd/1`), await host.link(`${folder}/fd/2`)];
  const files: string[] = [];
  for (const path of new Set(outputs)) {
    if (path === undefined || !path.startsWith('/') || path.startsWith('/dev/')) continue;
    if ((await host.facts(path))?.isFile === true) files.push(path);
  }
  const cgroup = (await host.read(`${folder}/cgroup`)) ?? '';
  const setting = variableIn((await host.read(`${folder}/environ`)) ?? '', 'OLLAMA_HOST');
  const container = containerIn(cgroup);
  const unit = unitIn(cgroup);
  return {
    pid,
    files,
    output: outputs[0]?.replace(/:\[\d+\]$/, '') ?? 'unknown',
    ...(setting === undefined ? {} : { hostSetting: setting }),
    ...(container === undefined ? {} : { container }),
    ...(unit === undefined ? {} : { unit }),
  };
};

/** Oldest first. */
export const findOllamaProcesses = async (host: Host): Promise<readonly OllamaProcess[]> => {
  const found: OllamaProcess[] = [];
  const pids = (await host.list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids.sort((a, b) => a - b)) {
    const command = ((await host.read(`/proc/${pid}/cmdline`)) ?? '').split('\0');
    if (isServe(command)) found.push(await describe(host, pid));
    if (found.length === PROCESSES_MAX) break;
  }
  return found;
};
