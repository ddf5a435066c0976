// What `docker compose ps` says of the stack's containers, and the table that a person reads.

export type Container = {
  readonly service: string;
  /** running, exited, created, restarting, paused, dead; `absent` where there is no container. */
  readonly state: string;
  /** healthy, unhealthy, starting; empty where the image has no program that could ask. */
  readonly health: string;
  readonly exitCode: number;
  readonly status: string;
};

type Row = {
  readonly Service?: string;
  readonly State?: string;
  readonly Health?: string;
  readonly ExitCode?: number;
  readonly Status?: string;
};

const containerOf = (row: Row): Container => ({
  service: row.Service ?? '',
  state: row.State ?? '',
  health: row.Health ?? '',
  exitCode: row.ExitCode ?? 0,
  status: row.Status ?? '',
});

/** One object per line since compose 2.21, one array before. */
export const parseContainers = (text: string): readonly Container[] => {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  const rows: readonly Row[] = trimmed.startsWith('[')
    ? JSON.parse(trimmed)
    : trimmed.split('\n').map((line): Row => JSON.parse(line));
  return rows.map(containerOf).sort((a, b) => (a.service < b.service ? -1 : 1));
};

/** It gives the volumes their owner and ends. */
const ONE_SHOT = 'volumes-owner';

/** Containers as they should be, one for each of `expected`, with `absent` where there is none. */
export const withAbsent = (containers: readonly Container[], expected: readonly string[]): readonly Container[] => {
  const known = new Map(containers.map((container) => [container.service, container]));
  return expected
    .filter((service) => service !== ONE_SHOT)
    .map((service) => known.get(service) ?? { service, state: 'absent', health: '', exitCode: 0, status: '' });
};

export const isWell = ({ state, health }: Container): boolean =>
  state === 'running' && health !== 'unhealthy' && health !== 'starting';

export const renderContainers = (containers: readonly Container[], notReady: ReadonlySet<string>): string => {
  const width = Math.max(...containers.map(({ service }) => service.length), 'SERVICE'.length);
  const line = (service: string, state: string, detail: string): string =>
    `${service.padEnd(width)}  ${state.padEnd(10)}  ${detail}`.trimEnd();
  const rows = containers.map((container) => {
    const answers = container.state === 'running' && notReady.has(container.service) ? 'does not answer as ready' : '';
    return line(container.service, container.state, [container.status, answers].filter((t) => t !== '').join('; '));
  });
  return `${[line('SERVICE', 'STATE', 'DOCKER SAYS'), ...rows].join('\n')}\n`;
};
