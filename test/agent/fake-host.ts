// A machine made of data: files, links, programs and their answers, ports.

import type { Host } from '../../agent/host.ts';
import type { Output } from '../../collectors/sources/launch.ts';
import { addNs } from '../../otel/time.ts';
import { START } from '../support/manual-clock.ts';

export type Machine = {
  readonly platform?: string;
  readonly environment?: { readonly [name: string]: string };
  /** Content by path; null is a file that may not be read. A key that ends with `/` is a folder. */
  readonly files?: { readonly [path: string]: string | null };
  readonly links?: { readonly [path: string]: string };
  /** Standard output by command line, or an exit code with its text. */
  readonly programs?: {
    readonly [command: string]: string | { readonly code: number; readonly text: string } | 'hangs';
  };
  readonly openPorts?: readonly number[];
  readonly kernelRingError?: string;
};

const HOME = '/home/alice';

export const createFakeHost = (machine: Machine): Host => {
  const files = machine.files ?? {};
  const programs = machine.programs ?? {};
  const paths = Object.keys(files);
  const output = (code: number, stdout: string): Output => ({ exit: { type: 'code', code }, stdout, stderr: '' });
  return {
    platform: machine.platform ?? 'linux',
    homeDir: HOME,
    nodeVersion: '24.21.0',
    userId: 1_000,
    environment: (name) => machine.environment?.[name],
    read: (path) => Promise.resolve(files[path] ?? undefined),
    facts: (path) => {
      const index = paths.findIndex((known) => known === path || known === `${path}/`);
      if (index === -1) return Promise.resolve(undefined);
      const isFile = paths[index] === path;
      // Later entries of the table count as changed later.
      return Promise.resolve({ isFile, sizeBytes: files[path]?.length ?? 0, changedAt: addNs(START, index) });
    },
    link: (path) => Promise.resolve(machine.links?.[path]),
    list: (folder) => {
      const below = paths
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
      return Promise.resolve([...new Set(below)]);
    },
    canRead: (path) => Promise.resolve(typeof files[path] === 'string'),
    kernelRingError: () => Promise.resolve(machine.kernelRingError),
    find: (program) => Promise.resolve(paths.find((path) => path === `/usr/bin/${program}`)),
    run: (file, args) => {
      const command = [file, ...args].join(' ');
      const key = Object.keys(programs).find((known) => command.startsWith(known));
      const answer = key === undefined ? undefined : programs[key];
      if (answer === undefined || answer === 'hangs') return Promise.resolve(undefined);
      return Promise.resolve(typeof answer === 'string' ? output(0, answer) : output(answer.code, answer.text));
    },
    listenError: (_, port) => Promise.resolve(machine.openPorts?.includes(port) === true ? 'EADDRINUSE' : undefined),
    connectError: (_, port) => Promise.resolve(machine.openPorts?.includes(port) === true ? undefined : 'ECONNREFUSED'),
    now: () => START,
  };
};
