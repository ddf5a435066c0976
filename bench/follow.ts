// Lines lost and told twice while a log is rotated under its follower: ours beside the two packages that are commonly used.
// The writer never waits for a reader; a rotation every three thousand lines is harsher than life, and the same for all.
import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import TailFile from '@logdna/tail-file';
import { Tail } from 'tail';
import { systemClock } from '../agent/clock.ts';
import { createFramer } from '../collectors/frame.ts';
import { createArrivals } from '../collectors/sources/arrivals.ts';
import { createFileSource } from '../collectors/sources/file.ts';
import { goal, head, row, thousands } from './table.ts';

const LINES = 39_000;
const LINES_PER_FILE = 3_000;
const BATCH = 100;
const PAUSE_MS = 4;
/** After the last write every follower has had several polls. */
const SETTLE_MS = 2_000;

type Rotation = 'rename' | 'copytruncate';
type Follower = (path: string, onLine: (line: string) => void) => Promise<() => Promise<void>>;

const ours: Follower = async (path, onLine) => {
  const source = createFileSource(
    { name: 'bench', dialect: 'ollama', path, startAt: 'beginning' },
    { clock: systemClock, arrivals: createArrivals(systemClock) },
  );
  const framer = createFramer(source.info);
  const stop = new AbortController();
  const pump = (async () => {
    for await (const event of source.events(stop.signal)) {
      if (event.type === 'chunk') framer.push(event, (line) => onLine(line.text));
      else framer.notice(event, (line) => onLine(line.text));
    }
  })();
  return async () => {
    stop.abort();
    await pump;
  };
};

const tailPackage: Follower = async (path, onLine) => {
  const tail = new Tail(path, { fromBeginning: true, follow: true });
  tail.on('line', onLine);
  tail.on('error', () => undefined);
  return async () => tail.unwatch();
};

const tailFile: Follower = async (path, onLine) => {
  const tail = new TailFile(path, { startPos: 0, pollFileIntervalMs: 250 });
  let rest = '';
  tail.on('data', (bytes: Buffer | string) => {
    const lines = `${rest}${bytes.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  tail.on('tail_error', () => undefined);
  await tail.start();
  return async () => {
    await tail.quit();
  };
};

const rotate = (path: string, rotation: Rotation, n: number): void => {
  if (rotation === 'rename') {
    renameSync(path, `${path}.${n}`);
    writeFileSync(path, '');
    return;
  }
  copyFileSync(path, `${path}.${n}`);
  truncateSync(path, 0);
};

const write = async (path: string, rotation: Rotation): Promise<void> => {
  for (let n = 0; n < LINES; n += BATCH) {
    if (n > 0 && n % LINES_PER_FILE === 0) rotate(path, rotation, n);
    const lines = Array.from({ length: BATCH }, (_, i) => `line ${n + i} größer, with some text behind it\n`);
    appendFileSync(path, lines.join(''));
    await delay(PAUSE_MS);
  }
};

const run = async (follower: Follower, rotation: Rotation) => {
  const dir = mkdtempSync(join(tmpdir(), 'ollascope-follow-'));
  const path = join(dir, 'server.log');
  writeFileSync(path, '');
  const seen = new Map<number, number>();
  let broken = 0;
  const stop = await follower(path, (line) => {
    const number = /^line (\d+) größer, with some text behind it$/.exec(line)?.[1];
    if (number === undefined) broken += 1;
    else seen.set(Number(number), (seen.get(Number(number)) ?? 0) + 1);
  });
  await write(path, rotation);
  await delay(SETTLE_MS);
  await stop();
  rmSync(dir, { recursive: true, force: true });
  return { lost: LINES - seen.size, twice: [...seen.values()].filter((count) => count > 1).length, broken };
};

const followers: { readonly [name: string]: Follower } = { ours, tail: tailPackage, '@logdna/tail-file': tailFile };
console.log(head(['rotation', 'follower', 'lost', 'twice', 'broken']));
const own: { [R in Rotation]?: number } = {};
for (const rotation of ['rename', 'copytruncate'] as const) {
  for (const [name, follower] of Object.entries(followers)) {
    const { lost, twice, broken } = await run(follower, rotation);
    if (name === 'ours') own[rotation] = lost + twice + broken;
    console.log(row([rotation, name, thousands(lost), thousands(twice), thousands(broken)]));
  }
}
console.log('');
for (const rotation of ['rename', 'copytruncate'] as const) {
  const found = own[rotation] ?? LINES;
  console.log(
    goal(
      `no line lost, told twice or broken under ${rotation}, ${LINES_PER_FILE} lines a file`,
      `${found}`,
      found === 0,
    ),
  );
}
process.exit(0);
