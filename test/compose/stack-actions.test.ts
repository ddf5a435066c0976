// What each action of `ollascope stack` asks of Docker, seen by a stand-in that writes its arguments down. What Docker then makes
// of them, compose.real.test.ts shows for those that need no registry.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runProgram } from '../support/program.ts';
import { createScratch } from '../support/scratch.ts';

const scratch = createScratch();
afterAll(scratch.remove);

const bin = scratch.path('bin');
mkdirSync(bin);
writeFileSync(
  join(bin, 'docker'),
  // It ends `up` with an error: servers that do not exist would be waited for.
  '#!/bin/sh\necho "$@" >> "$0.asked"\ncase " $* " in *" up "*) echo "no such image" >&2; exit 1;; esac\n',
);
chmodSync(join(bin, 'docker'), 0o755);

const askedBy = async (args: readonly string[]): Promise<{ readonly code: number | null; readonly last: string }> => {
  const folder = scratch.path('state');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'compose.env'), "COMPOSE_PROFILES='demo'\n");
  writeFileSync(join(bin, 'docker.asked'), '');
  const { code } = await runProgram(['stack', ...args, '--stack-state', folder], {
    env: { PATH: `${bin}:/usr/bin:/bin` },
  });
  return { code, last: readFileSync(join(bin, 'docker.asked'), 'utf8').trimEnd().split('\n').at(-1) ?? '' };
};

test.each([
  [['restart'], / restart$/],
  [['restart', 'grafana'], / restart grafana$/],
  [['logs'], / logs --tail 200$/],
  [['logs', '--follow', 'loki', 'jaeger'], / logs --tail 200 --follow loki jaeger$/],
  [['down'], / down --remove-orphans$/],
  [['down', '--volumes'], / down --remove-orphans --volumes$/],
] as const)('%j', async (args, asked) => {
  const { code, last } = await askedBy(args);
  expect(last).toMatch(/^compose /);
  expect(last).toMatch(asked);
  expect(code).toBe(0);
});

test('update is up with images that are pulled whether they are there or not', async () => {
  const { code, last } = await askedBy(['update']);
  expect(last).toMatch(/ up .*--pull always/);
  expect(code).toBe(1);
});
