// Follows one log file through rename rotation, copy-truncation, deletion, recreation and late creation. A renamed file is
// read to its end before the new one is begun, and an empty new one is waited for: Ollama keeps its descriptor.
import { stat } from 'node:fs/promises';
import type { Clock } from '../../otel/clock.ts';
import { identityOf } from '../../otel/ids.ts';
import type { Dialect, SourceInfo } from '../line.ts';
import { type Bell, createBell } from './bell.ts';
import { type CaughtUp, createCaughtUp } from './caught-up.ts';
import { type Fate, fateOf, type PathFile } from './fate.ts';
import { type Hints, openHints } from './hints.ts';
import { errnoOf, MISSING, type OpenedLog, openLog } from './open-log.ts';
import type { Source, SourceContext, SourceEvent } from './source.ts';
import { createTeller, type Teller } from './teller.ts';

/** Where to begin in the file that is there at the start; files that appear later are read whole. */
export type StartPosition = 'end' | 'beginning' | { readonly offset: number };

export type FileSpec = {
  readonly name: string;
  readonly dialect: Dialect;
  readonly path: string;
  readonly startAt: StartPosition;
  /** Unless given, a hash of the path: stable, and tells nothing. */
  readonly identity?: string;
  readonly offsetSeconds?: number;
  /** False polls only, as on filesystems that send no notifications. */
  readonly hints?: boolean;
};

/** Largest read, so also the most a chunk holds. */
export const CHUNK_BYTES = 65_536;
/** Without a hint, a change is seen after at most this. Two system calls each time: a thousandth of a core. */
export const POLL_MS = 250;
/** Bytes before the read position that must still be there; a truncation that grew past them replaces them. */
const TAIL_BYTES = 64;

type Following = OpenedLog & { offset: number; tail: Uint8Array };

const startOffset = (startAt: StartPosition, sizeBytes: number): number => {
  if (startAt === 'beginning') return 0;
  return startAt === 'end' ? sizeBytes : Math.min(startAt.offset, sizeBytes);
};

const readAt = async (file: OpenedLog, offset: number, sizeBytes: number): Promise<Uint8Array> => {
  const buffer = Buffer.allocUnsafe(sizeBytes);
  const { bytesRead } = await file.handle.read(buffer, 0, sizeBytes, offset);
  return buffer.subarray(0, bytesRead);
};

const begin = async (opened: OpenedLog, offset: number): Promise<Following> => {
  const tailBytes = Math.min(TAIL_BYTES, offset);
  return {
    ...opened,
    offset,
    tail: tailBytes === 0 ? new Uint8Array() : await readAt(opened, offset - tailBytes, tailBytes),
  };
};

