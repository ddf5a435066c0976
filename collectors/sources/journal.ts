// systemd's journal, followed by a supervised `journalctl -f -o json`: entries with the time they were taken in, to the
// microsecond, across reboots. Only the named fields are asked for, so that host names and command lines stay there.
import type { SourceInfo } from '../line.ts';
import type { Exit } from './backoff.ts';
import { createChildSource } from './child.ts';
import type { Launch, Program } from './launch.ts';
import type { Source, SourceContext } from './source.ts';

export const JOURNALCTL: Program = { file: 'journalctl' };
/** journalctl adds __CURSOR, __REALTIME_TIMESTAMP, __MONOTONIC_TIMESTAMP and _BOOT_ID by itself. */
const FIELDS =
  'MESSAGE,PRIORITY,_PID,SYSLOG_IDENTIFIER,_TRANSPORT,_SOURCE_REALTIME_TIMESTAMP,_SOURCE_MONOTONIC_TIMESTAMP';

export type JournalSpec = {
  readonly info: SourceInfo;
  /** A unit's log, or the kernel's. */
  readonly select: { readonly unit: string } | 'kernel';
  /** `beginning`: of what the journal still has of this boot; `recent`: its last RECENT_ENTRIES. */
  readonly startAt: 'end' | 'recent' | 'beginning';
  readonly program?: Program;
  readonly launch?: Launch;
};

const meaningOf = (exit: Exit): string | undefined =>
  exit.type === 'code' && exit.code === 1
    ? 'it may lack permission: add this user to the systemd-journal group'
    : undefined;

/** Enough to hold the last start and loads of a server that is not flooded; read in well under a second. */
const RECENT_ENTRIES = 50_000;
const ENTRIES = { end: '0', recent: String(RECENT_ENTRIES), beginning: 'all' } as const;

export const journalArguments = ({ select, startAt }: Pick<JournalSpec, 'select' | 'startAt'>): readonly string[] => [
  ...(select === 'kernel' ? ['-k'] : ['-u', select.unit, '-b']),
  '-f',
  '-n',
  ENTRIES[startAt],
  '-o',
  'json',
  `--output-fields=${FIELDS}`,
];

export const createJournalSource = (spec: JournalSpec, context: SourceContext): Source => {
  const program = spec.program ?? JOURNALCTL;
  const command = { program, args: journalArguments(spec) };
  const child = {
    info: spec.info,
    title: 'journalctl',
    next: () => command,
    stderrLines: false,
    backlog: spec.startAt !== 'end',
    meaningOf,
  };
  return createChildSource(spec.launch === undefined ? child : { ...child, launch: spec.launch }, context);
};
