// The soul of the suite: for each shipped recording of a real Ollama, what Prometheus would scrape, what Loki would show and
// what Jaeger would draw. Read them when they change: they are what people see.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rechunk } from '../../collectors/sources/recording.ts';
import { ROOT } from '../tidy/sources.ts';
import { expectGolden } from '../support/golden.ts';
import { replayed } from '../support/replayed.ts';
import { renderGoldens } from '../support/three-texts.ts';

const RECORDINGS = join(ROOT, 'recordings');
const names = readdirSync(RECORDINGS).filter((name) => existsSync(join(RECORDINGS, name, 'recording.json')));

test('there are recordings to replay', () => {
  expect(names).toContain('demo');
});

describe.each(names)('%s', (name) => {
  const dir = join(RECORDINGS, name);
  const { signals, scrape, resource } = replayed(dir);
  const texts = renderGoldens(signals, scrape, resource);

  test('what Prometheus would scrape', () => expectGolden(`${name}/metrics.prom`, texts.metrics));
  test('what Loki would show', () => expectGolden(`${name}/logs.txt`, texts.logs));
  test('what Jaeger would draw', () => expectGolden(`${name}/traces.txt`, texts.traces));

  test('any chunking tells the same', () => {
    const sizes = [1, 7, 4_096, 64, 300];
    let turn = 0;
    const again = replayed(dir, (recording) =>
      rechunk(recording.events(), () => {
        turn += 1;
        return sizes[turn % sizes.length] ?? 1;
      }),
    );
    expect(renderGoldens(again.signals, again.scrape, again.resource)).toEqual(texts);
  });
});