const readOn = async (file: Following): Promise<Uint8Array> => {
  const bytes = await readAt(file, file.offset, CHUNK_BYTES);
  if (bytes.length > 0) {
    file.offset += bytes.length;
    file.tail = Buffer.concat([file.tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }
  return bytes;
};

const pathFile = async (path: string): Promise<PathFile> => {
  try {
    const stats = await stat(path, { bigint: true });
    return { device: stats.dev, inode: stats.ino, sizeBytes: Number(stats.size) };
  } catch {
    return undefined; // nothing there, or not visible: `gone` either way
  }
};

/** Size and tail are looked at in this order: bytes appended in between are read next time, never mistaken. */
const fateNow = async (file: Following, path: string): Promise<Fate> => {
  const { size } = await file.handle.stat({ bigint: true });
  const tail =
    file.tail.length === 0 ? file.tail : await readAt(file, file.offset - file.tail.length, file.tail.length);
  const tailMatches = Buffer.compare(tail, file.tail) === 0;
  const open = { device: file.device, inode: file.inode, sizeBytes: Number(size), offset: file.offset, tailMatches };
  return fateOf(open, await pathFile(path));
};

/** What one follower holds on to while it runs. */
type Follower = {
  readonly spec: FileSpec;
  readonly clock: Clock;
  readonly bell: Bell;
  readonly caughtUp: CaughtUp;
  readonly teller: Teller;
  readonly signal: AbortSignal;
  hints: Hints;
};

const listen = async (follower: Follower): Promise<void> => {
  if (follower.hints.kind === 'later') follower.hints = await openHints(follower.spec.path, follower.bell.ring);
};

const rest = async (follower: Follower): Promise<void> => {
  await listen(follower);
  await follower.bell.wait(follower.signal, POLL_MS);
};

/** Everything there is to read now. */
async function* drain({ clock, caughtUp, teller, signal }: Follower, file: Following): AsyncGenerator<SourceEvent> {
  while (!signal.aborted) {
    const bytes = await readOn(file);
    if (bytes.length > 0) yield* teller.chunk(bytes, caughtUp.isObserved(clock.now()));
    if (bytes.length < CHUNK_BYTES) return;
  }
}

/** Follows one open file until it was replaced by another. The fate is asked before every read: bytes after a truncation must not be taken for a continuation. */
async function* followOpen(follower: Follower, file: Following): AsyncGenerator<SourceEvent> {
  const { spec, clock, caughtUp, teller, signal } = follower;
  let toldGone = false;
  while (!signal.aborted) {
    const fate = await fateNow(file, spec.path);
    const before = file.offset;
    if (fate === 'truncated') {
      yield* teller.notice('truncated', 'the log was cut to a shorter one; it is read from its beginning');
      file.offset = 0;
      file.tail = new Uint8Array();
      continue;
    }
    if (fate === 'grown' || fate === 'rotated') yield* drain(follower, file);
    if (fate === 'rotated') {
      yield* teller.notice('rotated', 'the log was replaced by a new file; the old one was read to its end');
      return;
    }
    if (fate === 'gone' && !toldGone) {
      yield* teller.notice('deleted', 'the log is no longer at its path; it is read on until another takes its place');
    }
    toldGone = fate === 'gone';
    if (file.offset > before) continue;
    caughtUp.atEnd(clock.now());
    await rest(follower);
  }
}

/** Opens whatever is at the path, or waits for it. */
async function* openOrWait(
  follower: Follower,
  told: { detail?: string },
): AsyncGenerator<SourceEvent, OpenedLog | undefined> {
  const opened = await openLog(follower.spec.path);
  if (!('kind' in opened)) return opened;
  if (opened.detail !== told.detail) yield* follower.teller.notice('unavailable', opened.detail);
  told.detail = opened.detail;
  if (opened.kind === 'missing') follower.caughtUp.atEnd(follower.clock.now());
  await rest(follower);
  return undefined;
}

async function* follow(follower: Follower): AsyncGenerator<SourceEvent> {
  const { spec, clock, caughtUp, teller, signal } = follower;
  const told: { detail?: string } = {};
  let startAt: StartPosition = spec.startAt;
  let left: Following | undefined; // by a failed read: gone on with where it stopped, if it is still the same file
  await listen(follower);
  while (!signal.aborted) {
    const opened = yield* openOrWait(follower, told);
    if (opened === undefined) {
      if (told.detail === MISSING) startAt = 'beginning';
      continue;
    }
    try {
      const isLeft = left !== undefined && left.device === opened.device && left.inode === opened.inode;
      const offset: number = isLeft && left !== undefined ? left.offset : startOffset(startAt, opened.sizeBytes);
      if (startAt === 'end') caughtUp.atEnd(clock.now());
      if (startAt !== 'beginning') teller.startAt(offset);
      startAt = 'beginning';
      yield* teller.notice('opened', offset === 0 ? 'reading from the beginning' : `reading from byte ${offset}`);
      delete told.detail;
      left = await begin(opened, offset);
      yield* followOpen(follower, left);
      left = undefined;
    } catch (error) {
      yield* teller.notice(
        'unavailable',
        `expected to read on, the system answered ${errnoOf(error)}: the log is opened again`,
      );
      await rest(follower);
    } finally {
      await opened.handle.close();
    }
  }
}

export const createFileSource = (spec: FileSpec, context: SourceContext): Source => {
  const info: SourceInfo = {
    name: spec.name,
    dialect: spec.dialect,
    identity: spec.identity ?? identityOf('file', spec.path),
    ...(spec.offsetSeconds === undefined ? {} : { offsetSeconds: spec.offsetSeconds }),
  };
  async function* events(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    const { clock, arrivals } = context;
    const bell = createBell(clock);
    const teller = createTeller(info, arrivals);
    const kind = spec.hints === false ? 'none' : 'later';
    const follower: Follower = { spec, clock, bell, caughtUp: createCaughtUp(), teller, signal, hints: { kind } };
    try {
      yield* follow(follower);
    } finally {
      if (follower.hints.kind === 'open') follower.hints.close();
    }
  }
  return { info, events };
};
